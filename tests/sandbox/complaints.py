"""What is logged of what went wrong, and would otherwise be overlooked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["no_complaints"]


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        reason = record.exc_info[1] if record.exc_info else None
        self.texts.append(f"{record.getMessage()}: {reason!r}")


@contextmanager
def no_complaints() -> Iterator[None]:
    """Fail when an error was logged: a task of the loop that broke, or a job that did."""
    collector = _Collector()
    root = logging.getLogger()
    root.addHandler(collector)
    try:
        yield
    finally:
        root.removeHandler(collector)
    assert collector.texts == []
