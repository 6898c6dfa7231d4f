"""Relays on a real server, over a sandbox: they lead and stand by, publish, and do what they are asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Any

import pytest
from nats.aio.msg import Msg

from accsyn_async import (
    AccsynError,
    ArgumentError,
    Job,
    JobFinished,
    PollPolicy,
    QueryError,
    Session,
    TransportError,
    Watch,
)
from accsyn_async.monitor import ledger
from accsyn_async.relay import connect, intake, leader
from accsyn_async.relay.bucket import Bucket
from accsyn_async.relay.command_messages import Commanded, CommandReply, encode_request, read_reply
from accsyn_async.relay.commands import CommandDesk
from accsyn_async.relay.lease import Lease
from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import EventMessage, HealthMessage, read_event, read_health, read_state
from accsyn_async.relay.nats_options import NatsOptions
from accsyn_async.relay.reader import Arrived, Reader
from accsyn_async.relay.relay import Relay, Role
from accsyn_async.relay.subjects import Names
from accsyn_async.sandbox import Sandbox
from accsyn_async.transport.seam import AsyncioClock
from tests.relay.support.relaying import QUICK, Relaying, relaying
from tests.support.backend import job_id
from tests.support.nats_servers import NatsServer, binary, free_port

SHORT = 1_000_000
"""Bytes that are moved in a moment, but not between two polls."""
LONG = 100_000_000
"""Bytes that take as long as they are let."""


class Streams:
    """What a relay publishes, read as it comes."""

    def __init__(self, link: Link, names: Names) -> None:
        self.link = link
        self.names = names

    async def events(self, ident: str, until: str) -> list[EventMessage]:
        """The events of a job up to the first of a name."""
        told: list[EventMessage] = []
        async with (
            asyncio.timeout(60),
            Reader(self.link, self.names.events, [self.names.event(ident)], after=0) as reader,
        ):
            while not told or told[-1].event != until:
                arrived = await reader.next()
                assert isinstance(arrived, Arrived)
                told.append(read_event(arrived.data))
        return told

    async def health(self, state: str) -> HealthMessage:
        """What the leader says of itself once it says that."""
        async with (
            asyncio.timeout(60),
            Reader(self.link, self.names.states, [self.names.health], latest=True) as reader,
        ):
            while True:
                arrived = await reader.next()
                assert isinstance(arrived, Arrived)
                health = read_health(arrived.data)
                if health.state == state:
                    return health

    @staticmethod
    def known(reply: CommandReply) -> list[str]:
        """The jobs that there are, an answer says."""
        return [each.id for each in reply.results or () if each.ok]

    async def ask(self, action: str, *idents: str, kind: str = "transfer") -> CommandReply:
        """Ask the leader."""
        request = encode_request(action, idents, type=kind, by="lisa@ws1")  # type: ignore[arg-type]
        return read_reply((await self.link.request(self.names.command, request, timeout=10)).data)


@contextlib.asynccontextmanager
async def published(
    server: NatsServer, workspace: str, *allowed: str, **options: Any
) -> AsyncIterator[tuple[Relaying, Streams]]:
    async with (
        relaying(server.url, workspace, allowed, **{"speed": 4, **options}) as relayed,
        Link(NatsOptions((server.url,))) as link,
    ):
        yield relayed, Streams(link, Names.of(workspace))


async def test_a_life_is_published(nats_server: NatsServer, workspace: str) -> None:
    async with published(nats_server, workspace) as (relayed, streams):
        ident = await relayed.create("a.mov", SHORT)
        told = await streams.events(ident, "finished")
        names = [message.event for message in told]
        assert names[0] == "found"
        assert names[-1] == "finished"
        assert [message.n for message in told] == list(range(len(told)))
        end = told[-1]
        (row,) = await relayed.session.find(f"Transfer WHERE id={ident}", finished=True)
        assert end.job["status"] == row["status"] == "done"
        assert end.id.startswith(f"{workspace}:{ident}:done:")
        assert end.ended
        assert end.type == "transfer"


async def test_what_it_is_not_allowed_to_do_it_refuses(nats_server: NatsServer, workspace: str) -> None:
    async with published(nats_server, workspace, "pause") as (relayed, streams):
        ident = await relayed.create("a.mov", SHORT)
        await streams.events(ident, "finished")
        refused = await streams.ask("abort", ident)
        assert refused.refused
        assert refused.error == "the relay does not allow to abort; it allows pause"
        assert refused.results is None


async def test_it_does_what_it_is_asked(nats_server: NatsServer, workspace: str) -> None:
    async with published(nats_server, workspace, "pause", "resume", "abort") as (relayed, streams):
        ident = await relayed.create("a.mov", LONG)
        await streams.events(ident, "found")
        paused = await streams.ask("pause", ident, job_id(77))
        assert paused.results is not None
        assert [(each.id, each.ok, each.status) for each in paused.results] == [
            (ident, True, "paused"),
            (job_id(77), False, None),
        ]
        assert paused.results[1].error == "it is not published by the relay"
        await streams.events(ident, "changed")
        again = await streams.ask("pause", ident)
        assert again.results is not None
        assert again.results[0].error == "it is paused"
        aborted = await streams.ask("abort", ident)
        assert aborted.results is not None
        assert aborted.results[0].status == "aborted"
        assert (await streams.events(ident, "finished"))[-1].job["status"] == "aborted"
        assert (await streams.health("ok")).allowed == ["pause", "resume", "abort"]


async def test_what_it_has_just_done_it_knows(nats_server: NatsServer, workspace: str) -> None:
    slow = PollPolicy(soon=30, running=30, idle=30)
    async with published(nats_server, workspace, "pause", "resume", poll=slow) as (relayed, streams):
        ident = await relayed.create("a.mov", LONG)
        await streams.events(ident, "found")
        for action, status in (("pause", "paused"), ("resume", "waiting"), ("pause", "paused")):
            answer = await streams.ask(action, ident)
            assert answer.results is not None
            assert [(each.ok, each.status) for each in answer.results] == [(True, status)]


async def test_who_leads_no_more_does_nothing(
    nats_server: NatsServer, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was frozen wakes with requests in its hands."""
    woken, change = ContextVar("woken", default=False), CommandDesk._change
    held: Any = Lease.held

    async def late(desk: CommandDesk, action: str, ident: str) -> Commanded:
        woken.set(True)
        return await change(desk, action, ident)

    monkeypatch.setattr(CommandDesk, "_change", late)
    # To nobody else it is over yet: the desk would be gone before it is asked.
    monkeypatch.setattr(Lease, "held", property(lambda lease: not woken.get() and held.fget(lease)))
    async with published(nats_server, workspace, "pause") as (relayed, streams):
        ident = await relayed.create("a.mov", LONG)
        await streams.events(ident, "found")
        answer = await streams.ask("pause", ident)
        assert answer.results is not None
        assert answer.results[0].error == "the relay leads no more; nothing was done"
        (row,) = await relayed.session.find(f"Transfer WHERE id={ident}")
        assert row["status"] != "paused"


