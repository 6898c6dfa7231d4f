"""What is said of a program, place by place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Finding", "FindingKind", "Need", "Report", "named"]

FindingKind = Literal["note", "await", "differs", "gone"]
"""Good to know; to be awaited; otherwise than in the official client; not here at all."""
Need = Literal["await", "enter", "iterate", "pass"]
"""How something is waited for: by ``await``, ``async with`` or ``async for``, or by whom it is handed to."""


_MOST_NAMED = 10


def named(names: Iterable[str]) -> str:
    """Names in a row, the first ten of them.

    >>> named("abcdefghijkl")
    'a, b, c, d, e, f, g, h, i, j and 2 more'
    """
    every = list(names)
    more = f" and {len(every) - _MOST_NAMED} more" if len(every) > _MOST_NAMED else ""
    return ", ".join(every[:_MOST_NAMED]) + more


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to know or to do.

    Attributes:
        line: where, from 1.
        column: the character in that line, from 1.
        kind: what sort of thing.
        text: what there is to know or to do.
        need: how it is waited for, where that is done in one place.
    """

    line: int
    column: int
    kind: FindingKind
    text: str
    need: Need | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Report:
    """What is said of a whole program.

    Attributes:
        findings: by line and column.
        functions: those that become ``async def``, by name, in order.
        by_hand: those that cannot simply do so.
        needs_run: whether code outside of functions has to wait, and so needs ``asyncio.run``.
        lines: the program's lines.
    """

    findings: tuple[Finding, ...]
    functions: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    needs_run: bool = False
    lines: tuple[str, ...] = field(default=(), repr=False)

    def needs(self, need: Need) -> int:
        """How many findings ask for one way of waiting."""
        return sum(1 for finding in self.findings if finding.need == need)

    @property
    def awaits(self) -> int:
        """How many expressions need ``await``."""
        return self.needs("await")

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to be done: notes ask for nothing."""
        return all(finding.kind == "note" for finding in self.findings)
