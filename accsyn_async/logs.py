"""Where a session's log lines go when it was asked to be verbose."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from accsyn_async.safe_text import safe

__all__ = ["log_to"]


class _SafeFormatter(logging.Formatter):
    """Lets no line of a reply do anything to a terminal or pass for a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(safe, super().format(record).split("\n")))

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = safe(record.message)
        return super().formatMessage(record)


@contextmanager
def log_to(*, verbose: bool, path_logfile: str | os.PathLike[str] | None) -> Iterator[None]:
    """Send this library's log lines to standard error, or to a file, for a while.

    Only loggers under ``accsyn_async`` are touched, and they are left as they were.

    Args:
        verbose: whether to log everything (level DEBUG).
        path_logfile: a file that gets the lines instead of standard error.
    """
    if not verbose and path_logfile is None:
        yield
        return
    logger = logging.getLogger("accsyn_async")
    handler = (
        logging.StreamHandler()
        if path_logfile is None
        else logging.FileHandler(path_logfile, encoding="utf-8")
    )
    handler.setFormatter(_SafeFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()
