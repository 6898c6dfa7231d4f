"""The mailbox equals a model, whoever is slow, gives up waiting, or leaves (guarantees 3 and 6)."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from accsyn_async import (
    Degraded,
    Event,
    Job,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    JobStalled,
    Recovered,
    Synced,
)
from accsyn_async.monitor import mailbox
from accsyn_async.monitor.mailbox import Mailbox, MailboxClosed
from tests.support.clockwork import Clockwork

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
Values = dict[str, Any]


class Model:
    """Entries that wait: what it is, whose, and what changed."""

    def __init__(self, per_job: int) -> None:
        self.per_job = per_job
        self.waiting: list[tuple[type[Event], str, Values]] = []

    def put(self, kind: type[Event], name: str, changes: Values) -> None:
        of_it = [n for n, entry in enumerate(self.waiting) if entry[1] == name]
        jobs = {entry[1] for entry in self.waiting if entry[1]}
        if kind is JobChanged and of_it and self.waiting[of_it[-1]][0] is JobChanged:
            before = self.waiting[of_it[-1]][2]
            crosses = "status" in before or "status" in changes
            if not crosses or len(self.waiting) >= self.per_job * (len(jobs) + 1):
                both = {**changes, **before}
                merged = {field: (both[field][0], {**before, **changes}[field][1]) for field in both}
                merged = {field: pair for field, pair in merged.items() if pair[0] != pair[1]}
                self.waiting[of_it[-1]] = (JobChanged, name, merged)
                if not merged:
                    del self.waiting[of_it[-1]]
                return
        health = [n for n, entry in enumerate(self.waiting) if entry[0] in (Degraded, Recovered)]
        if kind is Degraded and [self.waiting[n][0] for n in health[-2:]] == [Degraded, Recovered]:
            del self.waiting[health[-1]], self.waiting[health[-2]]
        self.waiting.append((kind, name, changes))


class MailboxMachine(RuleBasedStateMachine):
    per_job = 64

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(mailbox, "_PER_JOB", self.per_job)
        self.steps = Clockwork()
        self.box = Mailbox()
        self.model = Model(self.per_job)
        self.truth: dict[str, tuple[str, int]] = {}
        self.seen: dict[str, tuple[str, int]] = {}
        self.taken = 0
        self.ends = {"put": 0, "taken": 0}
        self.reader: asyncio.Task[Event] | None = None

    def offer(self, kind: type[Event], name: str = "", state: tuple[str, int] | None = None) -> None:
        event: Event
        changes: Values = {}
        if state is None:
            event = kind(at=AT)
        elif kind is JobChanged:
            before = self.truth[name]
            changes = {
                field: (value(field, old), value(field, new))
                for field, old, new in zip(("status", "progress"), before, state, strict=True)
                if old != new
            }
            if not changes:
                return
            event = JobChanged(at=AT, job=job(name, state), previous=job(name, before), changes=changes)
        else:
            event = kind(at=AT, job=job(name, state))  # type: ignore[call-arg]
        if state is not None:
            self.truth[name] = state
        self.box.put(event)
        if not self.box.closed:
            self.ends["put"] += kind in (JobFinished, JobRemoved)
            self.model.put(kind, name, changes)
        self.hand_out()

    def hand_out(self) -> None:
        """Who waits gets the first there is."""
        self.steps.settle()
        if self.reader is not None and (self.model.waiting or self.box.closed):
            reader, self.reader = self.reader, None
            assert reader.done()
            if self.model.waiting:
                self.check(reader.result())
            else:
                assert isinstance(reader.exception(), MailboxClosed | RuntimeError)

    def check(self, event: Event) -> None:
        kind, name, changes = self.model.waiting.pop(0)
        self.taken += 1
        assert event.seq == self.taken
        assert type(event) is kind
        if isinstance(event, JobEvent):
            assert event.job.id == name
            state = (event.job.status.value, int(event.job.progress))
            if isinstance(event, JobChanged):
                assert event.changes == changes
                # What a consumer knew of it, and what it knows now, is what the change leads from and to.
                assert (event.previous.status.value, event.previous.progress) == self.seen[name]
                for n, field in enumerate(("status", "progress")):
                    assert (field in changes) == (self.seen[name][n] != state[n])
            self.ends["taken"] += kind in (JobFinished, JobRemoved)
            self.seen[name] = state

    @rule(
        name=st.sampled_from("abc"),
        status=st.sampled_from(["running", "running", "paused", "waiting"]),
        progress=st.integers(0, 3),
    )
    def job_moves(self, name: str, status: str, progress: int) -> None:
        kind = JobChanged if name in self.truth else JobFound
        self.offer(kind, name, (status, progress))

    @precondition(lambda self: self.truth)
    @rule(which=st.integers(0, 2), kind=st.sampled_from([JobFinished, JobRemoved, JobRevived, JobStalled]))
    def job_ends_or_the_like(self, which: int, kind: type[JobEvent]) -> None:
        name = sorted(self.truth)[which % len(self.truth)]
        if kind is JobFinished:
            self.offer(JobChanged, name, ("done", self.truth[name][1]))
        self.offer(kind, name, self.truth[name])

    @rule(kind=st.sampled_from([Degraded, Recovered, Degraded, Recovered, Synced]))
    def weather(self, kind: type[Event]) -> None:
        self.offer(kind)

    @precondition(lambda self: self.reader is None)
    @rule()
    def take(self) -> None:
        """Take one out, or begin to wait for it."""
        self.reader = self.steps.start(self.box.get())
        self.hand_out()

    @precondition(lambda self: self.reader is None and self.model.waiting)
    @rule(most=st.integers(2, 20))
    def take_several(self, most: int) -> None:
        for _ in range(min(most, len(self.model.waiting))):
            self.take()

    @precondition(lambda self: self.reader is not None)
    @rule(woken=st.booleans())
    def give_up_waiting(self, woken: bool) -> None:
        """A reader that is cancelled takes nothing along, even when it was woken already."""
        reader, self.reader = self.reader, None
        assert reader is not None
        if woken:
            self.box.put(Synced(at=AT))
            self.model.put(Synced, "", {})
        reader.cancel()
        self.steps.settle()
        assert reader.cancelled()

    @precondition(lambda self: self.taken > 10)
    @rule(how=st.sampled_from(["close", "error", "discard"]))
    def end(self, how: str) -> None:
        if how == "discard":
            self.box.discard()
            self.model.waiting.clear()
            self.ends["taken"] = self.ends["put"]
        else:
            self.box.close(RuntimeError("over") if how == "error" else None)
        self.hand_out()

    @invariant()
    def as_many_wait_as_in_the_model(self) -> None:
        assert len(self.box) == len(self.model.waiting)

    def teardown(self) -> None:
        try:
            if self.reader is not None:
                self.give_up_waiting(False)
            self.box.close()
            while self.model.waiting:
                self.take()
            assert self.ends["taken"] == self.ends["put"]
        finally:
            self.steps.close()
            self.patch.undo()


class CrowdedMachine(MailboxMachine):
    """Above its bound from early on: changes of status merge too, ends never do."""

    per_job = 1


def job(name: str, state: tuple[str, int]) -> Job:
    return Job.from_row({"id": name, "status": state[0], "progress": state[1]})


def value(field: str, told: Any) -> Any:
    return getattr(Job.from_row({"id": "a", field: told}), field)


TestMailboxMachine = MailboxMachine.TestCase
TestCrowdedMachine = CrowdedMachine.TestCase
TestMailboxMachine.settings = TestCrowdedMachine.settings = settings(max_examples=80, stateful_step_count=50)
