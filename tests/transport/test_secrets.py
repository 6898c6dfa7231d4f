"""Secrets stay where they are needed: not in errors, logs, pickles, nor longer than that in memory."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

from accsyn_async.errors import AccsynError, BackendError
from accsyn_async.wire.envelope import Envelope
from accsyn_async.wire.message import Request, Response, Ticket
from accsyn_async.wire.redact import Redactor, Secret
from tests.support.backend import Backend, Received, fails, reply
from tests.support.older_backend import OlderBackend
from tests.support.virtual import run

KEY = "canary-of-the-api-key"
PASSWORD = "canary-of-the-password"
GIVEN = "canary-of-a-session-key"
PROOFS: list[dict[str, Any]] = [
    {"api_key": KEY},
    {"pwd": PASSWORD},
    {"pwd": lambda: "".join(["canary-of-", "the-password"])},
    {"session_key": GIVEN},
]


def _tells_a_secret(text: str, *more: str) -> list[str]:
    """What of the secrets can be read in a text: as they are, or out of its base64."""
    readable = [text]
    for _ in range(2):
        for run_of in re.findall(r"[A-Za-z0-9+/]{16,}", readable[-1]):
            for start in range(4):
                part = run_of[start:]
                readable.append(base64.b64decode(part[: len(part) // 4 * 4]).decode("latin-1"))
    forms = ["canary", "session-key-number", *more]
    return [form for form in forms if any(form in each for each in readable)]


def test_the_search_for_secrets_finds_them() -> None:
    told = base64.b64encode(json.dumps({"session_key": GIVEN}).encode()).decode()
    assert _tells_a_secret(f"bad proof {told} given") == ["canary"]
    assert _tells_a_secret(f"bad proof {told[1:]}") == ["canary"]
    assert _tells_a_secret("bad proof *** given") == []


ECHOES: dict[str, Callable[[str], Any]] = {
    "a message with the header": lambda header: {"message": f"bad proof {header} given"},
    "a message with the payload": lambda header: {"message": f"bad {header.partition(' ')[2]} given"},
    "a result with the payload": lambda header: {"result": [{"id": "x", "seen": header.partition(" ")[2]}]},
    "a page with the payload": lambda header: f"<html>{header.partition(' ')[2]}".encode(),
}


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("at_login", [True, False])
@pytest.mark.parametrize("proof", PROOFS)
def test_what_proves_a_user_is_hidden_when_the_backend_echoes_it(
    echo: str, at_login: bool, proof: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Echoing(OlderBackend):
        echoed = 0

        def answer(self, received: Received, request: Request) -> Response:
            if received.path.endswith("/user/login/auth") is at_login:
                self.echoed += 1
                return reply(ECHOES[echo](request.headers["Authorization"]))
            return super().answer(received, request)

    async def main() -> list[str]:
        backend = Echoing(key=KEY, password=PASSWORD, given_keys={GIVEN})
        told = []
        session = backend.session(**proof)
        try:
            async with session:
                await session.find("Job")
        except AccsynError as error:
            told += [str(error), repr(error), str(vars(error)), str(error.__context__), str(error.__cause__)]
            told.append(str(session.get_last_message()))
        assert backend.echoed
        return told

    with caplog.at_level(logging.DEBUG, logger="accsyn_async"):
        told = run(main())
    assert "login" in caplog.text
    assert _tells_a_secret("\n".join([*told, caplog.text])) == []


def _reachable(start: object) -> list[str]:
    """Every text that can be reached: through attributes, slots, containers and functions' cells."""
    seen: set[int] = set()
    texts: list[str] = []
    todo: list[object] = [start]
    keep = []
    while todo:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        keep.append(value)
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, bytes):
            texts.append(value.decode("latin-1"))
        elif isinstance(value, dict):
            todo += [*value, *value.values()]
        elif isinstance(value, list | tuple | set | frozenset) or type(value).__name__ == "deque":
            todo += list(value)  # type: ignore[call-overload]
        elif not isinstance(value, type) and type(value).__module__ != "builtins":
            for kind in type(value).__mro__:
                slots = kind.__dict__.get("__slots__", ())
                for name in [slots] if isinstance(slots, str) else slots:
                    todo.append(getattr(value, name, None))
            todo.append(getattr(value, "__dict__", None))
        for cell in getattr(value, "__closure__", None) or ():
            todo.append(cell.cell_contents)
        todo.append(getattr(value, "__self__", None))
    return texts


