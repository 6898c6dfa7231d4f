"""Snapshots of a job and of a task, and the states that they can be in.

A snapshot never changes. What the backend sent is in ``raw``; everything else is
read from it, times and durations only when somebody asks.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec.structs import force_setattr

from accsyn_async.times import EPOCH, format_time, parse_duration, parse_time

__all__ = ["JOB_TYPES", "Job", "JobStatus", "Task", "TaskStatus"]

JOB_TYPES = ("transfer", "compute", "delivery", "request", "stream", "job")
"""The entity types that are jobs; ``job`` is the old name of ``transfer``."""

_HEX_ID = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")
_OBJECT_ID = "ObjectId:"


def is_entity_id(text: str) -> bool:
    """Tell whether a text has the form of an entity id: 24 lower-case letters or digits.

    The condition is the official client's (3.4.0); in practice the letters are a–f.

    >>> is_entity_id("6971e16fceadd67b955b1995")
    True
    >>> is_entity_id("Transfer")
    False
    """
    return len(text) == 24 and _HEX_ID.issuperset(text)


_E = TypeVar("_E", bound=StrEnum)


def _member(kind: type[_E], value: object, otherwise: _E) -> _E:
    lowered = value.strip().lower() if isinstance(value, str) else None
    return next((member for member in kind if member.value == lowered), otherwise)


class JobStatus(StrEnum):
    """The states of a job (accsyn's pages on jobs, v1 and v3)."""

    INIT = "init"
    """Its size is being measured."""
    PENDING = "pending"
    """A recipient has to choose where to download, or a delivery is being sized."""
    WAITING = "waiting"
    """For its turn, or for a server or client to come online."""
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    """Not the end: the backend may retry it."""
    ABORTED = "aborted"
    DONE = "done"
    UNKNOWN = "unknown"
    """A state that this version does not know; ``job.raw["status"]`` has its name."""

    @classmethod
    def _missing_(cls, value: object) -> JobStatus:
        return _member(cls, value, cls.UNKNOWN)


class TaskStatus(StrEnum):
    """The states of a task (accsyn's pages on jobs, v1 and v3)."""

    PENDING = "pending"
    QUEUED = "queued"
    BOOTING = "booting"
    EXECUTING = "executing"
    FAILED = "failed"
    ONHOLD = "onhold"
    EXCLUDED = "excluded"
    DONE = "done"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> TaskStatus:
        return _member(cls, value, cls.UNKNOWN)


class _Snapshot(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What jobs and tasks share: their row, and reading times out of it."""

    id: str
    _created: str | None = msgspec.field(default=None, name="created")
    _finished: str | None = msgspec.field(default=None, name="finished")
    _modified: str | None = msgspec.field(default=None, name="modified")
    _size: int | None = msgspec.field(default=None, name="size")
    # Its text, it may be with the comma before it; or what it says; or a function that finds its text.
    _row: Any = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return self.id == other.id and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self.id)

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_parts, (type(self), *self._parts())

    @property
    def raw(self) -> dict[str, Any]:
        """The row as received, a fresh ``dict`` of plain JSON values."""
        told = self._told()
        if isinstance(told, bytes):
            row = msgspec.json.decode(told)
            return row if isinstance(row, dict) else {}
        return dict(told)

    @property
    def size(self) -> int | None:
        """Bytes; ``None`` before it was measured."""
        return None if self._size is None or self._size < 0 else self._size

    @property
    def created(self) -> dt.datetime | None:
        """When it was created, UTC; ``None`` when the backend did not say."""
        return _moment(self._created)

    @property
    def finished(self) -> dt.datetime | None:
        """When it was done or aborted, UTC; ``None`` while it is not."""
        return _moment(self._finished)

    @property
    def modified(self) -> dt.datetime | None:
        """When it was last modified, UTC; ``None`` when the backend did not say."""
        return _moment(self._modified)

    @property
    def metadata(self) -> dict[str, Any]:
        """The user's own data, untouched; empty when there is none."""
        value = self.raw.get("metadata")
        return value if isinstance(value, dict) else {}

    def _parts(self) -> tuple[Any, ...]:
        """What it can be made of again: its row, and what else is known of it."""
        return (self._told(),)

    def _told(self) -> bytes | dict[str, Any]:
        """The text of its row, or the row itself where there is no text."""
        row = self._row
        told: bytes | dict[str, Any] | None = row(self.id) if callable(row) else row
        return (told.lstrip(b", ") if isinstance(told, bytes) else told) or {}


class Job(_Snapshot, frozen=True, gc=False, kw_only=True):
    """A job (transfer, delivery, compute …) as it was at one moment.

    >>> job = Job.from_row({"id": "6971e16fceadd67b955b1995", "name": "README.txt",
    ...                     "status": "running", "progress": 40, "speed": 12.5,
    ...                     "etr": "0h:1m:30s", "size": 1000})
    >>> job.status, job.progress, job.speed, job.etr
    (<JobStatus.RUNNING: 'running'>, 40, 12.5, datetime.timedelta(seconds=90))
    >>> job.finished is None
    True
    """

    # No job's id is longer, unless it has a prefix: then a decoder of many jobs gives up.
    id: Annotated[str, msgspec.Meta(max_length=32)]
    status: JobStatus = JobStatus.UNKNOWN
    """Its state."""
    _progress: int | float | None = msgspec.field(default=None, name="progress")
    _speed: int | float | None = msgspec.field(default=None, name="speed")
    _etr: str | None = msgspec.field(default=None, name="etr")
    _name: str | None = msgspec.field(default=None, name="name")
    _code: str | None = msgspec.field(default=None, name="code")
    _source: str | None = msgspec.field(default=None, name="source")
    source_hr: str | None = None
    """The sending party for people."""
    _destination: str | None = msgspec.field(default=None, name="destination")
    destination_hr: str | None = None
    """The receiving party for people."""
    _user: str | None = msgspec.field(default=None, name="user")
    user_hr: str | None = None
    """The user who created it, for people."""
    _parent: str | None = msgspec.field(default=None, name="parent")
    parent_hr: str | None = None
    """Its queue, or the job that it belongs to, for people."""
    _eta: float | None = msgspec.field(default=None, name="<eta>")
    # What ``_etr`` says, once somebody has asked: it is read again when a change of it is told.
    _left: dt.timedelta | None = msgspec.field(default=None, name="<left>")

    def __repr__(self) -> str:
        return (
            f"Job(id={self.id!r}, name={self.name!r}, status={self.status.value!r}, progress={self.progress})"
        )

    @classmethod
    def from_row(cls, row: Mapping[str, Any] | bytes) -> Job:
        """Make a snapshot of a row as ``find`` or ``get_entity`` return it, or of its JSON.

        Values of an unexpected type are read as far as they make sense and left
        out otherwise; only ``id`` must be there.

        Raises:
            ValueError: there is no ``id``.
        """
        return _from_row(cls, row)

    @property
    def name(self) -> str:
        """Its name; the file's name when none was given."""
        return self._name or self._code or self.id

    @property
    def progress(self) -> int | float:
        """Percent, 0–100. It may fall, and 100 is not done."""
        return self._progress or 0

    @property
    def speed(self) -> float | None:
        """MB/s; ``None`` when it is not running."""
        return None if self._speed is None or self._speed < 0 else self._speed

    @property
    def etr(self) -> dt.timedelta | None:
        """The backend's estimate of the time left; ``None`` when unknown."""
        if self._left is None and self._etr:
            force_setattr(self, "_left", parse_duration(self._etr))
        return self._left

    @property
    def eta(self) -> dt.timedelta | None:
        """The time left as a watch estimates it from the bytes that it saw done.

        As of this snapshot: what passes without a change is not counted off. ``None`` outside a
        watch, while the job does not run, and before two steps of its progress were seen.
        """
        return None if self._eta is None else dt.timedelta(seconds=round(self._eta))

    def with_eta(self, seconds: float | None) -> Job:
        """The same snapshot with an estimate of the time left, in seconds."""
        if seconds == self._eta:
            return self
        row = self._row
        return msgspec.structs.replace(self, _eta=seconds, _row=self._told() if callable(row) else row)

    @property
    def source(self) -> str | None:
        """The sending party, ``<scope>:<id>``; ``None`` when the backend did not say."""
        return _plain(self._source)

    @property
    def destination(self) -> str | None:
        """The receiving party, ``<scope>:<id>``; ``None`` when the backend did not say."""
        return _plain(self._destination)

    @property
    def user(self) -> str | None:
        """Id of the user who created it."""
        return _plain(self._user)

    @property
    def parent(self) -> str | None:
        """Id of its queue or of the job that it belongs to."""
        return _plain(self._parent)

    def _parts(self) -> tuple[Any, ...]:
        return self._told(), self._eta

    @property
    def is_finished(self) -> bool:
        """Whether it has come to an end: done or aborted."""
        return self.status in _ENDED


class Task(_Snapshot, frozen=True, gc=False, kw_only=True):
    """A task of a job, a file or folder, as it was at one moment.

    >>> Task.from_row({"id": "26468234", "uri": "0", "status": "queued", "size": -1}).status
    <TaskStatus.QUEUED: 'queued'>
    """

    uri: str = ""
    """Its name within the job, mostly ``"0"``, ``"1"`` …"""
    status: TaskStatus = TaskStatus.UNKNOWN
    """Its state."""
    _progress: int | float | None = msgspec.field(default=None, name="progress")
    priority: int | None = None
    """1–1000, highest first."""
    _job: str | None = msgspec.field(default=None, name="job")
    time: int | None = None
    """Milliseconds that its whole bucket took (accsyn's page on transfers); ``None`` before it ran."""

    def __repr__(self) -> str:
        return f"Task(id={self.id!r}, uri={self.uri!r}, status={self.status.value!r})"

    @classmethod
    def from_row(cls, row: Mapping[str, Any] | bytes) -> Task:
        """Make a snapshot of a row as ``find("Task", …)`` returns it, or of its JSON.

        Raises:
            ValueError: there is no ``id``.
        """
        return _from_row(cls, row)

    @property
    def job(self) -> str | None:
        """Id of its job."""
        return _plain(self._job)

    @property
    def progress(self) -> int | float | None:
        """Percent, or ``None`` when the backend does not say."""
        return self._progress

    @property
    def source(self) -> dict[str, Any]:
        """The sending end: ``path``, ``client``, ``site`` … (accsyn's page on transfers)."""
        value = self.raw.get("source")
        return value if isinstance(value, dict) else {}

    @property
    def destination(self) -> dict[str, Any]:
        """The receiving end: ``path``, ``client``, ``site`` … (accsyn's page on transfers)."""
        value = self.raw.get("destination")
        return value if isinstance(value, dict) else {}


_ENDED = (JobStatus.DONE, JobStatus.ABORTED)
_DECODERS: dict[type[_Snapshot], msgspec.json.Decoder[Any]] = {
    Job: msgspec.json.Decoder(Job),
    Task: msgspec.json.Decoder(Task),
}
_ROW_FIELDS = {
    kind: tuple(
        (f.name, f.encode_name, f.type)
        for f in msgspec.structs.fields(kind)
        if f.name not in ("_row", "_eta", "_left")
    )
    for kind in _DECODERS
}
_S = TypeVar("_S", bound=_Snapshot)


def _moment(text: str | None) -> dt.datetime | None:
    moment = parse_time(text) if text else None
    return None if moment is None or moment < EPOCH + dt.timedelta(days=1) else moment


def _plain(ident: str | None) -> str | None:
    return ident.removeprefix(_OBJECT_ID) if ident else ident


def _from_row(kind: type[_S], row: Mapping[str, Any] | bytes) -> _S:
    if isinstance(row, bytes):
        try:
            snapshot: _S = _DECODERS[kind].decode(row)
        except (msgspec.DecodeError, UnicodeDecodeError):
            row = json.loads(row)
        else:
            if not snapshot.id.startswith(_OBJECT_ID):
                force_setattr(snapshot, "_row", row)
                return snapshot
            row = msgspec.json.decode(row)
    if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
        raise ValueError(f"not a row of a {kind.__name__.lower()}: it has no id")
    values = {name: _coerced(row.get(key), wanted) for name, key, wanted in _ROW_FIELDS[kind]}
    values = {name: value for name, value in values.items() if value is not None}
    return kind(**values, _row=dict(row))


def _from_parts(kind: type[_S], row: Mapping[str, Any] | bytes, eta: float | None = None) -> _S:
    snapshot = _from_row(kind, row)
    return msgspec.structs.replace(snapshot, _eta=eta) if eta is not None else snapshot


def _coerced(value: Any, wanted: Any) -> Any:
    """The value as the field wants it, or ``None`` where it makes no sense."""
    if wanted in (JobStatus, TaskStatus):
        return wanted(value) if isinstance(value, str) else None
    if "str" in str(wanted):
        if isinstance(value, dt.date):
            return format_time(value)
        return value.removeprefix(_OBJECT_ID) if isinstance(value, str) else None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if "float" not in str(wanted) or value == int(value) else value
