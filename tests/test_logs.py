"""A session's own log: where it goes, and that it is left as it was."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from accsyn_async.errors import ArgumentError
from accsyn_async.logs import log_to
from tests.support.backend import Backend, fails, reply
from tests.support.virtual import run

logger = logging.getLogger("accsyn_async")


def test_a_log_file_holds_calls_and_no_secret_and_no_control_character(tmp_path: Path) -> None:
    path = tmp_path / "my.log"

    async def main() -> None:
        backend = Backend(key="canary-of-the-log")
        async with backend.session(verbose=True, path_logfile=path, pretty_json=True) as session:
            backend.faults += fails(reply({"result": [{"id": "a", "name": "x\x1b]0;pwned\x07\u202e"}]}))
            await session.find("Transfer")

    before = (logger.level, list(logger.handlers))
    run(main())
    assert (logger.level, list(logger.handlers)) == before
    text = path.read_text()
    assert "GET transfer/find" in text
    assert '"name": "x' in text
    assert "canary" not in text
    assert "session-1-secret" not in text
    assert not set(text) & {"\x1b", "\x07", "\u202e"}


def test_verbose_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with log_to(verbose=True, path_logfile=None):
        logging.getLogger("accsyn_async.somewhere").debug("one\nforged line \x9b31m")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "one\\nforged line \\x9b31m" in captured.err


def test_quiet_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    with log_to(verbose=False, path_logfile=None):
        assert logger.handlers == []
    assert capsys.readouterr() == ("", "")


def test_logs_that_overlap_leave_the_level_as_it_was(tmp_path: Path) -> None:
    before = logger.level
    first = log_to(verbose=True, path_logfile=tmp_path / "a")
    second = log_to(verbose=False, path_logfile=tmp_path / "b")
    first.__enter__()
    second.__enter__()
    logger.debug("for the first")
    first.__exit__(None, None, None)
    logger.info("for the second")
    second.__exit__(None, None, None)
    assert logger.level == before
    assert (tmp_path / "a").read_text().count("for the") == 1
    assert (tmp_path / "b").read_text().count("for the") == 1


def test_a_log_file_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="cannot be written"):
        with log_to(verbose=True, path_logfile=tmp_path / "none" / "x.log"):
            raise AssertionError("entered")
