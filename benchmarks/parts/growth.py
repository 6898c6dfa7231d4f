"""How cost grows with jobs, watches, changes and time."""

from __future__ import annotations

import asyncio

from benchmarks import growth
from benchmarks.figures import Effort
from benchmarks.part import Found

TITLE = "How cost grows"
ABOUT = (
    "The power with which CPU grows, by least squares on a log-log scale: 1 is in proportion, 0 is not "
    "at all; what each job adds that changed; and what a long run does. No connection is involved."
)
NEEDS: tuple[str, ...] = ()


async def measure(effort: Effort) -> list[Found]:
    """Measure in a thread: its event loops are virtual. The points come with the figures."""
    measured = await asyncio.to_thread(growth.measured, effort)
    return [*growth.figures(measured), *measured]
