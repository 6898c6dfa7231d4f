"""Faults × actions against the sandbox: each cell of the table comes to its stated outcome (guarantees 3–7).

Nothing final is lost or doubled, no job is created twice, and what is asked after the fault is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from accsyn_async import (
    AccsynError,
    Degraded,
    Event,
    JobEvent,
    JobFinished,
    JobRemoved,
    JobRevived,
    PollPolicy,
    Recovered,
    Session,
    Synced,
    Watch,
)
from accsyn_async.sandbox import Sandbox
from tests.monitor.fault_table import FAULTS, TABLE, Action, Called, Row, Trouble, Watched
from tests.support.road import FastClock, Road, Sent

POLL = PollPolicy(soon=0.2, running=0.2, idle=0.2, backoff=0.2, longest_backoff=1)
FINAL = (JobFinished, JobRemoved, JobRevived)
LATE = "the backend does not answer"
"""Told by the loop's own clock, so that a machine that is busy can make it come about in any cell."""


class Scene:
    """A sandbox, a session with it over a road on which a trouble waits, and a session of another user.

    Args:
        box: the sandbox.
        road: from the session to it.
        session: the one that is tested.
        other: on which no trouble waits.
        trouble: what goes wrong.
    """

    def __init__(self, box: Sandbox, road: Road, session: Session, other: Session, trouble: Trouble) -> None:
        self.box = box
        self.road = road
        self.session = session
        self.other = other
        self.trouble = trouble
        self.jobs: list[str] = []
        self._made = 0

    def order(self) -> Row:
        """A job to be made, which stays as it is; of another name each time."""
        self._made += 1
        name = f"job {self._made}"
        return {"source": "a.mov", "destination": "site=berlin", "status": "paused", "name": name}

    async def add_jobs(self, count: int) -> None:
        """Make jobs."""
        for _ in range(count):
            self.jobs.append((await self.other.create("Transfer", self.order()))["id"])

    async def truth(self) -> list[Row]:
        """The jobs that are listed, in the order in which they were made."""
        rows: Any = await self.other.find("Transfer")
        return list(rows)

    async def abort(self, job: str) -> None:
        """Let a job end."""
        await self.other.update("Transfer", job, {"status": "aborted"})

    def stand(self) -> None:
        """Let what is always so be so."""
        if self.trouble.standing:
            self.box.weather.add(**self.trouble.standing)

    def arm(self, concerned: Callable[[Sent], bool], *, times: int, ends: str | None = None) -> None:
        """Let the trouble meet requests from now on.

        Args:
            concerned: which.
            times: how many, if the trouble passes.
            ends: a job that ends just when the first of them leaves.
        """
        trouble, met = self.trouble, 0

        async def before(sent: Sent) -> None:
            nonlocal met
            if not concerned(sent) or (trouble.passes and met >= times):
                return
            met += 1
            if met == 1:
                await self._begin(ends)
            self.road.blocked = trouble.blocked
            if trouble.weather:
                self.box.weather.add(count=1, verb=sent.verb, uri="transfer/*", **trouble.weather)

        self.road.before = before

    def disarm(self) -> None:
        """Let the sun shine, but for what is always so."""
        self.road.before = None
        self.box.weather.clear()
        self.stand()

    async def counted(self, uri: str, outcome: Called, call: Callable[[], Awaitable[Any]]) -> Any:
        """Make a call, and count its requests where they leave and where they arrive."""
        self.road.sent.clear()
        self.box.forget_requests()
        before = self.box.statistics().events.get(uri, 0)
        answer = None
        if outcome.raises is None:
            answer = await call()
        else:
            with pytest.raises(AccsynError) as caught:
                await call()
            assert type(caught.value) is outcome.raises
        is_mine = partial(_is_about, uri)
        by_other = [one for one in self.box.requests if one.uri == uri and one.user == self.other.username]
        assert self.road.count(is_mine) == outcome.sent
        assert self.box.statistics().events.get(uri, 0) - before - len(by_other) == outcome.arrive
        return answer

    async def _begin(self, ends: str | None) -> None:
        if ends is not None:
            await self.abort(ends)
        if self.trouble.meanwhile == "deleted":
            await self.other.delete_one("Transfer", self.jobs[0])
        elif self.trouble.meanwhile == "revived":
            await self.abort(self.jobs[0])
            await self.other.update("Transfer", self.jobs[0], {"status": "waiting"})
        if self.trouble.lasting:
            self.box.weather.add(**self.trouble.lasting)


