"""What a relay publishes, as JSON. Pure.

Version 1. An event's message holds what ``accsyn-async watch --json`` writes of it (without ``seq``), and
beside that who published it, the job's whole row, and where it stands in the job's life. ``docs/relay/``
has the schema.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, TypeVar

import msgspec

from accsyn_async.models import Job

__all__ = [
    "EVENT",
    "ID",
    "RELAY",
    "TERM",
    "VERSION",
    "EventMessage",
    "EventName",
    "HealthMessage",
    "JobMessage",
    "NewerError",
    "NotOursError",
    "Published",
    "StateMessage",
    "TermMessage",
    "Version",
    "as_json",
    "check_sender",
    "encode",
    "job_from",
    "read_event",
    "read_health",
    "read_state",
    "read_term",
    "row_of",
    "term_in",
]

VERSION: Final = 1

RELAY: Final = "Accsyn-Relay"
"""The header that says which process published a message."""
TERM: Final = "Accsyn-Term"
"""The header that says the how-manieth leader it was."""
EVENT: Final = "Accsyn-Event"
"""The header that holds an event's id, as ``Nats-Msg-Id`` does where it was published once."""
ID: Final = "Nats-Msg-Id"
"""The header by which NATS knows a message that it has."""

EventName = Literal["found", "changed", "finished", "revived", "removed", "stalled"]


class NotOursError(ValueError):
    """A message that no relay published, or one of a version that this one does not know."""


class NewerError(NotOursError):
    """A message of a version that only a newer relay knows."""


class Version(NamedTuple):
    """Where something stands in what is told of a job: these compare in the order in which it happened.

    Attributes:
        run: which of its lives, from 0.
        n: how many of its events in that life matter for ever; the first, that it was found, is 0.
        k: how many changes of no lasting interest came since.
    """

    run: int
    n: int
    k: int = 0


