"""Logging in, and the sessions handed out."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Access"]


class Access:
    """Checks credentials and session ids.

    Args:
        workspace: whose users.
        sessions: those handed out so far, with their users; changed here.
        on_login: is told who has logged in.
    """

    def __init__(
        self,
        workspace: Workspace,
        sessions: dict[str, SandboxUser],
        on_login: Callable[[SandboxUser], None],
    ) -> None:
        self._workspace = workspace
        self._sessions = sessions
        self._on_login = on_login
        self.logins = 0

    def authenticate(self, authorization: str | None, workspace: str | None) -> SandboxUser:
        """Check the ``Authorization`` and ``X-Accsyn-Workspace`` headers.

        Returns:
            The user whose api key was sent.

        Raises:
            Refusal: with HTTP status 401.
        """
        username, api_key = _credentials(authorization)
        user = self._workspace.find_user(username) if "@" in username else None
        # Comparing with some key even for an unknown user tells an attacker nothing by the time it takes.
        known = self._workspace.users[0].api_key if user is None else user.api_key
        good = secrets.compare_digest(known.encode(), api_key.encode())
        if (
            user is None
            or user.status == "disabled"
            or not good
            or (workspace or "").casefold() != self._workspace.code.casefold()
        ):
            raise Refusal("E#A401", "Wrong workspace, user name or API key.", status=401)
        return user

    def log_in(self, user: SandboxUser) -> str:
        """Hand a fresh session id out."""
        self.note_login(user)
        session = secrets.token_hex(16)
        self._sessions[session] = user
        return session

    def note_login(self, user: SandboxUser) -> None:
        """Note that somebody has logged in, in whatever dialect."""
        self.logins += 1
        user.logged_in = self._workspace.clock.text()
        self._on_login(user)

    def check_session(self, session: str, user: SandboxUser) -> None:
        """Refuse a session id that is unknown, expired, or somebody else's.

        Raises:
            Refusal: with ``session_expired``.
        """
        if self._sessions.get(session) is not user:
            raise Refusal("E#A402", "The session has expired, log in again.", session_expired=True)

    def expire_sessions(self) -> None:
        """Forget every session id handed out."""
        self._sessions.clear()


def _credentials(authorization: str | None) -> tuple[str, str]:
    scheme, _, rest = (authorization or "").partition(" ")
    parts = rest.strip().split(":")
    if scheme.casefold() != "basic" or len(parts) != 2:
        raise Refusal("E#A400", "Send 'Authorization: basic <base64 user>:<base64 API key>'.", status=401)
    try:
        username, api_key = (base64.b64decode(part, validate=True).decode() for part in parts)
    except (binascii.Error, ValueError):
        raise Refusal("E#A400", "The Authorization header is not base64.", status=401) from None
    return username, api_key
