"""How cost grows with jobs, watches, changes and time."""

from __future__ import annotations

import asyncio

from benchmarks import growth
from benchmarks.figures import Effort, Figure

TITLE = "How cost grows"
ABOUT = (
    "The power with which CPU grows, by least squares on a log-log scale: 1 is in proportion, 0 is not "
    "at all. "
    "No connection is involved. `python -m benchmarks.growth` draws it."
)
NEEDS: tuple[str, ...] = ()


async def measure(effort: Effort) -> list[Figure]:
    """Measure the powers, in a thread: its event loops are virtual."""
    return growth.figures(await asyncio.to_thread(growth.measured, effort))
