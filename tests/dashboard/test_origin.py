"""Where jobs come from: a session, or a relay's feed, to the page, the screen and the metrics alike."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from accsyn_async import (
    BackendError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    TransportError,
)
from accsyn_async.board.actions import ACTIONS
from accsyn_async.board.board import Board
from accsyn_async.dashboard.metrics import Metrics
from accsyn_async.dashboard.origin import FeedOrigin, SessionOrigin, origin_of
from accsyn_async.dashboard.web.hub import Hub
from tests.cli.making import found, ident, job
from tests.dashboard.metrics.happenings import scraped, value
from tests.support.backend import RESET, Backend, fails, reply
from tests.support.relayed import Answer, StandIn
from tests.support.virtual import run


def test_a_session_is_asked_for_everything() -> None:
    async def main() -> None:
        backend = Backend()
        which = backend.add(1)
        backend.set_tasks(1, "executing", "done")
        async with backend.session() as session:
            origin = origin_of(session)
            assert isinstance(origin, SessionOrigin)
            assert (origin.relayed, origin.workspace, origin.allowed) == (False, "acme", frozenset(ACTIONS))
            assert origin.traffic is not None
            assert [row["uri"] for row in await origin.tasks(which)] == ["0", "1"]
            for action, status in ACTIONS.items():
                assert await origin.steer("transfer", which, action) == status
                assert backend.jobs[which]["status"] == status

    run(main())


def test_of_a_feed_what_the_relay_allows_is_asked_for_and_nothing_else() -> None:
    async def main() -> None:
        backend = Backend()
        which = backend.add(1)
        async with backend.session() as session:
            feed = StandIn(session, "pause", "explode")
            origin = origin_of(feed)
            assert isinstance(origin, FeedOrigin)
            assert (origin.relayed, origin.workspace, origin.allowed) == (True, "acme", frozenset({"pause"}))
            assert (origin.traffic, origin.api_version) == (None, None)
            assert await origin.steer("transfer", which, "pause") == "paused"
            with pytest.raises(PermissionDeniedError, match="the relay lets nobody abort jobs"):
                await origin.steer("transfer", which, "abort")
            feed.allowed |= {"abort"}
            assert await origin.steer("transfer", which, "abort") == "aborted"
            assert feed.asked == [("pause", "transfer", which), ("abort", "transfer", which)]
            with pytest.raises(NotFoundError, match="tasks are not relayed"):
                await origin.tasks(which)
            assert backend.requests("task/find") == []

    run(main())


def test_what_a_relay_answers_is_told_apart() -> None:
    async def main() -> None:
        backend = Backend()
        which = backend.add(1)
        async with backend.session() as session:
            origin = origin_of(StandIn(session, *ACTIONS))
            backend.faults += fails(reply({"message": "E#J001 it belongs to somebody else"}))
            with pytest.raises(BackendError, match="it belongs to somebody else"):
                await origin.steer("transfer", which, "pause")
            backend.faults += fails(RESET)
            with pytest.raises(OutcomeUnknownError):
                await origin.steer("transfer", which, "pause")

    run(main())


def test_nobody_to_ask_is_a_refusal_of_each_job() -> None:
    class Deserted(StandIn):
        async def command(
            self, action: str, jobs: Sequence[str], *, entitytype: str = "transfer"
        ) -> list[Answer]:
            raise TransportError("no relay leads: nobody answered")

    async def main() -> None:
        async with Backend().session() as session:
            hub = Hub(Deserted(session, "pause"), "Transfer")
            hub.take(found(job(1, "running")))
            told = await hub.steer("pause", [ident(1)])
            assert told == [{"id": ident(1), "ok": False, "error": "no relay leads: nobody answered"}]
            await hub.aclose()

    run(main())


def test_what_is_allowed_is_told_to_pages_as_it_changes() -> None:
    async def main() -> None:
        async with Backend().session() as session:
            feed = StandIn(session, "abort", "pause")
            hub = Hub(feed, "Transfer")
            assert (hub.facts()["allowed"], hub.facts()["relayed"]) == (["pause", "abort"], True)
            assert b'"allowed":["pause","abort"]' in hub.feed.health
            feed.allowed = frozenset()
            hub.take(found(job(1, "running")))
            assert b'"allowed":[]' in hub.feed.health
            told = await hub.steer("pause", [ident(1)])
            assert told[0]["error"] == "the relay lets nobody pause jobs; see its --allow"
            assert feed.asked == []
            await hub.aclose()
            guarded = Hub(StandIn(session, *ACTIONS), "Transfer", read_only=True)
            assert guarded.allowed == []
            await guarded.aclose()

    run(main())


def test_metrics_of_a_feed_tell_of_jobs_age_and_health_and_of_no_requests() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session:
            feed, board = StandIn(session), Board()
            metrics = Metrics(feed, board)
            async with feed.watch("Transfer") as watch:
                for _ in range(2):
                    event = await anext(watch)
                    board.take(event, 0.0)
                    metrics.take(event)
                told = scraped(metrics)
            assert value(told, "accsyn_up") == 1
            assert value(told, "accsyn_last_success_timestamp_seconds") > 0
            assert value(told, "accsyn_jobs", type="transfer", status="running") == 1
            names = {name for name, _ in told}
            assert "accsyn_degradations_total" in names
            assert not any(name.startswith("accsyn_api_") for name in names)
            (build,) = [dict(labels) for name, labels in told if name == "accsyn_build_info"]
            assert build.keys() == {"version", "python_version"}

    run(main())
