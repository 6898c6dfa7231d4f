"""Reading a list of jobs again and again, at the cost of what changed.

A list that says the same as before costs one comparison of bytes. Otherwise its rows
are told apart without being decoded, and only those whose text differs from the row
at the same place in the last list are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from accsyn_async.models import Job
from accsyn_async.wire.codec import decode_plain
from accsyn_async.wire.reply import Failure, failure_in

__all__ = ["EndReader", "JobList", "JobReader"]


class _ListReply(msgspec.Struct, gc=False):
    result: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    message: Any = msgspec.UNSET
    exception: Any = msgspec.UNSET
    session_expired: Any = None


class _End(msgspec.Struct, frozen=True, gc=False):
    id: str
    finished: str | None = None


class _EndReply(msgspec.Struct, gc=False):
    result: list[_End]
    message: Any = msgspec.UNSET
    exception: Any = msgspec.UNSET
    session_expired: Any = None


_decode = msgspec.json.Decoder(_ListReply).decode
_decode_ends = msgspec.json.Decoder(_EndReply).decode


@dataclass(frozen=True, slots=True)
class JobList:
    """What a list said.

    Attributes:
        jobs: every job listed, by id, in the list's order.
        changed: those whose row differs from the last list's, or is new.
        unchanged: whether the reply was the same, byte for byte.
    """

    jobs: dict[str, Job]
    changed: list[Job] = field(default_factory=list)
    unchanged: bool = False


class JobReader:
    """Reads the replies to one list request, each with the last one in mind."""

    __slots__ = ("_body", "_jobs", "_last", "_rows")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the last list: the next is read as if it were the first."""
        self._body = b""
        self._rows: list[msgspec.Raw] = []
        self._jobs: list[Job] = []
        self._last: dict[str, Job] = {}

    def __call__(self, body: bytes) -> JobList | Failure:
        """Read a reply.

        Raises:
            ValueError: it is no JSON object, or holds no list of rows with ids.
        """
        if body == self._body and body:
            return JobList(self._last, unchanged=True)
        try:
            reply = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._read_leniently(body)
        if (
            reply.message is not msgspec.UNSET
            or reply.exception is not msgspec.UNSET
            or reply.session_expired is not None
        ):
            return self._read_leniently(body)
        if reply.result is msgspec.UNSET:
            raise ValueError("a reply without result")
        return self._compare(body, reply.result or [])

    def _compare(self, body: bytes, rows: list[msgspec.Raw]) -> JobList:
        old_rows, old_jobs = self._rows, self._jobs
        known = len(old_rows)
        new_rows: list[msgspec.Raw] = []
        new_jobs: list[Job] = []
        changed: list[Job] = []
        for index, row in enumerate(rows):
            if index < known and row == old_rows[index]:
                new_rows.append(old_rows[index])
                new_jobs.append(old_jobs[index])
                continue
            text = bytes(row)
            try:
                job = Job.from_row(text)
            except (ValueError, RecursionError):
                # One row that names no job, or is too deep, must not blind a watch to all the others.
                continue
            if self._last.get(job.id) != job:
                changed.append(job)
            new_rows.append(msgspec.Raw(text))
            new_jobs.append(job)
        return self._keep(body, new_rows, new_jobs, changed)

    def _keep(self, body: bytes, rows: list[msgspec.Raw], jobs: list[Job], changed: list[Job]) -> JobList:
        self._body, self._rows, self._jobs = body, rows, jobs
        self._last = {job.id: job for job in jobs}
        return JobList(self._last, changed)

    def _read_leniently(self, body: bytes) -> JobList | Failure:
        reply = decode_plain(body)
        if not isinstance(reply, dict):
            raise ValueError("not an object")
        if (failure := failure_in(reply)) is not None:
            return failure
        rows = reply.get("result")
        if not isinstance(rows, list):
            raise ValueError("a reply without a list as result")
        jobs = [Job.from_row(row) for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
        changed = [job for job in jobs if self._last.get(job.id) != job]
        # No row to compare with: the next list is read in full.
        return self._keep(body, [msgspec.Raw()] * len(jobs), jobs, changed)


class EndReader:
    """Reads lists of the ids and ends of finished jobs, each with the last one in mind."""

    __slots__ = ("_body", "_ends")

    def __init__(self) -> None:
        self._body = b""
        self._ends: set[tuple[str, str | None]] = set()

    def __call__(self, body: bytes) -> set[tuple[str, str | None]] | Failure:
        """Read a reply: id and end, as the backend writes it, of each.

        The same ``set`` as before when the reply is the same, byte for byte.

        Raises:
            ValueError: it is no JSON object, or holds no list of rows with ids.
        """
        if body == self._body and body:
            return self._ends
        try:
            reply = _decode_ends(body)
            if (reply.message, reply.exception) != (msgspec.UNSET, msgspec.UNSET) or reply.session_expired:
                raise msgspec.ValidationError
            ends = {(end.id, end.finished) for end in reply.result}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            jobs = JobReader()(body)
            if isinstance(jobs, Failure):
                return jobs
            ends = {(job.id, job.raw.get("finished")) for job in jobs.jobs.values()}
        self._body, self._ends = body, ends
        return ends
