"""Durable watches: each goes on where its consumer was, whatever happened meanwhile."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random
from typing import Any

import pytest
from nats.js.errors import ServiceUnavailableError

from accsyn_async import (
    ArgumentError,
    CheckpointError,
    Event,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    QueryError,
    Synced,
    TransportError,
    Watch,
)
from accsyn_async.relay import Feed, NatsOptions, holding
from accsyn_async.relay.place_keeper import PlaceKeeper
from tests.relay.support.feeding import HandClock, eventually, feed_of, feeding, ids_in, rest, told, until
from tests.relay.support.publisher import Publisher, ident
from tests.support.nats_servers import NatsServer


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says nothing has crashed: nobody is cut off in these tests, but where it is said."""
    monkeypatch.setattr(holding, "SILENT_FOR", 0.0)


async def crash(feed: Feed, watch: Watch) -> None:
    """The process is gone: nothing is written any more, and nobody answers."""
    durable: Any = watch._checkpoint
    durable._left = True
    durable._keeper._held = False
    durable.stop()
    await asyncio.wait(durable._tasks)
    await feed.aclose()


async def test_the_first_of_a_name_is_told_what_there_is(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        await publisher.found(2)
        await publisher.finish(2)
        await eventually(lambda: feed.statistics().jobs == 2)
        async with feed.watch("Transfer", durable="x") as watch:
            assert told(await until(watch, Synced)) == [("JobFound", 1), ("Synced", -1)]
            assert [job.id for job in watch.jobs] == [ident(1)]
            await publisher.move(1, progress=30)
            await publisher.finish(1)
            events = await until(watch, JobFinished)
            assert isinstance(events[-1], JobFinished)
            assert feed.statistics().watches == 1


@pytest.mark.parametrize(("relay", "term"), [("forger", 7), ("r1", 0), ("r1", 6)])
async def test_ends_of_who_does_not_lead_are_not_believed(
    nats_server: NatsServer, workspace: str, relay: str, term: int
) -> None:
    """Nor by who came after the leader had begun."""
    async with Publisher(nats_server.url, workspace, term=7) as publisher:
        await publisher.health()
        await publisher.found(1)
        async with feed_of(nats_server, workspace) as feed:
            async with feed.watch("Transfer", durable="x") as durable, feed.watch("Transfer") as other:
                await until(durable, Synced)
                await until(other, Synced)
                await publisher.forge(1, relay, term)
                end = await publisher.finish(1)
                for watch in (durable, other):
                    assert ids_in(await until(watch, JobFinished))[-1] == end


async def test_it_goes_on_where_it_was_left(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in (1, 2, 3):
            await publisher.found(number)
        await eventually(lambda: feed.statistics().jobs == 3)
        async with feed.watch("Transfer", durable="x") as watch:
            await until(watch, Synced)
            await publisher.finish(1)
            first = await until(watch, JobFinished)
        await publisher.finish(2)
        await publisher.found(4)
        await publisher.move(4, status="paused")
        await publisher.move(3, progress=70)
        async with feed_of(nats_server, workspace) as other, other.watch("Transfer", durable="x") as watch:
            events = await until(watch, Synced)
            assert told(events) == [
                *[("JobChanged", 2), ("JobFinished", 2)],
                *[("JobFound", 4), ("JobChanged", 4), ("Synced", -1)],
            ]
            assert events[-1].jobs == 2  # type: ignore[attr-defined]
            assert sorted(job.progress for job in watch.jobs) == [0, 70]
            await publisher.move(3, progress=80)
            (change,) = await until(watch, JobChanged)
            assert isinstance(change, JobChanged)
            assert change.changes == {"progress": (70, 80)}
            await publisher.finish(3)
            later = await until(watch, JobFinished)
    seen = ids_in([*first, *events, *later])
    assert max(Counter(seen).values()) == 1


@pytest.mark.parametrize("asks", [True, False], ids=["asks", "uses"])
@pytest.mark.parametrize("used", range(7))
async def test_a_crash_tells_each_end_until_it_was_used(
    nats_server: NatsServer, workspace: str, used: int, asks: bool
) -> None:
    """The consumer takes some of six ends, and asks for what comes next or not; then its process is gone."""
    async with feeding(nats_server, workspace) as (publisher, _):
        for number in range(1, 7):
            await publisher.found(number)
        first = await feed_of(nats_server, workspace).__aenter__()
        watch = await first.watch("Transfer", durable="x").__aenter__()
        await until(watch, Synced)
        ends = [await publisher.finish(number) for number in range(1, 7)]
        done: list[str] = []
        while len(done) < used:
            event = await anext(watch)
            if isinstance(event, JobFinished):
                done.append(event.id)
        if asks:
            asking = asyncio.create_task(anext(watch))
            await asyncio.sleep(0)
            await eventually(lambda: not watch._checkpoint._keeper._owing)  # type: ignore[union-attr]
            asking.cancel()
            await asyncio.wait([asking])
        await crash(first, watch)
        async with feed_of(nats_server, workspace) as other, other.watch("Transfer", durable="x") as watch:
            again = [event.id for event in await until(watch, Synced) if isinstance(event, JobFinished)]
    assert done == ends[:used]
    assert again == ends[used if asks else max(0, used - 1) :]


async def test_two_users_of_one_name(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (_, feed):
        async with feed.watch("Transfer", durable="x"):
            async with feed_of(nats_server, workspace) as other:
                with pytest.raises(CheckpointError, match="'x' is in use by .*@"):
                    await other.watch("Transfer", durable="x").__aenter__()
            with pytest.raises(CheckpointError, match="'x' is in use by"):
                await feed.watch("Transfer", durable="x").__aenter__()
            async with feed.watch("Transfer", durable="y"):
                pass
        async with feed.watch("Transfer", durable="x"):
            pass
        with pytest.raises(CheckpointError, match="is of 'Transfer', not of 'Transfer WHERE status=running'"):
            await feed.watch("Transfer WHERE status=running", durable="x").__aenter__()


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, 7])
async def test_names_that_are_none(nats_server: NatsServer, workspace: str, name: Any) -> None:
    async with feeding(nats_server, workspace) as (_, feed):
        with pytest.raises(ArgumentError, match="durable is a name"):
            feed.watch("Transfer", durable=name)
        with pytest.raises(QueryError):
            feed.watch("Transfer WHERE hostname=x", durable="x")


async def test_one_that_was_taken_over_ends(nats_server: NatsServer, workspace: str) -> None:
    """Its process was frozen, it may be; another has gone on."""
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        async with feed_of(nats_server, workspace) as frozen:
            watch = await frozen.watch("Transfer", durable="x").__aenter__()
            await until(watch, JobFound)
            frozen._holding.let_go("x")  # type: ignore[union-attr]
            async with feed.watch("Transfer", durable="x") as taken:
                await until(taken, Synced)
                await publisher.finish(1)
                await until(taken, JobFinished)
                with pytest.raises(CheckpointError, match="'x' was taken over by"):
                    await until(watch, JobFinished, count=2)
                with pytest.raises(CheckpointError):
                    await watch.__aexit__(None, None, None)


async def test_one_that_was_frozen_is_given_no_end_that_another_is_given(
    nats_server: NatsServer, workspace: str
) -> None:
    clock = HandClock()
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        async with Feed(NatsOptions((nats_server.url,)), workspace=workspace, clock=clock) as frozen:
            watch = await frozen.watch("Transfer", durable="x").__aenter__()
            await until(watch, Synced)
            frozen._holding.let_go("x")  # type: ignore[union-attr]
            async with feed.watch("Transfer", durable="x") as taken:
                await until(taken, Synced)
                await publisher.finish(1)
                await until(taken, JobFinished)
                clock.advance(5.0)
                seen: list[Event] = []
                with pytest.raises(CheckpointError, match="'x' was taken over by"):
                    while True:
                        seen.append(await anext(watch))
                assert not [event for event in seen if isinstance(event, JobFinished)]
                with pytest.raises(CheckpointError):
                    await watch.__aexit__(None, None, None)


class Quorumless:
    """JetStream without a leader, as while nodes of a cluster are away, for some requests."""

    def __init__(self, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 0
        self._feed = feed
        link: Any = feed._link
        self._api, self._request = link.api, link.request
        monkeypatch.setattr(link, "api", self.api)
        monkeypatch.setattr(link, "request", self.request)

    async def api(self, call: str, *args: Any, **options: Any) -> Any:
        if "BOOKMARKS" in call and self._fails():
            raise ServiceUnavailableError(code=503, err_code=10008, description="temporarily unavailable")
        return await self._api(call, *args, **options)

    async def request(self, subject: str, *args: Any, **options: Any) -> Any:
        if subject.startswith("$KV") and self._fails():
            raise TransportError("NATS: nobody answers there")
        return await self._request(subject, *args, **options)

    def _fails(self) -> bool:
        self.left -= 1
        return self.left >= 0


async def test_what_nats_cannot_do_for_a_while_is_waited_for(
    nats_server: NatsServer,
    workspace: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def no_pause(_: object) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(PlaceKeeper, "_pause", no_pause)
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in (1, 2, 3):
            await publisher.found(number)
        cluster = Quorumless(feed, monkeypatch)
        cluster.left = 7
        async with feed.watch("Transfer", durable="x") as watch:
            assert cluster.left <= 0
            await until(watch, Synced)
            await publisher.finish(1)
            await publisher.finish(2)
            await until(watch, JobFinished)
            cluster.left = 7
            (end,) = [each for each in await until(watch, JobFinished) if isinstance(each, JobFinished)]
            assert end.job.id == ident(2)
            cluster.left = 7
        assert cluster.left <= 0
        # That is said once each time, and not how often.
        assert 1 <= caplog.text.count("it is tried again") <= 3
        async with feed.watch("Transfer", durable="x") as watch:
            assert told(await until(watch, Synced)) == [("Synced", -1)]


async def test_a_watch_of_ids_ends_by_itself_also_when_it_comes_back(
    nats_server: NatsServer, workspace: str
) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in (1, 2, 3):
            await publisher.found(number)
        await publisher.finish(3)
        ids = [ident(number) for number in (1, 2, 3)]
        async with feed.watch(ids, durable="x") as watch:
            events = await until(watch, JobFinished)
            # What had ended is told of too.
            assert Counter(told(events))["JobFinished", 3] == 1
            await publisher.finish(1)
            await until(watch, JobFinished)
        await publisher.finish(2)
        async with feed_of(nats_server, workspace) as other:
            async with other.watch(ids, durable="x") as watch:
                assert told(await rest(watch)) == [("JobChanged", 2), ("JobFinished", 2), ("Synced", -1)]
            # Now there is nothing left to wait for.
            async with other.watch(ids, durable="x") as watch:
                assert told(await rest(watch)) == [("Synced", -1)]
            await publisher.found(4)
            async with other.watch([*ids, ident(4)], durable="x") as watch:
                await until(watch, JobFound)
                await publisher.finish(4)
                assert told(await rest(watch))[-1] == ("JobFinished", 4)


async def test_an_end_that_was_there_at_first_is_told_until_it_was_used(
    nats_server: NatsServer, workspace: str
) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in (1, 2):
            await publisher.found(number)
            await publisher.finish(number)
        await eventually(lambda: feed.statistics().jobs == 2)
        ids = [ident(1), ident(2)]
        first = await feed_of(nats_server, workspace).__aenter__()
        watch = await first.watch(ids, durable="x").__aenter__()
        events = await until(watch, JobFinished, count=2)
        used, lost = [event for event in events if isinstance(event, JobFinished)]
        await crash(first, watch)
        async with feed.watch(ids, durable="x") as watch:
            again = await rest(watch)
        assert [event.id for event in again if isinstance(event, JobFinished)] == [lost.id]
        assert used.id != lost.id


async def test_jobs_that_no_longer_match_are_followed_to_their_ends(
    nats_server: NatsServer, workspace: str
) -> None:
    query = "Transfer WHERE progress<50"
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in (1, 2, 3):
            await publisher.found(number, progress=10)
        await publisher.found(4, progress=90)
        await eventually(lambda: feed.statistics().jobs == 4)
        async with feed.watch(query, durable="x") as watch:
            assert Counter(told(await until(watch, Synced)))["JobFound", 4] == 0
            await publisher.move(1, progress=60)
            await until(watch, JobChanged)
        # While nobody watches, one leaves the query and ends, and one comes.
        await publisher.move(2, progress=70)
        for number in (1, 2, 4):
            await publisher.finish(number)
        await publisher.found(5, progress=60)
        await publisher.found(6, progress=5)
        async with feed_of(nats_server, workspace) as other, other.watch(query, durable="x") as watch:
            events = [each for each in told(await until(watch, Synced)) if each[0] != "JobChanged"]
            assert events == [("JobFinished", 1), ("JobFinished", 2), ("JobFound", 6), ("Synced", -1)]
            await publisher.move(5, progress=20)
            assert told(await until(watch, JobFound)) == [("JobFound", 5)]


async def test_lives(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        async with feed.watch("Transfer", durable="x") as watch:
            await until(watch, JobFound)
            await publisher.finish(1)
            await until(watch, JobFinished)
        await publisher.move(1, status="running", finished=None)
        await publisher.finish(1, "aborted")
        async with feed_of(nats_server, workspace) as other, other.watch("Transfer", durable="x") as watch:
            events = await until(watch, Synced)
            assert told(events) == [
                *[("JobRevived", 1), ("JobChanged", 1), ("JobFinished", 1)],
                ("Synced", -1),
            ]
            assert [event.run for event in events if isinstance(event, JobEvent)] == [1, 1, 1]
            await publisher.move(1, status="running", finished=None)
            assert isinstance((await until(watch, JobRevived))[-1], JobRevived)
            await publisher.remove(1)
            await until(watch, JobRemoved)


async def test_without_progress_among_its_fields(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        async with feed.watch("Transfer", fields=["status"], durable="x") as watch:
            await until(watch, JobFound)
            await publisher.move(1, progress=60)
            await publisher.move(1, status="paused")
            events = await until(watch, JobChanged)
            assert [event.changes for event in events if isinstance(event, JobChanged)] == [
                {"status": ("running", "paused")}
            ]


async def test_a_callback_that_fails_on_an_end_is_told_again(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in (1, 2):
            await publisher.found(number)
        ids = [ident(1), ident(2)]
        for query in (ids, "Transfer"):
            name = str(query)[:8]
            async with feed.watch(query, durable=name) as watch:
                await until(watch, JobFound, Synced, count=3)
        await publisher.finish(1)
        await publisher.finish(2)
        for query in (ids, "Transfer"):
            name = str(query)[:8]
            tries: list[int] = []
            for _ in range(3):
                async with feed.watch(query, durable=name) as watch:

                    def use(event: JobFinished, watch: Watch = watch, tries: list[int] = tries) -> None:
                        tries.append(int(event.job.id, 16))
                        if tries == [1]:
                            raise RuntimeError("full disk")

                    watch.on(JobFinished, use)
                    synced = asyncio.Event()
                    watch.on(Synced, lambda _, synced=synced: synced.set())  # type: ignore[misc]
                    running = asyncio.create_task(watch.run())
                    async with asyncio.timeout(60):
                        await synced.wait()
                    await asyncio.sleep(0)
                    running.cancel()
                    await asyncio.wait([running])
            assert tries == [1, 2, 1]


async def test_a_slow_consumer_loses_no_change_of_status(nats_server: NatsServer, workspace: str) -> None:
    """More events wait than are fetched ahead: the stream is the queue."""
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        async with feed.watch("Transfer", durable="x") as watch:
            await until(watch, Synced, JobFound, count=2)
            for number in range(400):
                await publisher.move(1, status="paused" if number % 2 else "waiting", state=number % 10 == 0)
            await publisher.finish(1)
            await eventually(lambda: watch.backlog >= 256)
            assert watch.backlog < 400
            events = await until(watch, JobFinished)
            statuses = [event.changes.get("status") for event in events if isinstance(event, JobChanged)]
            assert [pair[1] for pair in statuses if pair] == ["waiting", "paused"] * 200 + ["done"]


async def test_a_place_before_the_first_event_that_is_kept(
    nats_server: NatsServer, workspace: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in (1, 2, 3):
            await publisher.found(number)
        await eventually(lambda: feed.statistics().jobs == 3)
        async with feed.watch("Transfer WHERE status!=init", durable="x") as watch:
            await until(watch, Synced)
            await publisher.finish(1)
            await until(watch, JobFinished)
        end = await publisher.finish(2)
        await publisher.found(4)
        await publisher.purge(publisher.names.events)
        await publisher.found(5)
        async with feed_of(nats_server, workspace) as other:
            async with other.watch("Transfer WHERE status!=init", durable="x") as watch:
                events = await until(watch, Synced)
            assert "events for the durable watch 'x' are lost" in caplog.text
            assert end in ids_in(events)
            kinds = Counter(told(events))
            assert kinds["JobFinished", 2] == kinds["JobFound", 4] == kinds["JobFound", 5] == 1
            assert kinds["JobFinished", 1] == kinds["JobFound", 3] == 0
            async with other.watch("Transfer WHERE status!=init", durable="x") as watch:
                assert told(await until(watch, Synced)) == [("Synced", -1)]


@pytest.mark.parametrize("away", [False, True], ids=["live", "away"])
async def test_a_stream_of_events_that_is_made_anew(
    nats_server: NatsServer, workspace: str, away: bool
) -> None:
    """Nothing is lost, and no end that was used is told again, though all is published once more."""
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in (1, 2, 3):
            await publisher.found(number)
        await eventually(lambda: feed.statistics().jobs == 3)
        watch = await feed.watch("Transfer", durable="x").__aenter__()
        seen: list[Event] = await until(watch, Synced)
        await publisher.finish(1)
        seen += await until(watch, JobFinished)
        if away:
            await watch.__aexit__(None, None, None)
        await publisher.finish(2)
        await publisher.delete(publisher.names.events)
        await publisher.make_streams()
        await publisher.again(1)
        await publisher.found(4)
        await publisher.finish(3)
        if away:
            watch = await feed.watch("Transfer", durable="x").__aenter__()
            seen += await until(watch, Synced)
        counts = Counter(told(seen))
        while counts["JobFinished", 3] + counts["JobFound", 4] + counts["JobFinished", 2] < 3:
            seen += await until(watch, JobEvent)
            counts = Counter(told(seen))
        await publisher.finish(4)
        seen += await until(watch, JobFinished)
        await watch.__aexit__(None, None, None)
    counts = Counter(told(seen))
    assert [counts["JobFinished", number] for number in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert [counts["JobFound", number] for number in (1, 2, 3, 4)] == [1, 1, 1, 1]


@pytest.mark.parametrize("quiet", [False, True], ids=["it had read", "it had read nothing yet"])
async def test_a_stream_of_events_that_has_lost_the_last_ones_and_grown_since(
    own_server: NatsServer, workspace: str, quiet: bool
) -> None:
    """What was published in the place of what was read is told, also to one that comes back only later."""
    async with Publisher(own_server.url, workspace) as publisher:
        await publisher.health()
        for number in (1, 2, 3):
            await publisher.found(number)
        own_server.keep()
        await publisher.back()
        kept = dict(publisher._subjects)
        statuses = ("waiting", "paused", "running", "waiting")
        for status in statuses if quiet else ():
            await publisher.move(3, status=status)
        await publisher.health()
        async with feed_of(own_server, workspace) as feed:
            async with feed.watch("Transfer", durable="x") as watch:
                seen: list[Event] = await until(watch, Synced)
                if not quiet:
                    await publisher.finish(1)
                    seen += await until(watch, JobFinished)
                    for status in statuses:
                        await publisher.move(3, status=status)
                        seen += await until(watch, JobChanged)
        own_server.put_back(publisher.names.events)
        await publisher.back()
        publisher._subjects = kept
        await publisher.begin_term()
        if not quiet:
            await publisher.again(1)
        for number in (4, 5):
            await publisher.found(number)
            await publisher.finish(number)
        async with feed_of(own_server, workspace) as feed:
            async with feed.watch("Transfer", durable="x") as watch:
                seen += await until(watch, Synced)
    counts = Counter(told(seen))
    assert [counts["JobFinished", number] for number in (1, 4, 5)] == [0 if quiet else 1, 1, 1]
    assert [counts["JobFound", number] for number in (1, 2, 3, 4, 5)] == [1, 1, 1, 1, 1]


async def test_however_many_ends_are_published_once_more(nats_server: NatsServer, workspace: str) -> None:
    """The leader publishes all of the week, as the stream of events was lost: what was used is not told."""
    numbers = range(1, 301)
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in numbers:
            await publisher.found(number)
        async with feed.watch("Transfer", durable="x") as watch:
            await until(watch, Synced)
            for number in numbers:
                await publisher.finish(number)
            used = ids_in(await until(watch, JobFinished, count=len(numbers)))
        assert len(await publisher.place_text("x")) < 20_000
        await publisher.delete(publisher.names.events)
        await publisher.make_streams()
        for number in numbers:
            await publisher.again(number)
        await publisher.found(999)
        last = await publisher.finish(999)
        async with feed_of(nats_server, workspace) as other, other.watch("Transfer", durable="x") as watch:
            again = [event for event in await until(watch, Synced) if isinstance(event, JobFinished)]
            assert ids_in([*again]) == [last]
            assert last not in used
            await eventually(lambda: not watch.backlog)


async def test_with_many_live_jobs_an_acknowledged_end_costs_little(
    nats_server: NatsServer, workspace: str
) -> None:
    """And they are all known to whoever comes next."""
    numbers = range(1, 401)
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in numbers:
            await publisher.found(number)
        await eventually(lambda: feed.statistics().jobs == len(numbers))
        async with feed.watch("Transfer WHERE status=running", durable="x") as watch:
            await until(watch, Synced)
            for number in numbers[:3]:
                await publisher.finish(number)
            await until(watch, JobFinished, count=3)
        place = await publisher.place_text("x")
        assert len(place) < 1_000
        for number in numbers[3:]:
            await publisher.finish(number)
        async with feed_of(nats_server, workspace) as other:
            async with other.watch("Transfer WHERE status=running", durable="x") as watch:
                ends = [event for event in await until(watch, Synced) if isinstance(event, JobFinished)]
            assert [int(event.job.id, 16) for event in ends] == list(numbers[3:])


async def test_bookmarks_that_are_deleted_under_a_watch_of_many_jobs(
    nats_server: NatsServer, workspace: str
) -> None:
    numbers = range(1, 401)
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in numbers:
            await publisher.found(number)
        await eventually(lambda: feed.statistics().jobs == len(numbers))
        async with feed.watch("Transfer", durable="x") as watch:
            await until(watch, Synced)
            await publisher.client.jetstream().delete_key_value(publisher.names.bookmarks)
            for number in numbers[:300]:
                await publisher.finish(number)
            await until(watch, JobFinished, count=300)
        async with feed.watch("Transfer", durable="x") as watch:
            assert told(await until(watch, Synced)) == [("Synced", -1)]
            assert len(list(watch.jobs)) == 100


async def test_a_place_that_is_lost_in_part_begins_anew(
    nats_server: NatsServer, workspace: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Better than to wait for the ends of some jobs only."""
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in range(300):
            await publisher.found(number)
        await eventually(lambda: feed.statistics().jobs == 300)
        async with feed.watch("Transfer", durable="x") as watch:
            await until(watch, Synced)
        names = publisher.names
        stream = f"KV_{names.bookmarks}"
        await publisher.client.jetstream().purge_stream(stream, subject=f"$KV.{names.bookmarks}.x.*")
        async with feed.watch("Transfer", durable="x") as watch:
            assert Counter(kind for kind, _ in told(await until(watch, Synced)))["JobFound"] == 300
        assert "the place of the durable watch 'x' is forgotten in part" in caplog.text


async def test_jobs_are_added_and_removed(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in (1, 2, 3):
            await publisher.found(number)
        async with feed.watch(ident(1), durable="x") as watch:
            await until(watch, Synced)
            watch.add([ident(2), ident(3)])
            found = sorted(told(await until(watch, JobFound, count=2)))
            assert found == [("JobFound", 2), ("JobFound", 3)]
            watch.remove(ident(3))
            await publisher.finish(3)
            await publisher.finish(2)
            await publisher.finish(1)
            ends = [each for each in told(await rest(watch)) if each[0] == "JobFinished"]
            assert ends == [("JobFinished", 2), ("JobFinished", 1)]


async def test_entering_that_is_cancelled_leaves_nothing(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        for steps in range(40):
            entering = asyncio.create_task(feed.watch("Transfer", durable="x").__aenter__())
            for _ in range(steps):
                await asyncio.sleep(0)
            entering.cancel()
            await asyncio.wait([entering])
            if not entering.cancelled():
                await entering.result().__aexit__(None, None, None)
        async with feed.watch("Transfer", durable="x") as watch:
            await until(watch, JobFound)


async def test_nats_goes_and_comes_under_a_consumer(own_server: NatsServer, workspace: str) -> None:
    async with feeding(own_server, workspace) as (publisher, feed):
        for number in (1, 2, 3):
            await publisher.found(number)
        async with feed.watch("Transfer", durable="x") as watch:
            seen = await until(watch, Synced, JobFound, count=4)
            await publisher.finish(1)
            seen += await until(watch, JobFinished)
            own_server.kill()
            # It was used; that cannot be written now.
            asking = asyncio.create_task(anext(watch))
            own_server.start()
            await publisher.back()
            await publisher.finish(2)
            seen.append(await asking)
            if not isinstance(seen[-1], JobFinished):
                seen += await until(watch, JobFinished)
        async with feed.watch("Transfer", durable="x") as watch:
            await publisher.finish(3)
            seen += await until(watch, JobFinished)
        counts = Counter(told(seen))
        assert [counts["JobFinished", number] for number in (1, 2, 3)] == [1, 1, 1]


async def test_one_that_leaves_cleanly_writes_its_place(nats_server: NatsServer, workspace: str) -> None:
    async with Publisher(nats_server.url, workspace) as publisher:
        await publisher.health()
        await publisher.found(1)
        async with feed_of(nats_server, workspace) as feed:
            async with feed.watch("Transfer", durable="x") as watch:
                await until(watch, Synced)
            place = await publisher.place("x")
            assert place["seq"] == await publisher.last_seq(publisher.names.events)
            assert "holder" not in place


async def test_a_consumer_that_crashes_again_and_again(nats_server: NatsServer, workspace: str) -> None:
    """In each of many rounds some jobs begin and end, and the consumer ends at a moment of its own."""
    random = Random(7)
    used: list[str] = []
    ends: list[str] = []
    unsure: set[str] = set()
    async with feeding(nats_server, workspace) as (publisher, feed):
        async with feed.watch("Transfer WHERE progress<60", durable="x") as watch:
            await until(watch, Synced)
        running: list[int] = []
        last = 0

        async def work() -> None:
            nonlocal last
            for _ in range(random.randint(1, 12)):
                chance = random.random()
                if not running or chance < 0.3:
                    last += 1
                    await publisher.found(last, progress=random.choice([10, 50]))
                    running.append(last)
                elif chance < 0.7:
                    number = random.choice(running)
                    status = random.choice(["running", "paused", "running"])
                    await publisher.move(number, progress=random.randint(10, 99), status=status)
                else:
                    number = running.pop(random.randrange(len(running)))
                    ends.append(await publisher.finish(number, random.choice(["done", "aborted"])))

        for _ in range(40):
            own = await feed_of(nats_server, workspace).__aenter__()
            watch = await own.watch("Transfer WHERE progress<60", durable="x").__aenter__()
            working = asyncio.create_task(work())
            wanted = random.randint(0, 12)
            taken: str | None = None
            while wanted and (not working.done() or watch.backlog):
                wanted -= 1
                asking = asyncio.create_task(anext(watch))
                await asyncio.wait([asking, working], return_when=asyncio.FIRST_COMPLETED)
                if not asking.done():
                    asking.cancel()
                    await asyncio.wait([asking])
                    if taken is not None:
                        # Done with, and nobody can say whether that was written down.
                        unsure.add(taken)
                    break
                # Who is given the next one has had the one before written down.
                used += [taken] if taken else []
                event = asking.result()
                taken = event.id if isinstance(event, JobFinished) else None
            await working
            if random.random() < 0.6:
                await crash(own, watch)
            else:
                await watch.__aexit__(None, None, None)
                await own.aclose()
                used += [taken] if taken else []
                unsure.discard(taken or "")
        while running:
            ends.append(await publisher.finish(running.pop()))
        async with feed.watch("Transfer WHERE progress<60", durable="x") as watch:
            for event in await until(watch, Synced):
                used += [event.id] if isinstance(event, JobFinished) else []
    assert max(Counter(used).values()) == 1
    assert set(ends) - set(used) <= unsure