def _is_about(uri: str, sent: Sent) -> bool:
    if uri.endswith("/find"):
        return str(sent.event.get("uri")).casefold() == uri
    return sent.is_change


@asynccontextmanager
async def scene(trouble: Trouble) -> AsyncIterator[Scene]:
    async with Sandbox(rate_limit=False, time_factor=0) as box:
        # With nobody to send to, jobs that are to go on wait.
        for computer in box.hosts.clients:
            box.hosts.switch(computer.id, online=False)
        road = Road(box)
        async with road.client() as client, box.session("employee") as other:
            admin = box.user("admin")
            session = Session(
                box.workspace,
                admin.username,
                admin.api_key,
                url=road.url,
                timeout=trouble.timeout,
                poll=POLL,
                client_session=client,
                _clock=FastClock(trouble.pace),
            )
            async with session:
                yield Scene(box, road, session, other, trouble)


@dataclass
class Log:
    """What a watch told, and how it ended."""

    road: Road
    events: list[Event] = field(default_factory=list)
    error: AccsynError | None = None

    async def collect(self, watch: Watch) -> None:
        try:
            async for event in watch:
                self.events.append(event)
                self.road.moved()
        except AccsynError as error:
            self.error = error

    def final(self, job: str) -> list[str]:
        """The events that matter for ever, of a job."""
        told = [event for event in self.events if isinstance(event, FINAL)]
        return [type(event).__name__ for event in told if event.job.id == job]

    @property
    def synced(self) -> bool:
        return any(isinstance(event, Synced) for event in self.events)

    def check(self, first: str, others: list[str], outcome: Watched) -> None:
        """Each end once, nothing twice, and of the weather what the table says."""
        assert self.error is None
        assert self.final(first) == [*outcome.told]
        assert {job: self.final(job) for job in others} == {job: ["JobFinished"] for job in others}
        ids = [event.id for event in self.events if isinstance(event, JobEvent)]
        assert len(set(ids)) == len(ids)
        assert [event.seq for event in self.events] == list(range(1, len(self.events) + 1))
        weather = [event for event in self.events if isinstance(event, Degraded | Recovered)]
        if outcome.degraded:
            assert [type(event) for event in weather] == [Degraded, Recovered]
        else:
            assert all(event.reason == LATE for event in weather if isinstance(event, Degraded))


CELLS = [(fault, action) for fault, actions in TABLE.items() for action in actions]


def test_each_fault_is_in_the_table() -> None:
    assert list(TABLE) == list(FAULTS)
    assert len(CELLS) == 5 * len(FAULTS)


@pytest.mark.parametrize(
    ("fault", "action"),
    [
        pytest.param(fault, action, id=f"{fault} x {action}: {TABLE[fault][action].says}")
        for fault, action in CELLS
    ],
)
async def test_guarantees_3_to_7_in_bad_weather(fault: str, action: Action) -> None:
    trouble, outcome = FAULTS[fault], TABLE[fault][action]
    async with scene(trouble) as stage:
        if isinstance(outcome, Watched):
            await _watch(stage, action, outcome)
        elif action == "read":
            await _read(stage, outcome)
        elif action == "create":
            await _create(stage, outcome)
        else:
            await _update(stage, outcome)
        # Whatever happened, what is asked afterwards is answered at once.
        stage.road.sent.clear()
        assert isinstance(await stage.session.find("Transfer"), list)
        assert stage.road.count(lambda sent: sent.is_list) == 1


def _id_of(row: Row) -> str:
    return str(row["id"])