class Published(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every message of a relay says.

    Attributes:
        v: the version of the form that it has.
        workspace: the workspace's code.
        relay: which process published it.
        term: the how-manieth leader that was.
        book: what the numbers are counted in; another book begins anew.
        at: when it was observed, UTC.
    """

    v: int
    workspace: str
    relay: str
    term: int
    book: str
    at: dt.datetime


class JobMessage(Published, frozen=True, kw_only=True, gc=False):
    """What messages about a job say.

    Attributes:
        type: the job's entity type, lower-case.
        run: which of its lives, from 0.
        n: the number within that life of the last event that matters for ever.
        ended: whether this life has come to its end.
        job: facts of the job, for people and for programs that know no accsyn.
        row: the job's row, as the backend sent it.
        eta_s: seconds that it still takes, as the relay estimates.
    """

    type: str
    run: int
    n: int
    ended: bool
    job: dict[str, Any]
    row: msgspec.Raw
    eta_s: float | None = None


class EventMessage(JobMessage, frozen=True, kw_only=True, gc=False):
    """Something that matters for ever.

    Attributes:
        event: what happened.
        id: the event's id, by which it is told from others; the ``Nats-Msg-Id`` too.
        changes: of ``changed``: ``{field: [old, new]}``, as in ``job``.
        previous: the row before, where there was one.
    """

    event: EventName
    id: str
    changes: dict[str, list[Any]] | msgspec.UnsetType = msgspec.UNSET
    previous: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    @property
    def version(self) -> Version:
        """Where it stands in what is told of its job."""
        return Version(self.run, self.n)


class StateMessage(JobMessage, frozen=True, kw_only=True, gc=False):
    """The latest state of a job.

    Attributes:
        k: how many changes of no lasting interest it has seen since its last event.
        removed: whether it ended by being deleted or getting out of reach.
        event_id: the id of its last event.
        event_seq: that event's sequence in the stream of events.
        stalled: whether it was told that it gets nowhere, and it has not moved since.
    """

    k: int
    removed: bool
    event_id: str
    event_seq: int
    stalled: bool = False

    @property
    def version(self) -> Version:
        """Where it stands in what is told of its job."""
        return Version(self.run, self.n, self.k)


class HealthMessage(Published, frozen=True, kw_only=True, gc=False):
    """How the leader is, every few seconds.

    Attributes:
        state: whether the backend answers.
        reason: what is wrong, for people.
        since: since when it is as it is, UTC.
        age_s: seconds since the backend last answered; ``None`` before it did.
        polls: good polls of this leader so far.
        period_s: seconds between two of these messages.
        settled: up to this sequence of the stream of events, every event is in its job's state.
        queries: what is published.
        allowed: what jobs can be made to do by who asks the leader: pause, resume, abort.
    """

    state: Literal["ok", "degraded"]
    reason: str | None
    since: dt.datetime
    age_s: float | None
    polls: int
    period_s: float
    settled: int
    queries: list[str]
    allowed: list[str]


class TermMessage(Published, frozen=True, kw_only=True, gc=False):
    """A leader begins: whatever an earlier one would still write is refused from here on."""


_EVENTS: Final = msgspec.json.Decoder(EventMessage)
_STATES: Final = msgspec.json.Decoder(StateMessage)
_HEALTH: Final = msgspec.json.Decoder(HealthMessage)
_TERMS: Final = msgspec.json.Decoder(TermMessage)
_ENCODER: Final = msgspec.json.Encoder()

_P = TypeVar("_P", bound=Published)


def encode(message: Published) -> bytes:
    """A message as JSON."""
    return as_json(message)


def as_json(value: object) -> bytes:
    """Anything of messages as JSON that every program can read.

    Halves of characters, as a job's name may hold, are no text: ``U+FFFD`` stands in their place.

    >>> as_json({"name": chr(0xD800) + "a.mov"}).decode() == '{"name":"' + chr(0xFFFD) + 'a.mov"}'
    True
    """
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        return _ENCODER.encode(_mended(value))


def read_event(text: bytes) -> EventMessage:
    """Read an event's message.

    Raises:
        NotOursError: it is none, or of another version.

    >>> read_event(b"hello")
    Traceback (most recent call last):
    ...
    accsyn_async.relay.messages.NotOursError: not a relay's message: JSON is malformed: ...
    """
    return _read(_EVENTS, text)


def read_state(text: bytes) -> StateMessage:
    """Read a state's message.

    Raises:
        NotOursError: it is none, or of another version.
    """
    return _read(_STATES, text)


def read_health(text: bytes) -> HealthMessage:
    """Read a message about the leader's health.

    Raises:
        NotOursError: it is none, or of another version.
    """
    return _read(_HEALTH, text)


def read_term(text: bytes) -> TermMessage:
    """Read the message with which a leader begins.

    Raises:
        NotOursError: it is none, or of another version.
    """
    return _read(_TERMS, text)


def check_sender(message: Published, headers: Mapping[str, str]) -> None:
    """See whether a message came with the headers of who it says it is from.

    That tells what other programs write by mistake; who may write at all is a matter of NATS's permissions.

    Raises:
        NotOursError: it did not.
    """
    if headers.get(RELAY) != message.relay or headers.get(TERM) != str(message.term):
        raise NotOursError("a message without the headers of a relay's")


def row_of(job: Job) -> msgspec.Raw:
    """A job's row as JSON."""
    return msgspec.Raw(as_json(job.raw))


def job_from(message: JobMessage) -> Job:
    """The snapshot that a message holds.

    Raises:
        NotOursError: its row is none of a job.
    """
    try:
        job = Job.from_row(bytes(message.row))
    except ValueError as error:
        raise NotOursError(f"not a job's row: {error}") from None
    return job if message.eta_s is None else job.with_eta(message.eta_s)


def _mended(value: Any) -> Any:
    """The same with whole characters only."""
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case dict():
            return {_mended(name): _mended(each) for name, each in value.items()}
        case list():
            return [_mended(each) for each in value]
        case msgspec.Struct():
            names = value.__struct_fields__
            return type(value)(**{name: _mended(getattr(value, name)) for name in names})
        case _:
            return value


class _Head(msgspec.Struct, frozen=True, gc=False):
    """What messages of every version begin with."""

    v: int
    relay: str = ""
    term: int = 0


_HEAD: Final = msgspec.json.Decoder(_Head)


def term_in(text: bytes, headers: Mapping[str, str]) -> int:
    """The how-manieth leader says that it begins, in whatever version of the form; 0 when none does.

    >>> term_in(b'{"v":9,"relay":"one","term":4}', {RELAY: "one", TERM: "4"})
    4
    >>> term_in(b'{"v":9,"relay":"one","term":4}', {})
    0
    """
    try:
        head = _HEAD.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0
    ours = headers.get(RELAY) == head.relay and headers.get(TERM) == str(head.term)
    return head.term if ours else 0


def _read(decoder: msgspec.json.Decoder[_P], text: bytes) -> _P:
    try:
        head = _HEAD.decode(text)
        if head.v > VERSION:
            raise NewerError(f"a relay's message of version {head.v}; this one knows {VERSION}")
        message = decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotOursError(f"not a relay's message: {error}") from None
    if message.v != VERSION:
        raise NotOursError(f"a relay's message of version {message.v}; this one knows {VERSION}")
    if message.at.tzinfo is None:
        raise NotOursError("a relay's message with a time of no time zone")
    return message
