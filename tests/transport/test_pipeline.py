"""The way of one call, through the seam and in virtual time."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import RFC_4122, UUID

import pytest

from accsyn_async import (
    AuthenticationError,
    BackendError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    QueryError,
    RateLimit,
    RateLimitedError,
    SessionClosedError,
    SessionExpiredError,
    TransportError,
)
from accsyn_async.wire.reply import Failure, FailureKind
from tests.support.backend import RESET, UNREACHED, Backend, fails, html, job_id, reply
from tests.support.virtual import run

UNTRUSTED = Failure(FailureKind.UNTRUSTED, "the certificate of acme:443 is not trusted")
BUSY = reply({"message": "E#R429 Too many requests"}, 429, retry_after="2")
EXPIRED = reply({"message": "expired", "session_expired": True})
CRASH = reply({"exception": "Traceback: /srv/secret.py"})

READS = [
    # what happens            times  outcome          sends
    (UNREACHED, 1, None, 2),
    (UNREACHED, 2, None, 3),
    (UNREACHED, 3, TransportError, 3),
    (RESET, 2, None, 3),
    (RESET, 3, TransportError, 3),
    (UNTRUSTED, 1, TransportError, 1),
    (html(502), 1, None, 2),
    (html(502), 3, BackendError, 3),
    (html(200), 2, None, 3),
    (html(200), 3, BackendError, 3),
    (reply(b""), 3, BackendError, 3),
    (reply(b'{"result": [{"id'), 3, BackendError, 3),
    (reply([1, 2]), 3, BackendError, 3),
    (reply({"message": "down"}, 503), 3, BackendError, 3),
    (BUSY, 2, None, 3),
    (BUSY, 3, RateLimitedError, 3),
    (reply(b"", 429, retry_after="61"), 1, RateLimitedError, 1),
    (CRASH, 1, BackendError, 1),
    (reply({"message": "E#P001 permission denied"}), 1, PermissionDeniedError, 1),
    (reply({"message": "E#J404 job not found"}), 1, NotFoundError, 1),
    (reply({"message": "E#Q001 invalid query expression"}), 1, QueryError, 1),
    (reply({"message": "E#X001 no"}), 1, BackendError, 1),
    (EXPIRED, 1, None, 2),
    (reply(b"", 401), 1, None, 2),
]


@pytest.mark.parametrize(("fault", "times", "error", "sends"), READS)
def test_reads(fault: Any, times: int, error: type[Exception] | None, sends: int) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session:
            backend.faults += fails(fault, times)
            if error is None:
                assert len(await session.find("Transfer")) == 1
            else:
                with pytest.raises(error) as caught:
                    await session.find("Transfer")
                assert caught.value.uri == "transfer/find"  # type: ignore[attr-defined]
                assert caught.value.eid == backend.requests()[0].event["eid"]  # type: ignore[attr-defined]
                assert session.get_last_message() == str(caught.value)
            assert len(backend.requests()) == sends

    run(main())


CHANGES = [
    (UNREACHED, 2, None, 3),
    (UNREACHED, 3, TransportError, 3),
    (BUSY, 2, None, 3),
    (EXPIRED, 1, None, 2),
    (RESET, 1, OutcomeUnknownError, 1),
    (html(502), 1, OutcomeUnknownError, 1),
    (html(200), 1, OutcomeUnknownError, 1),
    (reply({"message": "down"}, 500), 1, OutcomeUnknownError, 1),
    (CRASH, 1, OutcomeUnknownError, 1),
    (reply({"message": "E#J001 no such site"}), 1, NotFoundError, 1),
]


@pytest.mark.parametrize(("fault", "times", "error", "sends"), CHANGES)
def test_a_create_is_never_sent_twice_on_a_guess(
    fault: Any, times: int, error: type[Exception] | None, sends: int
) -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            backend.faults += fails(fault, times)
            if error is None:
                assert (await session.create("Transfer", {"name": "new"}))["name"] == "new"
                assert len(backend.jobs) == 1
            else:
                with pytest.raises(error) as caught:
                    await session.create("Transfer", {"name": "new"})
                if error is OutcomeUnknownError:
                    assert caught.value.eid in str(caught.value)  # type: ignore[attr-defined]
                    assert caught.value.uri == "transfer/create"  # type: ignore[attr-defined]
            assert len(backend.requests("transfer/create")) == sends

    run(main())


def test_every_attempt_at_a_call_bears_the_same_eid() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            backend.faults += fails(RESET, 2)
            await session.find("Transfer")
            await session.find("Transfer")
            eids = [request.event["eid"] for request in backend.requests()]
            assert len(set(eids[:3])) == 1
            assert eids[3] != eids[0]

    run(main())


def test_an_update_whose_answer_is_lost_is_read_back() -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)

        def acts_and_resets(received: Any) -> Failure:
            backend.jobs[ident].update(received.data)
            return RESET

        async with backend.session() as session:
            backend.faults.append(acts_and_resets)
            row = await session.update("Transfer", ident, {"status": "paused"})
            assert row is not None
            assert row["status"] == "paused"
            backend.faults += fails(RESET)
            with pytest.raises(OutcomeUnknownError):
                await session.update("Transfer", ident, {"status": "aborted"})
            assert len(backend.requests("transfer/edit")) == 2

    run(main())


def test_a_delete_is_sent_twice_at_most_and_gone_is_deleted() -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)

        def acts_and_resets(_received: Any) -> Failure:
            del backend.jobs[ident]
            return RESET

        async with backend.session() as session:
            backend.faults.append(acts_and_resets)
            assert await session.delete_one("Transfer", ident) is True
            with pytest.raises(NotFoundError):
                await session.delete_one("Transfer", ident)
            backend.faults += fails(RESET, 5)
            with pytest.raises(OutcomeUnknownError):
                await session.delete_one("Transfer", ident)
            assert len(backend.requests("transfer/delete")) == 2 + 1 + 2

    run(main())


def test_one_login_for_a_thousand_calls_that_meet_an_expired_session() -> None:
    async def main() -> None:
        backend = Backend(latency=0.1)
        async with backend.session(rate_limit=None) as session:
            backend.expire()
            await asyncio.gather(*(session.find("Transfer") for _ in range(1000)))
            assert backend.logins == 2

    run(main())


def test_a_session_that_expires_again_at_once_is_no_loop() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            backend.faults += [*fails(EXPIRED), *fails(None), *fails(EXPIRED)]
            with pytest.raises(SessionExpiredError):
                await session.find("Transfer")
            assert len(backend.received) == 4

    run(main())


@pytest.mark.parametrize("when", ["entering", "later"])
def test_a_refused_login_is_tried_once(when: str) -> None:
    async def main() -> None:
        backend = Backend()
        session = backend.session(api_key="wrong" if when == "entering" else backend.key)
        with pytest.raises(AuthenticationError, match="refused.*Wrong user name") as caught:
            async with session:
                backend.key = "changed"
                backend.expire()
                errors = await asyncio.gather(
                    *(session.find("Transfer") for _ in range(100)), return_exceptions=True
                )
                assert {type(error) for error in errors} == {AuthenticationError}
                await session.find("Transfer")
        assert caught.value.http_status == 401
        logins = [request for request in backend.received if request.uri == "login"]
        assert len(logins) == (1 if when == "entering" else 2)
        assert backend.closed == 1

    run(main())


@pytest.mark.parametrize(
    ("fault", "error", "sends"),
    [
        (UNREACHED, TransportError, 2),
        (RESET, TransportError, 2),
        (html(503), BackendError, 1),
        (html(), BackendError, 1),
    ],
)
def test_a_login_that_does_not_come_through(fault: Any, error: type[Exception], sends: int) -> None:
    async def main() -> None:
        backend = Backend(faults=fails(fault, 9))
        with pytest.raises(error):
            async with backend.session():
                raise AssertionError("entered")
        assert len(backend.received) == sends

    run(main())


def test_a_login_without_a_session_is_no_login() -> None:
    async def main() -> None:
        backend = Backend(faults=fails(reply({"result": {}})))
        with pytest.raises(BackendError, match="without a session"):
            async with backend.session():
                raise AssertionError("entered")

    run(main())


def test_a_call_ends_within_its_time_all_waiting_counted() -> None:
    async def main() -> None:
        backend = Backend()

        async def hang(_received: Any) -> None:
            await asyncio.sleep(10_000)

        async with backend.session(timeout=10, connect_timeout=5) as session:
            backend.faults += [hang, hang]
            began = backend.now()
            with pytest.raises(TransportError, match="not answered within 25 s"):
                await session.find("Transfer")
            assert backend.now() - began == pytest.approx(25)
            with pytest.raises(OutcomeUnknownError):
                await session.create("Transfer", {"name": "x"})

    run(main())


def test_a_throttle_holds_back_every_call() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session(rate_limit=RateLimit(25, burst=40)) as session:
            backend.faults += fails(BUSY)
            began = backend.now()
            await asyncio.gather(*(session.find("Transfer") for _ in range(10)))
            others = [request.at for request in backend.requests() if request.at > began]
            assert min(others) - began >= 2
            assert max(others) - began < 9

    run(main())


def test_the_bucket_counts_every_attempt_and_every_poll() -> None:
    async def main() -> None:
        backend = Backend(latency=0)
        for number in range(3):
            backend.add(number)
        async with backend.session(rate_limit=RateLimit(25, burst=40)) as session, session.watch("Transfer"):
            backend.faults += fails(RESET, 50)
            await asyncio.gather(*(session.find("Transfer") for _ in range(300)), return_exceptions=True)
            times = [request.at for request in backend.received]
            for start in times:
                assert len([at for at in times if start <= at < start + 1]) <= 65

    run(main())


def test_an_outage_costs_little_more_than_a_request_a_call() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session(rate_limit=None) as session:
            backend.faults += fails(UNREACHED, 10_000)
            for _ in range(1000):
                with pytest.raises(TransportError):
                    await session.find("Transfer")
            assert len(backend.requests()) <= 1100

    run(main())


def test_the_canary_secret_is_in_no_log_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    key = "canary-api-key-0123456789-abcdefgh"
    echo = reply(f"<html>Authorization: {key} {key[:16]} session-1-secret</html>".encode(), 502)
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []

    async def main() -> None:
        backend = Backend(key=key)
        async with backend.session(verbose=True) as session:
            shown.append(repr(session))
            for fault in (echo, html(), RESET, UNREACHED, CRASH, reply({"message": f"E#X001 {key}"})):
                backend.faults += fails(fault, 3)
                for call in (session.find("Transfer"), session.create("Transfer", {"name": "x"})):
                    try:
                        await call
                    except Exception as error:
                        shown.extend([repr(error), str(error), repr(error.__dict__)])
                backend.faults.clear()

    run(main())
    assert "transfer/find" in caplog.text
    for secret in (key, key[:16], "session-1-secret"):
        assert secret not in caplog.text
        assert all(secret not in text for text in shown)


def test_nothing_is_asked_of_a_session_that_is_not_open() -> None:
    async def main() -> None:
        backend = Backend()
        session = backend.session()
        with pytest.raises(SessionClosedError, match="async with"):
            await session.find("Transfer")
        async with session:
            pass
        with pytest.raises(SessionClosedError):
            await session.find("Transfer")
        with pytest.raises(SessionClosedError):
            await session.__aenter__()
        assert [request.uri for request in backend.received] == ["login"]

    run(main())


def test_cancelling_a_call_at_every_await_loses_nothing() -> None:
    async def main() -> None:
        for steps in range(60):
            backend = Backend()
            backend.add(1)
            async with backend.session(rate_limit=RateLimit(1000, burst=1)) as session:
                backend.expire()
                backend.faults += [*fails(RESET), *fails(None, 1)]
                task = asyncio.create_task(session.find("Transfer"))
                for _ in range(steps):
                    await asyncio.sleep(0)
                    if task.done():
                        break
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert len(await session.find("Transfer")) == 1
                assert await session.update("Transfer", job_id(1), {"status": "paused"})

    run(main())


def test_a_call_in_the_queue_is_not_sent_after_the_session_has_closed() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session(rate_limit=RateLimit(1, burst=2)) as session:
            await session.find("Transfer")
            late = asyncio.create_task(session.create("Transfer", {"name": "late"}))
            await asyncio.sleep(0.1)
        with pytest.raises(SessionClosedError):
            await late
        assert backend.jobs == {}

    run(main())


def test_an_update_that_cannot_be_read_back_is_unknown() -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1, status="paused")
        async with backend.session() as session:
            backend.faults += [*fails(RESET), *fails(UNREACHED, 10)]
            with pytest.raises(OutcomeUnknownError):
                await session.update("Transfer", ident, {"status": "waiting"})
            backend.faults.clear()
            backend.end(1)
            backend.faults += fails(RESET)
            with pytest.raises(OutcomeUnknownError):
                await session.update("Transfer", ident, {"status": "waiting"})

    run(main())


def test_a_delete_that_may_have_happened_is_unknown_whatever_comes_next() -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)

        def acts_and_resets(_received: Any) -> Failure:
            del backend.jobs[ident]
            backend.expire()
            backend.key = "changed"
            return RESET

        async with backend.session() as session:
            backend.faults.append(acts_and_resets)
            with pytest.raises(OutcomeUnknownError):
                await session.delete_one("Transfer", ident)

    run(main())


def test_a_create_that_was_only_ever_refused_for_now_is_not_unknown() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session(timeout=10, connect_timeout=5) as session:
            backend.faults += fails(reply(b"", 429, retry_after="20"), 9)
            with pytest.raises((RateLimitedError, TransportError)):
                await session.create("Transfer", {"name": "x"})

    run(main())


def test_cancelling_thousands_in_the_queue_is_quick() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session(rate_limit=RateLimit(1, burst=2)) as session:
            tasks = [asyncio.create_task(session.find("Transfer")) for _ in range(4000)]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert session._pipeline._limiter.waiting == 0
            assert await session.find("Transfer") == []

    run(main())


def test_events_are_named_by_uuids_of_version_4() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            for _ in range(50):
                await session.find("Transfer")
        eids = [UUID(request.event["eid"]) for request in backend.requests()]
        assert {(eid.version, eid.variant) for eid in eids} == {(4, RFC_4122)}
        assert len(set(eids)) == 50

    run(main())
