"""The mailbox equals a model, whoever is slow, gives up waiting, or leaves (guarantees 3 and 6)."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field
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
    Task,
    TaskChanged,
)
from accsyn_async.monitor import mailbox
from accsyn_async.monitor.mailbox import Mailbox, MailboxClosed
from tests.support.clockwork import Clockwork

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
CHANGES = (JobChanged, TaskChanged)
ENDS = (JobFinished, JobRemoved)
Key = tuple[str, str]
"""A job and a task of it; no task for the job itself; neither for what is about no job."""


@dataclass(eq=False)
class Entry:
    kind: type[Event]
    key: Key = ("", "")
    changes: dict[str, Any] = field(default_factory=dict)


class Model:
    """Entries that wait, and for each job and task the one that a change can be merged into."""

    def __init__(self, per_job: int) -> None:
        self.per_job = per_job
        self.waiting: list[Entry] = []
        self.last: dict[Key, Entry] = {}

    def put(self, entry: Entry) -> None:
        full = len(self.waiting) >= self.per_job * (len(self.last) + 1)
        last = self.last.get(entry.key)
        crosses = last is not None and "status" in {**last.changes, **entry.changes}
        if last and last.kind in CHANGES and entry.kind in CHANGES and (full or not crosses):
            self.merge(last, entry.changes)
            return
        if entry.kind is JobStalled and full:
            return
        health = [each for each in self.waiting if each.kind in (Degraded, Recovered)][-2:]
        if entry.kind is Degraded and [each.kind for each in health] == [Degraded, Recovered]:
            self.waiting = [each for each in self.waiting if each not in health]
        self.waiting.append(entry)
        if entry.key[0]:
            if entry.kind not in CHANGES:
                self.last = {key: each for key, each in self.last.items() if key[0] != entry.key[0]}
            self.last[entry.key] = entry

    def merge(self, last: Entry, changes: dict[str, Any]) -> None:
        firsts = {name: pair[0] for name, pair in {**changes, **last.changes}.items()}
        latest = {name: pair[1] for name, pair in {**last.changes, **changes}.items()}
        last.changes = {name: (old, latest[name]) for name, old in firsts.items() if old != latest[name]}
        if not last.changes:
            self.waiting.remove(last)
            del self.last[last.key]

    def take(self) -> Entry:
        entry = self.waiting.pop(0)
        if self.last.get(entry.key) is entry:
            del self.last[entry.key]
        return entry

    def forget(self, job: str) -> None:
        self.waiting = [each for each in self.waiting if each.key[0] != job]
        self.last = {key: each for key, each in self.last.items() if key[0] != job}


class MailboxMachine(RuleBasedStateMachine):
    per_job = 64

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(mailbox, "_PER_JOB", self.per_job)
        self.patch.setattr(mailbox, "_FEW", 0)
        self.clockwork = Clockwork()
        self.box = Mailbox()
        self.model = Model(self.per_job)
        self.truth: dict[Key, Job | Task] = {}
        self.seen: dict[Key, Job | Task] = {}
        self.taken = 0
        self.ends: list[JobEvent] = []
        self.reader: asyncio.Task[Event] | None = None
        self.over = self.failed = False

    def offer(self, event: Event, key: Key = ("", ""), changes: dict[str, Any] | None = None) -> None:
        open_ = not self.box.closed
        self.box.put(event)
        if open_:
            if isinstance(event, ENDS):
                self.ends.append(event)
            self.model.put(Entry(type(event), key, changes or {}))
        self.hand_out()

    def hand_out(self) -> None:
        """Who waits gets the first there is."""
        self.clockwork.settle()
        if self.reader is None or not (self.model.waiting or self.box.closed):
            return
        reader, self.reader = self.reader, None
        assert reader.done()
        if self.model.waiting:
            self.check(reader.result(), self.model.take())
        else:
            self.over = True
            assert isinstance(reader.exception(), RuntimeError if self.failed else MailboxClosed)

    def check(self, event: Event, entry: Entry) -> None:
        self.taken += 1
        assert event.seq == self.taken
        assert type(event) is entry.kind
        if not isinstance(event, JobEvent):
            return
        assert event.job.id == entry.key[0]
        now: Job | Task = event.task if isinstance(event, TaskChanged) else event.job
        if isinstance(event, CHANGES):
            assert event.changes == entry.changes
            # It leads from what its consumer was told before to what it is told now.
            before = self.seen.get(entry.key)
            assert (event.previous is None) == (before is None)
            assert event.changes == difference(before, now)
            assert before is None or difference(before, event.previous) == {}
        if isinstance(event, ENDS):
            assert event.job == self.ends.pop(0).job
        self.seen[entry.key] = now

    def jobs(self) -> list[str]:
        return sorted(job for job, task in self.truth if not task)

    @rule(
        name=st.sampled_from("abc"),
        status=st.sampled_from(["running", "running", "paused", "waiting"]),
        progress=st.integers(0, 3),
    )
    def job_moves(self, name: str, status: str, progress: int) -> None:
        now = Job.from_row({"id": name, "status": status, "progress": progress})
        before = self.truth.get((name, ""))
        self.truth[name, ""] = now
        if before is None:
            self.offer(JobFound(at=AT, job=now), (name, ""))
        elif isinstance(before, Job) and (changes := difference(before, now)):
            self.offer(JobChanged(at=AT, job=now, previous=before, changes=changes), (name, ""), changes)

    @precondition(lambda self: self.truth)
    @rule(
        which=st.integers(0, 2),
        task=st.sampled_from("01"),
        status=st.sampled_from(["executing", "executing", "done"]),
        progress=st.integers(0, 3),
    )
    def task_moves(self, which: int, task: str, status: str, progress: int) -> None:
        name = self.jobs()[which % len(self.jobs())]
        now = Task.from_row({"id": task, "status": status, "progress": progress})
        before = self.truth.get((name, task))
        self.truth[name, task] = now
        changes = difference(before, now)
        job = self.truth[name, ""]
        assert isinstance(job, Job)
        assert not isinstance(before, Job)
        if changes:
            event = TaskChanged(at=AT, job=job, task=now, previous=before, changes=changes)
            self.offer(event, (name, task), changes)

    @precondition(lambda self: self.truth)
    @rule(which=st.integers(0, 2), kind=st.sampled_from([JobFinished, JobRemoved, JobRevived, JobStalled]))
    def job_ends_or_the_like(self, which: int, kind: type[JobEvent]) -> None:
        name = self.jobs()[which % len(self.jobs())]
        job = self.truth[name, ""]
        assert isinstance(job, Job)
        self.offer(kind(at=AT, job=job), (name, ""))

    @rule(kind=st.sampled_from([Degraded, Recovered, Degraded, Recovered, Synced]))
    def weather(self, kind: type[Event]) -> None:
        self.offer(kind(at=AT))

    @precondition(lambda self: self.reader is None)
    @rule()
    def take(self) -> None:
        """Take one out, or begin to wait for it."""
        self.reader = self.clockwork.start(self.box.get())
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
            self.model.put(Entry(Synced))
        reader.cancel()
        self.clockwork.settle()
        assert reader.cancelled()

    @precondition(lambda self: self.truth)
    @rule(which=st.integers(0, 2))
    def job_is_watched_no_more(self, which: int) -> None:
        name = self.jobs()[which % len(self.jobs())]
        self.box.forget({name})
        self.model.forget(name)
        self.ends = [end for end in self.ends if end.job.id != name]
        for known in (self.truth, self.seen):
            for key in [key for key in known if key[0] == name]:
                del known[key]

    @precondition(lambda self: self.taken > 5)
    @rule(how=st.sampled_from(["close", "close", "close", "error", "discard"]))
    def end(self, how: str) -> None:
        if how == "discard":
            self.box.discard()
            self.model.waiting.clear()
            self.model.last.clear()
            self.ends.clear()
            self.over = True
        else:
            self.failed |= how == "error" and not self.box.closed
            self.box.close(RuntimeError("over") if how == "error" else None)
        self.hand_out()

    @precondition(lambda self: self.box.closed)
    @rule()
    def begin_again(self) -> None:
        assert self.box.reopen() is not (self.over or self.failed)
        if self.box.closed:
            return
        # What changed while it was closed was told to nobody.
        while self.truth:
            self.job_is_watched_no_more(0)

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
            assert self.ends == []
        finally:
            self.clockwork.close()
            self.patch.undo()


class CrowdedMachine(MailboxMachine):
    """Above its bound from early on: changes of status merge too, ends never do."""

    per_job = 1


def difference(before: Job | Task | None, now: Job | Task | None) -> dict[str, Any]:
    both = {name: (getattr(before, name, None), getattr(now, name)) for name in ("status", "progress")}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


TestMailboxMachine = MailboxMachine.TestCase
TestCrowdedMachine = CrowdedMachine.TestCase
TestMailboxMachine.settings = TestCrowdedMachine.settings = settings(max_examples=60, stateful_step_count=40)
