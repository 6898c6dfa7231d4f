"""One of each message that a relay publishes or answers, made by what makes them."""

from __future__ import annotations

import datetime as dt
import json
from types import SimpleNamespace
from typing import Any

from accsyn_async import Job, JobChanged, JobFinished, JobFound
from accsyn_async.monitor.diff import changes_between
from accsyn_async.monitor.statistics import Statistics
from accsyn_async.relay.book import Book, Masthead
from accsyn_async.relay.command_messages import Commanded, encode_reply, encode_request
from accsyn_async.relay.leader import Leader, Standing
from accsyn_async.relay.messages import TermMessage, encode

__all__ = ["JOB", "examples", "health"]

JOB = "6971e16fceadd67b955b1995"
MASTHEAD = Masthead("acme", "relay1-4711-9c1f", 7, "5f0c2f9a1b7d4e60")
AT = dt.datetime(2026, 1, 22, 12, 0, 0, 250_000, tzinfo=dt.UTC)


def row(status: str, progress: int, **more: Any) -> dict[str, Any]:
    return {
        "id": JOB,
        "code": "a.mov",
        "name": "a.mov",
        "status": status,
        "progress": progress,
        "size": 1_000_000_000,
        "source": "volume:5a4f0c1b2d3e4f5061728394",
        "source_hr": "projects",
        "destination": "site:5c5b0c1b2d3e4f5061728394",
        "destination_hr": "berlin",
        "user": "5e6d0c1b2d3e4f5061728394",
        "user_hr": "lisa@example.com",
        "created": "2026-01-22T11:58:00",
        "finished": "1970-01-01T00:00:00",
        **more,
    }


def after(seconds: int) -> dt.datetime:
    return AT + dt.timedelta(seconds=seconds)


def health(*, trouble: str | None = None) -> bytes:
    """What a leader tells of itself."""
    polls = iter((100, 441))
    monitor = SimpleNamespace(statistics=lambda: Statistics(polls=next(polls), age=0.4123))
    session: Any = SimpleNamespace(monitor=monitor)
    leader = Leader(session, ["Transfer"], allowed=["pause", "resume"], clock=_Stopped())
    leader.standing = Standing(AT, trouble)
    return encode(leader.health(MASTHEAD, 812))


def examples() -> dict[str, Any]:
    """The messages, by the names that docs/relay/messages.md has for them."""
    running = Job.from_row(row("running", 40, speed=25.5, etr="0h:0m:24s")).with_eta(23.5)
    failed = Job.from_row(row("failed", 40))
    again = Job.from_row(row("running", 41, speed=12, etr="0h:0m:50s"))
    done = Job.from_row(row("done", 100, finished="2026-01-22T12:01:30"))
    book = Book(MASTHEAD)
    (found,) = book.take(JobFound(at=AT, job=running), "transfer")
    told = {"found": encode(found)}
    (changed,) = book.take(_changed(after(30), running, failed), "transfer")
    told["changed"] = encode(changed)
    book.take(_changed(after(60), failed, again), "transfer")
    ident = f"acme:{JOB}:done:2026-01-22T12:01:30"
    (finished,) = book.take(JobFinished(at=after(91), job=done, id=ident), "transfer")
    told["finished"] = encode(finished)
    book.published_event(finished, 812)
    (state,) = book.states()
    told["state"] = encode(state)
    told["health"] = health()
    told["term"] = encode(TermMessage(**MASTHEAD.fields(AT)))
    other = "6971e16fceadd67b955b1996"
    told["request"] = encode_request("pause", [JOB, other], type="transfer", by="lisa@ws12")
    results = [Commanded(JOB, True, "paused"), Commanded(other, False, error="it is done")]
    told["reply"] = encode_reply(results)
    told["refusal"] = encode_reply(
        error="the relay does not allow to abort; it allows pause, resume", refused=True
    )
    return {name: json.loads(text) for name, text in told.items()}


class _Stopped:
    """A clock that stands still."""

    def now(self) -> dt.datetime:
        return AT

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits for it")


def _changed(at: dt.datetime, before: Job, now: Job) -> JobChanged:
    return JobChanged(at=at, job=now, previous=before, changes=changes_between(before, now))
