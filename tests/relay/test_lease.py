"""The lease: one holder at a time, in virtual time with a shelf for a bucket, and on a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from accsyn_async.errors import ArgumentError, PermissionDeniedError, TransportError
from accsyn_async.relay.bucket import Bucket, BucketMissingError, Entry, OvertakenError
from accsyn_async.relay.lease import Lease
from accsyn_async.relay.link import Link, NatsOptions
from accsyn_async.relay.subjects import Names
from tests.support.clockwork import Clockwork
from tests.support.nats_servers import CuttingProxy, NatsServer
from tests.support.virtual import VirtualClock

TTL = 10.0


class Shelf:
    """A bucket in virtual time, that can be slow, lose what is asked or what is answered.

    Attributes:
        there: whether there is a bucket.
        away: whether nothing reaches it.
        mute: whether it does what it is asked, and no answer comes.
        delay: seconds that an answer takes; what is asked arrives at once.
        writes: when somebody wrote, and which holder.
    """

    def __init__(self) -> None:
        self.there = True
        self.away = False
        self.mute = False
        self.delay = 0.0
        self.writes: list[tuple[float, str]] = []
        self._entry: tuple[Entry, float] | None = None
        self._count = 100
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def current(self) -> Entry | None:
        if self._entry is None or self.now() - self._entry[1] >= TTL:
            return None
        return self._entry[0]

    def write(self, value: bytes | None) -> int:
        self._count += 1
        self._entry = Entry(value, self._count), self.now()
        if value is not None:
            self.writes.append((self.now(), json.loads(value)["holder"]))
        else:
            for listener in self._listeners:
                listener()
        return self._count


class Door:
    """One contender's way to the shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._mine: list[Callable[[], None]] = []

    async def ensure(self) -> None:
        await self._there()
        self.shelf.there = True

    async def get(self, key: str) -> Entry | None:
        await self._there()
        if not self.shelf.there:
            raise BucketMissingError("there is no bucket")
        entry = self.shelf.current()
        await self._back()
        return entry

    async def put(self, key: str, value: bytes, last: int) -> int:
        revision = await self._write(value, last)
        await self._back()
        return revision

    async def delete(self, key: str, last: int) -> None:
        await self._write(None, last)
        await self._back()

    async def listen(self, key: str, deleted: Callable[[], None]) -> None:
        if not self._mine:
            self._mine = [deleted]
            self.shelf._listeners.append(deleted)

    async def deafen(self) -> None:
        for each in self._mine:
            self.shelf._listeners.remove(each)
        self._mine = []

    async def _write(self, value: bytes | None, last: int) -> int:
        await self._there()
        if not self.shelf.there:
            raise BucketMissingError("there is no bucket")
        entry = self.shelf.current()
        if (entry.revision if entry else 0) != last:
            await self._back()
            raise OvertakenError("somebody else has written")
        return self.shelf.write(value)

    async def _there(self) -> None:
        if self.shelf.away:
            await asyncio.sleep(3)
            raise TransportError("NATS does not answer")

    async def _back(self) -> None:
        if self.shelf.mute:
            await asyncio.sleep(3)
            raise TransportError("NATS did not answer")
        await asyncio.sleep(self.shelf.delay)


