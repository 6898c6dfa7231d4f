"""The messages that docs/protocol.md shows, made by the code that sends and reads them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from accsyn_async._version import __version__
from accsyn_async.wire.dialect import Dialect, Proof
from accsyn_async.wire.message import Call, Request, Ticket
from accsyn_async.wire.redact import Secret
from accsyn_async.wire.reply import Failure, failure_in
from accsyn_async.wire.v1 import V1
from accsyn_async.wire.v3 import V3

__all__ = ["EVENTS", "REPLIES", "REQUESTS", "answer_of"]

EID = "0b5a3c1e-7f1d-4c7e-9a53-2f6f1f0c2b11"
SESSION = "6a0f5d2e-94b1-4b0e-8a3c-1d7be1c4e5f0"
JOB = "6971e16fceadd67b955b1995"
USER = "5d91b33ac71c12871d1fc3c2"
NOW = "2026-01-22T08:35:59"
NEWER: Dialect = V3("acme", "lisa@example.com", "ws7")
OLDER: Dialect = V1("acme", "lisa@example.com", "ws7", SESSION)
KEY = Proof("api_key", Secret("my-key"))
PASSWORD = Proof("pwd", Secret("my-password"))
SESSION_KEY = Proof("session_key", Secret("my-session-key"))

FIND = Call("GET", "transfer/find", {"limit": 50}, query="status=running")
PAUSE = Call("PUT", "transfer/edit", {"status": "paused"}, id=JOB)

REPLIES: dict[str, dict[str, Any]] = {
    "v3 discovery": {"result": {"hostname": "acme.example.com", "port": 443}},
    "v1 discovery": {"domain": "acme"},
    "v3 login": {"result": {"id": USER, "role": "employee", "session_id": SESSION}},
    "v1 login": {"session_key": "my-session-key", "clearance": "employee", "id": USER},
    "answer": {"result": [{"id": JOB, "name": "a.mov", "created": NOW, "progress": 40}]},
    "refusal": {"message": "E#J001 No such job"},
    "expired": {"message": "The session has expired", "session_expired": True},
    "crash": {"exception": "Traceback …", "message": "Internal error"},
}
"""What a backend answers."""


def _ticket(dialect: Dialect, proof: Proof) -> Ticket:
    ticket = dialect.read_login(REPLIES[f"{dialect.version} login"], proof)
    assert isinstance(ticket, Ticket)
    return ticket


def _event(dialect: Dialect, call: Call) -> Request:
    ticket = _ticket(dialect, KEY)
    return dialect.event("", ticket, dialect.envelope(ticket), call, EID, NOW)


def _shown(request: Request) -> str:
    """A request as HTTP has it, but for what differs from computer to computer."""
    here = f"v{__version__} @ {sys.platform} ws7({os.name})"
    lines = [f"{request.verb} {request.url}"]
    lines += [
        f"{name}: {value.replace(here, '… @ linux ws7(posix)')}" for name, value in request.headers.items()
    ]
    if request.body is not None:
        lines += ["", request.body.decode("ascii")]
    return "\n".join(lines) + "\n"


REQUESTS: dict[str, Callable[[], str]] = {
    "v3 discovery": lambda: _shown(NEWER.discovery("")),
    "v1 discovery": lambda: _shown(OLDER.discovery("")),
    "v3 login": lambda: _shown(NEWER.login("", KEY)),
    "v1 login": lambda: _shown(OLDER.login("", KEY)),
    "v1 login again": lambda: _shown(OLDER.login("", KEY, _ticket(OLDER, KEY))),
    "v3 find": lambda: _shown(_event(NEWER, FIND)),
    "v3 edit": lambda: _shown(_event(NEWER, PAUSE)),
    "v1 edit": lambda: _shown(_event(OLDER, PAUSE)),
}
"""What goes out, byte for byte."""


def _read_event(dialect: Dialect, call: Call) -> Any:
    request = _event(dialect, call)
    return json.loads(request.body or unquote(urlsplit(request.url).query))


EVENTS: dict[str, Callable[[], Any]] = {
    "v3 find": lambda: _read_event(NEWER, FIND),
    "v1 find": lambda: _read_event(OLDER, FIND),
}
"""Events, as they are before they are percent-encoded."""


def answer_of(name: str) -> str:
    """What becomes of a reply: ``answer``, or the kind of failure that it reports."""
    failure = failure_in(REPLIES[name])
    return failure.kind.name if isinstance(failure, Failure) else "answer"
