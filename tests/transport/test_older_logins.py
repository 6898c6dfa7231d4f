"""v1: three ways to log in, and what happens when a session has expired."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from accsyn_async import JobFinished
from accsyn_async.errors import (
    ArgumentError,
    AuthenticationError,
    SessionClosedError,
    SessionExpiredError,
    TransportError,
)
from tests.support.backend import job_id
from tests.support.older_backend import OlderBackend
from tests.support.virtual import run


def test_an_api_key_takes_the_expired_session_up_again() -> None:
    async def main() -> None:
        backend = OlderBackend()
        async with backend.session() as session:
            assert session.role == "employee"
            assert session.api_version == "v1"
            assert session.get_session_key() == "session-key-number-1"
            backend.expire()
            await session.find("Job")
            assert session.get_session_key() == "session-key-number-2"
        first, second = backend.seen
        assert "session_key_reuse" not in first
        assert second["session_key_reuse"] == "session-key-number-1"
        assert first["session"] == second["session"]

    run(main())


def test_a_password_renews_the_session() -> None:
    async def main() -> None:
        backend = OlderBackend()
        async with backend.session(pwd=backend.password) as session:
            backend.expire()
            await asyncio.gather(*(session.find("Job") for _ in range(100)))
        assert [set(login) for login in backend.seen] == [{"domain", "username", "pwd", "session"}] * 2

    run(main())


@pytest.mark.parametrize("is_async", [False, True])
def test_a_password_may_be_asked_for_each_time(is_async: bool) -> None:
    async def main() -> None:
        backend = OlderBackend()
        asked = 0

        def sync_pwd() -> str:
            nonlocal asked
            asked += 1
            return backend.password

        async def async_pwd() -> str:
            await asyncio.sleep(1)
            return sync_pwd()

        async with backend.session(pwd=async_pwd if is_async else sync_pwd) as session:
            assert asked == 1
            backend.expire()
            await asyncio.gather(*(session.find("Job") for _ in range(10)))
        assert asked == 2

    run(main())


def test_a_session_key_alone_cannot_be_renewed() -> None:
    async def main() -> None:
        backend = OlderBackend(given_keys={"6152693980700117321a5f8c"})
        backend.add(1)
        async with backend.session(session_key="6152693980700117321a5f8c") as session:
            watch = session.watch(job_id(1))
            async with watch:
                await anext(aiter(watch))
                waiting = asyncio.create_task(session.wait(job_id(1)))
                await asyncio.sleep(3)
                backend.expire()
                with pytest.raises(SessionExpiredError, match="pass api_key=, or pwd=") as caught:
                    await session.find("Job")
                assert not caught.value.temporary
                with pytest.raises(SessionExpiredError):
                    async for _ in watch:
                        pass
            with pytest.raises(SessionExpiredError):
                await waiting
            sent = len(backend.received)
            with pytest.raises(SessionExpiredError):
                await session.find("Job")
            assert backend.logins == 1
            assert len(backend.received) <= sent + 1

    run(main())


@pytest.mark.parametrize("at_once", [True, False])
def test_a_password_stands_in_when_a_session_key_is_over(at_once: bool) -> None:
    async def main() -> None:
        backend = OlderBackend(given_keys=set() if at_once else {"handed-over-key"})
        async with backend.session(session_key="handed-over-key", pwd=lambda: backend.password) as session:
            backend.expire()
            await session.find("Job")
        kinds = ["pwd" if "pwd" in login else "session_key" for login in backend.seen]
        assert kinds == ["session_key", "pwd", "pwd"] if at_once else ["session_key", "pwd"]

    run(main())


def test_a_wrong_password_is_tried_once() -> None:
    async def main() -> None:
        backend = OlderBackend()
        session = backend.session(pwd="wrong password")
        with pytest.raises(AuthenticationError, match="Wrong credentials"):
            async with session:
                pass
        assert len(backend.seen) == 1

    run(main())


def _raises() -> str:
    raise KeyError("hunter2")


@pytest.mark.parametrize(
    ("pwd", "error", "words"),
    [
        (lambda: "", AuthenticationError, "returned no password"),
        (lambda: 5, AuthenticationError, "returned no password"),
        (_raises, TransportError, "pwd raised KeyError"),
    ],
)
def test_a_function_that_gives_no_password(pwd: Any, error: type[Exception], words: str) -> None:
    async def main() -> None:
        backend = OlderBackend()
        with pytest.raises(error, match=words) as caught:
            async with backend.session(pwd=pwd):
                pass
        assert "hunter2" not in str(caught.value)
        assert backend.seen == []

    run(main())


def test_a_vault_that_is_away_for_a_while_ends_nothing() -> None:
    async def main() -> None:
        backend = OlderBackend()
        backend.add(1)
        away = False

        def pwd() -> str:
            if away:
                raise ConnectionError("the vault does not answer")
            return backend.password

        async with backend.session(pwd=pwd) as session, session.watch(job_id(1)) as watch:
            events = aiter(watch)
            await anext(events)
            away = True
            backend.expire()
            await asyncio.sleep(60)
            away = False
            backend.end(1)
            assert any([isinstance(event, JobFinished) async for event in watch])

    run(main())


def test_session_keys_are_a_matter_of_v1() -> None:
    async def main() -> None:
        from tests.support.backend import Backend

        async with Backend().session() as session:
            with pytest.raises(ArgumentError, match="older API"):
                session.get_session_key()
            with pytest.raises(ArgumentError, match="older API"):
                await session.generate_session_key()
        older = OlderBackend().session()
        with pytest.raises(SessionClosedError):
            older.get_session_key()

    run(main())


def test_no_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        backend = OlderBackend(given_keys={"handed-over-key-of-length"})
        with caplog.at_level(logging.DEBUG):
            async with backend.session(
                session_key="handed-over-key-of-length", pwd=lambda: backend.password, verbose=True
            ) as session:
                backend.expire()
                await session.find("Job")
                backend.given_keys.clear()
                await session.generate_session_key()
        shown = caplog.text + repr(session) + repr(vars(session))
        for secret in (backend.password, "handed-over-key", "session-key-number", "generated"):
            assert secret not in shown

    run(main())


def test_watching_an_older_workspace() -> None:
    async def main() -> None:
        backend = OlderBackend()
        backend.add(1)
        async with backend.session() as session:
            async with session.watch("Job WHERE user=3") as watch:
                await anext(aiter(watch))
            backend.end(1)
            job = await session.wait(job_id(1))
            assert job.status == "done"
            assert await session.get_entity("job", job_id(1)) == job.raw | {
                "created": job.created,
                "finished": job.finished,
            }
            again = await session.get_job(job_id(1))
            assert again is not None
            assert (again.id, again.status, again.raw) == (job.id, job.status, job.raw)
            assert await session.get_entity("job", job_id(9)) is None
        assert all(request.uri in ("job/find", "auth") for request in backend.received)
        assert all(request.data["type"] == 1 for request in backend.requests("job/find"))

    run(main())


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("grant", ("user", job_id(1), "folder", job_id(2))),
        ("access", ("folder", job_id(2))),
        ("revoke", ("user", job_id(1), "folder", job_id(2))),
        ("get_settings", ()),
        ("delete_setting", ("workspace", "x")),
        ("logs", ()),
        ("activate_one", ("user", job_id(1))),
        ("delete_many", ("collection", job_id(1), {"files": []})),
    ],
)
def test_what_v1_does_not_have(name: str, args: tuple[Any, ...]) -> None:
    async def main() -> None:
        backend = OlderBackend()
        async with backend.session() as session:
            with pytest.raises(ArgumentError, match=f"{name} is not part of the older API"):
                await getattr(session, name)(*args)
        assert len(backend.received) == 1

    run(main())
