"""Cancelled at any of its suspensions, an operation leaves nothing behind and hurts nobody.

In virtual time over the backend in memory; ``test_cancellation_over_http.py`` does it over connections.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from accsyn_async import (
    Event,
    JobEvent,
    JobFinished,
    RateLimit,
    Session,
    SessionClosedError,
    Synced,
    TransferSpec,
)
from accsyn_async.transport.limiter import TokenBucket
from tests.support.backend import UNREACHED, Backend, Received, job_id, reply
from tests.support.stepping import Steps
from tests.support.virtual import run
from tests.support.watching import until

MOST = 200
"""Suspensions of the longest operation, by far."""


# -- what is cancelled


async def watched(session: Session) -> None:
    async with session.watch(job_id(1)) as watch:
        async for event in watch:
            assert isinstance(event, Event)
            await asyncio.sleep(0.1)
        await watch.aclose()


async def called_back(session: Session) -> None:
    async def slowly(_event: object) -> None:
        await asyncio.sleep(0.1)
        await asyncio.sleep(0)

    async with session.watch([job_id(1)]) as watch:
        watch.on("progress", slowly)
        watch.on(JobFinished, slowly)
        watch.on(slowly)
        await watch.run()


async def left(session: Session) -> None:
    async with session.watch("Transfer") as watch:
        await until(watch, Synced)
        await watch.aclose()
        await watch.aclose()


async def completed(session: Session) -> None:
    async with session.as_completed([job_id(1)]) as jobs:
        async for job in jobs:
            assert job.status == "done"


async def completed_in_a_bare_loop(session: Session) -> None:
    async for job in session.as_completed([job_id(1)]):
        assert job.status == "done"


OPERATIONS: dict[str, Callable[[Session], Coroutine[Any, Any, object]]] = {
    "find": lambda session: session.find("Transfer"),
    "create": lambda session: session.create("Transfer", {"source": "a", "destination": "b"}),
    "update": lambda session: session.update("Transfer", job_id(3), {"metadata": {}}),
    "submit": lambda session: session.submit(TransferSpec("share=a/b.mov", "site=berlin")),
    "ensure_transfer": lambda session: session.ensure_transfer(
        name="Daily", source_party="hq", destination_party="site=berlin"
    ),
    "watch": watched,
    "watch.run": called_back,
    "watch.aclose": left,
    "wait": lambda session: session.wait(job_id(1), timeout=100),
    "wait until": lambda session: session.wait(job_id(1), until=lambda job: job.progress >= 50),
    "wait_all": lambda session: session.wait_all([job_id(1)], timeout=100),
    "wait_all apart": lambda session: session.wait_all([job_id(1), job_id(77)], return_exceptions=True),
    "as_completed": completed,
    "as_completed in a bare loop": completed_in_a_bare_loop,
}


# -- and when


Crowd = list[asyncio.Task[Any]]


async def fair(_backend: Backend, _session: Session) -> Crowd:
    return []


async def queue(_backend: Backend, session: Session) -> Crowd:
    """Others stand in the limiter's queue, before it and behind it."""
    crowd = [asyncio.create_task(session.find("Transfer")) for _ in range(5)]
    await asyncio.sleep(0.1)
    assert session._pipeline._limiter.waiting >= 2
    asyncio.get_running_loop().call_soon(
        lambda: crowd.extend(asyncio.create_task(session.find("Transfer")) for _ in range(3))
    )
    return crowd


async def pause(backend: Backend, session: Session) -> Crowd:
    """The backend has asked for a pause."""

    def throttle(_received: Received) -> Any:
        return reply({"message": "slow down"}, 429, retry_after="2")

    backend.faults.append(throttle)
    crowd = [asyncio.create_task(session.find("Transfer")) for _ in range(2)]
    await asyncio.sleep(0.1)
    assert session._pipeline._limiter.blocked > 0
    return crowd


async def throttled(backend: Backend, _session: Session) -> Crowd:
    """The backend asks for a pause in the midst of it."""
    backend.faults += [lambda _received: reply({"message": "slow down"}, 429, retry_after="2")] * 2
    return []


async def relogin(backend: Backend, session: Session) -> Crowd:
    """The session has expired, and others have begun the login."""

    def slow(received: Received) -> Any:
        if received.uri == "login":
            return asyncio.sleep(1)
        backend.faults.append(slow)
        return None

    backend.expire()
    backend.faults.append(slow)
    crowd = [asyncio.create_task(session.find("Transfer")) for _ in range(3)]
    await asyncio.sleep(0.1)
    assert session._pipeline._login._flight is not None
    return crowd


async def expired(backend: Backend, _session: Session) -> Crowd:
    """The session has expired; it is the first to notice."""
    backend.expire()
    return []


