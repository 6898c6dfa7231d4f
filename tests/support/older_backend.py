"""A workspace that speaks v1, in memory: three ways to log in, session keys that expire."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any

from accsyn_async import Session
from accsyn_async.wire.message import Request, Response
from tests.support.backend import Backend, Received, reply


@dataclass
class OlderBackend(Backend):
    """Answers logins and events of v1. A ``Sender``."""

    password: str = "password of the test"
    given_keys: set[str] = field(default_factory=set)
    """Session keys that log in."""
    seen: list[dict[str, Any]] = field(default_factory=list)
    """What each login was proved with, and the key that it took up."""

    def answer(self, received: Received, request: Request) -> Response:
        scheme, _, proof = request.headers["Authorization"].partition(" ")
        told = json.loads(b64decode(proof))
        if received.path.endswith("/user/login/auth"):
            self.seen.append({**told, **received.event})
            if not self._is_good(scheme, told):
                return reply({"message": "E#A001 Wrong credentials"})
            self.logins += 1
            key = f"session-key-number-{self.logins}"
            self.live.add(key)
            return reply({"session_key": key, "clearance": "employee", "id": "5d91b33ac71c12871d1fc3c2"})
        if scheme != "ASSession" or told["session_key"] not in self.live:
            return reply({"message": "The session has expired", "session_expired": True})
        return self._event(received)

    def _is_good(self, scheme: str, told: dict[str, str]) -> bool:
        if scheme == "ASSession":
            return told["session_key"] in self.given_keys
        if "pwd" in told:
            return b64decode(told["pwd"]).decode() == self.password
        return told.get("api_key") == self.key

    def session(self, **options: Any) -> Session:
        options.setdefault("api_version", "v1")
        if "pwd" in options or "session_key" in options:
            options.setdefault("api_key", None)
        return super().session(**options)
