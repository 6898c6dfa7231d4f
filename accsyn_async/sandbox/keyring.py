"""The users' secrets: fresh at each start, the same for as long as the sandbox runs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

__all__ = ["Keyring"]


class Keyring:
    """Derives each user's secrets from one random secret, so that a workspace made anew keeps them."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def api_key(self, username: str) -> str:
        """The api key of a user."""
        return self._derive("api key", username)

    def password(self, username: str) -> str:
        """The password of a user."""
        return self._derive("password", username)

    def _derive(self, what: str, username: str) -> str:
        digest = hmac.digest(self._secret, f"{what}:{username.casefold()}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
