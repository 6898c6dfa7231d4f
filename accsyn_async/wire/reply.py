"""Judging a response: is it an answer, and if not, what went wrong."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any, TypeVar

from accsyn_async.wire.codec import decode
from accsyn_async.wire.message import Response

__all__ = ["Failure", "FailureKind", "cut_off", "failure_in", "judge", "read_object", "retry_after"]

_CODE = re.compile(r"\s*\[?([A-Z]#[A-Z]*\d+)\b")
_EXCERPT = 200

T = TypeVar("T")


class FailureKind(Enum):
    """What can go wrong with one attempt at a call."""

    UNREACHED = auto()
    """No connection came about: not a byte of the request was written."""
    UNTRUSTED = auto()
    """The server's certificate was refused: not a byte of the request was written."""
    UNANSWERED = auto()
    """The connection broke, or time ran out, after the request may have been written."""
    THROTTLED = auto()
    """HTTP 429."""
    UNAVAILABLE = auto()
    """HTTP 408, 500, 502, 503 or 504."""
    BROKEN = auto()
    """The body is no JSON object: a proxy's page, an empty or cut-off reply."""
    CRASHED = auto()
    """The backend reports an exception of its own."""
    EXPIRED = auto()
    """The session is no longer valid."""
    REFUSED = auto()
    """The backend understood, and said no."""


_KIND_OF_STATUS = {
    401: FailureKind.EXPIRED,
    429: FailureKind.THROTTLED,
    **dict.fromkeys((408, 500, 502, 503, 504), FailureKind.UNAVAILABLE),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt did not succeed.

    Attributes:
        kind: what happened.
        message: for people.
        code: the backend's code, such as ``E#J001``.
        status: the HTTP status, when there was a response.
        retry_after: seconds that the backend asks to wait.
    """

    kind: FailureKind
    message: str
    code: str | None = None
    status: int | None = None
    retry_after: float | None = None


def judge(
    response: Response, read: Callable[[bytes], T | Failure], *, now: dt.datetime | None = None
) -> T | Failure:
    """Tell whether a response is an answer.

    The body decides, as for the official client; the status counts where the body
    does not say (429, 401, 5xx, pages of proxies).

    Args:
        response: what came.
        read: turns a good body into the answer; it may return a ``Failure`` that the
            body holds, and raises ``ValueError`` for a body that is no JSON object.
        now: for a Retry-After that is a date; ``None`` takes the response's own Date.
    """
    status = response.status
    try:
        answer = read(response.body)
    except ValueError:
        answer = _broken(response)
    if status < 300:
        return replace(answer, status=status) if isinstance(answer, Failure) else answer
    kind = _KIND_OF_STATUS.get(status)
    if not isinstance(answer, Failure):
        answer = Failure(FailureKind.REFUSED, f"the backend answered HTTP {status}")
    if kind is None or answer.kind is FailureKind.EXPIRED:
        return replace(answer, status=status)
    return replace(answer, kind=kind, status=status, retry_after=retry_after(response.headers, now))


def failure_in(reply: Mapping[str, Any]) -> Failure | None:
    """The failure that a reply's body reports, or ``None`` when it is an answer.

    >>> failure_in({"message": "E#J001 No such job"}).code
    'E#J001'
    >>> failure_in({"result": []}) is None
    True
    """
    if reply.get("session_expired") is True:
        text = reply.get("message") or "the session has expired"
        return Failure(FailureKind.EXPIRED, str(text), _code(text))
    if "exception" in reply:
        return Failure(
            FailureKind.CRASHED, "the backend failed on this call; ask the workspace's admin to look"
        )
    if "message" in reply:
        text = reply.get("message_hr") or reply["message"]
        return Failure(FailureKind.REFUSED, str(text), _code(reply["message"]) or _code(text))
    return None


def read_object(body: bytes) -> dict[str, Any] | Failure:
    """Read a reply whose ``result`` may be anything, dates as datetimes."""
    reply = decode(body)
    if not isinstance(reply, dict):
        raise ValueError("not an object")
    return failure_in(reply) or reply


def retry_after(headers: Mapping[str, str], now: dt.datetime | None = None) -> float | None:
    """Seconds that the Retry-After header asks to wait; ``None`` without one that can be read.

    >>> retry_after({"retry-after": "3"})
    3.0
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
        return seconds if 0 <= seconds < float("inf") else None
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text)
        since = parsedate_to_datetime(headers["date"]) if "date" in headers else now
        return None if since is None else max(0.0, (until - since).total_seconds())
    except (ValueError, TypeError):
        return None


def cut_off(status: int, body: bytes) -> Failure:
    """The failure of a reply that ended too early."""
    shown = f"after {len(body)} bytes: {_beginning(body)}"
    return Failure(FailureKind.BROKEN, f"the reply (HTTP {status}) was cut off {shown}", status=status)


def _broken(response: Response) -> Failure:
    status, body = response.status, response.body
    message = f"the reply (HTTP {status}, {len(body)} bytes) is no JSON object: {_beginning(body)}"
    return Failure(FailureKind.BROKEN, message, status=status)


def _beginning(body: bytes) -> str:
    start = body[:_EXCERPT].decode("utf-8", "replace").strip()
    return f"it begins {start!r}" if start else "it is empty"


def _code(text: Any) -> str | None:
    found = _CODE.match(text) if isinstance(text, str) else None
    return found[1] if found else None
