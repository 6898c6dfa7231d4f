"""Closing a session ends what is under way at once, and says what became of it."""

from __future__ import annotations

import asyncio
import gc
import json
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from accsyn_async import OutcomeUnknownError, Session, SessionClosedError
from tests.support.backend import Backend, Received, job_id
from tests.support.raw_server import answer, raw_server
from tests.support.virtual import run

LOGIN = json.dumps({"result": {"id": "1", "role": "admin", "session_id": "s"}}).encode()
BEGINNINGS = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "a head": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
    "half a body": b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"resu',
}
READS: list[tuple[str, tuple[Any, ...]]] = [
    ("find", ("Transfer",)),
    ("get_entity", ("Transfer", job_id(1))),
    ("find_jobs", ()),
    ("exists", ("share=a",)),
]
CHANGES: list[tuple[str, tuple[Any, ...]]] = [
    ("create", ("Transfer", {"a": 1})),
    ("update", ("Transfer", job_id(1), {"status": "paused"})),
    ("delete_one", ("Transfer", job_id(1))),
    ("mkdir", ("share=a",)),
]


@asynccontextmanager
async def _stalling(beginning: bytes, calls: int) -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A server that answers logins, and of all else the beginning; tells when so many calls have come."""
    all_there = asyncio.Event()
    begun = 0

    async def say(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal begun
        if b"/api/login" in request:
            writer.write(answer(LOGIN))
            return
        writer.write(beginning)
        await writer.drain()
        begun += 1
        if begun == calls:
            all_there.set()

    async with raw_server(say) as (port, _):
        yield port, all_there


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("own", [True, False])
async def test_calls_under_way_end_at_once(beginning: str, own: bool) -> None:
    async with _stalling(BEGINNINGS[beginning], len(READS + CHANGES)) as (port, all_there):
        theirs = aiohttp.ClientSession() if own else None
        session = Session(
            "acme",
            "lisa@example.com",
            "key",
            url=f"http://127.0.0.1:{port}",
            client_session=theirs,
            rate_limit=None,
            timeout=3600,
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            async with session:
                tasks = [asyncio.create_task(getattr(session, name)(*args)) for name, args in READS + CHANGES]
                await all_there.wait()
                assert not any(task.done() for task in tasks)
                await session.aclose()
                errors = await asyncio.gather(*tasks, return_exceptions=True)
            if theirs is not None:
                assert not theirs.closed
                await theirs.close()
            del session, tasks
            gc.collect()
        assert [type(error) for error in errors] == [
            *[SessionClosedError] * len(READS),
            *[OutcomeUnknownError] * len(CHANGES),
        ]
        for error in errors[len(READS) :]:
            assert isinstance(error, OutcomeUnknownError)
            assert error.eid is not None
            assert error.eid in str(error)
        leaks = [each for each in caught if issubclass(each.category, ResourceWarning)]
        assert [str(each.message) for each in leaks if "server" not in str(each.message)] == []


def test_what_was_not_sent_is_not_unknown() -> None:
    """Calls that still wait: for their turn, or for a pause to end."""

    async def main() -> None:
        from accsyn_async import RateLimit

        backend = Backend(latency=50)
        async with backend.session(rate_limit=RateLimit(1 / 1000, burst=2)) as session:
            tasks = [asyncio.create_task(session.create("Transfer", {"a": n})) for n in range(3)]
            await asyncio.sleep(1)
            assert len(backend.requests("transfer/create")) == 1
            began = backend.now()
            await session.aclose()
            errors = await asyncio.gather(*tasks, return_exceptions=True)
            assert backend.now() == began
        assert [type(error) for error in errors] == [OutcomeUnknownError, *[SessionClosedError] * 2]
        assert len(backend.requests("transfer/create")) == 1

    run(main())


def test_a_login_under_way_ends_with_the_session() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            backend.expire()
            backend.latency = 100
            tasks = [asyncio.create_task(session.find("Transfer")) for _ in range(3)]
            tasks.append(asyncio.create_task(session.create("Transfer", {"a": 1})))
            await asyncio.sleep(120)
            assert backend.received[-1].uri == "login"
            began = backend.now()
            await session.aclose()
            errors = await asyncio.gather(*tasks, return_exceptions=True)
            assert backend.now() == began
        assert [type(error) for error in errors] == [SessionClosedError] * 4

    run(main())


@pytest.mark.parametrize("uri", ["transfer/find", "transfer/create"])
def test_who_is_cancelled_while_the_session_closes_is_cancelled(uri: str) -> None:
    async def main() -> None:
        backend = Backend()
        started = asyncio.Event()

        async def stall(_received: Received) -> None:
            started.set()
            await asyncio.sleep(1000)

        async with backend.session() as session:
            backend.faults.append(stall)
            call = session.find("Transfer") if uri.endswith("find") else session.create("Transfer", {"a": 1})
            task = asyncio.create_task(call)
            await started.wait()
            task.cancel()
            await session.aclose()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert backend.received[-1].uri == uri

    run(main())
