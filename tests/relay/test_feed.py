"""A feed of what is published, on a real server."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import subprocess
import sys
from collections import Counter
from typing import Any

import msgspec
import pytest

import accsyn_async
from accsyn_async import (
    AccsynError,
    ArgumentError,
    Degraded,
    Event,
    JobAbortedError,
    JobChanged,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    NotFoundError,
    QueryError,
    Recovered,
    SessionClosedError,
    Synced,
    TransportError,
    WaitTimeoutError,
    where,
)
from accsyn_async.relay import Feed, NatsOptions, connect, pulse
from accsyn_async.relay.link import Link
from accsyn_async.relay.mirror import Mirror
from tests.relay.support.feeding import HandClock, eventually, feed_of, feeding, ids_in, rest, told, until
from tests.relay.support.publisher import Publisher, ident
from tests.support.nats_servers import NatsServer


async def test_first_what_is_then_what_changes(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        await publisher.move(1, progress=10)
        async with feed.watch("Transfer") as watch:
            events = await until(watch, Synced)
            if told(events) != [("JobFound", 1), ("Synced", -1)]:
                events += await until(watch, JobFound)
            await publisher.move(1, progress=20)
            await publisher.move(1, status="paused")
            await publisher.finish(1)
            events += await until(watch, JobFinished)
            await publisher.move(1, status="running", progress=0, finished=None)
            events += await until(watch, JobFound, JobRevived, count=1)
            await publisher.remove(1)
            events += await until(watch, JobRemoved)
    ends = [event for event in events if isinstance(event, JobFinished | JobRemoved)]
    assert [event.run for event in ends] == [0, 1]
    assert isinstance(events[-2], JobRevived)
    changes = [event.changes for event in events if isinstance(event, JobChanged)]
    assert changes[-1]["status"] == ("paused", "done")
    assert max(Counter(ids_in(events)).values()) == 1
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


async def test_what_was_published_before_is_there_at_once(nats_server: NatsServer, workspace: str) -> None:
    async with Publisher(nats_server.url, workspace) as publisher:
        for number in range(1, 6):
            await publisher.found(number)
        await publisher.finish(2)
        await publisher.health()
        # What is not settled: the event is there, the state is not.
        await publisher.finish(3, state=False)
        await publisher.move(4, progress=40)
        async with feed_of(nats_server, workspace) as feed, feed.watch("Transfer") as watch:
            events = await until(watch, Synced)
            assert sorted(told(events[:-1])) == [("JobFound", 1), ("JobFound", 4), ("JobFound", 5)]
            assert sorted(job.progress for job in watch.jobs) == [0, 0, 40]
            assert len(watch.jobs) == 3


async def test_a_relay_that_never_spoke_of_its_health_is_read_from_the_first_event(
    nats_server: NatsServer, workspace: str
) -> None:
    async with Publisher(nats_server.url, workspace) as publisher:
        await publisher.found(1)
        await publisher.found(2)
        await publisher.finish(1, state=False)
        async with feed_of(nats_server, workspace) as feed, feed.watch("Transfer") as watch:
            assert told(await until(watch, Synced)) == [("JobFound", 2), ("Synced", -1)]


def has_published(publisher: Publisher, count: int) -> bool:
    return len(publisher.jobs) > count


async def test_no_change_is_lost_between_what_is_and_what_changes(
    nats_server: NatsServer, workspace: str
) -> None:
    """Jobs come and end while feeds begin."""
    async with Publisher(nats_server.url, workspace) as publisher:
        await publisher.health()

        async def work() -> None:
            for number in range(1, 201):
                await publisher.found(number)
                if number > 20:
                    await publisher.finish(number - 20)
                if number % 30 == 0:
                    await publisher.health()

        async def see() -> set[int]:
            async with feed_of(nats_server, workspace) as feed, feed.watch("Transfer") as watch:
                events: list[Event] = []
                while not events or told(events[-1:]) != [("JobFinished", 180)]:
                    events += await until(watch, JobFinished)
                known, ended = set(), set()
                for kind, number in told(events):
                    if kind == "JobFound":
                        assert number not in known
                        known.add(number)
                    elif kind == "JobFinished":
                        assert number in known
                        assert number not in ended
                        ended.add(number)
                first = min(known)
                assert ended == set(range(first, 181))
                return ended

        working = asyncio.create_task(work())
        seeing = []
        for published in (1, 40, 90, 140):
            await eventually(functools.partial(has_published, publisher, published))
            seeing.append(asyncio.create_task(see()))
        await working
        for each in seeing:
            await each


async def test_a_thousand_watches_cost_one_mirror(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in range(1, 11):
            await publisher.found(number)
        await feed.wait(ident(1), until="running")
        before = await publisher.consumers()
        watches = [feed.watch(ident(1 + number % 10)) for number in range(1000)]
        for watch in watches:
            await watch.__aenter__()
        reading = [asyncio.create_task(rest(watch)) for watch in watches]
        await eventually(lambda: feed.statistics().watches == 1000)
        for number in range(1, 11):
            await publisher.finish(number)
        for number, task in enumerate(reading):
            events = told(await task)
            assert events[0] == ("JobFound", 1 + number % 10)
            assert events[-1] == ("JobFinished", 1 + number % 10)
        assert await publisher.consumers() == before == 2
        for watch in watches:
            await watch.__aexit__(None, None, None)
        assert feed.statistics().watches == 0


async def test_waiting_is_as_in_a_session(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in (1, 2, 3):
            await publisher.found(number)
        one = asyncio.create_task(feed.wait(ident(1)))
        all_ = asyncio.create_task(feed.wait_all([ident(2), ident(1)]))
        half = asyncio.create_task(feed.wait(ident(3), until=lambda job: job.progress >= 50))

        async def complete() -> list[str]:
            return [job.id async for job in feed.as_completed([ident(1), ident(2)])]

        completing = asyncio.create_task(complete())
        await eventually(lambda: feed.statistics().watches == 4)
        await publisher.finish(2)
        await publisher.move(3, progress=60)
        await publisher.finish(1)
        assert (await one).id == ident(1)
        assert [job.id for job in await all_] == [ident(2), ident(1)]
        assert (await half).progress == 60
        assert await completing == [ident(2), ident(1)]
        await publisher.finish(3, "aborted")
        with pytest.raises(JobAbortedError):
            await feed.wait(ident(3))
        await publisher.found(4)
        with pytest.raises(WaitTimeoutError, match="running at 0 % when last seen"):
            await feed.wait(ident(4), timeout=0.2)


async def test_callbacks_are_called(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        progress: list[float] = []
        done: list[JobFinished] = []
        async with feed.watch(ident(1)) as watch:
            watch.on("progress", lambda event: progress.append(event.job.progress))
            watch.on(JobFinished, done.append)
            found: list[JobFound] = []
            watch.on(JobFound, found.append)
            running = asyncio.create_task(watch.run())
            await eventually(lambda: found)
            await publisher.finish(1)
            await running
        assert progress[-1] == 100
        assert len(done) == 1


async def test_a_job_that_nobody_publishes_is_looked_for(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.answer()
        with pytest.raises(NotFoundError):
            await feed.wait(ident(77))
        assert [(each.action, each.jobs, each.type) for each in publisher.asked] == [
            ("look", [ident(77)], "transfer")
        ]
        with pytest.raises(NotFoundError):
            await feed.wait(ident(78), entitytype="compute")
        assert publisher.asked[-1].type == "compute"


async def test_a_job_is_waited_for_while_nobody_can_say_whether_it_is_there(
    nats_server: NatsServer, workspace: str
) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        waiting = asyncio.create_task(feed.wait(ident(5)))
        await eventually(lambda: feed.statistics().watches == 1)
        await publisher.found(5)
        await publisher.finish(5)
        assert (await waiting).id == ident(5)


async def test_queries_are_applied_here(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1, user="lisa@example.com")
        await publisher.found(2, user="tom@example.com")
        await eventually(lambda: feed.statistics().jobs == 2)
        async with feed.watch(where("Transfer", user="lisa@example.com")) as watch:
            assert told(await until(watch, Synced)) == [("JobFound", 1), ("Synced", -1)]
        with pytest.raises(QueryError, match="among those that a relay publishes"):
            feed.watch("Transfer WHERE hostname=ws12")
        with pytest.raises(QueryError):
            feed.watch("Usher")
        with pytest.raises(ArgumentError):
            feed.watch([])


async def test_the_workspace_is_found(own_server: NatsServer) -> None:
    clock = HandClock()

    async def come() -> Feed:
        return await Feed(NatsOptions((own_server.url,)), clock=clock).__aenter__()

    coming = asyncio.create_task(come())
    for _ in range(30):
        await asyncio.sleep(0.01)
        clock.advance(0.25)
    with pytest.raises(TransportError, match=r"no relay publishes anything at nats://127.0.0.1:\d+; start"):
        await coming
    async with Publisher(own_server.url, "acme.film"):
        async with connect(own_server.url) as feed:
            assert feed.workspace == "acme.film"
            assert feed.server == own_server.url
        async with Publisher(own_server.url, "other"):
            with pytest.raises(ArgumentError, match=r"several .* published: acme.film, other; say which"):
                await connect(own_server.url).__aenter__()
            async with connect([own_server.url], workspace="other") as feed:
                assert repr(feed) == "<Feed of 'other', open>"


async def test_the_workspace_is_that_of_the_environment(
    nats_server: NatsServer, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCSYN_WORKSPACE", workspace)
    async with Publisher(nats_server.url, workspace), connect(nats_server.url) as feed:
        assert feed.workspace == workspace


async def test_closing_ends_watches_and_waits(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        watch = await feed.watch("Transfer").__aenter__()
        durable = await feed.watch("Transfer", durable="x").__aenter__()
        waiting = asyncio.create_task(feed.wait(ident(1)))
        await until(watch, JobFound)
        await eventually(lambda: feed.statistics().watches == 3)
        await feed.aclose()
        await feed.aclose()
        await rest(watch)
        await rest(durable)
        with pytest.raises(SessionClosedError, match="it was closed before the job"):
            await waiting
        for use in (lambda: feed.watch("Transfer"), lambda: feed.as_completed(ident(1))):
            with pytest.raises(SessionClosedError, match="the feed is closed"):
                use()
        await watch.__aexit__(None, None, None)
        await durable.__aexit__(None, None, None)
    with pytest.raises(SessionClosedError, match="entered once"):
        await feed.__aenter__()
    with pytest.raises(SessionClosedError, match="enter the feed first"):
        connect(nats_server.url).watch("Transfer")


async def test_a_cancelled_beginning_leaves_nothing(nats_server: NatsServer, workspace: str) -> None:
    for steps in range(40):
        entering = asyncio.create_task(feed_of(nats_server, workspace).__aenter__())
        for _ in range(steps):
            await asyncio.sleep(0)
        entering.cancel()
        await asyncio.wait([entering])
        assert entering.cancelled()


async def test_without_a_word_of_the_relay_it_is_degraded(nats_server: NatsServer, workspace: str) -> None:
    clock = HandClock()
    async with feeding(nats_server, workspace, clock=clock) as (publisher, feed):
        async with feed.watch("Transfer") as watch:
            await until(watch, Synced)
            for _ in range(14):
                clock.advance(1)
                await asyncio.sleep(0)
            assert watch.backlog == 0
            await asyncio.sleep(0)
            clock.advance(1)
            (event,) = await until(watch, Degraded)
            assert isinstance(event, Degraded)
            assert "no relay has been heard of for 15 s" in event.reason
            # Whoever comes now hears of it too.
            async with feed.watch("Transfer") as late:
                assert isinstance((await until(late, Degraded))[-1], Degraded)
            await publisher.health()
            (event,) = await until(watch, Recovered)
            await publisher.health("degraded", "accsyn does not answer")
            (event,) = await until(watch, Degraded)
            assert isinstance(event, Degraded)
            assert event.reason == "accsyn does not answer"
            await publisher.health()
            await until(watch, Recovered)


async def test_what_the_relay_said_long_ago_is_not_news(
    nats_server: NatsServer, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has been away for an hour by the server's clock, whatever this machine's says."""
    ask = Link.api

    async def an_hour_later(link: Link, call: str, *args: Any, **options: Any) -> dict[str, Any]:
        said = await ask(link, call, *args, **options)
        if "ts" in said:
            later = msgspec.convert(said["ts"], dt.datetime) + dt.timedelta(hours=1)
            said["ts"] = later.isoformat()
        return said

    monkeypatch.setattr(Link, "api", an_hour_later)
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        async with feed.watch(ident(1)) as watch:
            # This one's age is told by its message, and not by when that was read.
            assert "no relay has been heard of for 3600 s" in str(await until(watch, Degraded))
            assert 3600 < (feed.statistics().age or 0) < 3660
            await publisher.health()
            await until(watch, Recovered)
            assert (feed.statistics().age or 0) < 60


