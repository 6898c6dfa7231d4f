"""What a feed has the leader do."""

from __future__ import annotations

import asyncio

import pytest
from nats.aio.msg import Msg

from accsyn_async import (
    ArgumentError,
    BackendError,
    OutcomeUnknownError,
    PermissionDeniedError,
    TransportError,
)
from accsyn_async.relay import Commanded
from accsyn_async.relay.asking import ask_leader, who_asks
from accsyn_async.relay.command_messages import encode_reply
from accsyn_async.relay.link import Link, NatsOptions
from accsyn_async.relay.subjects import Names
from tests.relay.support.feeding import eventually, feeding
from tests.relay.support.publisher import ident
from tests.support.nats_servers import NatsServer


async def test_it_is_done_and_logged_by_whom(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.answer()
        await publisher.found(1)
        await eventually(lambda: feed.statistics().jobs == 1)
        assert feed.allowed == {"pause", "resume", "abort"}
        results = await feed.command(" Pause ", [ident(2), ident(1)])
        assert results == [
            Commanded(ident(2), False, error="there is no such job"),
            Commanded(ident(1), True, "paused"),
        ]
        (asked,) = publisher.asked
        assert (asked.action, asked.type) == ("pause", "transfer")
        assert asked.by == who_asks()
        assert "@" in asked.by


async def test_many_are_asked_for_in_batches(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.answer()
        results = await feed.command("abort", [ident(number) for number in range(1, 602)])
        assert [result.id for result in results] == [ident(number) for number in range(1, 602)]
        assert [len(each.jobs) for each in publisher.asked] == [250, 250, 101]


async def test_what_is_not_allowed_is_refused(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        publisher.allowed = ["pause"]
        await publisher.answer()
        await publisher.health()
        await eventually(lambda: feed.allowed == {"pause"})
        with pytest.raises(PermissionDeniedError, match="abort is not allowed"):
            await feed.command("abort", ident(1))


async def test_what_cannot_be_asked(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.answer()
        with pytest.raises(ArgumentError, match="'look' is no action; there are pause, resume, abort"):
            await feed.command("look", ident(1))
        with pytest.raises(ArgumentError, match="no job's id"):
            await feed.command("pause", "everything")
        with pytest.raises(ArgumentError, match="no kind of job"):
            await feed.command("pause", ident(1), entitytype="user")
        assert publisher.asked == []
        assert await feed.command("pause", []) == []


async def test_when_nobody_leads_nothing_was_done(nats_server: NatsServer, workspace: str) -> None:
    async with feeding(nats_server, workspace) as (_, feed):
        with pytest.raises(TransportError, match="no relay leads at the moment; nothing was done"):
            await feed.command("pause", ident(1))


async def test_without_an_answer_it_is_not_known(nats_server: NatsServer, workspace: str) -> None:
    names = Names.of(workspace)
    heard: list[Msg] = []

    async def hear(msg: Msg) -> None:
        heard.append(msg)

    async with (
        feeding(nats_server, workspace) as (publisher, _),
        Link(NatsOptions((nats_server.url,))) as link,
    ):
        await publisher.client.subscribe(names.command, cb=hear)
        await publisher.settle()
        with pytest.raises(OutcomeUnknownError, match=f"whether it did pause job {ident(1)} is not known"):
            await ask_leader(link, names, "pause", [ident(1)], entitytype="transfer", by="lisa", timeout=0.1)
        with pytest.raises(TransportError, match=r"did not answer within 0\.1 s"):
            await ask_leader(link, names, "look", [ident(1)], entitytype="transfer", by="lisa", timeout=0.1)
        assert len(heard) == 2


async def test_an_answer_that_is_none(nats_server: NatsServer, workspace: str) -> None:
    answers = [b"ok", encode_reply(error="it rains"), encode_reply([])]

    async def reply(msg: Msg) -> None:
        await msg.respond(answers.pop(0))

    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.client.subscribe(publisher.names.command, cb=reply)
        await publisher.settle()
        with pytest.raises(OutcomeUnknownError, match="answer cannot be read"):
            await feed.command("pause", ident(1))
        with pytest.raises(BackendError, match="it rains"):
            await feed.command("pause", ident(1))
        (result,) = await feed.command("pause", ident(1))
        assert (result.ok, result.unknown) == (False, True)


async def test_what_is_known_of_some_is_told_though_others_were_not_answered(
    nats_server: NatsServer, workspace: str
) -> None:
    async def reply(msg: Msg) -> None:
        if msg.data.count(b'"0000') > 10:
            await msg.respond(encode_reply([Commanded(ident(1), True, "paused")]))
        else:
            await msg.respond(b"?")

    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.client.subscribe(publisher.names.command, cb=reply)
        await publisher.settle()
        results = await feed.command("pause", [ident(number) for number in range(1, 252)])
        assert results[0] == Commanded(ident(1), True, "paused")
        assert (results[-1].ok, results[-1].unknown) == (False, True)
        assert "cannot be read" in (results[-1].error or "")


async def test_when_nats_goes_away_under_a_command(own_server: NatsServer, workspace: str) -> None:
    heard = asyncio.Event()

    async def hear(_: Msg) -> None:
        heard.set()

    async with feeding(own_server, workspace) as (publisher, feed):
        await publisher.client.subscribe(publisher.names.command, cb=hear)
        await publisher.settle()
        asking = asyncio.create_task(feed.command("abort", [ident(1), ident(2)]))
        await heard.wait()
        own_server.kill()
        with pytest.raises(OutcomeUnknownError, match="whether it did abort 2 jobs is not known"):
            await asking
        # What is asked for now is not sent later.
        with pytest.raises(TransportError, match="nothing was sent"):
            await feed.command("abort", ident(1))
        own_server.start()
        await publisher.back()
