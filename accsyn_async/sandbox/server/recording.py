"""What was asked, for tests to look at; secrets are masked."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

__all__ = ["RecordedRequest", "Recording", "mask"]

KEPT: Final = 10_000
MASK: Final = "***"
SHORTEST: Final = 16
SECRET_WORDS: Final = ("api_key", "apikey", "password", "pwd", "passphrase", "secret", "session_key", "token")


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that was answered.

    Attributes:
        at: when, on the sandbox's clock.
        dialect: ``v3`` or ``v1``; empty for what belongs to neither.
        verb: the HTTP method.
        uri: what was asked, such as ``transfer/find``; ``login`` and ``discovery``; else the path.
        user: the e-mail address of who asked; empty when nobody was recognised.
        data: the data of the call, secrets masked; ``None`` when it was very large.
        query: its query; ``None`` without one.
        id: its entity id; ``None`` without one.
        status: the HTTP status of the answer; 0 when the connection was reset.
        message: why it was refused; empty when it was not.
        faults: what the weather did to it.
    """

    at: str
    dialect: str
    verb: str
    uri: str
    user: str
    data: Any
    query: str | None
    id: str | None
    status: int
    message: str
    faults: tuple[str, ...]


class Recording:
    """The last ten thousand requests. May be read from another thread."""

    def __init__(self) -> None:
        self._requests: deque[RecordedRequest] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The requests, the oldest first."""
        with self._lock:
            return tuple(self._requests)

    def add(self, request: RecordedRequest) -> None:
        """Keep a request."""
        with self._lock:
            self._requests.append(request)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._requests.clear()


def mask(value: Any, secrets: Callable[[], Iterable[str]] = tuple) -> Any:
    """A copy without secrets, in whatever case they are written.

    >>> known = lambda: ["3f2c9e1a77b04d58"]
    >>> mask({"name": "ftrack_api_key", "value": "abc", "path": "share=projects/3F2C9E1A77B04D58.mov"}, known)
    {'name': 'ftrack_api_key', 'value': '***', 'path': 'share=projects/***.mov'}

    Args:
        value: what JSON can hold.
        secrets: gives the known secrets, wherever they stand; none is shorter than 16 characters. It is asked
            only when there is a text that could hold one.
    """
    return _Masking(secrets).masked(value)


class _Masking:
    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        self._secrets = secrets

    @cached_property
    def _known(self) -> tuple[tuple[str, str], ...]:
        return tuple((secret, secret.casefold()) for secret in self._secrets() if len(secret) >= SHORTEST)

    def masked(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.masked(one) for one in value]
        if not isinstance(value, dict):
            return value
        named = isinstance(value.get("name"), str) and _is_secret(value["name"])
        return {
            self._text(key): MASK if _is_secret(key) or (named and key == "value") else self.masked(inner)
            for key, inner in value.items()
        }

    def _text(self, text: str) -> str:
        if len(text) < SHORTEST:
            return text
        folded = text.casefold()
        for secret, small in self._known:
            if small in folded:
                text = re.sub(re.escape(secret), MASK, text, flags=re.IGNORECASE)
                folded = text.casefold()
        return text


def _is_secret(name: str) -> bool:
    return any(word in name.casefold() for word in SECRET_WORDS)
