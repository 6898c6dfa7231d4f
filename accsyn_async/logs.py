"""Where a session's log lines go when it was asked to be verbose."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["log_to"]


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
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()
