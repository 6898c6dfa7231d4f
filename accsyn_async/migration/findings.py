"""What is said of a program, place by place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Finding", "FindingKind", "Report"]

FindingKind = Literal["note", "await", "differs", "gone"]
"""Good to know; to be awaited; otherwise than in the official client; not here at all."""


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