@pytest.mark.parametrize("stays", [False, True])
def test_a_password_that_is_asked_for_is_kept_nowhere(stays: bool) -> None:
    """The other half shows that the search would find it."""

    def pwd() -> str:
        return "-".join(["canary", "of", "the", "password"])

    # What tests before this one have looked for.
    re.purge()

    async def main() -> None:
        backend = OlderBackend(password=PASSWORD)
        async with backend.session(pwd=pwd() if stays else pwd) as session:
            await session.find("Job")
            backend.expire()
            await session.find("Job")
            # The session reaches its backend in a test, which does know the password.
            backend.password = ""
            backend.received.clear()
            backend.seen.clear()
            texts = _reachable(session)
            assert any("session-key-number-2" in text for text in texts)
            encoded = base64.b64encode(PASSWORD.encode()).decode()[:16]
            assert any(PASSWORD in text or encoded in text for text in texts) is stays
            cached = str([*getattr(re, "_cache", ()), *getattr(re, "_cache2", ())])
            assert "canary" not in cached

    run(main())


@pytest.mark.parametrize(
    "holder",
    [
        Redactor(),
        Secret(KEY),
        Envelope("acme", "session", "lisa", "host"),
        Ticket("session", "uid", "role", {"Authorization": KEY}, Secret(KEY)),
    ],
)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_holds_secrets_is_not_pickled(holder: object, protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(holder, protocol)


def test_a_ticket_shows_who_and_not_what_with() -> None:
    ticket = Ticket("session-of-canary", "uid", "admin", {"Authorization": f"basic {KEY}"}, Secret(KEY))
    assert "canary" not in repr(ticket)
    assert "Authorization" not in repr(ticket)
    assert "admin" in repr(ticket)


@pytest.mark.parametrize(
    ("kind", "options", "call", "reply_to_it", "secret"),
    [
        (OlderBackend, {"session_key": GIVEN}, None, None, GIVEN),
        (Backend, {}, "get_api_key", {"api_key": "brought-out-api-key"}, "brought-out-api-key"),
        (OlderBackend, {}, "get_api_key", {"api_key": "brought-out-api-key"}, "brought-out-api-key"),
        (
            OlderBackend,
            {},
            "generate_session_key",
            {"session_key": "brought-out-session-key"},
            "brought-out-session-key",
        ),
    ],
)
def test_a_key_that_a_session_has_seen_is_hidden_from_then_on(
    kind: type[Backend],
    options: dict[str, Any],
    call: str | None,
    reply_to_it: Any,
    secret: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        backend = kind()
        if isinstance(backend, OlderBackend):
            backend.given_keys = {GIVEN}
        async with backend.session(**options) as session:
            if call is not None:
                backend.faults += fails(reply(reply_to_it))
                assert await getattr(session, call)() == secret
            backend.faults += fails(reply({"message": f"E#X001 {secret} is used by lisa"}))
            with pytest.raises(BackendError, match="is used by lisa") as caught:
                await session.find("Job")
            assert "***" in str(caught.value)
            assert secret not in f"{caught.value}{vars(caught.value)}{session.get_last_message()}"
            backend.faults += fails(reply({"result": [{"id": "x", "note": secret}]}))
            assert (await session.find("Job"))[0]["note"] == secret  # type: ignore[typeddict-item]
        assert "note" in caplog.text
        assert secret not in caplog.text

    with caplog.at_level(logging.DEBUG, logger="accsyn_async"):
        run(main())
