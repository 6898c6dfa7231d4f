"""The v1 dialect of older workspaces (official client 2.2.1): discovery, login, events."""

from __future__ import annotations

import json
from typing import Any

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
from accsyn_async.wire.redact import Secret
from accsyn_async.wire.reply import Failure, FailureKind
from accsyn_async.wire.v1_calls import to_v1

__all__ = ["V1"]

_BASE = "/api/v1.0"
_DISCOVERY = f"{_BASE}/registry/organization/domain"


class V1:
    """Writes the requests of one user of one workspace, and reads what answers them.

    A session is proved with an API key, a password or a session key; calls carry the
    session key that the login gave. Calls come in as v3 and go out as v1 has them.

    Args:
        workspace: the workspace's code, which v1 calls domain.
        username: the user's e-mail address.
        hostname: this computer's name.
        session: a fresh UUID, by which this session names itself, also after it has
            logged in again.
    """

    __slots__ = ("_device", "_domain", "_hostname", "_session", "_username")

    version: ApiVersion = "v1"
    master = "https://registry.accsyn.com:443"

    def __init__(self, workspace: str, username: str, hostname: str, session: str) -> None:
        self._domain = workspace
        self._username = username
        self._hostname = hostname
        self._session = session
        self._device = {"ASDevice": device_header(hostname)}

    def __repr__(self) -> str:
        return f"V1(workspace={self._domain!r}, username={self._username!r})"

    def discovery(self, base: str) -> Request:
        """Ask where the workspace lives."""
        body = encode({"organization": self._domain}).encode("ascii")
        return Request("PUT", f"{base}{_DISCOVERY}", self._device, body)

    def read_discovery(self, reply: dict[str, Any]) -> Endpoint | Failure:
        """The host out of the answer to ``discovery``."""
        domain = reply.get("domain")
        if not is_host(domain):
            return Failure(
                FailureKind.REFUSED, f"no API endpoint is known for the workspace {self._domain!r}"
            )
        return Endpoint(f"{domain}.accsyn.com", 443)

    def login(self, base: str, proof: Proof, before: Ticket | None = None) -> Request:
        """Log in; with an API key, an expired session is taken up again."""
        data = {"session": self._session}
        if proof.kind == "api_key" and before is not None and before.key is not None:
            data["session_key_reuse"] = before.key.reveal()
        scheme = "ASSession" if proof.kind == "session_key" else "ASCredentials"
        secret = proof.secret.reveal()
        headers = self._headers(scheme, proof.kind, base64_text(secret) if proof.kind == "pwd" else secret)
        return Request("PUT", f"{base}{_BASE}/user/login/auth", headers, encode(data).encode("ascii"))

    def read_login(self, reply: dict[str, Any], proof: Proof) -> Ticket | Failure:
        """What the answer to ``login`` gives."""
        key, uid = reply.get("session_key"), reply.get("id")
        if not isinstance(key, str) or not is_name(key) or not is_name(uid):
            return Failure(FailureKind.REFUSED, "the backend answered the login without a session key")
        return Ticket(
            session=self._session,
            uid=str(uid),
            role=str(reply.get("clearance") or "none"),
            headers=self._headers("ASSession", "session_key", key),
            key=Secret(key),
        )

    def envelope(self, ticket: Ticket) -> Envelope:
        """The envelope for the calls of a session."""
        return Envelope(self._domain, ticket.session, self._username, self._hostname, workspace_key="domain")

    def event(
        self, base: str, ticket: Ticket, envelope: Envelope, call: Call, eid: str, created: str
    ) -> Request:
        """The request that makes a call."""
        text, body = envelope.write(to_v1(call), eid, created)
        url = f"{base}{_BASE}/event"
        return Request(call.verb, f"{url}?{text}" if body is None else url, ticket.headers, body)

    def _headers(self, scheme: str, name: str, secret: str) -> dict[str, str]:
        told = {"domain": self._domain, "username": self._username, name: secret}
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return {"Authorization": f"{scheme} {base64_text(text)}", **self._device}