WEATHER = [fair, queue, pause, throttled, relogin, expired]


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moments at which a token was taken."""
    taken: list[float] = []
    take = TokenBucket.take

    def noted(bucket: TokenBucket, now: float) -> bool:
        if given := take(bucket, now):
            taken.append(now)
        return given

    monkeypatch.setattr(TokenBucket, "take", noted)
    return taken


async def assert_nothing_held(session: Session, *, watchers: int) -> None:
    """No turn, lock, deadline, login or place in the monitor is held by who is gone."""
    # A loop that was left is held by the traceback of what it was left by, until that is collected.
    gc.collect()
    pipeline = session._pipeline
    for _ in range(20):
        if pipeline._deadlines.idle:
            break
        # The poll that is under way.
        await asyncio.sleep(0.005)
    assert pipeline._limiter._queue == []
    assert pipeline._login._flight is None
    assert pipeline._deadlines.idle
    assert session._desk.idle
    for poller, _ in session._monitor._pollers.values():
        audience = poller._audience
        assert len(list(audience)) == watchers
        assert not audience.joining
        assert all(not each.mailbox.closed for each in audience)
        if not watchers:
            assert not audience.groups
            assert not audience.by_id
            assert not audience.member_of
            assert not poller._herald.ledger.lives


async def sweep(
    operation: Callable[[Session], Coroutine[Any, Any, object]],
    weather: Callable[[Backend, Session], Awaitable[Crowd]],
    at: tuple[int, ...],
    taken: list[float],
    *,
    late: bool,
) -> bool:
    """Cancel an operation at these suspensions; ``False`` when it has fewer and came to its own end."""
    taken.clear()
    backend = Backend()
    backend.add(1)
    backend.add(2)
    backend.add(3)
    limit = RateLimit(5, burst=2) if weather is queue else RateLimit(25, burst=40)
    async with backend.session(rate_limit=limit) as session:
        session._pipeline._rng = random.Random(0)
        events: list[Event] = []

        async def watch_another() -> None:
            async with session.watch(job_id(2)) as watch:
                events.extend([event async for event in watch])

        other = asyncio.create_task(watch_another())
        await asyncio.sleep(5)
        crowd = await weather(backend, session)
        loop = asyncio.get_running_loop()
        loop.call_later(3, lambda: backend.move(1, progress=60))
        loop.call_later(6, backend.end, 1)
        steps = Steps(operation(session), at, late=late)
        task = asyncio.create_task(steps.run())
        await asyncio.wait([task])
        reached = steps.acted
        assert task.cancelled() is reached, task
        if not reached:
            task.result()
        del task, steps
        gc.collect(0)

        assert all(isinstance(rows, list) for rows in await asyncio.gather(*crowd))
        await asyncio.sleep(20)
        await assert_nothing_held(session, watchers=1)
        assert isinstance(await session.find("Transfer"), list)
        backend.end(2)
        await other
        own = [event for event in events if isinstance(event, JobEvent)]
        assert {event.job.id for event in own} == {job_id(2)}
        assert [type(event) for event in own].count(JobFinished) == 1
        await asyncio.sleep(20)
        await assert_nothing_held(session, watchers=0)
        asked = len(backend.received)
        await asyncio.sleep(60)
        assert len(backend.received) == asked
        assert len(taken) == asked
    return reached


@pytest.mark.parametrize("weather", WEATHER)
@pytest.mark.parametrize("name", OPERATIONS)
def test_of_a_call_or_a_watch(name: str, weather: Any, tokens: list[float]) -> None:
    reached = -1
    for late in (False, True):
        for k in range(1, MOST):
            reached = k
            if not run(sweep(OPERATIONS[name], weather, (k,), tokens, late=late)):
                break
    assert 1 < reached < MOST - 1


@pytest.mark.parametrize("weather", [queue, throttled, expired])
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_second_time_while_it_cleans_up(name: str, weather: Any, tokens: list[float]) -> None:
    for k in range(1, MOST):
        if not run(sweep(OPERATIONS[name], weather, (k, k + 1), tokens, late=False)):
            break


# -- a session's beginning and end


async def lived(backend: Backend, began: list[Session]) -> None:
    session = backend.session(rate_limit=RateLimit(5, burst=1))
    began.append(session)
    async with session:
        assert await session.find("Transfer")
        async with session.watch("Transfer") as watch:
            await until(watch, Synced)


@pytest.mark.parametrize("at", ["once", "late", "twice"])
@pytest.mark.parametrize("weather", ["fair", "throttled", "no answer"])
def test_of_a_session_from_its_login_to_its_end(weather: str, at: str, tokens: list[float]) -> None:
    async def main(k: int) -> bool:
        tokens.clear()
        backend = Backend()
        backend.add(1)
        if weather == "throttled":
            backend.faults.append(lambda _received: reply({"message": "slow down"}, 429, retry_after="2"))
        elif weather == "no answer":
            backend.faults.append(lambda _received: UNREACHED)
        handlers = list(logging.getLogger("accsyn_async").handlers)
        began: list[Session] = []
        ks = (k, k + 1) if at == "twice" else (k,)
        steps = Steps(lived(backend, began), ks, late=at == "late")
        task = asyncio.create_task(steps.run())
        await asyncio.wait([task])
        if not steps.acted:
            task.result()
            return False
        assert task.cancelled()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        [session] = began
        assert backend.closed >= 1
        assert session._pipeline._login._flight is None
        assert session._pipeline._limiter._queue == []
        assert session._pipeline._deadlines.idle
        assert session._monitor._pollers == {}
        assert logging.getLogger("accsyn_async").handlers == handlers
        assert len(tokens) == len(backend.received)
        with pytest.raises(SessionClosedError):
            await session.find("Transfer")
        backend.faults.clear()
        async with backend.session() as another:
            assert len(await another.find("Transfer")) == 1
        return True

    assert _count(main) > 3


async def _busy(backend: Backend, session: Session) -> list[asyncio.Task[Any]]:
    """Calls in every state that there is, and two watches, one of which is idle."""

    async def follow(what: str) -> list[Event]:
        async with session.watch(what) as watch:
            return [event async for event in watch]

    watches = [asyncio.create_task(follow(what)) for what in ("Transfer", job_id(1))]
    await asyncio.sleep(3)
    backend.latency = 50
    backend.expire()
    calls = [session.find("Transfer") for _ in range(6)]
    tasks = [asyncio.create_task(call) for call in (*calls, session.wait(job_id(1)))]
    await asyncio.sleep(60)
    assert session._pipeline._login._flight is not None
    return watches + tasks


@pytest.mark.parametrize("at", ["once", "late", "twice"])
def test_of_closing_a_session(at: str) -> None:
    """Whoever is cancelled in closing it can close it again, and everybody's iterator ends."""

    async def main(k: int) -> bool:
        backend = Backend()
        backend.add(1)
        session = backend.session(rate_limit=RateLimit(5, burst=2))
        await session.__aenter__()
        tasks = await _busy(backend, session)
        ks = (k, k + 1) if at == "twice" else (k,)
        steps = Steps(session.aclose(), ks, late=at == "late")
        closing = asyncio.create_task(steps.run())
        await asyncio.wait([closing])
        assert closing.cancelled() is steps.acted
        began = backend.now()
        await session.aclose()
        await session.aclose()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert backend.now() == began
        assert all(isinstance(outcome, list | SessionClosedError) for outcome in outcomes), outcomes
        assert [type(outcome) for outcome in outcomes[:2]] == [list, list]
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert backend.closed >= 1
        assert session._pipeline._login._flight is None
        assert session._pipeline._limiter._queue == []
        assert session._pipeline._deadlines.idle
        return steps.acted

    assert _count(main) >= 2