class Studio:
    """Contenders for one lease."""

    def __init__(self, clockwork: Clockwork) -> None:
        self.clockwork = clockwork
        self.shelf = Shelf()

    def lease(self, holder: str, **options: Any) -> Lease:
        door = Door(self.shelf)
        clock = VirtualClock()
        return Lease(None, Names.of("acme"), holder, clock=clock, bucket=door, **options)  # type: ignore[arg-type]

    def start(self, main: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        return self.clockwork.start(main)

    def write(self, value: bytes | None) -> None:
        """Somebody writes, whoever has it."""

        async def write() -> None:
            self.shelf.write(value)

        self.clockwork.run(write())

    def held(self, lease: Lease) -> bool:
        async def look() -> bool:
            return lease.held

        return self.clockwork.run(look())


@pytest.fixture
def studio() -> Iterator[Studio]:
    clockwork = Clockwork()
    yield Studio(clockwork)
    clockwork.close()


def test_it_is_renewed_every_three_seconds(studio: Studio) -> None:
    lease = studio.lease("one")
    studio.clockwork.run(lease.acquire())
    keeping = studio.start(lease.keep())
    studio.clockwork.advance(60)
    assert not keeping.done()
    assert studio.held(lease)
    assert [when for when, _ in studio.shelf.writes] == [3.0 * each for each in range(21)]
    assert lease.revision == 121
    assert lease.lost is None


def test_who_contends_is_told_whenever_another_holds_it(studio: Studio) -> None:
    told: list[str] = []
    one, two = studio.lease("one"), studio.lease("two")
    three = studio.lease("three", on_holder=told.append)
    studio.clockwork.run(one.acquire())
    assert studio.clockwork.run(three.holder()) == "one"
    studio.start(one.keep())
    contending = studio.start(three.acquire())
    studio.clockwork.advance(8)
    assert told == []
    studio.write(two._value)
    studio.clockwork.advance(8)
    assert told == ["two"]
    studio.write(None)
    studio.clockwork.advance(2)
    assert contending.done()
    assert told == ["two"]


def test_who_is_frozen_does_not_hold_it_when_woken(studio: Studio) -> None:
    one, two = studio.lease("one"), studio.lease("two")
    studio.clockwork.run(one.acquire())
    keeping = studio.start(one.keep())
    studio.clockwork.advance(4)
    studio.clockwork.stall(20)
    # Before anything runs again.
    assert not studio.held(one)
    studio.clockwork.run(two.acquire())
    studio.clockwork.settle()
    assert keeping.done()
    assert one.lost == "not renewed for 6 s"
    assert studio.held(two)
    assert [who for _, who in studio.shelf.writes] == ["one", "one", "two"]


def test_it_is_given_up_in_time_when_nothing_reaches_the_server(studio: Studio) -> None:
    one, two = studio.lease("one"), studio.lease("two")
    studio.clockwork.run(one.acquire())
    keeping = studio.start(one.keep())
    studio.clockwork.advance(3.5)
    studio.shelf.away = True
    studio.clockwork.advance(5.4)
    assert studio.held(one)
    assert not keeping.done()
    studio.clockwork.advance(0.2)
    assert not studio.held(one)
    assert keeping.done()
    assert one.lost == "not renewed for 6 s"
    studio.shelf.away = False
    contending = studio.start(two.acquire())
    studio.clockwork.advance(3)
    assert not contending.done()
    studio.clockwork.advance(3)
    assert contending.done()


def test_a_renewal_counts_from_when_it_was_sent(studio: Studio) -> None:
    one = studio.lease("one")
    studio.clockwork.run(one.acquire())
    studio.start(one.keep())
    studio.clockwork.advance(2.5)
    studio.shelf.delay = 1.2
    studio.clockwork.advance(2.5)
    studio.shelf.away = True
    # Sent at 3, answered at 4.2.
    studio.clockwork.advance(3.9)
    assert studio.held(one)
    studio.clockwork.advance(0.2)
    assert not studio.held(one)


def test_a_claim_whose_answer_came_too_late_is_none(studio: Studio) -> None:
    one = studio.lease("one")
    studio.shelf.delay = 6.5
    claiming = studio.start(one.acquire())
    studio.clockwork.advance(14)
    assert not claiming.done()
    studio.shelf.delay = 0
    studio.clockwork.advance(10)
    assert claiming.done()


def test_renewals_whose_answers_are_lost_are_found_again(studio: Studio) -> None:
    one = studio.lease("one")
    studio.clockwork.run(one.acquire())
    keeping = studio.start(one.keep())
    studio.clockwork.advance(2.9)
    studio.shelf.mute = True
    studio.clockwork.advance(1.5)
    assert len(studio.shelf.writes) == 2
    studio.shelf.mute = False
    studio.clockwork.advance(30)
    assert studio.held(one)
    assert not keeping.done()


def test_a_claim_whose_answer_is_lost_is_found_again(studio: Studio) -> None:
    one = studio.lease("one")
    door = one._bucket
    assert isinstance(door, Door)
    asked = door.put

    async def unanswered(key: str, value: bytes, last: int) -> int:
        door.put = asked  # type: ignore[method-assign]
        await asked(key, value, last)
        raise TransportError("lost")

    door.put = unanswered  # type: ignore[method-assign]
    claiming = studio.start(one.acquire())
    studio.clockwork.advance(2)
    assert claiming.done()
    assert [who for _, who in studio.shelf.writes] == ["one", "one"]


def test_of_many_at_once_one_gets_it_and_the_next_when_it_lets_go(studio: Studio) -> None:
    leases = [studio.lease(str(each)) for each in range(10)]
    tasks = [studio.start(lease.acquire()) for lease in leases]
    for _ in range(10):
        studio.clockwork.settle()
        holders = [lease for lease in leases if studio.held(lease)]
        assert len(holders) == 1
        # Let go at once, taken at once: no time passes.
        studio.clockwork.run(holders[0].release())
        studio.clockwork.settle()
    assert all(task.done() for task in tasks)
    assert studio.clockwork.now == 0
    assert sorted(int(who) for _, who in studio.shelf.writes) == list(range(10))


def test_somebody_who_writes_over_it_has_it(studio: Studio) -> None:
    one = studio.lease("one")
    studio.clockwork.run(one.acquire())
    keeping = studio.start(one.keep())
    studio.clockwork.advance(1)
    studio.clockwork.run(_write(studio.shelf, b'{"holder": "thief\\u001b"}'))
    studio.clockwork.advance(2.1)
    assert keeping.done()
    assert one.lost == "thief\\x1b holds it"
    assert not studio.held(one)
    studio.clockwork.run(one.release())
    assert len(studio.shelf.writes) == 2
    assert studio.shelf._entry is not None
    assert studio.shelf._entry[0].value is not None


async def _write(shelf: Shelf, value: bytes | None) -> None:
    shelf.write(value)


@pytest.mark.parametrize("how", ["deleted", "gone", "no bucket"])
def test_it_is_lost_when_it_is_taken_away(how: str, studio: Studio) -> None:
    one = studio.lease("one")
    studio.clockwork.run(one.acquire())
    keeping = studio.start(one.keep())
    studio.clockwork.advance(1)
    if how == "deleted":
        studio.clockwork.run(_write(studio.shelf, None))
    elif how == "gone":
        studio.shelf._entry = None
    else:
        studio.shelf.there = False
    studio.clockwork.advance(2.1)
    assert keeping.done()
    said = {"deleted": "it was deleted", "gone": "it had run out", "no bucket": "there is no bucket"}
    assert one.lost == said[how]


@pytest.mark.parametrize("moment", ["sleeping", "asking"])
def test_letting_go_while_it_is_renewed(moment: str, studio: Studio) -> None:
    one = studio.lease("one")
    studio.clockwork.run(one.acquire())
    keeping = studio.start(one.keep())
    if moment == "asking":
        studio.shelf.delay = 0.5
        studio.clockwork.advance(3.2)
    else:
        studio.clockwork.advance(1)
    studio.clockwork.run(one.release())
    assert not studio.held(one)
    studio.clockwork.advance(5)
    assert keeping.done()
    assert not studio.held(one)
    assert one.lost == "released"
    assert studio.shelf._entry is not None
    assert studio.shelf._entry[0].value is None
    studio.clockwork.run(one.release())


def test_letting_go_of_a_claim_that_was_cancelled(studio: Studio) -> None:
    one = studio.lease("one")
    studio.shelf.delay = 0.5
    claiming = studio.start(one.acquire())
    studio.clockwork.advance(0.7)
    claiming.cancel()
    studio.clockwork.settle()
    assert [who for _, who in studio.shelf.writes] == ["one"]
    studio.clockwork.run(one.release())
    assert studio.shelf._entry is not None
    assert studio.shelf._entry[0].value is None


def test_letting_go_when_nats_is_away_takes_a_moment_only(studio: Studio) -> None:
    one = studio.lease("one")
    studio.clockwork.run(one.acquire())
    studio.shelf.away = True
    began = studio.clockwork.now
    studio.clockwork.run(one.release())
    assert not studio.held(one)
    assert studio.clockwork.now - began <= 2


def test_what_cannot_be_read_is_left_alone_until_it_is_gone(studio: Studio) -> None:
    one = studio.lease("one")
    studio.shelf._entry = Entry(b"\xff not ours", 7), 0.0
    contending = studio.start(one.acquire())
    studio.clockwork.advance(9)
    assert not contending.done()
    assert studio.clockwork.run(one.holder()) == "somebody who is no relay"
    studio.clockwork.advance(3)
    assert contending.done()
    assert studio.clockwork.run(one.holder()) == "one"


# On a real server.


@asynccontextmanager
async def contender(url: str, names: Names, holder: str, **more: Any) -> AsyncIterator[Lease]:
    times = {"ttl": 1.0, "renew_every": 0.2, "give_up_after": 0.6} | more
    async with Link(NatsOptions((url,)), ping_every=0.5) as link:
        yield Lease(link, names, holder, **times)


def link_of(lease: Lease) -> Link:
    assert isinstance(lease._bucket, Bucket)
    return lease._bucket._link


async def held_in_time(lease: Lease) -> None:
    async with asyncio.timeout(60):
        await lease.acquire()
    assert lease.held


async def test_one_leads_and_the_next_follows_at_once(nats_server: NatsServer, names: Names) -> None:
    async with contender(nats_server.url, names, "one", ttl=10, give_up_after=6) as one:
        async with contender(nats_server.url, names, "two") as two:
            assert await one.holder() is None
            await held_in_time(one)
            assert await two.holder() == "one"
            waiting = asyncio.create_task(two.acquire())
            async with asyncio.timeout(60):
                while nats_server.ask("/subsz?subs=1&limit=10000")["subscriptions_list"] == []:
                    await asyncio.sleep(0)
                await two._bucket.get("leader")
            await one.release()
            async with asyncio.timeout(5):
                await waiting
            assert two.held
            assert not one.held
            assert await one.holder() == "two"
            await two.release()
            assert await one.holder() is None


@pytest.mark.parametrize("round_", range(3))
async def test_of_several_at_the_same_instant_one_gets_it(
    round_: int, nats_server: NatsServer, names: Names
) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        leases = [Lease(link, names, str(each)) for each in range(8)]
        tasks = [asyncio.create_task(lease.acquire()) for lease in leases]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(lease.held for lease in leases) == 1
        for lease in leases:
            await lease.release()
        assert await leases[0].holder() is None


async def test_the_bucket_deleted_and_made_anew(nats_server: NatsServer, names: Names) -> None:
    async with contender(nats_server.url, names, "one") as one, Link(NatsOptions((nats_server.url,))) as link:
        await held_in_time(one)
        revision = one.revision
        keeping = asyncio.create_task(one.keep())
        await link.api(f"STREAM.DELETE.KV_{names.lease}")
        async with asyncio.timeout(60):
            await keeping
        assert one.lost == f"there is no bucket {names.lease}"
        async with contender(nats_server.url, names, "two") as two:
            await held_in_time(two)
            # The revisions of one bucket are none of the next.
            assert two.revision > revision
            with pytest.raises(OvertakenError):
                await one._bucket.put("leader", b"{}", revision)


async def test_a_restart_of_the_server_costs_no_lease(own_server: NatsServer, names: Names) -> None:
    times = {"ttl": 10.0, "give_up_after": 6.0}
    async with contender(own_server.url, names, "one", **times) as one:
        await held_in_time(one)
        keeping = asyncio.create_task(one.keep())
        own_server.kill()
        await asyncio.to_thread(own_server.start)
        revision = one.revision
        async with asyncio.timeout(60):
            while one.revision == revision:
                await asyncio.sleep(0.01)
        assert one.held
        assert not keeping.done()
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


@pytest.mark.parametrize("how", ["cut", "frozen"])
async def test_who_is_cut_off_gives_it_up_before_another_gets_it(
    how: str, nats_server: NatsServer, names: Names
) -> None:
    async with CuttingProxy(nats_server.port) as proxy, contender(proxy.url, names, "one") as one:
        await held_in_time(one)
        keeping = asyncio.create_task(one.keep())
        async with contender(nats_server.url, names, "two") as two:
            if how == "cut":
                await proxy.cut()
            else:
                proxy.freeze()
            await held_in_time(two)
            assert not one.held
            keeping_two = asyncio.create_task(two.keep())
            await keeping
            assert one.lost == "not renewed for 0.6 s"
            proxy.resume()
            await link_of(one).ready()
            # Too late, and refused.
            with pytest.raises(OvertakenError, match="two holds it"):
                await one._write()
            await one.release()
            assert await two.holder() == "two"
            await two.release()
            await keeping_two


async def test_more_replicas_than_the_server_keeps(nats_server: NatsServer, names: Names) -> None:
    async with contender(nats_server.url, names, "one", replicas=3) as one:
        with pytest.raises(ArgumentError, match="no cluster"):
            await one.acquire()


async def test_a_bucket_that_never_forgets_is_put_right(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        await link.jetstream.create_key_value(bucket=names.lease)
        await held_in_time(Lease(link, names, "one"))
        config = (await link.api(f"STREAM.INFO.KV_{names.lease}"))["config"]
        assert config["max_age"] == TTL * 1e9


async def test_who_may_not_is_told(tmp_path: Any, names: Names) -> None:
    user = '{ user: a, password: a, permissions: { publish: ["x"], subscribe: [">"] } }'
    config = f"authorization {{ users: [ {user} ] }}"
    with NatsServer(tmp_path, config) as server:
        async with contender(server.url.replace("//", "//a:a@"), names, "one") as one:
            with pytest.raises(PermissionDeniedError):
                await one.acquire()


async def test_a_bucket_s_keys(nats_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        bucket = Bucket(link, names.bookmarks, max_age=60)
        with pytest.raises(BucketMissingError, match=names.bookmarks):
            await bucket.get("a")
        with pytest.raises(BucketMissingError):
            await bucket.put("a", b"1", 0)
        await bucket.ensure()
        await bucket.ensure()
        assert await bucket.get("a") is None
        first = await bucket.put("a", b"1", 0)
        assert await bucket.get("a") == Entry(b"1", first)
        second = await bucket.put("a", b"", first)
        assert second > first
        assert await bucket.get("a") == Entry(b"", second)
        for last in (0, first, second + 1):
            with pytest.raises(OvertakenError):
                await bucket.put("a", b"3", last)
            with pytest.raises(OvertakenError):
                await bucket.delete("a", last)
        await bucket.delete("a", second)
        gone = await bucket.get("a")
        assert gone is not None
        assert gone.value is None
        assert await bucket.put("a", b"4", gone.revision) > gone.revision
        assert await bucket.put("b", b"1", 0)
