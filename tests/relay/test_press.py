"""What a leader publishes on a real server: order, fences, and streams that lose what they held."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from accsyn_async import ArgumentError, Job, JobChanged, JobFinished, JobFound
from accsyn_async.monitor.diff import changes_between
from accsyn_async.relay import fenced_stream
from accsyn_async.relay.acks import Acks
from accsyn_async.relay.book import Book, Masthead
from accsyn_async.relay.candidate import Candidate
from accsyn_async.relay.fenced_stream import DeposedError, PublishError
from accsyn_async.relay.inventory import Inventory, read_inventory, read_shelf
from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import (
    EVENT,
    ID,
    RELAY,
    TERM,
    HealthMessage,
    NewerError,
    StateMessage,
    TermMessage,
    encode,
    read_event,
    read_state,
)
from accsyn_async.relay.nats_options import NatsOptions
from accsyn_async.relay.press import Press
from accsyn_async.relay.subjects import Names
from tests.support.backend import job_id
from tests.support.nats_servers import NatsServer


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def health(masthead: Masthead, settled: int) -> HealthMessage:
    return HealthMessage(
        **masthead.fields(now()),
        state="ok",
        reason=None,
        since=now(),
        age_s=0.5,
        polls=1,
        period_s=3.0,
        settled=settled,
        queries=["Transfer"],
        allowed=[],
    )


@contextlib.asynccontextmanager
async def leading(
    link: Link,
    names: Names,
    relay: str = "one",
    memory: Book | None = None,
    *,
    holds: bool = True,
    replicas: int = 1,
) -> AsyncIterator[tuple[Press, Inventory]]:
    async with Acks(link.client) as acks:
        yield await Candidate(
            link=link,
            acks=acks,
            names=names,
            workspace="acme",
            relay=relay,
            new_book=f"book of {relay}",
            replicas=replicas,
            may_write=lambda: holds,
            now=now,
            health=health,
            memory=memory,
        ).begin()


def job(number: int, status: str = "running", progress: int = 0, **more: Any) -> Job:
    row = {"id": job_id(number), "name": f"{number}.mov", "status": status, "progress": progress}
    return Job.from_row(row | more)


def found(number: int, **facts: Any) -> JobFound:
    return JobFound(at=now(), job=job(number, **facts))


def progressed(number: int, before: int, after: int) -> JobChanged:
    old, new = job(number, progress=before), job(number, progress=after)
    return JobChanged(at=now(), job=new, previous=old, changes=changes_between(old, new))


def finished(number: int, when: str = "2026-11-01T00:00:00") -> JobFinished:
    ended = job(number, "done", 100, finished=when)
    return JobFinished(at=now(), job=ended, id=f"acme:{ended.id}:done:{when}")


async def state_of(link: Link, names: Names, number: int) -> StateMessage:
    """A job's state as it stands in its stream."""
    message = await link.jetstream.get_last_msg(names.states, names.state(job_id(number)))
    return read_state(message.data or b"")


async def events(link: Link, names: Names) -> list[tuple[str, str]]:
    """What stands in the stream of events, in order: the event's id, and what happened."""
    state = (await link.jetstream.stream_info(names.events)).state
    told: list[tuple[str, str]] = []
    for seq in range(state.first_seq, state.last_seq + 1):
        with contextlib.suppress(Exception):
            message = await link.jetstream.get_msg(names.events, seq=seq)
            if message.subject != names.term:
                event = read_event(message.data or b"")
                told.append((event.id, event.event))
    return told