async def _watch(stage: Scene, action: Action, outcome: Watched) -> None:
    road, log = stage.road, Log(stage.road)
    await stage.add_jobs(12)
    first, *others = stage.jobs
    stage.stand()
    async with stage.session.watch("Transfer" if action == "poll" else stage.jobs) as watch:
        collecting = asyncio.create_task(log.collect(watch))
        await road.when(lambda: log.synced)
        if action == "poll":
            ends = None if stage.trouble.meanwhile else first
            stage.arm(lambda sent: sent.is_list, times=2, ends=ends)
        else:
            stage.arm(lambda sent: sent.is_lookup, times=2)
            await stage.abort(first)
        if outcome.raises is not None:
            await collecting
            assert type(log.error) is outcome.raises
            assert not any(map(log.final, stage.jobs))
            stage.disarm()
            return
        if outcome.only_afterwards:
            await road.more(lambda sent: sent.is_list, outcome.polls)
            assert log.final(first) == []
        else:
            await road.when(lambda: log.final(first) == [*outcome.told])
            await road.more(lambda sent: sent.is_list, outcome.polls)
        if stage.trouble.standing:
            # Now it leaves the list, long after its end was told.
            await stage.box.advance(hours=1)
            await road.more(lambda sent: sent.is_list, 3)
        assert not any(map(log.final, others))
        if outcome.lookups is not None:
            assert road.count(lambda sent: sent.is_lookup) <= outcome.lookups
        stage.disarm()
        for job in stage.jobs:
            if "JobRemoved" not in log.final(job):
                await stage.abort(job)
        await road.when(lambda: all(map(log.final, stage.jobs)))
        if action == "poll":
            # Whoever were to tell an end twice would do so by now.
            await road.more(lambda sent: sent.is_list, 3)
            await watch.aclose()
        await collecting
    log.check(first, others, outcome)


def _still(rows: list[Row]) -> list[Row]:
    """What does not move while one asks: a job that lives again goes on by itself."""
    moving = ("status", "modified", "finished")
    still = [{name: value for name, value in row.items() if name not in moving} for row in rows]
    return sorted(still, key=_id_of)


async def _read(stage: Scene, outcome: Called) -> None:
    await stage.add_jobs(5)
    first = stage.jobs[0]
    stage.stand()
    if stage.trouble.standing:
        await stage.abort(first)
    told = outcome.told or list
    stage.arm(lambda sent: sent.verb == "GET", times=1)
    found = await stage.counted("transfer/find", outcome, lambda: stage.session.find("Transfer"))
    stage.disarm()
    truth = await stage.truth()
    if outcome.raises is None:
        assert _still(found) == _still(told(truth))
    stage.trouble = replace(stage.trouble, meanwhile=None)
    stage.arm(lambda sent: sent.verb == "GET", times=1)
    got = await stage.counted("transfer/find", outcome, lambda: stage.session.get_entity("Transfer", first))
    stage.disarm()
    if outcome.raises is None:
        alone = told([row for row in truth if row["id"] == first])
        assert _still([got] if got else []) == _still(alone[:1])


async def _create(stage: Scene, outcome: Called) -> None:
    await stage.add_jobs(1)
    stage.stand()
    order = stage.order()
    stage.arm(lambda sent: sent.is_change, times=1)
    made = await stage.counted("transfer/create", outcome, lambda: stage.session.create("Transfer", order))
    stage.disarm()
    there = [row for row in await stage.truth() if row["name"] == order["name"]]
    assert len(there) == outcome.done
    if outcome.raises is None:
        told = (outcome.told or list)(there)
        assert _still([made] if isinstance(made, dict) else made) == _still(told)


async def _update(stage: Scene, outcome: Called) -> None:
    await stage.add_jobs(1)
    (job,) = stage.jobs
    stage.stand()
    change = {"metadata": {"note": "changed"}}
    stage.arm(lambda sent: sent.is_change, times=1)
    made = await stage.counted(
        "transfer/edit", outcome, lambda: stage.session.update("Transfer", job, change)
    )
    stage.disarm()
    there = [row for row in await stage.truth() if row["metadata"] == change["metadata"]]
    assert len(there) == outcome.done
    if outcome.raises is None:
        told = (outcome.told or list)(there)
        assert _still([made] if made else []) == _still(told[:1])
