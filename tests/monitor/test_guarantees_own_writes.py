"""Guarantee 9: a poll follows at once on what this session changes, and on nothing that it reads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from accsyn_async import OutcomeUnknownError, Session, Synced
from tests.support.backend import RESET, Backend, Received, job_id, reply
from tests.support.virtual import run
from tests.support.watching import kinds, take, until

Act = Callable[[Session], Awaitable[Any]]

WRITES: dict[str, Act] = {
    "create": lambda session: session.create("Transfer", {"source": "a.mov", "destination": "site=b"}),
    "update": lambda session: session.update("Transfer", job_id(1), {"name": "other"}),
    "pause": lambda session: session.update("Transfer", job_id(1), {"status": "paused"}),
    "resume": lambda session: session.update("Transfer", job_id(1), {"status": "waiting"}),
    "abort": lambda session: session.update("Transfer", job_id(1), {"status": "aborted"}),
    "delete": lambda session: session.delete_one("Transfer", job_id(1)),
    "tasks": lambda session: session.update_many("Task", job_id(1), [{"id": "t1", "status": "queued"}]),
}
READS: dict[str, Act] = {
    "find": lambda session: session.find("Transfer"),
    "find_one": lambda session: session.find_one(f"Transfer WHERE id={job_id(1)}"),
    "finished": lambda session: session.find("Transfer", finished=True),
}


async def quiet(backend: Backend, session: Session) -> float:
    """Wait for a poll of many seconds after which nothing is to come; when it was."""
    await asyncio.sleep(60)
    polls = session.monitor.statistics().polls
    while session.monitor.statistics().polls == polls:
        await asyncio.sleep(0.05)
    await asyncio.sleep(2)
    return backend.now()


def polled_after(backend: Backend, since: float) -> float:
    """Seconds from then to the next poll's list."""
    return (
        min(request.at for request in backend.lists() if request.at >= since and "attributes" in request.data)
        - since
    )


@pytest.mark.parametrize("act", WRITES.values(), ids=WRITES)
def test_guarantee_9_a_write_is_followed_by_a_poll_at_once(act: Act) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, status="waiting", speed=-1.0)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            began = await quiet(backend, session)
            await act(session)
            done = backend.now()
            await asyncio.sleep(20)
            assert polled_after(backend, done) < 0.1
            assert done - began < 1

    run(main())


@pytest.mark.parametrize("act", READS.values(), ids=READS)
def test_guarantee_9_a_read_is_not(act: Act) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, status="waiting", speed=-1.0)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            await quiet(backend, session)
            await act(session)
            done = backend.now()
            await asyncio.sleep(20)
            # Ten seconds after the last poll, which was two seconds ago.
            assert 7 < polled_after(backend, done) < 9

    run(main())


@pytest.mark.parametrize("name", ["create", "update", "abort"])
@pytest.mark.parametrize("acted", [True, False])
def test_guarantee_9_nor_is_it_waited_for_when_the_outcome_is_unknown(name: str, acted: bool) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, status="waiting", speed=-1.0)

        def cut(received: Received) -> Any:
            if received.verb == "GET":
                backend.faults.append(cut)
                return None
            if acted:
                backend._event(received)
            return RESET

        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            await quiet(backend, session)
            backend.faults.append(cut)
            # An update is read back, which tells whether it was done.
            known = acted and name != "create"
            with contextlib.nullcontext() if known else pytest.raises(OutcomeUnknownError):
                await WRITES[name](session)
            sent = max(request.at for request in backend.received if request.verb != "GET")
            await asyncio.sleep(2)
            assert polled_after(backend, sent) < 0.1
            told = kinds(await take(watch, watch.backlog))
            # Nobody watches the name.
            events = {"create": ["JobFound"], "update": [], "abort": ["JobChanged", "JobFinished"]}[name]
            assert told == (events if acted else [])

    run(main())


def test_guarantee_9_a_write_wakes_the_polls_of_every_kind() -> None:
    """What ends a job may end its delivery: which kinds a write concerns, nobody needs to know."""

    async def main() -> None:
        backend = Backend()
        backend.add(1, status="waiting", speed=-1.0)
        answer = backend._event

        def deliveries(received: Received) -> Any:
            return reply({"result": []}) if received.uri == "delivery/find" else answer(received)

        backend._event = deliveries  # type: ignore[method-assign]
        async with (
            backend.session() as session,
            session.watch("Transfer") as watch,
            session.watch("Delivery") as other,
        ):
            await until(watch, Synced)
            await until(other, Synced)
            await asyncio.sleep(100)
            await session.update("Transfer", job_id(1), {"name": "other"})
            done = backend.now()
            await asyncio.sleep(1)
            for uri in ("transfer/find", "delivery/find"):
                assert [request for request in backend.requests(uri) if request.at >= done]

    run(main())


def test_guarantee_9_many_writes_are_polled_for_four_times_a_second_at_most() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, status="waiting", speed=-1.0)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            before = session.monitor.statistics().polls
            began = backend.now()
            for number in range(500):
                await session.update("Transfer", job_id(1), {"name": f"n{number}"})
            took = backend.now() - began
            assert took > 4
            assert 2 * took < session.monitor.statistics().polls - before <= 4 * took + 1

    run(main())