async def test_requests_that_make_no_sense_are_answered(nats_server: NatsServer, workspace: str) -> None:
    async with published(nats_server, workspace, "pause") as (_, streams):
        for text in (b"", b"[]", b'{"v":2}', b'{"v":1,"action":"explode","jobs":["a"],"type":"x","by":"y"}'):
            answer = read_reply((await streams.link.request(streams.names.command, text)).data)
            assert answer.error is not None
            assert answer.results is None


async def test_who_asks_for_a_job_that_is_not_published_has_it_published(
    nats_server: NatsServer, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "REMOVED_AFTER", 0.2)
    queries = ('Transfer WHERE name="*.exr"',)
    async with published(nats_server, workspace, queries=queries) as (relayed, streams):
        ident = await relayed.create("a.mov", SHORT)
        found = await streams.ask("look", ident, job_id(5))
        assert found.results is not None
        assert [(each.id, each.ok, each.unknown) for each in found.results] == [
            (ident, True, False),
            (job_id(5), False, False),
        ]
        assert (await streams.events(ident, "finished"))[0].event == "found"
        nonsense = await streams.ask("look", "x")
        assert nonsense.results is not None
        assert nonsense.results[0].error == "it is no job's id"


async def watched(session: Session, count: int) -> None:
    """Wait until the relay watches so many things."""
    async with asyncio.timeout(60):
        while session.monitor.statistics().watches != count:
            await asyncio.sleep(0.01)


