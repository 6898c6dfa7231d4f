"""What is asked of a leader, and what it answers, as JSON. Pure.

Version 1. A request: ``{"v":1,"action":"pause","jobs":[…],"type":"transfer","by":"lisa@ws12"}``.
A reply: ``{"v":1,"results":[{"id":…,"ok":true,"status":"paused"}, …]}``, or, when nothing of it was
done, ``{"v":1,"error":"…"}`` with ``"refused":true`` if it is not allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeVar, get_args

import msgspec

from accsyn_async.relay.messages import NotOursError, as_json

__all__ = [
    "ACTIONS",
    "MOST",
    "VERSION",
    "Action",
    "CommandReply",
    "CommandRequest",
    "Commanded",
    "encode_reply",
    "encode_request",
    "read_reply",
    "read_request",
]

VERSION: Final = 1

MOST: Final = 250
"""Jobs that one request may name."""

Action = Literal["pause", "resume", "abort", "look"]
"""What can be asked: to change a job; or to look whether there is one, and to publish it if so."""

ACTIONS: Final[tuple[str, ...]] = tuple(action for action in get_args(Action) if action != "look")
"""Those that change a job."""


class CommandRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a leader is asked to do.

    Attributes:
        action: what to do.
        jobs: the ids of the jobs.
        type: their entity type, lower-case.
        by: who asks, for the log, such as ``lisa@ws12``: what the asking side says, which nobody has checked.
        v: the version of the form that it has.
    """

    v: int
    action: Action
    jobs: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST)]
    type: str
    by: str


class Commanded(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a command to one job.

    Attributes:
        id: the job's id.
        ok: whether it did what it was told; of a look: whether it is there.
        status: how the job is since, such as ``paused``; ``None`` when that is not known.
        error: why not, for people; ``None`` when it is ``ok``.
        unknown: whether nobody knows: the change was sent and no answer came, or nobody could look.

    >>> Commanded("6971e16fceadd67b955b1995", True, "paused").status
    'paused'
    """

    id: str
    ok: bool
    status: str | None = None
    error: str | None = None
    unknown: bool = False


class CommandReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a leader answers.

    Attributes:
        results: what came of it, one for each job, in the order asked; ``None`` when nothing was done.
        error: why nothing was done, for people.
        refused: whether that is because it is not allowed.
        v: the version of the form that it has.
    """

    v: int
    results: list[Commanded] | None = None
    error: str | None = None
    refused: bool = False


_REQUESTS: Final = msgspec.json.Decoder(CommandRequest)
_REPLIES: Final = msgspec.json.Decoder(CommandReply)

_M = TypeVar("_M", CommandRequest, CommandReply)


def encode_request(action: Action, jobs: Sequence[str], *, type: str, by: str) -> bytes:
    """A request as JSON; see ``CommandRequest``.

    >>> encode_request("pause", ["a"], type="transfer", by="lisa@ws12")
    b'{"v":1,"action":"pause","jobs":["a"],"type":"transfer","by":"lisa@ws12"}'
    """
    return as_json(CommandRequest(v=VERSION, action=action, jobs=[*jobs], type=type, by=by))


def encode_reply(
    results: list[Commanded] | None = None, *, error: str | None = None, refused: bool = False
) -> bytes:
    """A reply as JSON.

    >>> encode_reply([Commanded("a", False, error="it has ended")])
    b'{"v":1,"results":[{"id":"a","ok":false,"error":"it has ended"}]}'
    >>> encode_reply(error="abort is not allowed", refused=True)
    b'{"v":1,"error":"abort is not allowed","refused":true}'
    """
    return as_json(CommandReply(v=VERSION, results=results, error=error, refused=refused))


def read_request(text: bytes) -> CommandRequest:
    """Read what is asked.

    Raises:
        NotOursError: it is no request, or of another version; the message can be answered.

    >>> read_request(b'{"v":1,"action":"explode","jobs":["a"],"type":"transfer","by":"lisa"}')
    Traceback (most recent call last):
    ...
    accsyn_async.relay.messages.NotOursError: not a relay's message: Invalid enum value 'explode' ...
    """
    return _read(_REQUESTS, text)


def read_reply(text: bytes) -> CommandReply:
    """Read what is answered.

    Raises:
        NotOursError: it is no reply, or of another version.
    """
    reply = _read(_REPLIES, text)
    if reply.results is None and reply.error is None:
        raise NotOursError("not a relay's message: a reply that says nothing")
    return reply


def _read(decoder: msgspec.json.Decoder[_M], text: bytes) -> _M:
    try:
        message = decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotOursError(f"not a relay's message: {error}") from None
    if message.v != VERSION:
        raise NotOursError(f"a relay's message of version {message.v}; this one knows {VERSION}")
    return message
