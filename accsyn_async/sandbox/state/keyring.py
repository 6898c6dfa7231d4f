"""The users' secrets: fresh in each new workspace, the same for as long as there is one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

__all__ = ["Keyring"]


class Keyring:
    """Derives each user's secrets from one secret, so that a workspace made anew keeps them.

    Args:
        secret: that one; ``None`` for a random one.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        self.secret = secrets.token_bytes(32) if secret is None else secret

    def api_key(self, username: str) -> str:
        """The api key of a user."""
        return self._derive("api key", username)

    def password(self, username: str) -> str:
        """The password of a user."""
        return self._derive("password", username)

    def _derive(self, what: str, username: str) -> str:
        digest = hmac.digest(self.secret, f"{what}:{username.casefold()}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