async def test_a_job_that_nobody_asks_for_any_more_costs_nothing(
    nats_server: NatsServer, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leader, "_UNASKED", 0.3)
    monkeypatch.setattr(leader, "_ASKED_TOGETHER", 0.0)
    queries = ('Transfer WHERE name="*.exr"',)
    async with published(nats_server, workspace, queries=queries) as (relayed, streams):
        ident = await relayed.create("a.mov", LONG)
        async with asyncio.timeout(60):
            while ident not in streams.known(await streams.ask("look", ident)):
                pass  # Forgotten before the backend has said anything.
        await watched(relayed.session, 1)
        monkeypatch.setattr(leader, "_UNASKED", 300.0)
        await relayed.session.update("transfer", ident, {"status": "aborted"})
        answer = await streams.ask("look", ident)
        assert answer.results is not None
        assert answer.results[0].ok
        assert (await streams.events(ident, "finished"))[-1].job["status"] == "aborted"


async def test_a_job_that_goes_on_is_published_once_for_all_who_ask(
    nats_server: NatsServer, workspace: str
) -> None:
    slow = PollPolicy(soon=30, running=30, idle=30)
    async with published(nats_server, workspace, queries=("Delivery",), poll=slow) as (relayed, streams):
        ident = await relayed.create("a.mov", LONG)
        states: list[Msg] = []

        async def keep(message: Msg) -> None:
            states.append(message)

        await streams.link.client.subscribe(streams.names.state(ident), cb=keep)
        for _ in range(5):
            answer = await streams.ask("look", ident)
            assert answer.results is not None
            assert answer.results[0].ok
        await streams.link.client.flush()
        assert len(states) == 1


async def test_a_job_that_somebody_watches_is_asked_for_again(
    nats_server: NatsServer, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leader, "_UNASKED", 0.6)
    monkeypatch.setattr(leader, "_ASKED_TOGETHER", 0.0)
    monkeypatch.setattr(intake, "_RENEWS_EVERY", 1.0)
    queries = ('Transfer WHERE name="*.exr"',)
    async with published(nats_server, workspace, queries=queries) as (relayed, _):
        first, second = [await relayed.create(name, LONG) for name in ("a.mov", "b.mov")]
        async with connect(nats_server.url, workspace=workspace) as feed:
            async with feed.watch(first) as watch, feed.watch(second, durable="b") as durable:
                waiting = [asyncio.create_task(until_end(each)) for each in (watch, durable)]
                # It forgets both, and is asked for them again.
                await watched(relayed.session, 3)
                await watched(relayed.session, 1)
                monkeypatch.setattr(leader, "_UNASKED", 300.0)
                for ident in (first, second):
                    await relayed.session.update("transfer", ident, {"status": "aborted"})
                async with asyncio.timeout(60):
                    assert [job.status for job in await asyncio.gather(*waiting)] == ["aborted"] * 2


async def until_end(watch: Watch) -> Job:
    """The job that a watch tells the end of."""
    async for event in watch:
        if isinstance(event, JobFinished):
            return event.job
    raise AssertionError("it has ended")


async def test_who_asks_for_a_job_that_was_removed_is_told_that_there_is_none(
    nats_server: NatsServer, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "REMOVED_AFTER", 0.2)
    async with published(nats_server, workspace) as (relayed, streams):
        ident = await relayed.create("a.mov", LONG)
        await streams.events(ident, "found")
        await relayed.session.delete_one("transfer", ident)
        await streams.events(ident, "removed")
        answer = await streams.ask("look", ident)
        assert answer.results is not None
        assert [(each.ok, each.unknown) for each in answer.results] == [(False, False)]


