"""What a piece of work takes, counted and not timed: instructions of our own code, and allocations.

Instructions are those of Python's virtual machine that the package's own code executes: they tell
of work in Python, and nothing of what a decoder in C does. Allocations are those of Python's own
allocators, and their bytes: they tell of both, but for work that makes no object. Both are the same
from one run to the next, and among the patch releases of a minor version of Python.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType
from typing import Any, cast

import accsyn_async

__all__ = ["Allocations", "Instructions"]

_OURS = str(Path(accsyn_async.__file__).parent)


class Instructions:
    """Counts the instructions that the package's code executes, in whichever thread.

    Attributes:
        counts: what was counted last.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._count = 0
        self._ours: dict[str, bool] = {}

    def begin(self) -> None:
        """Count from now on."""
        self._count = 0
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def end(self) -> None:
        """Count no more."""
        sys.settrace(None)
        threading.settrace(cast(Any, None))
        self.counts = {"instructions": self._count}

    def _enter(self, frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        ours = self._ours.get(name)
        if ours is None:
            ours = self._ours[name] = name.startswith(_OURS)
        if not ours:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, _frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode":
            self._count += 1
        return self._step


class Allocations:
    """Counts the allocations of Python's own allocators, and their bytes.

    Attributes:
        counts: what was counted last.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def begin(self) -> None:
        """Count from now on."""
        import memray

        self._folder = tempfile.TemporaryDirectory()
        self._file = Path(self._folder.name) / "allocations"
        self._tracker = memray.Tracker(self._file, trace_python_allocators=True)
        self._tracker.__enter__()

    def end(self) -> None:
        """Count no more."""
        import memray

        self._tracker.__exit__(None, None, None)
        kinds = memray.AllocatorType
        ours = {kinds.PYMALLOC_MALLOC, kinds.PYMALLOC_CALLOC, kinds.PYMALLOC_REALLOC}
        count = size = 0
        with memray.FileReader(self._file) as reader:
            for record in reader.get_allocation_records():
                if record.allocator in ours:
                    count += 1
                    size += record.size
        self._folder.cleanup()
        self.counts = {"allocations": count, "bytes": size}
