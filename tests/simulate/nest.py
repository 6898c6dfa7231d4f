"""Forks a process for each planted bug: what no bug is planted in is imported, or at least compiled, once.

It is told by lines on its standard input, ``<bug> <first seed> <how many>``. For each it writes what
``python -m tests.simulate`` says with that bug to its standard output, and then ``ended <code>``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from typing import NoReturn

import aiohttp  # noqa: F401
import anyio  # noqa: F401
import dotenv  # noqa: F401
import msgspec  # noqa: F401
import tenacity  # noqa: F401

from tests.simulate.planted import plant


def _child(bug: str, first: str, count: str) -> NoReturn:
    code = 2
    try:
        plant(bug)
        from tests.simulate.runner import main

        code = main(["--first", first, "--seeds", count, "--jobs", "1", "--stop-after", "1"])
    except BaseException:
        traceback.print_exc(file=sys.stdout)
    finally:
        sys.stdout.flush()
        os._exit(code)


def main() -> None:
    """Fork a process for each line, and say when it has ended."""
    with tempfile.TemporaryDirectory() as compiled:
        sys.pycache_prefix, sys.dont_write_bytecode = compiled, False
        for line in sys.stdin:
            pid = os.fork()
            if pid == 0:
                _child(*line.split())
            _, status = os.waitpid(pid, 0)
            sys.stdout.write(f"ended {os.waitstatus_to_exitcode(status)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