async def test_the_state_of_a_job_that_is_asked_for_is_published_again(
    nats_server: NatsServer, workspace: str
) -> None:
    """Whoever asks may have forgotten it."""
    async with published(nats_server, workspace) as (relayed, streams):
        ident = await relayed.create("a.mov", SHORT)
        await streams.events(ident, "finished")
        subject = streams.names.state(ident)
        async with asyncio.timeout(60), Reader(streams.link, streams.names.states, [subject]) as reader:
            await reader.begun()
            answer = await streams.ask("look", ident)
            assert answer.results is not None
            assert answer.results[0].ok
            arrived = await reader.next()
            assert isinstance(arrived, Arrived)
            state = read_state(arrived.data)
            assert (state.job["status"], state.ended) == ("done", True)


async def test_trouble_with_the_backend_is_told(nats_server: NatsServer, workspace: str) -> None:
    async with published(nats_server, workspace) as (relayed, streams):
        assert (await streams.health("ok")).reason is None
        relayed.box.weather.add("error", status=503)
        health = await streams.health("degraded")
        assert health.reason
        relayed.box.weather.clear()
        assert (await streams.health("ok")).reason is None


async def test_one_leads_and_the_next_goes_on(nats_server: NatsServer, workspace: str) -> None:
    roles: list[Role] = []
    changed = asyncio.Event()

    def turned(role: Role) -> None:
        roles.append(role)
        changed.set()

    async def until(count: int) -> list[str]:
        """Who leads, once there were so many leaders."""
        async with asyncio.timeout(60):
            while len(leaders := [role.relay for role in roles if role.role == "leader"]) < count:
                changed.clear()
                await changed.wait()
        return leaders

    async with (
        Sandbox(workspace=workspace, rate_limit=False, speed=4) as box,
        box.session(poll=QUICK, rate_limit=None) as session,
        Link(NatsOptions((nats_server.url,))) as link,
    ):
        relayed = Relaying(box, session, nats_server.url)
        streams = Streams(link, Names.of(workspace))
        relays = {relay.name: relay for relay in (Relay(session, link, on_role=turned) for _ in range(2))}
        running = {name: asyncio.create_task(relay.run()) for name, relay in relays.items()}
        (first,) = await until(1)
        (second,) = relays.keys() - {first}
        one = await relayed.create("a.mov", SHORT)
        await streams.events(one, "finished")
        assert relays[first].statistics().leads
        assert not relays[second].statistics().leads
        running[first].cancel()
        assert await until(2) == [first, second]
        two = await relayed.create("b.mov", SHORT)
        told = await streams.events(two, "finished")
        assert {message.relay for message in told} == {second}
        assert {message.term for message in told} == {2}
        assert [each.event for each in await streams.events(one, "finished")].count("finished") == 1
        standing = relays[second].statistics()
        assert (standing.leads, standing.term, standing.terms, standing.connected) == (True, 2, 1, True)
        running[second].cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)
        assert not relays[second].statistics().leads


def _on_leading(leads: asyncio.Event) -> Callable[[Role], None]:
    def turned(role: Role) -> None:
        if role.role == "leader":
            leads.set()

    return turned


