"""Reading a list of jobs again and again, at the cost of what changed.

A first list is read into jobs at one go, and its rows are told apart only when somebody
wants their text. A list that says the same as before costs one comparison of bytes.
Otherwise the rows that are known are looked for one after the other, some at a time where none
of them changed, and only what stands in the place of one that is not there is read. Where
jobs came, went or moved, all rows are told apart without being decoded, and those whose text
differs from the row that they are compared with are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, starmap, zip_longest
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import force_setattr

from accsyn_async.models import Job
from accsyn_async.wire.codec import decode_plain
from accsyn_async.wire.reply import Failure, failure_in

__all__ = ["UNREADABLE", "JobList", "JobReader", "Reply"]


class Reply(msgspec.Struct, gc=False):
    """What a reply says besides its result."""

    message: Any = msgspec.UNSET
    exception: Any = msgspec.UNSET
    session_expired: Any = None

    @property
    def is_good(self) -> bool:
        """Whether it reports no failure."""
        return (
            self.message is msgspec.UNSET and self.exception is msgspec.UNSET and self.session_expired is None
        )


class _Jobs(Reply, gc=False):
    result: list[Job] | msgspec.UnsetType | None = msgspec.UNSET


class _Rows(Reply, gc=False):
    result: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET


class _Id(msgspec.Struct, gc=False):
    id: str


class _Ids(msgspec.Struct, gc=False):
    result: list[_Id]


_read_jobs = msgspec.json.Decoder(_Jobs).decode
_read_rows = msgspec.json.Decoder(_Rows).decode
_read_ids = msgspec.json.Decoder(_Ids).decode
_read_job = msgspec.json.Decoder(Job).decode
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoders raise of text that they do not take."""

_BEFORE_ROWS = re.compile(rb'\s*\{\s*"result"\s*:\s*\[\s*')
_AFTER_ROWS = b"]}"
_FIRST_KEY = re.compile(rb'\{"\w+"')
_BLOCK = 8
"""Rows that are passed over at once where none of them changed."""
_SHORTER = 48
"""Bytes by which rows seldom become shorter from one list to the next."""
_NEAR = 20_000
"""Bytes up to which a search has no costs of its own to begin with."""


class JobList(NamedTuple):
    """What a list said.

    Attributes:
        jobs: every job listed, by id, in the list's order.
        changed: those whose row differs from the last list's, or is new.
        unchanged: whether the reply was the same, byte for byte.
        alike: the ``jobs`` of an earlier list of the very same ones; ``None`` where none is known.
    """

    jobs: dict[str, Job]
    changed: Sequence[Job] = ()
    unchanged: bool = False
    alike: dict[str, Job] | None = None


class _Page:
    """A reply whose rows were not told apart yet; finds a row's text by the job's id."""

    __slots__ = ("_body", "_texts")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._texts: dict[str, bytes] | None = None

    def __call__(self, ident: str) -> bytes:
        if self._texts is None:
            ids = [each.id for each in _read_ids(self._body).result]
            self._texts = dict(zip(ids, map(bytes, _rows_of(self._body)), strict=True))
        return self._texts[ident]


