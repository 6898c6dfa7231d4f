"""Logging in the way of v1: api key, password or session key, and the keys handed out."""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.server.v1_rows import CLEARANCES
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.memory import GivenKey
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["SessionKeys", "seconds_of"]

LIFETIME: Final = 10 * 3600
LONGEST: Final = 366 * 24 * 3600
UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


class SessionKeys:
    """Checks v1's credentials; hands session keys out, which live ten hours on the workspace's clock.

    Args:
        workspace: whose users.
        given: those handed out so far; changed here.
    """

    def __init__(self, workspace: Workspace, given: dict[str, GivenKey]) -> None:
        self._workspace = workspace
        self._given = given

    def log_in(self, authorization: str | None, reuse: object = None) -> tuple[SandboxUser, dict[str, Any]]:
        """Check the credentials of a login.

        Args:
            authorization: the header.
            reuse: an old key of the same user, which is taken up again.

        Returns:
            The user, and the reply: session key, clearance, user id.

        Raises:
            Refusal: with HTTP status 401.
        """
        scheme, told = _told(authorization)
        user = self._user(told)
        if scheme == "ASSession":
            if user is None or not self._holds(user, told):
                raise _wrong()
            return self._reply(user, told["session_key"])
        if not self._proved(user, told) or user is None:
            raise _wrong()
        old = self._given.get(reuse) if isinstance(reuse, str) else None
        if old is not None and old.user is user and isinstance(reuse, str):
            old.ends = self._workspace.clock.now() + old.lifetime
            return self._reply(user, reuse)
        return self._reply(user, self.generate(user))

    def authenticate(self, authorization: str | None) -> SandboxUser:
        """The user whose session key a call carries.

        Raises:
            Refusal: there is no such key, or, with ``session_expired``, it has expired.
        """
        scheme, told = _told(authorization)
        user = self._user(told)
        if scheme != "ASSession" or user is None:
            raise _wrong()
        if not self._holds(user, told):
            raise Refusal("E#A402", "The session has expired, log in again.", session_expired=True)
        return user

    def generate(self, user: SandboxUser, lifetime: float = LIFETIME) -> str:
        """Hand a fresh session key out that lives for so many seconds."""
        key = secrets.token_hex(20)
        self._given[key] = GivenKey(user, self._workspace.clock.now() + lifetime, lifetime)
        return key

    def expire(self) -> None:
        """Let every key handed out have expired; they can be taken up again."""
        for given in self._given.values():
            given.ends = 0.0

    def _holds(self, user: SandboxUser, told: dict[str, str]) -> bool:
        """Whether a user tells a key of their own that still lives."""
        given = self._given.get(told.get("session_key", ""))
        return given is not None and given.user is user and self._workspace.clock.now() < given.ends

    def _user(self, told: dict[str, str]) -> SandboxUser | None:
        if told.get("domain", "").casefold() != self._workspace.code.casefold():
            return None
        name = told.get("username", "")
        user = self._workspace.find_user(name) if "@" in name else None
        return None if user is None or user.status == "disabled" else user

    def _proved(self, user: SandboxUser | None, told: dict[str, str]) -> bool:
        # Comparing with some secret even for an unknown user tells an attacker nothing by the time it takes.
        known = self._workspace.users[0] if user is None else user
        if "api_key" in told:
            good = secrets.compare_digest(known.api_key.encode(), told["api_key"].encode())
        else:
            password = _unpacked(told.get("pwd", ""))
            good = bool(known.password) and secrets.compare_digest(known.password.encode(), password)
        return good and user is not None

    @staticmethod
    def _reply(user: SandboxUser, key: str) -> tuple[SandboxUser, dict[str, Any]]:
        clearance = CLEARANCES.get(user.role, user.role)
        return user, {"session_key": key, "clearance": clearance, "id": user.id}


def seconds_of(lifetime: object) -> float:
    """How long a session key is asked to live: seconds, or a text such as ``1h``; ten hours by default.

    >>> seconds_of("2h")
    7200.0

    Raises:
        Refusal: it cannot be read, is not above 0, or longer than a year.
    """
    if lifetime is None:
        return LIFETIME
    seconds = 0.0
    if isinstance(lifetime, (int, float)) and not isinstance(lifetime, bool):
        seconds = float(lifetime)
    elif isinstance(lifetime, str):
        written = re.fullmatch(r"\s*(\d{1,9})\s*([smhd]?)\s*", lifetime)
        if written is not None:
            seconds = float(written[1]) * UNITS[written[2]]
    if not 0 < seconds <= LONGEST:
        raise Refusal("E#A405", f"{lifetime!r} is no lifetime; give seconds, or a text such as '1h'.")
    return seconds


def _told(authorization: str | None) -> tuple[str, dict[str, str]]:
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme not in ("ASCredentials", "ASSession"):
        raise Refusal("E#A400", "Send 'Authorization: ASCredentials …' or 'ASSession …'.", status=401)
    try:
        told = json.loads(_unpacked(rest.strip()))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise Refusal("E#A400", "The Authorization header holds no base64 of an object.", status=401)
    return scheme, {key: value.encode("utf-8", "replace").decode() for key, value in told.items()}


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _wrong() -> Refusal:
    return Refusal("E#A401", "Wrong domain, user name, API key, password or session key.", status=401)
