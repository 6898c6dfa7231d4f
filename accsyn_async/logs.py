"""Where a session's log lines go when it was asked to be verbose."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from accsyn_async.errors import ArgumentError
from accsyn_async.safe_text import safe

__all__ = ["LINES", "log_to"]

LINES = "accsyn_lines"
"""Attribute of a record with lines to be shown below its message, such as an indented reply."""

_LEVEL_BEFORE = "_accsyn_level_before"


class _SafeFormatter(logging.Formatter):
    """Lets no line of a reply do anything to a terminal or pass for a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(safe, super().format(record).split("\n")))

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = safe(record.message)
        return "\n".join([super().formatMessage(record), *map(safe, getattr(record, LINES, ()))])


class _LogFile(logging.FileHandler):
    """A file of log lines: a disk that is full costs lines and says so once, but fails nobody's work."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path, encoding="utf-8")
        self._told = False

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._tell(error)
        else:
            super().handleError(record)

    def close(self) -> None:
        try:
            super().close()
        except OSError as error:
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        if not self._told and sys.stderr is not None:
            self._told = True
            sys.stderr.write(f"accsyn_async: lines of the log are lost: {safe(error.strerror or error)}\n")


@contextmanager
def log_to(*, verbose: bool, path_logfile: str | os.PathLike[str] | None) -> Iterator[None]:
    """Send this library's log lines to standard error, or to a file, for a while.

    Only loggers under ``accsyn_async`` are touched, and they are left as they were when
    the last of several that overlap ends.

    Args:
        verbose: whether to log everything (level DEBUG).
        path_logfile: a file that gets the lines instead of standard error.

    Raises:
        ArgumentError: the file cannot be written.
    """
    if not verbose and path_logfile is None:
        yield
        return
    logger = logging.getLogger("accsyn_async")
    handler = _handler(path_logfile)
    handler.setFormatter(_SafeFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.DEBUG if verbose else logging.INFO)
    before = [each for each in logger.handlers if hasattr(each, _LEVEL_BEFORE)]
    setattr(handler, _LEVEL_BEFORE, getattr(before[0], _LEVEL_BEFORE) if before else logger.level)
    logger.addHandler(handler)
    logger.setLevel(min(handler.level, *(each.level for each in before)) if before else handler.level)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        left = [each for each in logger.handlers if hasattr(each, _LEVEL_BEFORE)]
        logger.setLevel(min(each.level for each in left) if left else getattr(handler, _LEVEL_BEFORE))
        handler.close()


def _handler(path: str | os.PathLike[str] | None) -> logging.Handler:
    if path is None:
        return logging.StreamHandler()
    try:
        return _LogFile(path)
    except (OSError, ValueError, TypeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "that is no path"
        shown = os.fspath(path) if isinstance(path, os.PathLike) else path
        raise ArgumentError(f"the log file {shown!r} cannot be written: {reason}") from None
