"""What was asked, for tests to look at; secrets are masked."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["RecordedRequest", "Recording", "mask"]

KEPT: Final = 10_000
MASK: Final = "***"
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


def mask(value: Any, secrets: Iterable[str] = ()) -> Any:
    """A copy without secrets.

    >>> mask({"name": "ftrack_api_key", "value": "abc", "path": "share=projects/key=xyz"}, ["xyz"])
    {'name': 'ftrack_api_key', 'value': '***', 'path': 'share=projects/key=***'}

    Args:
        value: what JSON can hold.
        secrets: known secrets, wherever they stand.
    """
    known = tuple(secret for secret in secrets if secret)
    return _mask(value, known)


def _mask(value: Any, known: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        for secret in known:
            if secret in value:
                value = value.replace(secret, MASK)
        return value
    if isinstance(value, list):
        return [_mask(one, known) for one in value]
    if not isinstance(value, dict):
        return value
    named = isinstance(value.get("name"), str) and _is_secret(value["name"])
    return {
        key: MASK if _is_secret(key) or (named and key == "value") else _mask(inner, known)
        for key, inner in value.items()
    }


def _is_secret(name: str) -> bool:
    return any(word in name.casefold() for word in SECRET_WORDS)
