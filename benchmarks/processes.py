"""Processes beside the one that measures: started, spoken to by lines, and ended in any case."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.catalogue import ROOT

__all__ = ["asked", "end", "environment", "line", "sandbox", "started"]

_PATIENCE = 10.0
"""Seconds that a process may take to end before it is killed."""


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that imports this package from the checkout, and may keep its bytecode.

    Args:
        more: variables to be added.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), **more}


@contextlib.contextmanager
def started(module: str, *arguments: str, core: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run ``python -m`` a module, with pipes for its input and output; it is ended at the end.

    Args:
        module: its name.
        arguments: of its command line.
        core: the one that it is kept on; ``None`` for any.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        yield process
    finally:
        end(process)


@contextlib.contextmanager
def sandbox(*options: str, core: int | None = None) -> Iterator[dict[str, Any]]:
    """Run the sandbox's command on a free port; what it tells of itself.

    Args:
        options: of ``accsyn-async sandbox``.
        core: the one that it is kept on; ``None`` for any.
    """
    with started("accsyn_async", "sandbox", "--json", "--port", "0", *options, core=core) as process:
        yield json.loads(line(process))


def end(process: subprocess.Popen[str]) -> None:
    """End a process, and wait for it; after some seconds it is killed."""
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def line(process: subprocess.Popen[str]) -> str:
    """The next line that a process writes.

    Raises:
        ConnectionError: it has ended before.
    """
    assert process.stdout is not None
    text = process.stdout.readline()
    if not text:
        raise ConnectionError(f"{' '.join(map(str, process.args))} has ended")  # type: ignore[arg-type]
    return text


def asked(process: subprocess.Popen[str], what: str = "") -> str:
    """What a process answers to a line.

    Args:
        process: which.
        what: the line, without its end.

    Raises:
        ConnectionError: it has ended before.
    """
    assert process.stdin is not None
    process.stdin.write(f"{what}\n")
    process.stdin.flush()
    return line(process)