async def test_a_bug_in_what_looks_at_the_clock_is_not_kept_quiet(
    nats_server: NatsServer, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    clock = HandClock()
    async with feeding(nats_server, workspace, clock=clock) as (publisher, feed):
        await publisher.found(1)
        async with feed.watch(ident(1)) as watch:
            await until(watch, Synced)
            monkeypatch.setattr(Mirror, "caught_up", fail)
            clock.advance(1.0)
            with pytest.raises(AccsynError, match="the feed failed: ZeroDivisionError"):
                await rest(watch)


async def test_without_nats_it_is_degraded_and_goes_on_where_it_was(
    own_server: NatsServer, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "_AWAY_AFTER", 0.2)
    async with feeding(own_server, workspace) as (publisher, feed):
        await publisher.found(1)
        async with feed.watch("Transfer") as watch, feed.watch("Transfer", durable="x") as durable:
            await until(watch, JobFound)
            await until(durable, JobFound)
            own_server.kill()
            events = await until(watch, Degraded)
            assert isinstance(events[-1], Degraded)
            assert "NATS is out of reach" in events[-1].reason
            await until(durable, Degraded)
            own_server.start()
            await publisher.back()
            await publisher.finish(1)
            await publisher.health()
            for each in (watch, durable):
                seen = told(await until(each, Recovered, JobFinished, count=2))
                assert Counter(seen)["JobFinished", 1] == 1


async def test_streams_that_are_made_anew_are_read_on(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        for number in (1, 2):
            await publisher.found(number)
        async with feed.watch("Transfer") as watch:
            seen = await until(watch, JobFound, count=2)
            await publisher.finish(1, state=False)
            seen += await until(watch, JobFinished)
            await publisher.delete(publisher.names.events)
            await publisher.delete(publisher.names.states)
            await publisher.make_streams()
            await publisher.state(1)
            await publisher.finish(2)
            await publisher.found(3)
            seen += await until(watch, JobFound)
    assert Counter(told(seen))["JobFinished", 1] == 1
    assert Counter(told(seen))["JobFinished", 2] == 1
    assert Counter(told(seen))["JobFound", 2] == 1


async def test_what_no_relay_has_published_is_left_out(
    nats_server: NatsServer, workspace: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.found(1)
        names = publisher.names
        async with feed.watch("Transfer") as watch:
            await until(watch, JobFound)
            good = await publisher.last(names.events)
            for subject in (names.event(ident(1)), names.state(ident(1)), names.health, names.term):
                await publisher.raw(subject, b"hello")
                await publisher.raw(subject, good)
            await publisher.found(2)
            assert ("JobFound", 2) in told(await until(watch, JobFound))
        assert "is left out" in caplog.text


def test_it_is_reachable_and_loads_nothing_that_is_not_needed() -> None:
    code = (
        "import sys, accsyn_async\n"
        "assert 'relay' in dir(accsyn_async)\n"
        "module = accsyn_async.relay\n"
        "assert set(module.__all__) <= set(dir(module))\n"
        "assert module.Commanded('a', True).ok\n"
        "assert 'nats' not in sys.modules\n"
        "module.connect('nats://127.0.0.1:4222')\n"
        "assert 'nats' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'conect'"):
        _ = accsyn_async.relay.conect  # type: ignore[attr-defined]


def test_without_nats_py_it_says_what_to_install() -> None:
    code = (
        "import sys, accsyn_async\n"
        "sys.modules['nats'] = sys.modules['nkeys'] = None\n"
        "try:\n"
        "    accsyn_async.relay.connect\n"
        "except ImportError as error:\n"
        "    assert \"pip install 'accsyn-async[relay]'\" in str(error), error\n"
        "else:\n"
        "    raise SystemExit('nothing was said')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
