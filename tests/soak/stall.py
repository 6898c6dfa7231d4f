"""A consumer that stops reading for an hour while a thousand events a second come in."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from accsyn_async import Job, JobChanged, JobEvent, JobFinished, JobFound, JobRevived
from accsyn_async.monitor.diff import changes_between
from accsyn_async.monitor.mailbox import Mailbox, MailboxClosed
from tests.support.virtual import START

RATE = 1000
"""Events a second."""
LIVES = 2
"""How often each job ends."""
FLAPS = 12
"""Events of a job from one change of status to the next."""
LOOKS = 24
"""How often it is measured what waits."""
STATUSES = ("running", "paused", "waiting", "failed")


@dataclass
class Stall:
    """What came of it.

    Attributes:
        events: how many came in.
        waiting: how many waited at the end.
        size: bytes that what waited took, at most.
        ends: how many there were.
        odd: what should not have been, in words.
        cpu: seconds.
    """

    events: int = 0
    waiting: int = 0
    size: int = 0
    ends: int = 0
    odd: list[str] = field(default_factory=list)
    cpu: float = 0.0


async def stall(seconds: int, jobs: int) -> Stall:
    """Let events come in for so many seconds, unread, straight into a mailbox; then read them all."""
    began = time.process_time()
    result = Stall()
    box = Mailbox()
    ends: list[str] = []
    last: dict[str, Job] = {}
    for event in _events(seconds * RATE, jobs):
        box.put(event)
        result.events += 1
        last[event.job.id] = event.job
        if isinstance(event, JobFinished):
            ends.append(event.id)
        if result.events % (seconds * RATE // LOOKS) == 0:
            result.size = max(result.size, size_of(box))
    box.close()
    result.size, result.waiting, result.ends = max(result.size, size_of(box)), len(box), len(ends)
    read: list[JobEvent] = []
    while True:
        try:
            event_read = await box.get()
        except MailboxClosed:
            break
        assert isinstance(event_read, JobEvent)
        read.append(event_read)
    if [event.id for event in read if isinstance(event, JobFinished)] != ends:
        result.odd.append("the ends that were read are not those that were put in")
    result.odd += _breaks(read)
    if {event.job.id: event.job for event in read} != last:
        result.odd.append("some job was last told otherwise than it was last")
    result.cpu = time.process_time() - began
    return result


def size_of(*roots: object) -> int:
    """Bytes of everything that can be reached, each thing once; classes and numbers are nobody's."""
    seen: set[int] = set()
    todo, total = list(roots), 0
    while todo:
        thing = todo.pop()
        if id(thing) in seen or thing is None or isinstance(thing, type | int | float):
            continue
        seen.add(id(thing))
        total += sys.getsizeof(thing)
        if isinstance(thing, dict):
            todo += thing.keys()
            todo += thing.values()
        elif isinstance(thing, msgspec.Struct):
            todo += [getattr(thing, name) for name in thing.__struct_fields__]
        elif isinstance(thing, list | tuple | set | frozenset) or type(thing).__name__ == "deque":
            todo += thing  # type: ignore[arg-type]
        elif isinstance(slots := getattr(type(thing), "__slots__", None), tuple):
            todo += [getattr(thing, name) for name in slots if hasattr(thing, name)]
    return total


def _events(count: int, jobs: int) -> Iterator[JobEvent]:
    """What a monitor would tell of jobs that move in turn, change their state, end, and come back."""
    known: list[Job] = [_job(number, "running", 0, 1.0) for number in range(jobs)]
    length = count // jobs // LIVES
    for number in range(count):
        turn, which = divmod(number, jobs)
        run, step = divmod(turn, length)
        at = START + dt.timedelta(milliseconds=number)
        before = known[which]
        ident = f"acme:{before.id}:{run}:{turn}"
        facts: dict[str, Any] = {"at": at, "run": run, "id": ident}
        if run == LIVES:
            # What is left over after the last life.
            return
        if step == length - 1:
            finished = f"{at:%Y-%m-%dT%H:%M:%S}"
            job = known[which] = _job(which, "done", 100, -1.0, finished)
            yield JobChanged(job=job, previous=before, changes=changes_between(before, job), **facts)
            yield JobFinished(job=job, at=at, run=run, id=f"acme:{job.id}:done:{finished}")
            continue
        status = STATUSES[step // FLAPS % len(STATUSES)]
        job = known[which] = _job(which, status, step * 100 // length, turn % 89 + 0.5)
        if turn == 0:
            yield JobFound(job=job, **facts)
        elif step == 0:
            yield JobRevived(job=job, **facts)
        else:
            yield JobChanged(job=job, previous=before, changes=changes_between(before, job), **facts)


def _job(number: int, status: str, progress: int, speed: float, finished: str = "1970-01-01T00:00:00") -> Job:
    """A job as a poll reads it, row and all."""
    return Job.from_row(
        (
            f'{{"id": "{number:024x}", "name": "sc010_sh{number:04d}_comp_v001.mov", "status": "{status}", '
            f'"progress": {progress}, "speed": {speed}, "etr": "0h:1m:{progress % 60}s", "size": 1000, '
            f'"source": "workspace:1", "source_hr": "acme", "destination": "site:2", '
            f'"destination_hr": "berlin", "user": "3", "user_hr": "lisa@example.com", '
            f'"parent": "5d91b33ac71c12871d1fc3c2", "created": "2026-01-01T00:00:00", '
            f'"finished": "{finished}", "modified": "2026-01-01T00:00:00", '
            f'"metadata": {{"shot": "sh{number:04d}"}}}}'
        ).encode()
    )


def _breaks(events: list[JobEvent]) -> list[str]:
    """Where a job's events do not follow from one another."""
    breaks: list[str] = []
    before: dict[str, JobEvent] = {}
    for event in events:
        known = before.get(event.job.id)
        before[event.job.id] = event
        if isinstance(event, JobChanged) and known is not None and event.previous != known.job:
            breaks.append(f"{event.id} does not follow from {known.id}")
        if isinstance(event, JobRevived) != isinstance(known, JobFinished):
            breaks.append(f"{event.id} follows an end, or no end")
    return breaks
