"""What a watch on a mirror yields is what one on the local monitor yields, of the same run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from accsyn_async import AccsynError, Event, JobChanged, JobEvent, Watch
from accsyn_async.monitor.fields import WATCHABLE
from accsyn_async.monitor.selection import select
from accsyn_async.relay.book import Book, Masthead
from accsyn_async.relay.messages import encode, read_event, read_state
from accsyn_async.relay.mirror import Mirror
from tests.support.backend import Backend, job_id
from tests.support.virtual import VirtualClock, run


def told(event: Event) -> tuple[Any, ...]:
    """What an event says, but for when, and the numbers of changes, which a relay counts in its own way."""
    if not isinstance(event, JobEvent):
        return (type(event).__name__, getattr(event, "jobs", None))
    ident = event.id
    if isinstance(event, JobChanged) or (ident.count(":") == 3 and not event.job.is_finished):
        ident = ident.rpartition(":")[0]
    more: tuple[Any, ...] = ()
    if isinstance(event, JobChanged):
        changes = {name: pair for name, pair in event.changes.items() if name != "eta"}
        more = (event.previous.with_eta(None).raw, changes)
    return (type(event).__name__, event.run, ident, event.job.with_eta(None).raw, *more)


class Pair:
    """The same watch in both places."""

    def __init__(self, local: Watch, remote: Watch) -> None:
        self.watches = {"local": local, "remote": remote}
        self.events: dict[str, list[tuple[Any, ...]]] = {"local": [], "remote": []}
        self.tasks = [asyncio.create_task(self._read(name)) for name in self.watches]

    async def _read(self, name: str) -> None:
        try:
            async for event in self.watches[name]:
                if isinstance(event, JobChanged) and event.changes.keys() <= {"eta"}:
                    continue
                self.events[name].append(told(event))
            self.events[name].append(("over",))
        except AccsynError as error:
            self.events[name].append((type(error).__name__,))

    def add(self, *numbers: int) -> None:
        for watch in self.watches.values():
            watch.add([job_id(number) for number in numbers])

    def remove(self, *numbers: int) -> None:
        for watch in self.watches.values():
            watch.remove([job_id(number) for number in numbers])

    async def aclose(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        for watch in self.watches.values():
            await watch.aclose()


class Stage:
    """A session, a leader that follows all its jobs, and a mirror of what it would publish."""

    def __init__(self, backend: Backend, session: Any) -> None:
        self.backend = backend
        self.session = session
        self.mirror = Mirror("acme", VirtualClock())
        self.book = Book(Masthead("acme", "relay@ws1", 1, "book"))
        self.pairs: list[Pair] = []
        self.published = 0

    async def lead(self, watch: Watch) -> None:
        async for event in watch:
            if not isinstance(event, JobEvent):
                continue
            for message in self.book.take(event, "transfer"):
                self.published += 1
                self.book.published_event(message, self.published)
                self.mirror.take_event(read_event(encode(message)), self.published)
            for state in self.book.states():
                self.mirror.take_state(read_state(encode(state)))

    async def enter(self, what: Any, **options: Any) -> Pair:
        local = await self.session.watch(what, **options).__aenter__()
        remote = await Watch(self.mirror, select(what, **options)).__aenter__()
        self.pairs.append(Pair(local, remote))
        await self.rest()
        return self.pairs[-1]

    async def rest(self, seconds: float = 12.0) -> None:
        """Let both come to know what there is."""
        await asyncio.sleep(seconds)
        for ident in self.mirror.wanted:
            self.mirror.missing(ident)
        await asyncio.sleep(0)


Act = Callable[[Stage], Awaitable[None]]


async def by_id(stage: Stage) -> None:
    await stage.enter(job_id(1))
    stage.backend.move(1, progress=10)
    await stage.rest()
    stage.backend.move(1, progress=20, status="paused", speed=-1.0, etr="")
    await stage.rest()
    stage.backend.move(1, status="running", speed=4.5)
    await stage.rest()
    stage.backend.end(1)
    await stage.rest()


async def all_of_them(stage: Stage) -> None:
    await stage.enter("Transfer")
    stage.backend.add(7, progress=5)
    await stage.rest()
    stage.backend.end(2, "aborted")
    stage.backend.move(7, progress=6)
    await stage.rest()
    stage.backend.vanish(1)
    await stage.rest()


async def a_query_that_is_met_later(stage: Stage) -> None:
    await stage.enter("Transfer WHERE status=paused")
    await stage.enter("Transfer WHERE user=4")
    stage.backend.move(1, status="paused")
    stage.backend.move(2, user="4")
    await stage.rest()
    stage.backend.move(1, status="running", progress=3)
    stage.backend.move(2, user="3", progress=5)
    await stage.rest()
    stage.backend.end(1)
    stage.backend.end(2)
    await stage.rest()


async def a_later_life(stage: Stage) -> None:
    first = await stage.enter("Transfer")
    two = await stage.enter([job_id(1), job_id(2)])
    stage.backend.end(1)
    await stage.rest()
    await stage.enter("Transfer")
    await stage.enter([job_id(1), job_id(2)], history=False)
    stage.backend.jobs[job_id(1)] = stage.backend.archive.pop(job_id(1))
    stage.backend.move(1, status="running", progress=1, finished="1970-01-01T00:00:00")
    await stage.rest()
    stage.backend.end(1, "aborted")
    await stage.rest()
    stage.backend.end(2)
    await stage.rest()
    assert [event[0] for event in first.events["remote"]].count("JobRevived") == 1
    assert two.events["remote"][-1] == ("over",)


async def too_late(stage: Stage) -> None:
    stage.backend.end(1)
    await stage.rest()
    for options in ({}, {"initial": False}, {"history": False}):
        await stage.enter(job_id(1), **options)
        await stage.enter([job_id(1), job_id(2)], **options)
        await stage.enter("Transfer", **options)
    stage.backend.move(2, progress=1)
    await stage.rest()


async def nobody_knows_it(stage: Stage) -> None:
    await stage.enter(job_id(99))
    await stage.enter([job_id(1), job_id(99)])
    added = await stage.enter(job_id(1))
    added.add(98)
    await stage.rest()


async def more_and_fewer(stage: Stage) -> None:
    pair = await stage.enter(job_id(1))
    pair.add(2, 1)
    await stage.rest()
    stage.backend.move(2, progress=9)
    await stage.rest()
    pair.remove(2)
    stage.backend.move(2, progress=10)
    stage.backend.move(1, progress=11)
    await stage.rest()
    pair.add(2)
    await stage.rest()
    stage.backend.end(2)
    await stage.rest()
    pair.remove(1)
    await stage.rest()


async def some_fields(stage: Stage) -> None:
    await stage.enter("Transfer", fields=["progress"])
    await stage.enter("Transfer", fields=["name", "speed"])
    await stage.enter(job_id(1), fields=["metadata"])
    stage.backend.move(1, progress=5, speed=3.0)
    await stage.rest()
    stage.backend.move(1, name="other.mov", metadata={"shot": "sh2"}, progress=6)
    await stage.rest()
    stage.backend.move(1, status="failed")
    await stage.rest()
    stage.backend.end(1)
    await stage.rest()


async def it_stalls(stage: Stage) -> None:
    await stage.enter("Transfer")
    await stage.enter(job_id(1))
    stage.backend.move(1, speed=-1.0)
    await stage.rest(200)
    stage.backend.move(1, progress=50)
    await stage.rest()
    stage.backend.move(1, speed=3.0)
    await stage.rest()
    stage.backend.move(1, speed=-1.0)
    await stage.rest(200)


async def removed_and_back(stage: Stage) -> None:
    await stage.enter("Transfer")
    await stage.enter([job_id(1), job_id(2)])
    kept = dict(stage.backend.jobs[job_id(1)])
    stage.backend.vanish(1)
    await stage.rest()
    stage.backend.jobs[job_id(1)] = kept
    stage.backend.move(1, progress=77)
    await stage.rest()


@pytest.mark.parametrize(
    "act",
    [
        by_id,
        all_of_them,
        a_query_that_is_met_later,
        a_later_life,
        too_late,
        nobody_knows_it,
        more_and_fewer,
        some_fields,
        it_stalls,
        removed_and_back,
    ],
    ids=lambda act: act.__name__,
)
def test_both_tell_the_same(act: Act) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.add(2)
        async with backend.session() as session:
            stage = Stage(backend, session)
            async with session.watch("Transfer", fields=WATCHABLE) as watch:
                leading = asyncio.create_task(stage.lead(watch))
                await stage.rest()
                stage.mirror.begin(stage.published)
                await act(stage)
                leading.cancel()
                await asyncio.wait([leading])
            for pair in stage.pairs:
                await pair.aclose()
            for pair in stage.pairs:
                assert pair.events["remote"] == pair.events["local"]
                assert pair.events["remote"]

    run(main())