@pytest.mark.parametrize("name", ["Monitor._keep", "SingleFlight._fly"])
@pytest.mark.parametrize("late", [False, True])
def test_a_session_is_closed_at_any_suspension_of_its_own_tasks(name: str, late: bool) -> None:
    """Guarantee 12: iterators end, waits raise, and the tasks that poll and log in are no more."""

    async def main(k: int) -> bool:
        backend = Backend()
        backend.add(1)
        backend.add(2, user="7")
        backend.faults.append(lambda _received: UNREACHED)
        closing: list[asyncio.Task[None]] = []
        found: list[Steps[Any]] = []

        def close() -> None:
            closing.append(asyncio.create_task(session.aclose(), name="closing"))

        def factory(loop: Any, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
            if coroutine.__qualname__ == name and not found:
                found.append(Steps(coroutine, (k,), close, late=late))
                coroutine = found[0].run()
            return asyncio.Task(coroutine, loop=loop, **options)

        session = backend.session(rate_limit=RateLimit(5, burst=2))
        asyncio.get_running_loop().set_task_factory(factory)

        async def follow(what: str) -> list[Event]:
            async with session.watch(what) as watch:
                return [event async for event in watch]

        try:
            await session.__aenter__()
        except SessionClosedError:
            assert name.endswith("_fly")
        else:
            tasks: list[asyncio.Task[Any]] = [
                asyncio.create_task(follow("Transfer WHERE user=7")),
                asyncio.create_task(follow("Transfer WHERE user=8")),
                asyncio.create_task(follow(job_id(1))),
                asyncio.create_task(session.wait(job_id(1))),
            ]
            await asyncio.sleep(10)
            backend.end(1)
            backend.end(2)
            await asyncio.sleep(10)
            if not closing:
                close()
            await asyncio.wait(tasks)
            for task in tasks:
                error = task.exception()
                assert error is None or isinstance(error, SessionClosedError)
        await asyncio.gather(*closing)
        asyncio.get_running_loop().set_task_factory(None)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert session._pipeline._login._flight is None
        assert session._pipeline._limiter._queue == []
        assert session._pipeline._deadlines.idle
        async with backend.session() as another:
            assert isinstance(await another.find("Transfer"), list)
        return found[0].acted

    assert _count(main) >= (2 if name.endswith("_fly") else 20)


def _count(main: Callable[[int], Coroutine[Any, Any, bool]]) -> int:
    """Run with each suspension in turn; how many there are."""
    for k in range(1, MOST):
        if not run(main(k)):
            return k - 1
    raise AssertionError("there is no end to it")
