"""Reading a list of the ends of finished jobs again and again."""

from __future__ import annotations

import msgspec

from accsyn_async.wire.reply import Failure
from accsyn_async.wire.rows import UNREADABLE, JobReader, Reply

__all__ = ["EndReader"]


class _End(msgspec.Struct, frozen=True, gc=False):
    id: str
    finished: str | None = None


class _Ends(Reply, gc=False, kw_only=True):
    result: list[_End]


_read_ends = msgspec.json.Decoder(_Ends).decode


class EndReader:
    """Reads lists of the ids and ends of finished jobs, each with the last one in mind."""

    __slots__ = ("_body", "_ends")

    def __init__(self) -> None:
        self._body = b""
        self._ends: set[tuple[str, str | None]] = set()

    @property
    def body(self) -> bytes:
        """The last reply, empty before the first; this very object is known at a glance."""
        return self._body

    def __call__(self, body: bytes) -> set[tuple[str, str | None]] | Failure:
        """Read a reply: id and end, as the backend writes it, of each.

        The same ``set`` as before when the reply is the same, byte for byte.

        Raises:
            ValueError: it is no JSON object, or holds no list of rows with ids.
        """
        if body == self._body and body:
            return self._ends
        try:
            reply = _read_ends(body)
            if not reply.is_good:
                raise msgspec.ValidationError
            ends = {(end.id, end.finished) for end in reply.result}
        except UNREADABLE:
            jobs = JobReader()(body)
            if isinstance(jobs, Failure):
                return jobs
            ends = {(job.id, job.raw.get("finished")) for job in jobs.jobs.values()}
        self._body, self._ends = body, ends
        return ends
