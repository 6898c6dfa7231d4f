"""What a process has in use, to the last block where that can be told, and whether it grows."""

from __future__ import annotations

import ctypes
import gc
import resource
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WARM_UP = 2.5
"""Hours after which what is remembered of jobs that have ended has reached its bound."""


@dataclass(slots=True)
class Sample:
    """What was in use at a moment.

    Attributes:
        hour: when.
        blocks: blocks that Python's allocator has given out, whoever holds them.
        heap: bytes that C's allocator has given out; 0 where it does not say.
        resident: bytes of the process in memory, free ones among them.
    """

    hour: float
    blocks: int
    heap: int
    resident: int

    @classmethod
    def of_now(cls, hour: float) -> Sample:
        """Look at this process, once what is garbage and what is free was given back."""
        gc.collect()
        libc = ctypes.CDLL(None)
        if (trim := getattr(libc, "malloc_trim", None)) is not None:
            trim(0)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(hour, sys.getallocatedblocks(), _given_out(libc), pages * resource.getpagesize())


@dataclass(slots=True)
class Growth:
    """The shares by which each grew; negative where it shrank."""

    blocks: float
    heap: float
    resident: float


def growth(samples: Sequence[Sample]) -> Growth:
    """From the second third of a run to the last, a middle of each.

    What is given out comes and goes with the hour's weather. What the process holds
    besides is room between things in use, a MiB at a time: it takes some hours until there
    is as much as will ever be needed at once, and only then would more of it be a leak.
    """
    after = [sample for sample in samples if sample.hour >= WARM_UP]
    third = max(1, len(after) // 3)
    before, last = after[-2 * third : -third], after[-third:]

    def grew(measure: str) -> float:
        first, then = (statistics.median(getattr(s, measure) for s in part) for part in (before, last))
        return then / first - 1 if first else 0.0

    return Growth(grew("blocks"), grew("heap"), grew("resident"))


class _Mallinfo2(ctypes.Structure):
    """glibc's ``struct mallinfo2`` (2.33 and later)."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def _given_out(libc: ctypes.CDLL) -> int:
    ask = getattr(libc, "mallinfo2", None)
    if ask is None:
        return 0
    ask.restype = _Mallinfo2
    facts = ask()
    return int(facts.uordblks + facts.hblkhd)
