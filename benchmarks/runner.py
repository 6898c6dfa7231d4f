"""Measures parts one after the other, each in a process of its own, never two at once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import msgspec

from benchmarks.catalogue import ROOT, Part, missing
from benchmarks.figures import Effort, Figure
from benchmarks.series import Series

__all__ = ["Outcome", "exit_code", "run"]

_GRACE = 5.0
"""Seconds that a part has for ending the programs it started, once it is interrupted."""

_DISTURBING = (
    *("PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONTRACEMALLOC", "AS_DEV"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
)


class Outcome(msgspec.Struct, frozen=True):
    """What came of a part.

    Attributes:
        part: which.
        state: ``measured``, ``not measured`` when what it needs is missing, or ``failed``.
        figures: what was measured; of a part that failed, what was until then.
        seconds: how long it took.
        why: of what was not measured or failed, the reason; else "".
        series: of a part that draws, what is drawn.
    """

    part: Part
    state: Literal["measured", "not measured", "failed"]
    figures: tuple[Figure, ...] = ()
    seconds: float = 0.0
    why: str = ""
    series: tuple[Series, ...] = ()


def run(
    parts: Sequence[Part],
    effort: Effort,
    *,
    begins: Callable[[int, Part], None],
    command: Callable[[Part, Effort], Sequence[str]] | None = None,
) -> Iterator[Outcome]:
    """Measure parts in turn, and give what came of each.

    Args:
        parts: which, in this order.
        effort: how long to measure.
        begins: is told before a part is measured: its place from 1 on, and which.
        command: what to start for a part; ``None`` for ``python -m benchmarks.part``.

    Raises:
        KeyboardInterrupt: the user wants no more; what was under way has been ended.
    """
    for number, part in enumerate(parts, 1):
        if lacking := missing(part):
            yield Outcome(part, "not measured", why=f"needs {', '.join(lacking)}")
            continue
        begins(number, part)
        yield _measure(part, (command or _command)(part, effort))


def exit_code(outcomes: Sequence[Outcome], *, named: bool) -> int:
    """0 when every aim is reached, else 1.

    Args:
        outcomes: what came of the parts.
        named: whether the user named them: then what cannot be measured here counts as well.
    """
    bad = {"failed", "not measured"} if named else {"failed"}
    missed = any(figure.missed for outcome in outcomes for figure in outcome.figures)
    return int(missed or any(outcome.state in bad for outcome in outcomes))


def _command(part: Part, effort: Effort) -> Sequence[str]:
    return [sys.executable, "-m", "benchmarks.part", part.name, "--effort", effort]


def _measure(part: Part, command: Sequence[str]) -> Outcome:
    began = time.monotonic()
    figures: list[Figure] = []
    series: list[Series] = []
    why = ""
    with _started(command) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said = msgspec.json.decode(line, type=dict[str, Any])
                if "failed" in said:
                    why = str(said["failed"])
                elif "series" in said:
                    series.append(msgspec.convert(said["series"], Series))
                else:
                    figures.append(msgspec.convert(said, Figure))
            code = process.wait()
        except msgspec.DecodeError as error:
            code, why = 1, f"wrote no figure: {error}"
    seconds = time.monotonic() - began
    if code and not why:
        why = f"ended with {code}" if code > 0 else f"was ended by {signal.Signals(-code).name}"
    if not why and not figures:
        why = "measured nothing"
    return Outcome(part, "failed" if why else "measured", tuple(figures), seconds, why, tuple(series))


@contextlib.contextmanager
def _started(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program at the head of a group of its own, which is ended with it."""
    interrupts = _Interrupts()
    try:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
    except BaseException:
        interrupts.let_through()
        raise
    assert process.stdout is not None
    try:
        interrupts.let_through()
        with process.stdout:
            yield process
    finally:
        _end(process)


class _Interrupts:
    """Holds back interrupts from now on: one that came while a program is started would lose it."""

    def __init__(self) -> None:
        self._held: list[int] = []
        self._before: dict[signal.Signals, Any] = {}
        # Only the main thread can, and only there is anybody interrupted.
        with contextlib.suppress(ValueError):
            for each in (signal.SIGINT, signal.SIGTERM):
                before = signal.getsignal(each)
                if callable(before):
                    signal.signal(each, lambda number, _: self._held.append(number))
                    self._before[each] = before

    def let_through(self) -> None:
        """Hold back no more; what was is raised now."""
        for each, before in self._before.items():
            signal.signal(each, before)
        for number in self._held[:1]:
            signal.raise_signal(number)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        if process.poll() is None:
            # As Ctrl-C does: what it started is ended by itself.
            _signal(process, "SIGINT")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
    finally:
        _signal(process, "SIGKILL")
        process.wait()


def _signal(process: subprocess.Popen[bytes], name: str) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, getattr(signal, name))
        else:
            process.kill()


def _environment() -> dict[str, str]:
    """That of this process without what slows programs down or leads them elsewhere."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _DISTURBING and not name.startswith("ACCSYN_")
    }
