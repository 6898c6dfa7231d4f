"""What a session sends is counted, each attempt once, by what came of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import AccsynError, Session, SessionClosedError, Traffic
from accsyn_async.transport.traffic import BOUNDS, ENTITIES, METHODS, OUTCOMES, TrafficMeter
from accsyn_async.wire.message import Verb
from accsyn_async.wire.reply import Failure, FailureKind
from tests.support.backend import RESET, UNREACHED, Backend, Received, fails, html, job_id, reply
from tests.support.older_backend import OlderBackend
from tests.support.virtual import run

LOGIN = ("PUT", "login", "ok")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (reply({"result": []}), "ok"),
        (reply({"message": "E#J001 no"}), "refused"),
        (reply({"message": "no"}, 404), "refused"),
        (reply(b"", 429, retry_after="61"), "throttled"),
        (html(502), "unavailable"),
        (reply({"message": "down"}, 500), "unavailable"),
        (html(200), "broken"),
        (reply(b'{"result": [{"id'), "broken"),
        (reply({"exception": "Traceback"}), "crashed"),
        (reply({"message": "expired", "session_expired": True}), "expired"),
        (reply(b"", 401), "expired"),
        (UNREACHED, "unreached"),
        (RESET, "unanswered"),
        (Failure(FailureKind.UNTRUSTED, "the certificate is not trusted"), "untrusted"),
    ],
)
def test_what_came_of_it(answer: Any, outcome: str) -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            backend.faults += fails(answer)
            with contextlib.suppress(AccsynError):
                await session.find("Transfer")
            requests = session.traffic.requests
            assert requests["GET", "transfer", outcome] == 1
            assert session.traffic.total == len(backend.received)

    run(main())


def test_each_attempt_counts_and_logging_in_again_too() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            backend.faults += [*fails(UNREACHED, 2), *fails(reply({"session_expired": True}))]
            await session.find("Transfer")
            assert session.traffic.requests == {
                ("PUT", "login", "ok"): 2,
                ("GET", "transfer", "unreached"): 2,
                ("GET", "transfer", "expired"): 1,
                ("GET", "transfer", "ok"): 1,
            }

    run(main())


def test_discovery_and_a_refused_login_count() -> None:
    async def main() -> None:
        class Somewhere(Backend):
            def answer(self, received: Received, request: Any) -> Any:
                if received.uri == "J3PKTtDvolDMBtTy6AFGA":
                    return reply({"result": {"hostname": "127.0.0.1", "port": 1}})
                return super().answer(received, request)

        session = Somewhere(key="another").session(url=None, api_key="wrong")
        with pytest.raises(AccsynError):
            async with session:
                pass
        assert session.traffic.requests == {("GET", "discovery", "ok"): 1, ("PUT", "login", "expired"): 1}

    run(main())


def test_a_request_that_nobody_waits_for_any_more_counts() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session(timeout=5) as session:
            backend.latency = 1000.0
            call = asyncio.create_task(session.find("Transfer"))
            await asyncio.sleep(7.0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert session.traffic.requests == {LOGIN: 1, ("GET", "transfer", "cancelled"): 1}
            assert session.traffic.seconds == pytest.approx(7.01)
            with pytest.raises(AccsynError):  # as its time is up
                await session.find("Task", job_id(1))
            assert session.traffic.requests["GET", "task", "cancelled"] == 1

    run(main())


def test_a_call_that_is_thrown_away_with_its_loop_ends_quietly() -> None:
    backend = Backend()
    session = Session("acme", "lisa@example.com", backend.key, url="http://127.0.0.1:1", _sender=backend)

    async def begin() -> asyncio.Task[Any]:
        await session.__aenter__()
        backend.latency = 1000.0
        task = asyncio.create_task(asyncio.wait_for(session.find("Transfer"), None))
        while len(backend.received) < 2:
            await asyncio.sleep(0)
        return task

    loop = asyncio.new_event_loop()
    task = loop.run_until_complete(begin())
    loop.close()
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    coroutine: Any = task.get_coro()
    coroutine.close()
    assert session.traffic.requests == {LOGIN: 1}


def test_a_closed_session_sends_nothing_and_still_tells() -> None:
    async def main() -> None:
        session = Backend().session()
        assert session.traffic == Traffic()
        async with session:
            pass
        with pytest.raises(SessionClosedError):
            await session.find("Transfer")
        assert session.traffic.requests == {LOGIN: 1}

    run(main())


def test_a_snapshot_stays_as_it_is() -> None:
    async def main() -> None:
        async with Backend().session() as session:
            before = session.traffic
            await session.find("Transfer")
            assert before.requests == {LOGIN: 1}
            assert session.traffic.requests == {LOGIN: 1, ("GET", "transfer", "ok"): 1}

    run(main())


def test_an_older_workspace_is_counted_in_the_same_words() -> None:
    async def main() -> None:
        backend = OlderBackend()
        async with backend.session() as session:
            await session.find("Transfer")
            assert session.traffic.requests == {LOGIN: 1, ("GET", "transfer", "ok"): 1}

    run(main())


@given(
    st.lists(
        st.tuples(
            st.sampled_from(METHODS),
            st.sampled_from(["transfer/find", "task/edit", "setting", "login"]) | st.text(),
            st.sampled_from(OUTCOMES),
            st.floats(0, 1000),
        )
    )
)
def test_any_requests(requests: list[tuple[Verb, str, str, float]]) -> None:
    meter = TrafficMeter()
    for method, uri, outcome, seconds in requests:
        meter.note(method, uri, outcome, seconds)
    told = meter.read()
    assert told.total == sum(told.durations) == len(requests)
    assert told.seconds == pytest.approx(sum(seconds for *_, seconds in requests))
    assert {entity for _, entity, _ in told.requests} <= {*ENTITIES, "other"}
    for bound, count in zip(BOUNDS, _running_sum(told.durations), strict=False):
        assert count == sum(seconds <= bound for *_, seconds in requests)


def _running_sum(counts: tuple[int, ...]) -> list[int]:
    return [sum(counts[: number + 1]) for number in range(len(counts))]


def test_whatever_is_asked_for_the_table_stays_small() -> None:
    meter = TrafficMeter()
    for number in range(10_000):
        meter.note("GET", f"made-up-{number}/find", "refused", 0.0)
        meter.note("GET", f"transfer/{number}", "ok", 0.0)
    assert meter.read().requests == {
        ("GET", "other", "refused"): 10_000,
        ("GET", "transfer", "ok"): 10_000,
    }
