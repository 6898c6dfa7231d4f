"""The three things that travel: a call, the request it becomes, the response to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from accsyn_async.wire.redact import Secret

__all__ = ["Call", "Request", "Response", "Ticket", "Verb"]

Verb = Literal["GET", "PUT", "POST", "DELETE"]


class Request(NamedTuple):
    """One HTTP request. ``url`` is percent-encoded already and must go out as it is.

    ``known`` does not go out: it is the last reply to the same call, if there was one. Should the same come
    again, it is the very object that the response has as its body.
    """

    verb: Verb
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    known: bytes = b""

    def __repr__(self) -> str:
        return f"<Request {self.verb} {self.url.partition('?')[0]}>"


class Response(NamedTuple):
    """One HTTP response, whole. Headers are found by their lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.body)} bytes>"


class Call(NamedTuple):
    """What a caller wants of the backend, before it is put into an envelope."""

    verb: Verb
    uri: str
    data: dict[str, Any] | list[Any] | None = None
    query: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a login gave: proof for the calls that follow.

    Attributes:
        session: the session's id, sent in every event.
        uid: id of the user who logged in.
        role: what the user may do (admin, employee, standard …).
        headers: what every call carries.
        key: the session key (v1); ``None`` in v3, which has none.
    """

    session: str = field(repr=False)
    uid: str
    role: str
    headers: Mapping[str, str] = field(repr=False)
    key: Secret | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a ticket cannot be pickled: it holds secrets")