async def test_events_and_states_stand_in_their_streams(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, inventory):
            assert (inventory.health, inventory.book, press.book.masthead.term) == (None, None, 1)
            await press.tell([found(1), found(2), progressed(1, 0, 5), finished(2)], "transfer")
        assert [name for _, name in await events(link, names)] == ["found", "found", "finished"]
        first = await link.jetstream.get_last_msg(names.events, names.event(job_id(2)))
        headers = first.headers or {}
        assert headers[ID] == headers[EVENT] == finished(2).id
        assert (headers[RELAY], headers[TERM]) == ("one", "1")
        state = read_state(
            (await link.jetstream.get_last_msg(names.states, names.state(job_id(2)))).data or b""
        )
        assert state.ended
        assert (state.event_id, state.event_seq) == (finished(2).id, first.seq)
        assert press.settled == (await link.jetstream.stream_info(names.events)).state.last_seq
        moved = read_state(
            (await link.jetstream.get_last_msg(names.states, names.state(job_id(1)))).data or b""
        )
        assert (moved.job["progress"], moved.type) == (5, "transfer")


async def test_the_next_leader_goes_on_where_one_stopped(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(1), found(2)], "transfer")
        async with leading(link, names, "two") as (second, inventory):
            assert second.book.masthead == Masthead("acme", "two", 2, "book of one")
            assert inventory.health is not None
            assert set(second.book.records) == {job_id(1), job_id(2)}
            await second.repair()
            await second.tell([found(1), finished(2)], "transfer")
            await second.tell([finished(2)], "transfer")
        assert [name for _, name in await events(link, names)] == ["found", "found", "finished"]


async def test_a_deposed_leader_writes_nothing(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (first, _):
            await first.tell([found(1)], "transfer")
            async with leading(link, names, "two") as (second, _):
                before = await events(link, names)
                with pytest.raises(DeposedError):
                    await first.tell([finished(1)], "transfer")
                with pytest.raises(DeposedError):
                    await first.tell_health()
                with pytest.raises(DeposedError):
                    await first.audit()
                assert await events(link, names) == before
                await second.tell([finished(1)], "transfer")
        assert [name for _, name in await events(link, names)] == ["found", "finished"]


async def test_nothing_of_a_burst_of_a_deposed_leader_is_taken(nats_server: NatsServer, names: Names) -> None:
    # Were each message to count on the one before, the second would fit behind the new leader's beginning.
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (first, _):
            await first.tell([found(number) for number in range(20)], "transfer")
            async with leading(link, names, "two"):
                before = await events(link, names)
                with pytest.raises(DeposedError):
                    await first.tell([finished(number) for number in range(20)], "transfer")
                assert await events(link, names) == before
                assert not (await state_of(link, names, 7)).ended


async def test_a_server_without_batches_takes_one_message_after_the_other(
    nats_server: NatsServer, names: Names
) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        await link.jetstream.add_stream(name=names.events, subjects=[names.every_event, names.term])
        await link.jetstream.add_stream(
            name=names.states, subjects=[names.every_state, names.health], max_msgs_per_subject=1
        )
        async with leading(link, names) as (first, _):
            await first.tell([found(1), found(2), finished(1), found(3)], "transfer")
            async with leading(link, names, "two") as (second, _):
                with pytest.raises(DeposedError):
                    await first.tell([finished(2), finished(3)], "transfer")
                await second.tell([finished(2), finished(3)], "transfer")
        told = [name for _, name in await events(link, names)]
        assert told == ["found", "found", "finished", "found", "finished", "finished"]


async def test_a_stream_of_something_else_is_left_alone(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        await link.jetstream.add_stream(name=names.events, subjects=[f"orders.{names.events}"])
        with pytest.raises(ArgumentError, match="of other subjects"):
            async with leading(link, names):
                pass


async def test_more_replicas_than_servers_are_refused(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        with pytest.raises(ArgumentError, match="cannot be made"):
            async with leading(link, names, replicas=3):
                pass


async def test_who_does_not_hold_the_lease_puts_up_no_fence(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        with pytest.raises(DeposedError):
            async with leading(link, names, holds=False):
                pass
        assert await events(link, names) == []
        assert (await link.jetstream.stream_info(names.events)).state.messages == 0


async def test_what_others_write_stops_nobody(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(1)], "transfer")
            for subject in (
                names.event(job_id(1)),
                names.state(job_id(1)),
                names.event("nobody"),
                names.health,
            ):
                await link.jetstream.publish(subject, b"not ours")
            await press.tell([found(2), progressed(1, 0, 7), finished(1)], "transfer")
            await press.tell_health()
        told = await events(link, names)
        assert [name for _, name in told] == ["found", "found", "finished"]
        async with leading(link, names, "two") as (second, inventory):
            assert inventory.health is not None
            assert second.book.records[job_id(1)].ended


async def test_what_a_leader_cannot_have_written_is_not_believed(
    nats_server: NatsServer, names: Names
) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(1), found(2)], "transfer")
            for number, (relay, term) in enumerate([("forger", 1), ("one", 7)], 1):
                forger = Book(Masthead("acme", relay, term, "book of one"))
                forger.take(found(number), "transfer")
                (end,) = forger.take(finished(number), "transfer")
                (state,) = forger.states()
                headers = {RELAY: relay, TERM: str(term)}
                await link.jetstream.publish(names.event(job_id(number)), encode(end), headers=headers)
                await link.jetstream.publish(names.state(job_id(number)), encode(state), headers=headers)
        async with leading(link, names, "two") as (second, inventory):
            assert inventory.event_messages == []
            assert inventory.state_messages == []
            assert second.book.records == {}
            assert second.book.masthead.term == 2


async def test_a_state_written_over_is_published_again(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(1)], "transfer")
            await link.jetstream.publish(names.state(job_id(1)), b"not ours")
            await press.check()
            assert (await state_of(link, names, 1)).job["id"] == job_id(1)
            assert press.mended == 0


