"""Cancelled at any of its suspensions, an operation leaves no connection and no descriptor behind.

Over aiohttp, against a sandbox on loopback; ``test_cancellation.py`` looks at all the rest.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest
import trustme

from accsyn_async import PollPolicy, Session, SessionClosedError
from accsyn_async.sandbox import Sandbox
from tests.support.raw_server import answer, raw_server, server_context, trusting
from tests.support.stepping import Steps

LOGIN = b'{"result": {"id": "1", "role": "admin", "session_id": "s"}}'
OFTEN = PollPolicy(soon=0.01, running=0.01, idle=0.01)
MOST = 200


async def watched(session: Session, job: str) -> None:
    async with session.watch(job) as watch:
        assert [type(event).__name__ async for event in watch] == ["JobFound", "Synced", "JobFinished"]


async def completed(session: Session, job: str) -> None:
    async with session.as_completed([job]) as jobs:
        assert [each.id async for each in jobs] == [job]


OPERATIONS: dict[str, Callable[[Session, str], Coroutine[Any, Any, object]]] = {
    "find": lambda session, _job: session.find("Transfer", finished=True),
    "create": lambda session, _job: session.create("Site", {"name": os.urandom(8).hex()}),
    "update": lambda session, job: session.update("Transfer", job, {"metadata": {"shot": "sh010"}}),
    "watch": watched,
    "wait": lambda session, job: session.wait(job, timeout=60),
    "wait_all": lambda session, job: session.wait_all([job]),
    "as_completed": completed,
}


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def settles_at(count: int) -> None:
    """Wait until so many descriptors are open: the server notices a moment later that a client has gone."""
    gc.collect()
    async with asyncio.timeout(60):
        while descriptors() > count:
            await asyncio.sleep(0.005)
    assert descriptors() == count


async def cancelled_at(operation: Coroutine[Any, Any, object], at: tuple[int, ...], *, late: bool) -> bool:
    """Run it, cancelled at these suspensions; ``False`` when it came to its own end."""
    steps = Steps(operation, at, late=late)
    task = asyncio.create_task(steps.run())
    await asyncio.wait([task])
    assert task.cancelled() is steps.acted
    if not steps.acted:
        task.result()
    return steps.acted


@pytest.mark.parametrize("at", ["once", "late", "twice"])
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("kept", [True, False])
async def test_of_a_call_or_a_watch(name: str, at: str, kept: bool) -> None:
    """On a connection that was kept, or one that is opened for each request."""
    async with Sandbox(speed=1000, rate_limit=False) as box:
        (box.volume / "a.mov").write_bytes(b"frames" * 100)
        async with box.session(poll=OFTEN) as first:
            data = {"source": "a.mov", "destination": "site=berlin"}
            job = await first.wait((await first.create("Transfer", data))["id"])
        await settles_at(before := descriptors())
        k, reached = 0, True
        while reached:
            k += 1
            connector = aiohttp.TCPConnector(force_close=not kept)
            async with (
                aiohttp.ClientSession(connector=connector) as client,
                box.session(rate_limit=None, poll=OFTEN, client_session=client) as session,
            ):
                ks = (k, k + 1) if at == "twice" else (k,)
                reached = await cancelled_at(OPERATIONS[name](session, job.id), ks, late=at == "late")
                row = await session.get_entity("Transfer", job.id)
                assert row is not None
                assert row["status"] == "done"
                async with asyncio.timeout(60):
                    while any(not task.done() for _, task in session._monitor._pollers.values()):
                        await asyncio.sleep(0.005)
                assert not connector._acquired
                assert session._pipeline._deadlines.idle
        assert 2 <= k < MOST
        await settles_at(before)


async def lived(box: Sandbox) -> None:
    async with box.session(rate_limit=None, poll=OFTEN) as session:
        assert await session.find("Site")
        async with session.watch("Transfer") as watch, aclosing(watch):
            await anext(watch)


@pytest.mark.parametrize("at", ["once", "late", "twice"])
@pytest.mark.parametrize("tls", [False, True])
async def test_of_a_session_from_its_login_to_its_end(tls: bool, at: str) -> None:
    async with Sandbox(tls=tls, rate_limit=False) as box:
        await lived(box)
        await settles_at(before := descriptors())
        k, reached = 0, True
        while reached:
            k += 1
            ks = (k, k + 1) if at == "twice" else (k,)
            reached = await cancelled_at(lived(box), ks, late=at == "late")
            await settles_at(before)
        assert 4 <= k < MOST
        await lived(box)
        await settles_at(before)


@pytest.mark.parametrize("at", ["once", "late", "twice"])
@pytest.mark.parametrize("tls", [False, True])
async def test_of_closing_a_session_with_calls_under_way(tls: bool, at: str) -> None:
    async def stall(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/api/login" in request:
            writer.write(answer(LOGIN))
        else:
            waiting.release()

    authority = trustme.CA()
    context = server_context(authority, "127.0.0.1") if tls else None
    async with raw_server(stall, context) as (port, _):
        await asyncio.sleep(0)
        before = descriptors()
        k, reached = 0, True
        while reached:
            k += 1
            waiting = asyncio.Semaphore(0)
            url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
            session = Session("acme", "lisa@example.com", "key", url=url, ssl=trusting(authority))
            await session.__aenter__()
            calls = [asyncio.create_task(session.find("Transfer")) for _ in range(3)]
            async with session.watch("Transfer"):
                for _ in range(4):
                    await waiting.acquire()
                ks = (k, k + 1) if at == "twice" else (k,)
                reached = await cancelled_at(session.aclose(), ks, late=at == "late")
                await session.aclose()
                outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [SessionClosedError] * 3
            del session, calls, outcomes
            await settles_at(before)
        assert 2 <= k < MOST
