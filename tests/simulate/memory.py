"""What a checkpoint's texts say, read with the standard library alone."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.simulate.clock import START
from tests.simulate.model import State

__all__ = ["Memory", "Past"]


@dataclass(frozen=True, slots=True)
class Past:
    """How a job stood when it was last written down."""

    run: int
    ended: bool
    status: str
    finished: str | None

    def is_end(self, state: State) -> bool:
        """Whether it stood as in this state, which is an end."""
        return self.ended and state.ended and self.finished == state.finished


@dataclass(slots=True)
class Memory:
    """What a watch that comes back knows.

    Attributes:
        since: when it was last here, in virtual seconds; ``None`` if it never was.
        jobs: how they stood.
        owed: the ids of ends that were not used.
    """

    since: float | None = None
    jobs: dict[str, Past] = field(default_factory=dict)
    owed: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Memory:
        """Read what a store holds."""
        memory = cls()
        for key, text in texts.items():
            kind, _, name = key.partition(":")
            if kind == "since":
                memory.since = (dt.datetime.fromisoformat(text) - START).total_seconds()
            elif kind == "owed":
                memory.owed.add(name)
            elif kind == "job":
                kept = json.loads(text)
                finished = kept["finished"] and kept["finished"][:19]
                memory.jobs[name] = Past(kept["run"], kept["ended"], kept["status"], finished)
        return memory
