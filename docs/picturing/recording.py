"""A program at a terminal of its own, and what was to be seen there, when."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass

from docs.picturing.terminal import Run, Terminal

__all__ = ["Frame", "record"]

_SETTLED = 0.06
"""Seconds for which a screen stands still that is seen; what is drawn in steps is seen when it is whole."""
_KEPT = ("HOME", "LANG", "PATH", "PYTHONPATH", "TMPDIR", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Frame:
    """A screen.

    Attributes:
        at: seconds since the program began to write.
        lines: as text.
        runs: line by line, with styles.
    """

    at: float
    lines: tuple[str, ...]
    runs: tuple[tuple[Run, ...], ...]


def record(arguments: Sequence[str], *, columns: int, rows: int) -> list[Frame]:
    """Run ``accsyn-async`` with arguments until it ends.

    Args:
        arguments: the command and its options.
        columns: of the terminal.
        rows: of the terminal.

    Returns:
        The screens that were to be seen, the last one as it was left.

    Raises:
        RuntimeError: it ended with another exit code than 0.
        ValueError: it wrote what `Terminal` cannot show.
    """
    terminal = Terminal(columns, rows)
    decode = codecs.getincrementaldecoder("utf-8")().decode
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
    with subprocess.Popen(
        [sys.executable, "-m", "accsyn_async", *arguments],
        stdin=its,
        stdout=its,
        stderr=its,
        env=environ | {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"},
    ) as process:
        os.close(its)
        seen: list[Frame] = []
        began: float | None = None
        while written := _read(ours):
            now = time.monotonic()
            began = now if began is None else began
            terminal.write(decode(written))
            seen.append(Frame(now - began, tuple(terminal.lines()), tuple(terminal.runs())))
        os.close(ours)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} has ended with {process.returncode}: {seen[-1:]}")
    following = [*(frame.at for frame in seen[1:]), float("inf")]
    return [frame for frame, after in zip(seen, following, strict=True) if after - frame.at > _SETTLED]


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # how Linux says that nobody has the other end any more
        return b""
