"""What watches on a mirror are told, whatever NATS does, and in whatever order two streams are read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from accsyn_async import (
    Event,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    JobStalled,
)
from accsyn_async.relay.mirror import PATIENCE, Mirror
from accsyn_async.times import format_time
from tests.relay.publisher import Publisher
from tests.relay.reading import Box, Feeder
from tests.support.backend import job_id
from tests.support.virtual import START

NUMBERS = st.integers(1, 3)
ACTS = ["progress", "progress", "paused", "running", "stall", "done", "aborted", "remove"]
ENDS = JobFinished | JobRemoved
WATCHABLE = ["Transfer", "Transfer WHERE user=4", [job_id(1), job_id(2)], job_id(3)]


@dataclasses.dataclass
class Watched:
    """A watch, what it was told, and how much had been published and read when it came."""

    box: Box
    what: Any
    since: int
    losses: int
    events: list[Event] = dataclasses.field(default_factory=list)

    def holds(self, number: int) -> bool:
        return self.what == "Transfer" or (
            (not isinstance(self.what, str) or len(self.what) == 24) and (job_id(number) in self.what)
        )


class Mirroring(RuleBasedStateMachine):
    """A leader publishes lives; a mirror reads them, and watches come at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.publisher = Publisher()
        self.feeder = Feeder(self.publisher)
        self.mirror: Mirror = self.feeder.mirror
        self.watches: list[Watched] = []
        self.ticks = itertools.count(1)
        self.seconds = itertools.count(1)
        self.books = itertools.count(1)
        # The truth of each job: what it was at each tick, and how many events had been published by then.
        self.truth: dict[tuple[int, int], tuple[dict[str, Any], int]] = {}
        # Every end that was published: the id, and after how many events of all.
        self.ends: list[tuple[int, str, int]] = []
        self.published = 0
        self.read = 0
        self.losses = 0

    @initialize(numbers=st.sets(NUMBERS), at_once=st.booleans(), first=st.booleans())
    def some_are_there(self, numbers: set[int], at_once: bool, first: bool) -> None:
        self.live([(number, "progress") for number in numbers])
        if first:
            self.enter("Transfer", history=True)
        if at_once:
            self.begin()
        if not first:
            self.enter("Transfer", history=True)

    # -- what happens to jobs

    def _next(self) -> dict[str, Any]:
        return {"metadata": {"tick": next(self.ticks)}}

    def _note(self, number: int) -> None:
        """Take note of how a job is now, and of what was published."""
        self.published = self.feeder.offset + len(self.publisher.events)
        standing = self.publisher.jobs[number]
        # It is removed, and stalls, without another look; that it changes to its end comes before the end.
        tick = standing.row["metadata"]["tick"]
        first = self.feeder.offset + standing.event_seq - (standing.ended and not standing.removed)
        self.truth.setdefault((number, tick), (dict(standing.row), first))
        if standing.ended:
            self.ends.append((number, standing.event_id, self.published))

    def _moment(self) -> str:
        """Each end has a time of its own."""
        return format_time(START + dt.timedelta(seconds=next(self.seconds)))

    def _open(self, number: int) -> bool:
        return number in self.publisher.jobs and not self.publisher.jobs[number].ended

    @rule(acts=st.lists(st.tuples(NUMBERS, st.sampled_from(ACTS)), min_size=1, max_size=8))
    def live(self, acts: list[tuple[int, str]]) -> None:
        for number, act in acts:
            if number not in self.publisher.jobs:
                if number not in self.publisher.gone:
                    self.publisher.find(
                        number, user="4" if act in ("done", "paused") else "3", **self._next()
                    )
                    self._note(number)
            elif self.publisher.jobs[number].ended:
                self.publisher.revive(number, **self._next())
                self._note(number)
            else:
                self._act(number, act)
                self._note(number)

    def _act(self, number: int, act: str) -> None:
        publisher, standing = self.publisher, self.publisher.jobs[number]
        match act:
            case "done" | "aborted":
                standing.row = {**standing.row, **self._next()}
                publisher.finish(number, act, finished=self._moment())
            case "remove":
                publisher.remove(number)
            case "stall" if not standing.stalled:
                publisher.stall(number)
            case "paused" | "running" if standing.row["status"] != act:
                publisher.change(number, act, **self._next())
            case _:
                publisher.progress(number, progress=next(self.seconds) % 100, **self._next())

    # -- what is read

    @rule(streams=st.lists(st.booleans(), min_size=1, max_size=8), consumed=st.booleans())
    def read_on(self, streams: list[bool], consumed: bool) -> None:
        for events in streams:
            if events:
                self.feeder.events(1)
            else:
                self.feeder.states(1)
        self.read = max(self.read, self.feeder.offset + self.feeder.events_read)
        for watched in self.watches if consumed else ():
            watched.events += watched.box.take()

    @rule(back=st.integers(1, 6))
    def read_again(self, back: int) -> None:
        """Duplicates, as after a connection that was lost."""
        for seq, message in list(enumerate(self.publisher.events, 1))[: self.feeder.events_read][-back:]:
            self.mirror.take_event(message, seq)
        for state in self.publisher.states[: self.feeder.states_read][-back:]:
            self.mirror.take_state(state)

    @precondition(lambda self: self.publisher.states)
    @rule(data=st.data())
    def read_what_is_not_ours(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(self.publisher.states))
        self.mirror.take_state(replace(message, workspace="other", k=message.k + 100))
        self.mirror.take_state(replace(message, run=message.run + 1, row=type(message.row)(b"[1]")))

    @precondition(lambda self: not self.mirror.ready)
    @rule()
    def begin(self) -> None:
        self.feeder.load()
        self.read = self.feeder.offset + self.feeder.events_read
        for watched in self.watches:
            watched.since = self.read

    # -- who watches

    @rule(what=st.sampled_from(WATCHABLE), history=st.booleans())
    def enter(self, what: Any, history: bool) -> None:
        watched = Watched(Box(self.mirror, what, history=history), what, self.read, self.losses)
        self.watches.append(watched)

    @precondition(lambda self: self.watches)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        watched = data.draw(st.sampled_from(self.watches))
        watched.box.place.leave()
        self.watches.remove(watched)

    @precondition(lambda self: self.watches)
    @rule(data=st.data())
    def consume(self, data: st.DataObject) -> None:
        watched = data.draw(st.sampled_from(self.watches))
        watched.events += watched.box.take()

    # -- what NATS does

    @precondition(lambda self: self.mirror.ready)
    @rule()
    def lose_states(self) -> None:
        self.publisher.lose_states()
        self.feeder.states_read = 0
        self.mirror.rebuilt("states")

    @precondition(lambda self: self.mirror.ready)
    @rule(kept=st.integers(0, 6))
    def lose_events(self, kept: int) -> None:
        self._count_lost()
        self.publisher.lose_events(kept=min(kept, len(self.publisher.events)))
        self.mirror.rebuilt("events")

    @precondition(lambda self: self.mirror.ready)
    @rule(dark=st.dictionaries(NUMBERS, st.sampled_from(["done", "removed"])))
    def lose_all(self, dark: dict[int, str]) -> None:
        """With all that was published, what became of some jobs meanwhile is lost."""
        self._count_lost()
        for number, end in dark.items():
            if self._open(number):
                standing = self.publisher.jobs[number]
                standing.ended, standing.removed = True, end == "removed"
                if end == "done":
                    standing.row |= self._next()
                    standing.row |= {"status": "done", "finished": self._moment()}
                self._note(number)
        self.publisher.lose_all(f"book{next(self.books)}")
        for number in self.publisher.jobs:
            self._note(number)
        self.feeder.states_read = 0
        self.mirror.rebuilt("events")
        self.mirror.rebuilt("states")

    def _count_lost(self) -> None:
        self.losses += 1
        self.feeder.offset += len(self.publisher.events)
        self.feeder.events_read = 0

    @precondition(lambda self: self.mirror.ready)
    @rule()
    def wait(self) -> None:
        """Time passes, every event has been read, and a leader answers what it is asked."""
        self.settle()

    def settle(self) -> None:
        for _ in range(2):
            self.feeder.all()
            self.mirror.take_health(self.publisher.health())
            self.read = self.feeder.offset + self.feeder.events_read
            self.feeder.clock.seconds += PATIENCE + 1
            self.mirror.caught_up()
            for ident in sorted(self.mirror.wanted):
                number = int(ident, 16)
                gone = self.publisher.gone.get(number)
                if gone is not None and not gone.removed:
                    self.publisher.look(number)
                    self._note(number)
                elif number not in self.publisher.jobs or self.publisher.jobs[number].removed:
                    self.mirror.missing(ident)
        self.feeder.all()

    # -- what has to hold

    @invariant()
    def what_was_told_is_true(self) -> None:
        for watched in self.watches:
            last: dict[str, tuple[int, int]] = {}
            ended: set[str] = set()
            told: set[str] = set()
            for event in watched.events:
                if not isinstance(event, JobEvent):
                    continue
                number, ident = int(event.job.id, 16), event.job.id
                tick = event.job.metadata["tick"]
                row, published = self.truth[number, tick]
                assert event.job.raw == row
                assert (event.run, tick) >= last.get(ident, (0, 0)), "in order"
                last[ident] = (event.run, tick)
                if isinstance(event, JobFound):
                    assert ident not in ended or event.run > 0
                    assert ident not in told
                    told.add(ident)
                if not self.losses:
                    assert published <= max(self.read, watched.since), "not before its event"
                if isinstance(event, JobChanged | JobStalled):
                    assert ident not in ended, "nothing after an end"
                    assert ident in told, "found first"
                if isinstance(event, JobRevived):
                    assert ident in ended or self.losses
                    ended.discard(ident)
                if isinstance(event, ENDS):
                    assert ident not in ended, "each end once"
                    ended.add(ident)
                if not isinstance(event, JobFound):
                    assert event.id not in told, "ids are told once"
                    told.add(event.id)

    def teardown(self) -> None:
        if not self.mirror.ready:
            self.begin()
        self.settle()
        for watched in self.watches:
            watched.events += watched.box.take()
        self.what_was_told_is_true()
        known = {**self.publisher.gone, **self.publisher.jobs}
        box = Box(self.mirror, "Transfer")
        there = {job.id: job.raw for job in box.place.jobs()}
        assert there == {job_id(n): each.row for n, each in known.items() if not each.ended}
        for watched in self.watches:
            self._check_end(watched)

    def _check_end(self, watched: Watched) -> None:
        told = [event.id for event in watched.events if isinstance(event, ENDS)]
        if watched.what == "Transfer":
            open_now = {job_id(n): s.row for n, s in self.publisher.jobs.items() if not s.ended}
            assert {job.id: job.raw for job in watched.box.place.jobs()} == open_now
            standing: dict[str, Event] = {
                event.job.id: event for event in watched.events if isinstance(event, JobEvent)
            }
            # Whoever was told of a job was told of its end, and of nothing else at last.
            for ident, event in standing.items():
                assert isinstance(event, ENDS) is (ident not in open_now)
            if not self.losses:
                due = [ident for _, ident, published in self.ends if published > watched.since]
                assert [each for each in told if each in due] == due
        elif isinstance(watched.what, list) and watched.box.over:
            last = {event.job.id: event for event in watched.events if isinstance(event, JobEvent)}
            assert all(isinstance(event, ENDS) for event in last.values())


TestMirroring = Mirroring.TestCase
TestMirroring.settings = settings(max_examples=120, stateful_step_count=25)
