"""A relay's leader for tests of what reads it: jobs live, and it publishes that in two streams.

It numbers events and states as a leader does, by itself: that is what a mirror is held against.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import msgspec

from accsyn_async.event_json import job_to_dict
from accsyn_async.models import Job
from accsyn_async.relay.messages import (
    EventMessage,
    EventName,
    HealthMessage,
    StateMessage,
    TermMessage,
    encode,
    read_event,
    read_health,
    read_state,
)
from accsyn_async.times import format_time
from tests.support.backend import job_id, row
from tests.support.virtual import START

__all__ = ["WORKSPACE", "Publisher", "Standing"]

WORKSPACE = "acme"


@dataclass
class Standing:
    """How a job stands: its row, and where it is in what is told of it."""

    row: dict[str, Any]
    run: int = 0
    n: int = 0
    k: int = 0
    ended: bool = False
    removed: bool = False
    stalled: bool = False
    event_id: str = ""
    event_seq: int = 0


@dataclass
class Publisher:
    """Jobs by number, and what was published of them.

    Attributes:
        events: the stream of events, by sequence from 1.
        states: the stream of states, in order.
        jobs: how each job stands.
        gone: those that had ended when everything was lost.
        book: what numbers are counted in.
        term: which leader it is.
        at: when things are observed.
    """

    book: str = "book"
    term: int = 1
    events: list[EventMessage] = field(default_factory=list)
    states: list[StateMessage] = field(default_factory=list)
    jobs: dict[int, Standing] = field(default_factory=dict)
    gone: dict[int, Standing] = field(default_factory=dict)
    at: dt.datetime = START

    # -- what happens to a job

    def find(self, number: int, **values: Any) -> Standing:
        standing = self.jobs[number] = Standing(row(number, **values))
        self._event(number, "found", 0)
        return standing

    def progress(self, number: int, **values: Any) -> None:
        standing = self.jobs[number]
        standing.row = {**standing.row, **values}
        standing.k += 1
        standing.stalled = False
        self._state(number)

    def change(self, number: int, status: str, **values: Any) -> None:
        standing = self.jobs[number]
        previous, standing.row = standing.row, {**standing.row, "status": status, **values}
        self._event(number, "changed", standing.n + 1, previous=previous)

    def stall(self, number: int) -> None:
        self._event(number, "stalled", self.jobs[number].n + 1)

    def finish(self, number: int, status: str = "done", *, finished: str | None = None) -> None:
        """The job changes to its end, and has ended."""
        standing = self.jobs[number]
        moment = finished or format_time(self.at)
        self.change(number, status, finished=moment, speed=-1.0, etr="", progress=100)
        standing.ended = True
        self._event(number, "finished", standing.n + 1)

    def remove(self, number: int) -> None:
        standing = self.jobs[number]
        standing.ended = standing.removed = True
        self._event(number, "removed", standing.n + 1)

    def revive(self, number: int, **values: Any) -> None:
        standing = self.jobs[number]
        previous = standing.row
        fresh = {"status": "running", "progress": 0, "finished": "1970-01-01T00:00:00"}
        standing.row = {**standing.row, **fresh, **values}
        standing.run, standing.n, standing.ended, standing.removed = standing.run + 1, 0, False, False
        self._event(number, "revived", 1, previous=previous)

    # -- what is read of it

    def health(self, state: str = "ok", **values: Any) -> HealthMessage:
        message = HealthMessage(
            **self._common(),
            state=state,  # type: ignore[arg-type]
            **{
                "reason": None if state == "ok" else "502 Bad Gateway",
                "since": self.at,
                "age_s": 0.5,
                "polls": 7,
                "period_s": 3.0,
                "settled": len(self.events),
                "queries": ["Transfer"],
                "allowed": [],
                **values,
            },
        )
        return read_health(encode(message))

    def term_message(self) -> TermMessage:
        return TermMessage(**self._common())

    # -- what NATS does to it, and what a leader does about that

    def lose_states(self) -> None:
        """The stream of states is lost; each job's is published again."""
        self.states = []
        for number in self.jobs:
            self._state(number)

    def lose_events(self, *, kept: int) -> None:
        """The stream of events is lost, but for its last messages, which are published again; and ends."""
        lost, self.events = self.events[: len(self.events) - kept], self.events[len(self.events) - kept :]
        there = {message.id for message in self.events}
        self.events += [
            message
            for message in lost
            for standing in self.jobs.values()
            if standing.ended and message.id == standing.event_id and message.id not in there
        ]
        sequences = {message.id: seq for seq, message in enumerate(self.events, 1)}
        for number, standing in self.jobs.items():
            standing.event_seq = sequences.get(standing.event_id, 0)
            self._state(number)

    def lose_all(self, book: str) -> None:
        """Everything is lost, and the leader begins with what is there: numbers begin anew."""
        self.book, self.events, self.states = book, [], []
        for number, standing in list(self.jobs.items()):
            if standing.ended:
                self.gone[number] = self.jobs.pop(number)
            else:
                self.find(number, **standing.row)

    def look(self, number: int) -> None:
        """Somebody asks for a job that was not published: one that has ended meanwhile."""
        standing = self.gone.pop(number)
        ended, removed = standing.ended, standing.removed
        self.find(number, **standing.row)
        if ended and not removed:
            self.jobs[number].ended = True
            self._event(number, "finished", 1)

    # -- how it is written

    def _event(self, number: int, event: EventName, n: int, **more: Any) -> None:
        standing = self.jobs[number]
        standing.n, standing.k, standing.event_seq = n, 0, len(self.events) + 1
        standing.stalled = event == "stalled"
        ident = f"{WORKSPACE}:{job_id(number)}"
        if event == "finished":
            standing.event_id = f"{ident}:{standing.row['status']}:{standing.row['finished']}"
        else:
            standing.event_id = f"{ident}:{standing.run}:{n}"
        if "previous" in more:
            more["previous"] = msgspec.Raw(msgspec.json.encode(more["previous"]))
        ended = event in ("finished", "removed")
        message = EventMessage(
            **self._about(standing), ended=ended, event=event, id=standing.event_id, **more
        )
        self.events.append(read_event(encode(message)))
        self._state(number)

    def _state(self, number: int) -> None:
        standing = self.jobs[number]
        message = StateMessage(
            **self._about(standing),
            ended=standing.ended,
            k=standing.k,
            removed=standing.removed,
            event_id=standing.event_id,
            event_seq=standing.event_seq,
            stalled=standing.stalled,
        )
        self.states.append(read_state(encode(message)))

    def _about(self, standing: Standing) -> dict[str, Any]:
        job = Job.from_row(standing.row)
        return self._common() | {
            "type": "transfer",
            "run": standing.run,
            "n": standing.n,
            "job": job_to_dict(job),
            "row": msgspec.Raw(msgspec.json.encode(standing.row)),
        }

    def _common(self) -> dict[str, Any]:
        return {
            "v": 1,
            "workspace": WORKSPACE,
            "relay": "relay@ws1",
            "term": self.term,
            "book": self.book,
            "at": self.at,
        }