class JobReader:
    """Reads the replies to one list request, each with the last one in mind."""

    __slots__ = ("_begins", "_body", "_boundary", "_comma", "_jobs", "_last", "_texts")

    def __init__(self) -> None:
        self._body = b""
        # One entry a row: None for a row that names no job.
        self._jobs: list[Job | None] = []
        # Each row with a comma before it, as it stands in the list, so that rows and what is between
        # them are compared at once. None while they were not told apart; no text for those that are
        # to be read again.
        self._texts: list[bytes] | None = []
        self._comma = b""
        # From the end of a row into the next one; empty where rows cannot be looked for.
        self._boundary = b""
        # Where in the body each block of rows begins, and the last one ends; empty where that is not known.
        self._begins: list[int] = []
        self._last: dict[str, Job] = {}

    @property
    def body(self) -> bytes:
        """The last reply, empty before the first; this very object is known at a glance."""
        return self._body

    def __del__(self) -> None:
        # A job that somebody keeps must not keep all of the reply that it came in.
        self._tell_apart()

    def reset(self) -> None:
        """Forget the last list: the next is read as if it were the first."""
        self._tell_apart()
        self._keep(b"", [], [], {})

    def __call__(self, body: bytes) -> JobList | Failure:
        """Read a reply.

        Raises:
            ValueError: it is no JSON object, or holds no list of rows with ids.
        """
        if body == self._body and body:
            return JobList(self._last, unchanged=True, alike=self._last)
        if not self._jobs and (first := self._read_at_one_go(body)) is not None:
            return first
        if (listed := self._look_for_rows(body)) is not None:
            return listed
        try:
            reply = _read_rows(body)
        except UNREADABLE:
            return self._read_leniently(body)
        if not reply.is_good:
            return self._read_leniently(body)
        if reply.result is msgspec.UNSET:
            raise ValueError("a reply without result")
        return self._compare(body, reply.result or [])

    def _read_at_one_go(self, body: bytes) -> JobList | None:
        """Read a list that there is nothing to compare with; ``None`` where something in it is odd."""
        try:
            reply = _read_jobs(body)
        except UNREADABLE:
            return None
        jobs = reply.result
        if not jobs or not reply.is_good:
            return None
        page = _Page(body)
        for job in jobs:
            force_setattr(job, "_row", page)
        listed = self._keep(body, list(jobs), None, {job.id: job for job in jobs}, jobs)
        if len(self._last) < len(jobs):
            # The page knows one of those that share an id.
            self._tell_apart()
        return listed

    def _look_for_rows(self, body: bytes) -> JobList | None:
        """Read a list of the same jobs, or nearly, in the same order; ``None`` where it is another.

        Whatever is passed over is the text of a row that was read before, and what stands between
        two of them is read as a row: where it is none, or more than one, it is no JSON.
        """
        texts, start = self._tell_apart(), _BEFORE_ROWS.match(body)
        if not self._boundary or start is None or not body.endswith(_AFTER_ROWS):
            return None
        begin = start.end()
        return self._read_the_same(body, texts, begin) or self._read_others(body, texts, begin)

    def _read_the_same(self, body: bytes, texts: list[bytes], begin: int) -> JobList | None:
        """Read a list of the same jobs, whose first row stands there."""
        begins: list[int] = []
        changed = self._changed_rows(body, texts, begin, begins)
        if changed is None:
            return None
        jobs, before, last = self._jobs, self._last, self._last.copy()
        for place, text, job in changed:
            force_setattr(job, "_row", text)
            texts[place] = text
            jobs[place] = last[job.id] = job
        self._body, self._last, self._begins = body, last, begins
        return JobList(last, [job for _, _, job in changed], alike=before)

    def _changed_rows(
        self, body: bytes, texts: list[bytes], stands: int, begins: list[int]
    ) -> list[tuple[int, bytes, Job]] | None:
        """The rows that are not those of the last list: place, text with the comma before it, and job.

        Args:
            body: the reply.
            texts: the last list's rows.
            stands: where its first row does.
            begins: takes up where each block of rows does, and where the last one ends.
        """
        is_at, find = body.startswith, body.find
        jobs, comma, boundary = self._jobs, self._comma, self._boundary
        end, skipped = len(body) - len(_AFTER_ROWS), len(comma)
        if is_at(comma, stands):
            return None
        blocks = map(memoryview(self._body).__getitem__, starmap(slice, pairwise(self._begins)))
        changed: list[tuple[int, bytes, Job]] = []
        for first, block in zip_longest(range(0, len(jobs), _BLOCK), blocks):
            begins.append(stands)
            if block is not None and is_at(block, stands):
                stands += len(block)
                continue
            for place, text in enumerate(texts[first : first + _BLOCK], first):
                if is_at(text, stands):
                    stands += len(text)
                    continue
                if place == 0:
                    # There is no comma before the first.
                    if is_at(text[skipped:], stands):
                        stands += len(text) - skipped
                        continue
                elif is_at(comma, stands):
                    stands += skipped
                else:
                    return None
                # A row is about as long as it was: if it is much shorter, two are taken for one: no JSON.
                near = stands + max(len(text) - _SHORTER, 0)
                row = body[stands : find(boundary, near, near + _NEAR) + 1 or find(boundary, near) + 1 or end]
                try:
                    job = _read_job(row)
                except UNREADABLE:
                    row = body[stands : find(boundary, stands) + 1 or end]
                    try:
                        job = _read_job(row)
                    except UNREADABLE:
                        return None
                stands += len(row)
                before = jobs[place]
                if before is None or before.id != job.id:
                    return None
                # The very same text: whoever looks the job up is spared a comparison.
                force_setattr(job, "id", before.id)
                changed.append((place, comma + row, job))
        begins.append(stands)
        return changed if stands == end else None

    def _read_others(self, body: bytes, texts: list[bytes], begin: int) -> JobList | None:
        """Read a list in which jobs came or went, and the others stay in order."""
        is_at, find, known, comma = body.startswith, body.find, self._jobs, self._comma
        stands = begin
        end, skipped, boundary = len(body) - len(_AFTER_ROWS), len(comma), self._boundary
        places = {job.id: place for place, job in enumerate(known) if job is not None}
        jobs: list[Job | None] = []
        rows: list[bytes] = []
        changed: dict[str, Job] = {}
        place, since, last = 0, 0, len(texts)
        while stands != end or stands == begin:
            if place < last and is_at(text := texts[place], stands) and stands != begin:
                stands += len(text)
                place += 1
                continue
            jobs += known[since:place]
            rows += texts[since:place]
            if stands != begin:
                if not is_at(comma, stands):
                    return None
                stands += skipped
            row = body[
                stands : find(boundary, stands, stands + _NEAR) + 1 or find(boundary, stands) + 1 or end
            ]
            stands += len(row)
            try:
                job: Job = _read_job(row)
            except UNREADABLE:
                return None
            text, was = comma + row, places.get(job.id)
            if job.id in changed or (was is not None and was < place):
                # Twice, or not in the order of before.
                return None
            if was is not None:
                place = was + 1
            since = place
            if was is not None and text == texts[was]:
                jobs.append(known[was])
            else:
                force_setattr(job, "_row", text)
                changed[job.id] = job
                jobs.append(job)
            rows.append(text)
        jobs += known[since:place]
        rows += texts[since:place]
        return self._keep(
            body, jobs, rows, {job.id: job for job in jobs if job is not None}, list(changed.values())
        )

    def _compare(self, body: bytes, rows: list[msgspec.Raw]) -> JobList:
        """Compare a list in which jobs came, went or moved."""
        old, comma = self._tell_apart(), _comma_of(body)
        texts = [comma + row for row in rows]
        places: dict[str, int] | None = None
        jobs: list[Job | None] = []
        changed: list[Job] = []
        expected, known = 0, len(old)
        for row, text in zip(rows, texts, strict=True):
            if expected < known and text == old[expected]:
                jobs.append(self._jobs[expected])
                expected += 1
                continue
            try:
                job = Job.from_row(bytes(row))
            except (ValueError, RecursionError):
                # One row that names no job, or is too deep, must not blind a watch to all the others.
                jobs.append(None)
                continue
            if places is None:
                places = {each.id: place for place, each in enumerate(self._jobs) if each is not None}
            place = places.get(job.id)
            if place is not None:
                expected = place + 1
                if text == old[place]:
                    jobs.append(self._jobs[place])
                    continue
            changed.append(job)
            jobs.append(job)
        last = {job.id: job for job in jobs if job is not None}
        if len(self._last) < len(self._jobs) or len(last) < len(jobs):
            # Of those that share an id the last one counts.
            changed = [job for ident, job in last.items() if self._last.get(ident) is not job]
        self._know(texts, comma, distinct=len(last) == len(jobs))
        return self._keep(body, jobs, texts, last, changed)

    def _keep(
        self,
        body: bytes,
        jobs: list[Job | None],
        texts: list[bytes] | None,
        last: dict[str, Job],
        changed: Sequence[Job] = (),
    ) -> JobList:
        self._body, self._jobs, self._texts, self._last, self._begins = body, jobs, texts, last, []
        return JobList(last, changed)

    def _know(self, texts: list[bytes], comma: bytes, *, distinct: bool) -> None:
        """How rows are looked for from now on: they are not, unless each names a job of its own."""
        key = _FIRST_KEY.match(texts[0], len(comma)) if distinct and texts else None
        self._comma, self._boundary = comma, b"}" + comma + key[0] if key is not None else b""

    def _tell_apart(self) -> list[bytes]:
        """The last list's rows; from now on each job has the text of its own."""
        if self._texts is None:
            try:
                rows = _rows_of(self._body)
            except RecursionError:
                # Nested nearly too deep, and read from within more calls than before: no texts to compare.
                self._texts, self._boundary = [b""] * len(self._jobs), b""
                return self._texts
            comma = _comma_of(self._body)
            self._texts = [comma + row for row in rows]
            self._know(self._texts, comma, distinct=len(self._last) == len(rows))
            for job, text in zip(self._jobs, self._texts, strict=True):
                if job is not None:
                    force_setattr(job, "_row", text)
        return self._texts

    def _read_leniently(self, body: bytes) -> JobList | Failure:
        reply = decode_plain(body)
        if not isinstance(reply, dict):
            raise ValueError("not an object")
        if (failure := failure_in(reply)) is not None:
            return failure
        rows = reply.get("result")
        if not isinstance(rows, list):
            raise ValueError("a reply without a list as result")
        self._tell_apart()
        jobs = [Job.from_row(row) for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
        changed = [job for job in jobs if self._last.get(job.id) != job]
        # No row to compare with: the next list is read in full.
        self._boundary = b""
        return self._keep(body, list(jobs), [b""] * len(jobs), {job.id: job for job in jobs}, changed)


def _rows_of(body: bytes) -> list[msgspec.Raw]:
    """The rows of a list that was read before."""
    rows = _read_rows(body).result
    return rows if isinstance(rows, list) else []


def _comma_of(body: bytes) -> bytes:
    """What stands between two rows of a list."""
    return b", " if b"}, {" in body else b","
