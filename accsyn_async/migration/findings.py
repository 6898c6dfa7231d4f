"""What is said of a program, place by place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Finding", "FindingKind", "Report", "named"]

FindingKind = Literal["note", "await", "differs", "gone"]
"""Good to know; to be awaited; otherwise than in the official client; not here at all."""


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
    """

    line: int
    column: int
    kind: FindingKind
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What is said of a whole program.

    Attributes:
        findings: by line and column.
        awaits: how many expressions need ``await``.
        functions: those that become ``async def``, by name, in order.
        by_hand: those that cannot simply do so.
        needs_run: whether code outside of functions has to wait, and so needs ``asyncio.run``.
        lines: the program's lines.
    """

    findings: tuple[Finding, ...]
    awaits: int = 0
    functions: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    needs_run: bool = False
    lines: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to be done: notes ask for nothing."""
        return all(finding.kind == "note" for finding in self.findings)