@pytest.mark.parametrize("which", ["events", "states"])
async def test_a_deleted_stream_is_made_again(nats_server: NatsServer, names: Names, which: str) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(1), found(2), finished(2)], "transfer")
            before = await events(link, names)
            await link.jetstream.delete_stream(getattr(names, which))
            await press.tell([progressed(1, 0, 5), finished(1)], "transfer")
            assert press.mended == 1
            after = await events(link, names)
            assert after == [*before, (finished(1).id, "finished")]
            states = await read_shelf(link, names.states)
            assert {names.state(job_id(1)), names.state(job_id(2)), names.health} == set(states.messages)
        # Whoever comes next finds all of it.
        inventory = await read_inventory(link, names)
        assert {event.job["id"] for event, _ in inventory.event_messages} == {job_id(1), job_id(2)}
        assert inventory.term == 1


async def test_both_streams_deleted_and_nothing_new(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(1), found(2), finished(2)], "transfer")
            before = await events(link, names)
            await link.jetstream.delete_stream(names.events)
            await link.jetstream.delete_stream(names.states)
            await press.check()
            assert await events(link, names) == before
            assert len((await read_shelf(link, names.states)).messages) == 3


async def test_who_led_before_remembers_what_is_lost(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(1), found(2), finished(2)], "transfer")
        await link.jetstream.delete_stream(names.events)
        await link.jetstream.delete_stream(names.states)
        async with leading(link, names, memory=press.book) as (second, _):
            assert second.book.masthead == Masthead("acme", "one", 2, "book of one")
            await second.repair()
            await second.tell([found(1), finished(2)], "transfer")
        # What goes on needs no event; the end does, and has the id that it had.
        assert await events(link, names) == [(finished(2).id, "finished")]
        assert len((await read_shelf(link, names.states)).messages) == 3


async def test_an_audit_finds_events_that_are_gone(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(1), finished(1), found(2)], "transfer")
            before = await events(link, names)
            await press.audit()
            assert press.mended == 0
            await link.jetstream.purge_stream(names.events)
            await press.audit()
            assert press.mended == 1
            # Their ids are remembered, and so they were not taken at once.
            assert await events(link, names) == before
            await press.audit()
            assert press.mended == 1


