"""One thing that was looked at, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from accsyn_async.cli.exit_codes import ending_of

__all__ = ["Finding", "Mark", "Topic", "wrong"]

Mark = Literal["fine", "note", "warning", "wrong"]
"""Good; neither good nor bad, such as what is not set; to be looked at; what keeps things from working."""

Topic = Literal["settings", "installed", "backend", "session", "files"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Attributes:
        topic: what it belongs to.
        name: what was looked at, in a word or two.
        mark: how it is.
        text: what there is.
        remedy: what to do about it; empty when there is nothing to do.
        code: the exit code that goes with what is wrong; 0 for all else.
        facts: the same for programs.
    """

    topic: Topic
    name: str
    mark: Mark
    text: str
    remedy: str = ""
    code: int = 0
    facts: Mapping[str, object] = field(default_factory=dict)


def wrong(
    topic: Topic, name: str, error: Exception, remedy: str = "", facts: Mapping[str, object] | None = None
) -> Finding:
    """The finding for an error that is to be expected.

    Args:
        topic: what it belongs to.
        name: what was looked at.
        error: what was raised.
        remedy: what to do about it.
        facts: for programs.

    Raises:
        Exception: the error itself, if nobody expects it.
    """
    ending = ending_of(error)
    if ending is None:
        raise error
    return Finding(topic, name, "wrong", ending.line, remedy, ending.code, facts or {})
