"""The v3 dialect (official client 3.4.0): discovery, login, and the event that every call is."""

from __future__ import annotations

import base64
import os
import sys
from typing import Any
from urllib.parse import quote

from accsyn_async._version import __version__
from accsyn_async.wire.codec import encode
from accsyn_async.wire.envelope import Envelope
from accsyn_async.wire.message import Call, Request, Ticket
from accsyn_async.wire.redact import Secret
from accsyn_async.wire.reply import Failure, FailureKind

__all__ = ["MASTER", "V3", "device_header"]

MASTER = "https://master.accsyn.com:443"
"""The host that knows where each workspace lives."""

_BASE = "/api/v3"
_DISCOVERY = f"{_BASE}/J3PKTtDvolDMBtTy6AFGA"


def device_header(hostname: str) -> str:
    """Name the client and the computer that it runs on, as the official client does."""
    return f"PythonAPI v{__version__} @ {sys.platform} {_printable(hostname)}({os.name})"


class V3:
    """Writes the requests of one user of one workspace, and reads what answers them.

    Args:
        workspace: the workspace's code.
        username: the user's e-mail address.
        api_key: the user's API key.
        hostname: this computer's name.
    """

    __slots__ = ("_api_key", "_hostname", "_username", "_workspace")

    def __init__(self, workspace: str, username: str, api_key: Secret, hostname: str) -> None:
        self._workspace = workspace
        self._username = username
        self._api_key = api_key
        self._hostname = hostname

    def __repr__(self) -> str:
        return f"V3(workspace={self._workspace!r}, username={self._username!r})"

    def discovery(self, base: str = MASTER) -> Request:
        """Ask where the workspace lives."""
        text = quote(encode({"ident": self._workspace}))
        return Request(
            "GET", f"{base}{_DISCOVERY}?{text}", {"X-Accsyn-Device": device_header(self._hostname)}
        )

    def read_discovery(self, reply: dict[str, Any]) -> tuple[str, int] | Failure:
        """Host and port out of the answer to ``discovery``."""
        result = reply.get("result")
        host = result.get("hostname") if isinstance(result, dict) else None
        if not isinstance(result, dict) or not isinstance(host, str) or not host:
            return Failure(
                FailureKind.REFUSED, f"no API endpoint is known for the workspace {self._workspace!r}"
            )
        port = result.get("port")
        return host, port if isinstance(port, int) else 443

    def login(self, base: str) -> Request:
        """Log in."""
        return Request("PUT", f"{base}{_BASE}/api/login", self._headers(), b"{}")

    def read_login(self, reply: dict[str, Any]) -> Ticket | Failure:
        """What the answer to ``login`` gives."""
        result = reply.get("result")
        if not isinstance(result, dict) or not result.get("session_id") or not result.get("id"):
            return Failure(FailureKind.REFUSED, "the backend answered the login without a session")
        return Ticket(
            session=str(result["session_id"]),
            uid=str(result["id"]),
            role=str(result.get("role") or "none"),
            headers=self._headers(),
        )

    def envelope(self, ticket: Ticket) -> Envelope:
        """The envelope for the calls of a session."""
        return Envelope(self._workspace, ticket.session, self._username, self._hostname)

    def event(
        self, base: str, ticket: Ticket, envelope: Envelope, call: Call, eid: str, created: str
    ) -> Request:
        """The request that makes a call."""
        text, body = envelope.write(call, eid, created)
        url = f"{base}{_BASE}/event"
        return Request(call.verb, f"{url}?{text}" if body is None else url, ticket.headers, body)

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"basic {_base64(self._username)}:{_base64(self._api_key.reveal())}",
            "X-Accsyn-Workspace": self._workspace,
            "X-Accsyn-Device": device_header(self._hostname),
        }


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _printable(text: str) -> str:
    return "".join(character for character in text if 32 < ord(character) < 127)