async def test_a_job_that_was_asked_for_is_followed_by_the_next_leader_too(
    nats_server: NatsServer, workspace: str
) -> None:
    async with (
        Sandbox(workspace=workspace, rate_limit=False) as box,
        box.session(poll=QUICK, rate_limit=None) as session,
        Link(NatsOptions((nats_server.url,))) as link,
    ):
        (box.volume / "a.mov").write_bytes(bytes(1000))
        delivery = await session.create(
            "Delivery", {"source": "a.mov", "recipients": ["standard@example.com"]}
        )
        assert isinstance(delivery, dict)
        streams = Streams(link, Names.of(workspace))
        for term in (1, 2):
            leads = asyncio.Event()
            relay = Relay(session, link, on_role=_on_leading(leads))
            running = asyncio.create_task(relay.run())
            async with asyncio.timeout(60):
                await leads.wait()
            if term == 1:
                answer = await streams.ask("look", delivery["id"], kind="delivery")
                assert answer.results is not None
                assert answer.results[0].ok
            else:
                await session.update("Delivery", delivery["id"], {"status": "aborted"})
                assert (await streams.events(delivery["id"], "finished"))[-1].term == 2
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_relays_that_are_told_other_things_say_so(
    nats_server: NatsServer, workspace: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with relaying(nats_server.url, workspace, ["pause"]):
        assert "start all relays with the same" not in caplog.text
    async with relaying(nats_server.url, workspace, queries=["Transfer WHERE status=running"]):
        warned = [each.getMessage() for each in caplog.records if "the same" in each.getMessage()]
    assert ["published Transfer, and" in warned[0], "allowed pause, and this one nothing" in warned[1]] == [
        True,
        True,
    ]


class HastyClock(AsyncioClock):
    """Sleeps for a moment, whatever is asked."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def test_a_server_without_jetstream_is_no_place_for_a_relay(workspace: str) -> None:
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        binary(), "-a", "127.0.0.1", "-p", str(port), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with (
            Sandbox(workspace=workspace) as box,
            box.session() as session,
            Link(NatsOptions((f"nats://127.0.0.1:{port}",))) as link,
        ):
            with pytest.raises(TransportError, match="has no JetStream"):
                await Relay(session, link, clock=HastyClock()).run()
    finally:
        server.kill()
        await server.wait()


async def test_a_relay_that_is_refused_ends(nats_server: NatsServer, workspace: str) -> None:
    async with (
        Sandbox(workspace=workspace) as box,
        box.session(poll=QUICK) as session,
        Link(NatsOptions((nats_server.url,))) as link,
    ):
        await session.aclose()
        with pytest.raises(AccsynError):
            await Relay(session, link).run()


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"queries": ()}, ArgumentError, "at least one query"),
        ({"queries": ["Share"]}, QueryError, "what can be watched"),
        ({"queries": [job_id(1)]}, ArgumentError, "is a job's id"),
        ({"allowed": ["explode"]}, ArgumentError, "there are pause, resume, abort"),
        ({"replicas": 2}, ArgumentError, "1, 3 or 5"),
    ],
)
def test_bad_input(options: dict[str, object], error: type[Exception], said: str) -> None:
    session = Session("acme", "lisa@example.com", "key", url="http://127.0.0.1:1")
    link = Link(NatsOptions(("nats://127.0.0.1:1",)))
    with pytest.raises(error, match=said):
        Relay(session, link, **options)  # type: ignore[arg-type]


async def test_who_stands_by_tells_who_leads_whenever_that_changes(
    nats_server: NatsServer, workspace: str
) -> None:
    turns: asyncio.Queue[Role] = asyncio.Queue()
    async with (
        Sandbox(workspace=workspace, rate_limit=False) as box,
        box.session() as session,
        Link(NatsOptions((nats_server.url,))) as link,
    ):
        names = Names.of(workspace)
        first, second = Lease(link, names, "first"), Lease(link, names, "second")
        await first.acquire()
        running = asyncio.create_task(Relay(session, link, on_role=turns.put_nowait).run())
        try:
            async with asyncio.timeout(60):
                assert (await turns.get()).leader == "first"
                await hand_over(link, names, first, second)
                turn = await turns.get()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await second.release()
    assert (turn.role, turn.leader, turn.term, turn.reason) == ("standby", "second", None, None)


async def hand_over(link: Link, names: Names, one: Lease, other: Lease) -> None:
    """Have another hold a lease, with no moment in between in which nobody does."""
    await Bucket(link, names.lease, max_age=10.0).put("leader", other._value, one.revision)
    await other.acquire()
