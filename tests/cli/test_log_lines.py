from __future__ import annotations

import json
import logging
import re

import pytest

from accsyn_async.cli.log_lines import logging_to
from accsyn_async.models import Job
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


def test_what_an_exception_was_and_where_but_not_what_it_says() -> None:
    output = to_pipe()
    with logging_to(output, verbose=False):
        for broken, says in (
            (
                lambda: Job.from_row(b"s3cret"),
                r"accsyn-async: odd broke: \w+Error in \w+, accsyn_async/\w+\.py line \d+",
            ),
            (
                lambda: json.loads("s3cret {"),
                r"accsyn-async: odd broke: JSONDecodeError in raw_decode, decoder\.py line \d+",
            ),
        ):
            try:
                broken()
            except Exception:
                logging.getLogger("accsyn_async.sandbox.server.replies").exception("odd broke")
            *_, line = err(output).splitlines()
            assert re.fullmatch(says, line), line
        logging.getLogger("accsyn_async.x").error("odd", exc_info=(KeyError, KeyError("s3cret"), None))
    assert err(output).endswith("accsyn-async: odd: KeyError\n")
    assert "s3cret" not in err(output)


def test_loggers_are_left_as_they_were() -> None:
    logger = logging.getLogger("accsyn_async")
    before = logger.level, logger.propagate, list(logger.handlers)
    with logging_to(to_pipe(), verbose=True):
        assert logger.level == logging.DEBUG
    assert (logger.level, logger.propagate, list(logger.handlers)) == before


def test_some_loggers_inform_though_nobody_asked() -> None:
    output = to_pipe()
    with logging_to(output, verbose=False, informs=("accsyn_async.relay",)):
        logging.getLogger("accsyn_async.relay").info("pause x, asked by lisa")
        logging.getLogger("accsyn_async.relay").debug("nothing")
        logging.getLogger("accsyn_async.transport").info("nothing")
    assert err(output) == "accsyn-async: pause x, asked by lisa\n"


def test_what_asyncio_says_at_each_end_of_a_connection_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("asyncio")
    with logging_to(to_pipe(), verbose=False):
        logger.warning("returning true from eof_received() has no effect when using ssl")
        logger.warning("something else")
    assert [record.getMessage() for record in caplog.records] == ["something else"]
