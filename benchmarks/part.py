"""Measures one part, in this process: ``python -m benchmarks.part NAME --effort quick``.

Each figure is written as a line of JSON to standard output once it is known; of a part that fails, the
last line says why: ``{"failed": …}``. Whatever else is written there, by the part or by programs that
it starts, comes out at standard error.
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

__all__ = ["main", "measure"]


def main() -> int:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.part", description="Measure one part.")
    parser.add_argument("name", choices=[part.name for part in discover()], metavar="NAME")
    parser.add_argument("--effort", choices=get_args(Effort), default="full")
    asked = parser.parse_args()
    # Also where the shell has it ignored: so are programs ended that the part has started.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with _figures_alone() as out:

        def tell(figure: Figure) -> None:
            out.write(msgspec.json.encode(figure) + b"\n")
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


def measure(part: Callable[[Effort], Any], effort: Effort, tell: Callable[[Figure], None]) -> None:
    """Run a part's ``measure`` and tell its figures.

    Args:
        part: an async function that returns figures, an async generator of them, or a plain function or
            generator, for what runs an event loop by itself.
        effort: how long to measure.
        tell: is called with each figure.

    Raises:
        ValueError: two figures have the same name.
    """
    names = set[str]()

    def once(figure: Figure) -> None:
        if figure.name in names:
            raise ValueError(f"two figures are called {figure.name!r}")
        names.add(figure.name)
        tell(figure)

    if inspect.isasyncgenfunction(part):
        asyncio.run(_each(part(effort), once))
        return
    found: Iterable[Figure] = asyncio.run(part(effort)) if inspect.iscoroutinefunction(part) else part(effort)
    for figure in found:
        once(figure)


async def _each(figures: AsyncIterator[Figure], tell: Callable[[Figure], None]) -> None:
    async for figure in figures:
        tell(figure)


def _figures_alone() -> IO[bytes]:
    """Standard output for figures; whoever else writes to it comes out at standard error."""
    sys.stdout.flush()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


if __name__ == "__main__":
    sys.exit(main())
