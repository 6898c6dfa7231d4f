"""What a snippet of accsyn's documents is, and what is expected of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.support.company import ADMIN, COMPANY

__all__ = ["Example", "Lost", "Repair"]


@dataclass(frozen=True)
class Repair:
    """One step of the evident repair of a snippet.

    Attributes:
        refusal: why it is refused without this step.
        wrong: what is wrong in it.
        right: what is written instead, wherever that stands.
    """

    refusal: str
    wrong: str
    right: str


@dataclass(frozen=True, kw_only=True)
class Example:
    """A snippet.

    Attributes:
        name: what it shows.
        seeds: the documents that have it.
        text: as it stands there.
        repairs: what makes JSON of it, step by step; none when it is JSON.
        warnings: what is said of it, once it is JSON.
        unsure: what is said of it where the workspace's code is not known; ``None`` for the same.
        call: what takes it: the submission of a job, or a call that adds tasks to a job, changes it, or
            changes its tasks.
        kind: the kind of job.
        joins: (calls on a job) the name of the example that makes that job, or its kind and its JSON.
        user: who does it.
        workspace: the workspace's code.
        world: ids in the text, and what of the sandbox each stands for.
        status: the job's in the end.
        arrives: the files that are there in the end and were not before, and what each holds.
    """

    name: str
    seeds: tuple[str, ...]
    text: str
    repairs: tuple[Repair, ...] = ()
    warnings: tuple[str, ...] = ()
    unsure: tuple[str, ...] | None = None
    call: Literal["submit", "add", "update", "update_many"] = "submit"
    kind: Literal["transfer", "compute"] = "transfer"
    joins: str | tuple[str, Mapping[str, Any]] | None = None
    user: str = ADMIN
    workspace: str = COMPANY
    world: Mapping[str, Literal["client", "task"]] = field(default_factory=dict)
    status: str = "done"
    arrives: Mapping[str, str] = field(default_factory=dict)

    @property
    def broken(self) -> Iterator[tuple[str, str]]:
        """The text before each step of its repair, and why it is refused."""
        text = self.text
        for repair in self.repairs:
            assert repair.wrong in text
            yield text, repair.refusal
            text = text.replace(repair.wrong, repair.right)

    @property
    def accepted(self) -> str:
        """The text that is JSON."""
        text = self.text
        for repair in self.repairs:
            text = text.replace(repair.wrong, repair.right)
        return text


@dataclass(frozen=True)
class Lost:
    """What is left of a snippet whose JSON a document has lost.

    Attributes:
        seed: the document.
        text: what is left.
        refusal: why it is refused.
        instead: the example that has what was there, from another document.
    """

    seed: str
    text: str
    refusal: str
    instead: str
