"""Counts work, so that how it grows can be told without a clock."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any


def lines_of(work: Iterator[None]) -> int:
    """How many lines of the sandbox are run."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if "sandbox" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for _ in work:
            pass
    finally:
        sys.settrace(before)
    return count
