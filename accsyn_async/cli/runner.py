"""Running a command: its exit code, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from accsyn_async.cli.exit_codes import INTERRUPTED, NOBODY_READS, ending_of, is_full
from accsyn_async.cli.output import Output

__all__ = ["guarded", "run_command"]


def run_command(command: Coroutine[Any, Any, int]) -> int:
    """Run a command to its end, or until it is told to end by SIGTERM or a terminal that closes.

    Args:
        command: what to run; returns an exit code.

    Returns:
        The command's exit code.
    """
    received: list[signal.Signals] = []
    try:
        return asyncio.run(_until_told(command, received))
    except asyncio.CancelledError:
        if received:
            return 128 + received[0]
        raise


def guarded(work: Callable[[], int], output: Output) -> int:
    """Do something, and turn the errors that are to be expected into exit codes.

    Args:
        work: what to do; returns an exit code.
        output: where errors are told.
    """
    try:
        code = work()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()
        return NOBODY_READS
    except SystemExit as ended:
        # So ends rich, which prints the help pages, when nobody reads them.
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        _abandon_stdout()
        return NOBODY_READS
    except Exception as error:
        ending = ending_of(error)
        if ending is None:
            raise
        if is_full(error):
            _abandon_stdout()
        output.note(f"accsyn-async: {ending.line}")
        return ending.code
    return code


async def _until_told(command: Coroutine[Any, Any, int], received: list[signal.Signals]) -> int:
    """Run a command; signals end it as orderly as Ctrl-C does."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def end(number: signal.Signals) -> None:
        received.append(number)
        if task is not None:
            task.cancel()

    numbers = [signal.SIGTERM]
    # Under nohup it is ignored, and stays so.
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    # Neither on Windows nor outside the main thread can a loop handle signals.
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        for number in numbers:
            loop.add_signal_handler(number, end, number)
    try:
        return await command
    finally:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            for number in numbers:
                loop.remove_signal_handler(number)


def _abandon_stdout() -> None:
    """Keep the interpreter from writing what is left to a pipe that nobody reads."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
