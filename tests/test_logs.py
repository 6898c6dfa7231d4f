"""A session's own log: where it goes, and that it is left as it was."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accsyn_async import Session
from accsyn_async.errors import AccsynError, ArgumentError, BackendError
from accsyn_async.logs import log_to
from tests.support.backend import Backend, fails, reply
from tests.support.older_backend import OlderBackend
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


def _logged(path: Path, kind: type[Backend], said: Any, use: Callable[[Session], Any], **options: Any) -> str:
    """What a session logs of a call that is answered so."""

    async def main() -> None:
        backend = kind()
        async with backend.session(verbose=True, path_logfile=path, **options) as session:
            backend.faults += fails(reply(said))
            with contextlib.suppress(AccsynError):
                await use(session)
        sent.extend(received.event.get("eid") for received in backend.received[1:])

    sent: list[Any] = []
    run(main())
    text = path.read_text()
    assert all(eid in text for eid in sent)
    assert sent
    return text


@pytest.mark.parametrize("kind", [Backend, OlderBackend])
@pytest.mark.parametrize(
    ("use", "told"),
    [
        (lambda s: s.find("Transfer WHERE name=abc", limit=7), ["transfer/find", "name=abc", '"limit": 7']),
        (lambda s: s.create("Queue", {"code": "low"}), ["POST queue/create", '"code": "low"']),
        (
            lambda s: s.update("Transfer", "a" * 24, {"status": "paused"}),
            ["/edit", "a" * 24, "paused"],
        ),
        (lambda s: s.delete_one("Transfer", "a" * 24), ["DELETE transfer/delete", "a" * 24]),
        (lambda s: s.create("Queue", {"at": dt.datetime(2026, 1, 2)}), ["2026"]),
    ],
)
def test_verbose_tells_what_is_sent(kind: type[Backend], use: Any, told: list[str], tmp_path: Path) -> None:
    text = _logged(tmp_path / "log", kind, {"result": []}, use)
    for each in told:
        assert each in text


@pytest.mark.parametrize(
    ("data", "hidden"),
    [
        ({"password": "hunter2"}, "hunter2"),
        ({"note": "the key-of-the-test is it"}, "key-of-the-test"),
        ({"deep": [{"api_key": "hunter2"}]}, "hunter2"),
        ({"filler": "x" * 1993, "note": "key-of-the-test"}, "key-of-the"),
        *(({"filler": "x" * width, "note": "key-of-the-test"}, "key-") for width in range(1900, 1970, 2)),
    ],
)
def test_what_is_sent_is_told_without_secrets(data: dict[str, Any], hidden: str, tmp_path: Path) -> None:
    text = _logged(
        tmp_path / "log", Backend, {"result": []}, lambda s: s.create("Queue", {"code": "low"} | data)
    )
    assert "queue/create" in text
    assert hidden not in text


FORGED = "x\n2026-01-01 00:00:00,000 INFO accsyn_async: all is well"


@pytest.mark.parametrize("pretty", [True, False])
@pytest.mark.parametrize(
    "said",
    [
        {"result": [{"id": "a", "name": f"{FORGED}\r\x1b]0;pwned\x07\x9b31m\u202e\u2028\x85\x0b\x0c"}]},
        {"result": [{"id": "a", f"{FORGED}\x1b[2J\u2029\x1c": 1}]},
        {"message": f"{FORGED}\x1b[2J\u202e\u2028\x85"},
        f"<html>{FORGED}\x1b[2J\u202e".encode(),
        f'{{"result": [{{"id": "{FORGED}\x1b[2J\u2028"}}]}}'.encode(),
    ],
)
@pytest.mark.parametrize("use", [lambda s: s.find("Transfer"), lambda s: s.create("Queue", {"code": FORGED})])
def test_no_reply_can_forge_a_line(pretty: bool, said: Any, use: Any, tmp_path: Path) -> None:
    text = _logged(tmp_path / "log", Backend, said, use, pretty_json=pretty)
    assert "all is well" in text
    for line in text.split("\n"):
        assert not line.startswith("2026-01-01 00:00:00")
        assert line.isprintable()


def test_pretty_replies_have_lines_of_their_own(tmp_path: Path) -> None:
    said = {"result": [{"id": "a", "size": 5}]}
    text = _logged(tmp_path / "log", Backend, said, lambda s: s.find("Transfer"), pretty_json=True)
    assert '\n            "id": "a",\n            "size": 5\n' in text
    flat = _logged(tmp_path / "flat", Backend, said, lambda s: s.find("Transfer"))
    assert json.dumps(said) in flat


def test_a_deep_reply_is_no_trouble_to_the_log(tmp_path: Path) -> None:
    """At every depth about that which can be read at all, as indenting takes a little more."""
    taken: list[int] = []
    before = sys.getrecursionlimit()

    async def main() -> None:
        backend = Backend()
        options = {"verbose": True, "path_logfile": tmp_path / "log", "pretty_json": True}
        async with backend.session(rate_limit=None, **options) as session:
            for depth in range(150, 450):
                body = b'{"result": [{"id": "x", "a": %s5%s}]}' % (b'{"a":' * depth, b"}" * depth)
                backend.faults[:] = fails(reply(body), 3)
                with contextlib.suppress(BackendError):
                    await session.find("Transfer")
                    taken.append(depth)

    # A lower limit, as indenting takes long where it is much deeper.
    sys.setrecursionlimit(450)
    try:
        run(main())
    finally:
        sys.setrecursionlimit(before)
    assert 0 < len(taken) < 300


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


def test_a_disk_that_is_full_costs_lines_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    with log_to(verbose=True, path_logfile="/dev/full"):
        for _ in range(3):
            logger.info("a line")
    assert capsys.readouterr().err == "accsyn_async: lines of the log are lost: No space left on device\n"


def test_a_log_file_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="cannot be written"):
        with log_to(verbose=True, path_logfile=tmp_path / "none" / "x.log"):
            raise AssertionError("entered")
