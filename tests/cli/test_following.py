"""The loop between a watch and a renderer."""

from __future__ import annotations

import asyncio

import pytest

from accsyn_async.cli.following import checked_timeout, follow, within
from accsyn_async.cli.verdict import Verdict
from accsyn_async.errors import ArgumentError, TransportError, WaitTimeoutError
from accsyn_async.events import Event
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.selection import select
from accsyn_async.monitor.watch import Watch
from tests.cli.making import SYNCED, finished, found, ident, job


class Source:
    """Gives events to whoever watches, then an end or an error."""

    def __init__(self, *events: Event, error: Exception | None = None, ends: bool = True) -> None:
        self._events, self._error, self._ends = events, error, ends

    def subscribe(self, selection: object, mailbox: Mailbox) -> object:
        for event in self._events:
            mailbox.put(event)
        if self._ends:
            mailbox.close(self._error)
        return self

    def leave(self) -> None:
        """Nothing is kept."""


class Recorder:
    """Remembers what it was told; breaks where it is told to."""

    def __init__(self, *, breaks_on_tick: bool = False) -> None:
        self.shown: list[Event] = []
        self.ticks = self.closed = 0
        self._breaks = breaks_on_tick

    def show(self, event: Event) -> None:
        self.shown.append(event)

    def tick(self) -> None:
        self.ticks += 1
        if self._breaks:
            raise BrokenPipeError

    def close(self) -> None:
        self.closed += 1


async def followed(source: Source, renderer: Recorder, verdict: Verdict) -> int:
    async with Watch(source, select(ident(1))) as watch:  # type: ignore[arg-type]
        return await follow(watch, renderer, verdict)


async def test_it_ends_with_the_verdict() -> None:
    renderer = Recorder()
    source = Source(found(job(1)), SYNCED, finished(job(1, "done")), found(job(2)), ends=False)
    assert await followed(source, renderer, Verdict([ident(1)])) == 0
    assert len(renderer.shown) == 3
    assert renderer.closed == 1


async def test_it_ends_with_the_watch() -> None:
    renderer = Recorder()
    assert await followed(Source(found(job(1))), renderer, Verdict([ident(1)])) == 1
    assert renderer.closed == 1


async def test_an_error_of_the_watch_closes_the_renderer() -> None:
    renderer = Recorder()
    with pytest.raises(TransportError):
        await followed(Source(error=TransportError("gone")), renderer, Verdict([ident(1)]))
    assert renderer.closed == 1


async def test_an_output_that_breaks_between_events_ends_it() -> None:
    renderer = Recorder(breaks_on_tick=True)
    with pytest.raises(BrokenPipeError):
        await followed(Source(found(job(1)), ends=False), renderer, Verdict([ident(1)]))
    assert (renderer.ticks, renderer.closed) == (1, 1)


async def test_cancelling_closes_the_renderer() -> None:
    renderer = Recorder()
    task = asyncio.create_task(followed(Source(found(job(1)), ends=False), renderer, Verdict([ident(1)])))
    while not renderer.shown:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert renderer.closed == 1


async def test_a_timeout_says_how_many_are_left() -> None:
    verdict = Verdict([ident(1), ident(2)])
    work = followed(Source(found(job(1)), ends=False), Recorder(), verdict)
    with pytest.raises(WaitTimeoutError, match=r"not over within 0\.01 s: 2 jobs have not come to an end"):
        await within(0.01, work, verdict)


async def test_another_timeout_is_not_ours() -> None:
    async def work() -> int:
        raise TimeoutError("somebody else's")

    with pytest.raises(TimeoutError, match="somebody else's"):
        await within(60, work(), Verdict())


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan")])
def test_timeouts_that_make_no_sense(timeout: float) -> None:
    with pytest.raises(ArgumentError, match="--timeout"):
        checked_timeout(timeout)
