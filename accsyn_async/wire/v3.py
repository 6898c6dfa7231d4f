"""The v3 dialect (official client 3.4.0): discovery, login, and the event that every call is."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from accsyn_async.wire.codec import encode
from accsyn_async.wire.dialect import (
    ApiVersion,
    Endpoint,
    Proof,
    base64_text,
    device_header,
    is_host,
    is_name,
)
from accsyn_async.wire.envelope import Envelope
from accsyn_async.wire.message import Call, Request, Ticket
from accsyn_async.wire.reply import Failure, FailureKind

__all__ = ["V3"]

_BASE = "/api/v3"
_DISCOVERY = f"{_BASE}/J3PKTtDvolDMBtTy6AFGA"


class V3:
    """Writes the requests of one user of one workspace, and reads what answers them.

    Args:
        workspace: the workspace's code.
        username: the user's e-mail address.
        hostname: this computer's name.
    """

    __slots__ = ("_device", "_hostname", "_username", "_workspace")

    version: ApiVersion = "v3"
    master = "https://master.accsyn.com:443"

    def __init__(self, workspace: str, username: str, hostname: str) -> None:
        self._workspace = workspace
        self._username = username
        self._hostname = hostname
        self._device = {"X-Accsyn-Device": device_header(hostname)}

    def __repr__(self) -> str:
        return f"V3(workspace={self._workspace!r}, username={self._username!r})"

    def discovery(self, base: str) -> Request:
        """Ask where the workspace lives."""
        return Request("GET", f"{base}{_DISCOVERY}?{quote(encode({'ident': self._workspace}))}", self._device)

    def read_discovery(self, reply: dict[str, Any]) -> Endpoint | Failure:
        """Host and port out of the answer to ``discovery``; port 443 when it names none."""
        result = reply.get("result")
        host = result.get("hostname") if isinstance(result, dict) else None
        if not isinstance(result, dict) or not is_host(host):
            return Failure(
                FailureKind.REFUSED, f"no API endpoint is known for the workspace {self._workspace!r}"
            )
        port = result.get("port", 443)
        if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
            return Failure(FailureKind.REFUSED, f"accsyn names no usable port for {self._workspace!r}")
        return Endpoint(str(host), port)

    def login(self, base: str, proof: Proof, before: Ticket | None = None) -> Request:
        """Log in, which takes an API key."""
        return Request("PUT", f"{base}{_BASE}/api/login", self._headers(proof), b"{}")

    def read_login(self, reply: dict[str, Any], proof: Proof) -> Ticket | Failure:
        """What the answer to ``login`` gives."""
        result = reply.get("result")
        given = result if isinstance(result, dict) else {}
        session, uid = given.get("session_id"), given.get("id")
        if not is_name(session) or not is_name(uid):
            return Failure(FailureKind.REFUSED, "the backend answered the login without a session")
        return Ticket(
            session=str(session),
            uid=str(uid),
            role=str(given.get("role") or "none"),
            headers=self._headers(proof),
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

    def _headers(self, proof: Proof) -> dict[str, str]:
        return {
            "Authorization": f"basic {base64_text(self._username)}:{base64_text(proof.secret.reveal())}",
            "X-Accsyn-Workspace": self._workspace,
            **self._device,
        }
