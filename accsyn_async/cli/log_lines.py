"""The library's log lines, on standard error."""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from accsyn_async.cli.output import Output
from accsyn_async.safe_text import safe

__all__ = ["logging_to"]

PACKAGE: Final = Path(__file__).parents[1]


class _Notes(logging.Handler):
    def __init__(
        self, output: Output, *, verbose: bool, told: Collection[str], informs: Collection[str]
    ) -> None:
        super().__init__(logging.DEBUG if verbose else logging.INFO)
        self._output = output
        self._verbose = verbose
        self._told = told
        self._informs = informs

    def emit(self, record: logging.LogRecord) -> None:
        if not self._verbose and record.levelno < logging.WARNING and record.name not in self._informs:
            return
        # What the monitor warns of reaches the user as an event.
        if (
            not self._verbose
            and record.name.startswith("accsyn_async.monitor")
            and record.levelno < logging.ERROR
        ):
            return
        if record.getMessage() in self._told:
            return
        text = safe(record.getMessage() + _cause(record))
        self._output.note(f"{record.name}: {text}" if self._verbose else f"accsyn-async: {text}")


def _cause(record: logging.LogRecord) -> str:
    """The exception's type and place. Its text is left out: it can quote what was sent."""
    kind, _, trace = record.exc_info or (None, None, None)
    if kind is None:
        return ""
    frames = traceback.extract_tb(trace)
    ours = [one for one in frames if PACKAGE in Path(one.filename).parents]
    if not frames:
        return f": {kind.__name__}"
    place = (ours or frames)[-1]
    path = Path(place.filename)
    name = path.relative_to(PACKAGE.parent).as_posix() if ours else path.name
    return f": {kind.__name__} in {place.name}, {name} line {place.lineno}"


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """What asyncio says at each end of a TLS connection of nats-py tells nobody anything."""
    return "returning true from eof_received()" not in record.getMessage()


@contextlib.contextmanager
def logging_to(
    output: Output, *, verbose: bool, told: Collection[str] = (), informs: Collection[str] = ()
) -> Iterator[None]:
    """Write the library's log lines as messages for a while.

    Args:
        output: where to.
        verbose: every line; only warnings otherwise.
        told: lines that are left out, as they were told in another way.
        informs: the loggers of which more than warnings are told all the same.
    """
    logger, loop_logger = logging.getLogger("accsyn_async"), logging.getLogger("asyncio")
    level, propagates = logger.level, logger.propagate
    handler = _Notes(output, verbose=verbose, told=told, informs=informs)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.INFO if informs else logging.WARNING)
    logger.propagate = False
    loop_logger.addFilter(_is_worth_a_line)
    try:
        yield
    finally:
        loop_logger.removeFilter(_is_worth_a_line)
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagates
