from __future__ import annotations

import logging

import pytest

from accsyn_async.cli.log_lines import logging_to
from tests.cli.making import err, to_pipe


@pytest.mark.parametrize(
    ("name", "level", "verbose", "shown"),
    [
        ("transport.credentials", logging.WARNING, False, "accsyn-async: odd \\x1b[2J\n"),
        ("transport.credentials", logging.INFO, False, ""),
        # Trouble with the backend is told by the renderers.
        ("monitor", logging.WARNING, False, ""),
        ("monitor", logging.ERROR, False, "accsyn-async: odd \\x1b[2J\n"),
        ("monitor", logging.DEBUG, True, "accsyn_async.monitor: odd \\x1b[2J\n"),
    ],
)
def test_log_lines(name: str, level: int, verbose: bool, shown: str) -> None:
    output = to_pipe()
    with logging_to(output, verbose=verbose):
        logging.getLogger(f"accsyn_async.{name}").log(level, "odd %s", "\x1b[2J")
    assert err(output) == shown


def test_loggers_are_left_as_they_were() -> None:
    logger = logging.getLogger("accsyn_async")
    before = logger.level, logger.propagate, list(logger.handlers)
    with logging_to(to_pipe(), verbose=True):
        assert logger.level == logging.DEBUG
    assert (logger.level, logger.propagate, list(logger.handlers)) == before
