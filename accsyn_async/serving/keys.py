"""What opens a server of ours: a token, addresses of one use, a cookie, and a word that pages send along."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import deque
from typing import Final

__all__ = ["Keys"]

_OUTSTANDING: Final = 16
"""Addresses that wait to be used; when more are asked for, the oldest opens no more."""


class Keys:
    """The secrets of one server.

    Args:
        token: opens it, as a bearer token or typed into its page; ``None`` for one that is made
            up, of 256 random bits, and that nobody is told.

    >>> keys = Keys("a token that was chosen well")
    >>> key = keys.issue()
    >>> keys.redeem(key), keys.redeem(key), keys.fits("a token that was chosen well")
    (True, False, True)
    """

    __slots__ = ("_once", "_root", "_token")

    def __init__(self, token: str | None = None) -> None:
        self._token = (token or secrets.token_urlsafe(32)).encode()
        # A cookie that was seen must not help to find a token that was chosen by a person.
        self._root = _slow(self._token) if token else self._token
        self._once: deque[str] = deque(maxlen=_OUTSTANDING)

    def __repr__(self) -> str:
        return "<Keys>"

    @property
    def cookie(self) -> str:
        """What a browser that was let in keeps; the same as long as the token is."""
        return self._derived(b"accsyn dashboard: cookie")

    @property
    def csrf(self) -> str:
        """What a page sends along with what it wants done: no page of another origin can read it."""
        return self._derived(b"accsyn dashboard: csrf")

    def issue(self) -> str:
        """A key that lets one browser in, once."""
        key = secrets.token_urlsafe(32)
        self._once.append(key)
        return key

    def redeem(self, key: str) -> bool:
        """Use up a key; whether it was good."""
        for known in self._once:
            if _same(known, key):
                self._once.remove(known)
                return True
        return False

    def fits(self, token: str) -> bool:
        """Whether this is the token."""
        return hmac.compare_digest(self._token, _bytes(token))

    def is_cookie(self, value: str) -> bool:
        """Whether a browser that sends this was let in."""
        return _same(self.cookie, value)

    def is_csrf(self, value: str) -> bool:
        """Whether this comes from a page of ours."""
        return _same(self.csrf, value)

    def _derived(self, purpose: bytes) -> str:
        return hmac.new(self._root, purpose, hashlib.sha256).hexdigest()


def _slow(token: bytes) -> bytes:
    return hashlib.scrypt(token, salt=b"accsyn dashboard", n=2**14, r=8, p=1)


def _same(known: str, given: str) -> bool:
    return hmac.compare_digest(known.encode(), _bytes(given))


def _bytes(text: str) -> bytes:
    # What is no UTF-8 in a header arrives as lone surrogates.
    return text.encode("utf-8", "surrogateescape")