async def test_many_events_that_are_gone_and_remembered(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            several = [each for number in range(20) for each in (found(number), finished(number))]
            await press.tell(several, "transfer")
            before = await events(link, names)
            await link.jetstream.purge_stream(names.events)
            await press.audit()
            assert sorted(await events(link, names)) == sorted(before)


async def test_streams_that_keep_less_are_no_wonder(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        for stream, subjects in (
            (names.events, [names.every_event, names.term]),
            (names.states, [names.every_state, names.health]),
        ):
            await link.jetstream.add_stream(name=stream, subjects=subjects, max_age=60)
        async with leading(link, names) as (press, _):
            old = finished(1)
            old = JobFinished(at=now() - dt.timedelta(hours=1), job=old.job, id=old.id)
            await press.tell([found(1), old], "transfer")
            # As if it had aged out.
            await link.jetstream.purge_stream(names.events, subject=names.event(job_id(1)))
            await press.audit()
            assert press.mended == 0
            assert await events(link, names) == []


async def test_what_is_too_large_for_a_stream_stops_nobody(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        await link.jetstream.add_stream(
            name=names.events, subjects=[names.every_event, names.term], max_msg_size=3_000
        )
        async with leading(link, names) as (press, _):
            await press.tell([found(1, metadata={"x": "x" * 5_000}), found(2)], "transfer")
            assert [ident for ident, _ in await events(link, names)] == [f"acme:{job_id(2)}:0:0"]


async def test_a_job_that_is_larger_than_nats_takes_is_published_all_the_same(
    nats_server: NatsServer, names: Names
) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            large = {"x": "x" * 2_000_000}
            await press.tell([found(1, metadata=large), found(2), finished(1)], "transfer")
            assert [name for _, name in await events(link, names)] == ["found", "found", "finished"]
            assert (await state_of(link, names, 1)).ended


async def test_an_older_relay_does_not_write_over_what_a_newer_one_wrote(
    nats_server: NatsServer, names: Names
) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names, "newer") as (press, _):
            await press.tell([found(1)], "transfer")
        latest = await link.jetstream.get_last_msg(names.states, names.health)
        text = (latest.data or b"").replace(b'"v":1', b'"v":2', 1)
        headers = {RELAY: "newer", TERM: "1"}
        await link.jetstream.publish(names.health, text, headers=headers)
        before = (await link.jetstream.stream_info(names.events)).state.last_seq
        with pytest.raises(NewerError, match="version 2"):
            async with leading(link, names, "older"):
                pass
        assert (await link.jetstream.stream_info(names.events)).state.last_seq == before


@pytest.mark.parametrize("headers", [{}, {RELAY: "forger", TERM: "1"}])
async def test_who_only_says_that_it_begins_deposes_nobody(
    nats_server: NatsServer, names: Names, headers: dict[str, str]
) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            text = encode(TermMessage(**Masthead("acme", "forger", 9, "b").fields(now())))
            await link.jetstream.publish(names.term, text, headers=headers)
            await press.tell([found(1)], "transfer")
            await press.check()


async def test_what_stands_on_top_of_a_beginning_hides_it_from_nobody(
    nats_server: NatsServer, names: Names
) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (first, _):
            await first.tell([found(1)], "transfer")
            async with leading(link, names, "two"):
                await link.jetstream.publish(names.term, b"not ours")
                await link.jetstream.publish(names.health, b"not ours")
                with pytest.raises(DeposedError):
                    await first.tell([finished(1)], "transfer")
                with pytest.raises(DeposedError):
                    await first.tell_health()


async def test_an_end_that_only_the_state_knows_is_published(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(1), finished(1), found(2)], "transfer")
            await link.jetstream.purge_stream(names.events)
        async with leading(link, names, "two") as (second, _):
            await second.repair()
        assert await events(link, names) == [(finished(1).id, "finished")]


async def test_thousands_of_jobs_at_once(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(number) for number in range(3000)], "transfer")
            assert press.events_published == press.states_published == 3000
        async with leading(link, names, "two") as (second, _):
            assert len(second.book.records) == 3000


async def test_without_a_connection_it_is_not_known_what_was_published(
    own_server: NatsServer, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fenced_stream, "_PATIENCE", 0.2)
    async with Link(NatsOptions((own_server.url,))) as link, leading(link, names) as (press, _):
        await press.tell([found(1)], "transfer")
        own_server.kill()
        with pytest.raises(PublishError):
            await press.tell([finished(1)], "transfer")
