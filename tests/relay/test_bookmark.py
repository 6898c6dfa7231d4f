"""The place of a durable watch in its bucket, on a real server."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from nats.aio.msg import Msg
from nats.js.errors import ServiceUnavailableError

from accsyn_async import CheckpointError, TransportError
from accsyn_async.relay.bookmark import OPEN, SILENT_FOR, Bookmark
from accsyn_async.relay.holding import Holding
from accsyn_async.relay.link import Link, NatsOptions
from accsyn_async.relay.place import Holder, Place
from accsyn_async.relay.subjects import Names
from accsyn_async.transport.seam import Clock
from tests.relay.support.feeding import eventually
from tests.relay.support.publisher import Publisher
from tests.support.nats_servers import NatsServer

LISA, TOM = Holder("f1", "lisa@ws12"), Holder("f2", "tom@ws13")


@asynccontextmanager
async def linked(server: NatsServer, workspace: str) -> AsyncIterator[Link]:
    async with Publisher(server.url, workspace), Link(NatsOptions((server.url,))) as link:
        yield link


class Hasty:
    """A clock on which nobody has to wait."""

    def __init__(self) -> None:
        self.at = 0.0
        self.steps: dict[float, Callable[[], Awaitable[None]]] = {}

    def monotonic(self) -> float:
        return self.at

    def now(self) -> dt.datetime:
        return dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=self.at)

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        for due in [due for due in self.steps if due <= self.at]:
            await self.steps.pop(due)()


def mark_of(
    link: Link,
    names: Names,
    name: str,
    holder: Holder,
    clock: Clock | None = None,
    silence: Callable[[], float] = lambda: 0.0,
) -> Bookmark:
    return Bookmark(link, names, name, holder, clock or Hasty(), silence=silence)


async def answer(link: Link, names: Names, holder: Holder, text: bytes = OPEN) -> None:
    async def reply(msg: Msg) -> None:
        await msg.respond(text)

    await link.client.subscribe(names.holder(holder.feed), cb=reply)
    await link.client.flush()


async def test_what_is_written_is_there_for_the_next(
    nats_server: NatsServer, workspace: str, names: Names
) -> None:
    async with linked(nats_server, workspace) as link:
        first = mark_of(link, names, "ingest", LISA)
        assert await first.open("Transfer") is None
        place = Place(v=1, what="Transfer", holder=LISA, stream="s", seq=7)
        await first.write(place)
        await first.write(Place(v=1, what="Transfer", stream="s", seq=8))
        found = await mark_of(link, names, "ingest", TOM).open("Transfer")
        assert found is not None
        assert (found.seq, found.holder) == (8, None)


async def test_what_jetstream_cannot_do_at_the_moment_is_to_be_tried_again(
    nats_server: NatsServer, workspace: str, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_leader(*_: object) -> None:
        raise ServiceUnavailableError(
            code=503, err_code=10008, description="JetStream system temporarily unavailable"
        )

    async with linked(nats_server, workspace) as link:
        bookmark = mark_of(link, names, "ingest", LISA)
        await bookmark.open("Transfer")
        await bookmark.write(Place(v=1, what="Transfer", holder=LISA, stream="s", seq=7))
        other = mark_of(link, names, "ingest", LISA)
        await other.open("Transfer")
        await other.write(Place(v=1, what="Transfer", holder=LISA, stream="s", seq=8))
        place = Place(v=1, what="Transfer", holder=LISA, stream="s", seq=9)
        with monkeypatch.context() as patched:
            patched.setattr(link, "api", no_leader)
            with pytest.raises(TransportError, match="temporarily unavailable"):
                await bookmark.write(place)
        await bookmark.write(place)


async def test_names_are_any_text(nats_server: NatsServer, workspace: str, names: Names) -> None:
    async with linked(nats_server, workspace) as link:
        for name in ("a.b", "a b", "ä*>", "a_2eb"):
            assert await mark_of(link, names, name, LISA).open(name) is None


async def test_one_that_is_open_is_refused(nats_server: NatsServer, workspace: str, names: Names) -> None:
    async with linked(nats_server, workspace) as link:
        await answer(link, names, LISA)
        await mark_of(link, names, "ingest", LISA).open("Transfer")
        with pytest.raises(CheckpointError, match="'ingest' is in use by lisa@ws12"):
            await mark_of(link, names, "ingest", TOM).open("Transfer")


async def test_one_whose_feed_has_it_open_no_more_is_taken_over(
    nats_server: NatsServer, workspace: str, names: Names
) -> None:
    async with linked(nats_server, workspace) as link:
        await answer(link, names, LISA, b"closed")
        await mark_of(link, names, "ingest", LISA).open("Transfer")
        assert await mark_of(link, names, "ingest", TOM).open("Transfer") is not None


async def test_one_whose_user_has_crashed_is_taken_over_and_cannot_be_written_by_it(
    nats_server: NatsServer, workspace: str, names: Names
) -> None:
    async with linked(nats_server, workspace) as link:
        crashed = mark_of(link, names, "ingest", LISA)
        await crashed.open("Transfer")
        await crashed.write(Place(v=1, what="Transfer", holder=LISA, seq=7))
        taken = await mark_of(link, names, "ingest", TOM).open("Transfer")
        assert taken is not None
        assert taken.seq == 7
        with pytest.raises(CheckpointError, match="'ingest' was taken over by tom@ws13"):
            await crashed.write(Place(v=1, what="Transfer", holder=LISA, seq=9))


async def test_a_holder_that_is_about_to_be_connected_again_is_no_crashed_one(
    nats_server: NatsServer, workspace: str, names: Names
) -> None:
    async with linked(nats_server, workspace) as link:
        await mark_of(link, names, "ingest", LISA).open("Transfer")
        clock = Hasty()
        clock.steps[4.0] = lambda: answer(link, names, LISA)
        with pytest.raises(CheckpointError, match="'ingest' is in use by lisa@ws12"):
            await mark_of(link, names, "ingest", TOM, clock, lambda: SILENT_FOR).open("Transfer")
        assert 4.0 <= clock.at < SILENT_FOR


async def test_a_holder_that_writes_meanwhile_keeps_its_place(
    nats_server: NatsServer, workspace: str, names: Names
) -> None:
    async with linked(nats_server, workspace) as link:
        mine = mark_of(link, names, "ingest", LISA)
        await mine.open("Transfer")

        async def back() -> None:
            await mine.write(Place(v=1, what="Transfer", holder=LISA, seq=7))
            await answer(link, names, LISA)

        clock = Hasty()
        clock.steps[SILENT_FOR] = back
        with pytest.raises(CheckpointError, match="'ingest' is in use by lisa@ws12"):
            await mark_of(link, names, "ingest", TOM, clock, lambda: SILENT_FOR).open("Transfer")
        await mine.check()


async def test_who_was_cut_off_itself_waits_for_others_to_come_back(
    own_server: NatsServer, workspace: str, names: Names
) -> None:
    clock = Hasty()
    async with linked(own_server, workspace) as link:
        holding = Holding(link, names, "tom@ws13", clock)
        assert holding.silence() == SILENT_FOR
        mark = mark_of(link, names, "ingest", LISA, clock)
        told = [mark.certain]
        await mark.open("Transfer")
        told.append(mark.certain)
        own_server.restart()
        await eventually(lambda: holding.silence() > 16.0)
        # Another may have come before.
        told.append(mark.certain)
        await mark.check()
        told.append(mark.certain)
        clock.at += SILENT_FOR - 1
        # Nobody can have taken it over before that is looked at again.
        told.append(mark.certain)
        assert told == [False, True, False, True, False]
        clock.at += 20.0
        assert holding.silence() == SILENT_FOR
        await holding.aclose()


async def test_one_of_something_else_is_refused(
    nats_server: NatsServer, workspace: str, names: Names
) -> None:
    async with linked(nats_server, workspace) as link:
        await mark_of(link, names, "ingest", LISA).open("Transfer")
        with pytest.raises(CheckpointError, match="is of 'Transfer', not of 'Compute'"):
            await mark_of(link, names, "ingest", LISA).open("Compute")


async def test_a_damaged_one_begins_anew(
    nats_server: NatsServer, workspace: str, names: Names, caplog: pytest.LogCaptureFixture
) -> None:
    async with linked(nats_server, workspace) as link:
        await mark_of(link, names, "ingest", LISA).open("Transfer")
        await link.jetstream.publish(f"$KV.{names.bookmarks}.ingest", b"hello")
        assert await mark_of(link, names, "ingest", LISA).open("Transfer") is None
        assert "'ingest' is damaged" in caplog.text


async def test_one_that_was_deleted_begins_anew(
    nats_server: NatsServer, workspace: str, names: Names
) -> None:
    async with linked(nats_server, workspace) as link:
        await mark_of(link, names, "ingest", LISA).open("Transfer")
        bucket = await link.jetstream.key_value(names.bookmarks)
        await bucket.delete("ingest")
        assert await mark_of(link, names, "ingest", LISA).open("Transfer") is None


async def test_a_write_whose_answer_was_lost_is_no_other_users(
    nats_server: NatsServer, workspace: str, names: Names
) -> None:
    async with linked(nats_server, workspace) as link:
        mark = mark_of(link, names, "ingest", LISA)
        await mark.open("Transfer")
        twin = mark_of(link, names, "ingest", LISA)
        await twin.open("Transfer")
        await twin.write(Place(v=1, what="Transfer", holder=LISA, seq=1))
        await mark.write(Place(v=1, what="Transfer", holder=LISA, seq=2))
        found = await mark_of(link, names, "ingest", LISA).open("Transfer")
        assert found is not None
        assert found.seq == 2


async def test_a_bucket_that_was_deleted_is_made_anew(
    nats_server: NatsServer, workspace: str, names: Names
) -> None:
    async with linked(nats_server, workspace) as link:
        mark = mark_of(link, names, "ingest", LISA)
        await mark.open("Transfer")
        await link.jetstream.delete_key_value(names.bookmarks)
        place = Place(v=1, what="Transfer", holder=LISA, seq=2)
        await mark.write(place)
        assert await mark_of(link, names, "ingest", LISA).open("Transfer") == place


async def test_pages_are_kept_beside_places(nats_server: NatsServer, workspace: str, names: Names) -> None:
    async with linked(nats_server, workspace) as link:
        mark = mark_of(link, names, "in.gest", LISA)
        await mark.open("Transfer")
        name = await mark.put_page(["a", "b"])
        again = mark_of(link, names, "in.gest", LISA)
        assert await again.page(name) == ["a", "b"]
        assert await again.page("nothing") is None
        assert await again.open("Transfer") is not None
        # Whoever may have one name only is given rights to that and what lies under it.
        info = await link.jetstream.stream_info(f"KV_{names.bookmarks}", subjects_filter=">")
        place = f"$KV.{names.bookmarks}.in_2egest"
        assert set(info.state.subjects or ()) == {place, f"{place}.{name}"}
        await link.jetstream.publish(f"{place}.{name}", b"hello")
        assert await again.page(name) is None


async def test_what_can_never_be_written_is_said(
    nats_server: NatsServer, workspace: str, names: Names
) -> None:
    async with linked(nats_server, workspace) as link:
        mark = mark_of(link, names, "ingest", LISA)
        await mark.open("Transfer")
        place = Place(v=1, what="Transfer", holder=LISA, stream="s" * 1_100_000, seq=2)
        with pytest.raises(CheckpointError, match=r"takes 11\d{5} bytes, and NATS 1048376 at most"):
            await mark.write(place)


async def test_without_a_relays_streams_there_is_no_place(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        with pytest.raises(TransportError, match="a relay makes it"):
            await mark_of(link, names, "ingest", LISA).open("Transfer")


async def test_while_nats_is_away_it_can_be_tried_again(
    own_server: NatsServer, workspace: str, names: Names
) -> None:
    async with linked(own_server, workspace) as link:
        mark = mark_of(link, names, "ingest", LISA)
        await mark.open("Transfer")
        own_server.stop()
        place = Place(v=1, what="Transfer", holder=LISA, seq=2)
        with pytest.raises(TransportError):
            await mark.write(place)
        own_server.start()
        await link.ready()
        await mark.write(place)
        assert await mark_of(link, names, "ingest", LISA).open("Transfer") == place
