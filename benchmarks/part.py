"""Measures one part, in this process: ``python -m benchmarks.part NAME --effort quick``.

Each figure is written as a line of JSON to standard output once it is known, and so is what is to be drawn:
``{"series": …}``. Of a part that fails, the last line says why: ``{"failed": …}``. Whatever else is written
there, by the part or by programs that it starts, comes out at standard error.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import inspect
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Iterable
from typing import IO, Any, get_args

import msgspec

from benchmarks.catalogue import discover
from benchmarks.figures import Effort, Figure
from benchmarks.series import Series

__all__ = ["Found", "main", "measure"]

Found = Figure | Series
"""What a part gives: rows of the table, and lines of pictures."""


def main() -> int:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.part", description="Measure one part.")
    parser.add_argument("name", choices=[part.name for part in discover()], metavar="NAME")
    parser.add_argument("--effort", choices=get_args(Effort), default="full")
    asked = parser.parse_args()
    # Also where the shell has it ignored: so are programs ended that the part has started.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with _figures_alone() as out:

        def tell(found: Found) -> None:
            said = {"series": found} if isinstance(found, Series) else found
            out.write(msgspec.json.encode(said) + b"\n")
            out.flush()

        try:
            module = importlib.import_module(f"benchmarks.parts.{asked.name}")
            measure(module.measure, asked.effort, tell)
        except KeyboardInterrupt:
            return 130
        except Exception as error:
            traceback.print_exc()
            why = "".join(traceback.format_exception_only(error)).strip()
            out.write(msgspec.json.encode({"failed": why}) + b"\n")
            return 1
    return 0


def measure(part: Callable[[Effort], Any], effort: Effort, tell: Callable[[Found], None]) -> None:
    """Run a part's ``measure`` and tell what it finds.

    Args:
        part: an async function that returns figures and series, an async generator of them, or a plain
            function or generator, for what runs an event loop by itself.
        effort: how long to measure.
        tell: is called with each figure and each series.

    Raises:
        ValueError: two figures have the same name, or two series that are drawn over the same.
    """
    names = set[tuple[str, ...]]()

    def once(found: Found) -> None:
        name = (found.over, found.name) if isinstance(found, Series) else (found.name,)
        if name in names:
            several = "series" if isinstance(found, Series) else "figures"
            raise ValueError(f"two {several} are called {found.name!r}")
        names.add(name)
        tell(found)

    if inspect.isasyncgenfunction(part):
        asyncio.run(_each(part(effort), once))
        return
    found: Iterable[Found] = asyncio.run(part(effort)) if inspect.iscoroutinefunction(part) else part(effort)
    for each in found:
        once(each)


async def _each(found: AsyncIterator[Found], tell: Callable[[Found], None]) -> None:
    async for each in found:
        tell(each)


def _figures_alone() -> IO[bytes]:
    """Standard output for figures; whoever else writes to it comes out at standard error."""
    sys.stdout.flush()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


if __name__ == "__main__":
    sys.exit(main())
