"""Reading a stream on real servers: in order, without a gap, nothing twice, whatever happens to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from accsyn_async.errors import PermissionDeniedError, TransportError
from accsyn_async.relay.lease import Lease
from accsyn_async.relay.link import Link, NatsOptions
from accsyn_async.relay.reader import Arrived, Reader, ReaderClosed, Rebuilt
from accsyn_async.relay.subjects import Names
from tests.support.nats_servers import CuttingProxy, NatsCluster, NatsServer

QUICK = 0.2
"""A heartbeat, in seconds."""


class Stream:
    """A stream of a test's own, and who publishes to it."""

    def __init__(self, link: Link, name: str) -> None:
        self.link = link
        self.name = name

    async def create(self, **config: Any) -> None:
        subjects = [f"{self.name}.>"]
        await self.link.api(f"STREAM.CREATE.{self.name}", {"name": self.name, "subjects": subjects} | config)

    async def delete(self) -> None:
        await self.link.api(f"STREAM.DELETE.{self.name}")

    async def publish(self, *texts: str, to: str = "a") -> None:
        """Publish, and wait until all is taken."""
        context = self.link.jetstream
        for begin in range(0, len(texts), 200):
            some = texts[begin : begin + 200]
            await asyncio.gather(*(context.publish(f"{self.name}.{to}", text.encode()) for text in some))

    async def delivered(self, consumer: str) -> int:
        """How many messages the server has sent to a consumer."""
        info = await self.link.api(f"CONSUMER.INFO.{self.name}.{consumer}")
        return int(info["delivered"]["consumer_seq"])

    async def consumers(self) -> list[str]:
        return list((await self.link.api(f"CONSUMER.NAMES.{self.name}"))["consumers"] or ())


@pytest.fixture
async def stream(nats_server: NatsServer, names: Names) -> AsyncIterator[Stream]:
    async with Link(NatsOptions((nats_server.url,))) as link:
        # What waits for answers is there as long as the connection.
        await link.api("INFO")
        yield Stream(link, names.events)


@asynccontextmanager
async def reading(link: Link, name: str, **options: Any) -> AsyncIterator[Reader]:
    async with Reader(link, name, **{"after": 0} | options) as reader:
        yield reader


async def take(reader: Reader, count: int) -> list[Arrived | Rebuilt]:
    taken: list[Arrived | Rebuilt] = []
    async with asyncio.timeout(25):
        while len(taken) < count:
            taken += await reader.several(count - len(taken))
    return taken


def texts(taken: Sequence[Arrived | Rebuilt]) -> list[str]:
    return [each.data.decode() if isinstance(each, Arrived) else "rebuilt" for each in taken]


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(25):
        while not holds():
            await asyncio.sleep(0.002)


async def test_what_is_there_and_what_comes(stream: Stream) -> None:
    await stream.create()
    await stream.link.jetstream.publish(f"{stream.name}.a", b"one", headers={"Accsyn-Term": "7"})
    await stream.publish("two")
    async with reading(stream.link, stream.name) as reader:
        assert (reader.position, reader.caught_up, reader.reads) == (0, False, 0)
        first, second = await take(reader, 2)
        assert isinstance(first, Arrived)
        assert isinstance(second, Arrived)
        assert (first.subject, first.data, first.seq, first.pending) == (f"{stream.name}.a", b"one", 1, 1)
        assert first.headers["Accsyn-Term"] == "7"
        assert second.headers == {}
        assert first.at.tzinfo is not None
        assert first.at <= second.at
        assert (reader.position, reader.caught_up, reader.reads) == (2, True, 1)
        waiting = asyncio.create_task(reader.next())
        await stream.publish("three")
        third = await waiting
        assert isinstance(third, Arrived)
        assert third.data == b"three"
        assert len(await stream.consumers()) == 1
    # Nobody waits for that.
    async with asyncio.timeout(60):
        while await stream.consumers():
            pass
    with pytest.raises(ReaderClosed):
        await reader.next()
    with pytest.raises(ReaderClosed):
        await reader.begun()
    await reader.aclose()


async def test_ten_thousand_messages(stream: Stream) -> None:
    await stream.create()
    await stream.publish(*numbers(1, 10_000))
    async with reading(stream.link, stream.name, prefetch=200) as reader:
        taken = await take(reader, 10_000)
        assert texts(taken) == numbers(1, 10_000)
        assert reader.reads == 1
        assert reader.caught_up


async def test_no_more_is_fetched_than_there_is_room_for(stream: Stream) -> None:
    await stream.create()
    await stream.publish(*numbers(1, 100))
    async with reading(stream.link, stream.name, prefetch=10) as reader:
        await reader.begun()
        first = await reader.next()
        await until(lambda: len(reader._arrivals.queue) >= 9)
        # An answer from the server says that nothing more is on its way.
        await stream.link.client.flush()
        assert len(reader._arrivals.queue) <= 10
        assert not reader.caught_up
        assert texts([first, *await take(reader, 99)]) == numbers(1, 100)


async def test_of_an_empty_stream_it_is_known_that_nothing_is_there(stream: Stream) -> None:
    await stream.create()
    async with reading(stream.link, stream.name) as reader:
        async with asyncio.timeout(60):
            await reader.begun()
        assert reader.caught_up
        assert reader.incarnation is not None


async def test_certain_subjects_from_a_place_and_only_the_headers(stream: Stream) -> None:
    await stream.create()
    for number in range(1, 7):
        await stream.publish(str(number), to="odd" if number % 2 else "even")
    odd = [f"{stream.name}.odd"]
    async with reading(stream.link, stream.name, subjects=odd, after=1) as reader:
        assert texts(await take(reader, 2)) == ["3", "5"]
        assert reader.caught_up
    async with reading(stream.link, stream.name, subjects=odd, headers_only=True) as reader:
        (first, *_) = await take(reader, 3)
        assert isinstance(first, Arrived)
        assert (first.data, first.headers["Nats-Msg-Size"]) == (b"", "1")


async def test_only_what_comes_from_now_on(stream: Stream) -> None:
    await stream.create()
    await stream.publish("old")
    async with reading(stream.link, stream.name, after=None) as reader:
        await reader.begun()
        assert (reader.position, reader.caught_up) == (1, True)
        await stream.publish("new")
        assert texts(await take(reader, 1)) == ["new"]


@pytest.mark.parametrize("subjects", [[], ["all"]])
async def test_the_latest_of_each_subject_and_then_all(stream: Stream, subjects: list[str]) -> None:
    await stream.create()
    for text in ("a1", "b1", "a2", "c1", "b2"):
        await stream.publish(text, to=text[0])
    wanted = [f"{stream.name}.>" for _ in subjects]
    async with reading(stream.link, stream.name, subjects=wanted, after=None, latest=True) as reader:
        assert texts(await take(reader, 3)) == ["a2", "c1", "b2"]
        assert reader.caught_up
        await stream.publish("a3", "a4", to="a")
        assert texts(await take(reader, 2)) == ["a3", "a4"]


async def test_a_stream_that_is_not_there_yet_is_waited_for(stream: Stream) -> None:
    async with reading(stream.link, stream.name) as reader:
        waiting = asyncio.create_task(reader.next())
        await until(lambda: reader._consumer is not None and reader._consumer._created)
        await stream.create()
        await stream.publish("one")
        async with asyncio.timeout(60):
            assert texts([await waiting]) == ["one"]


async def test_a_consumer_that_somebody_deletes_is_made_again(stream: Stream) -> None:
    await stream.create()
    await stream.publish("1", "2")
    async with reading(stream.link, stream.name) as reader:
        assert texts(await take(reader, 2)) == ["1", "2"]
        for number in range(3, 6):
            (consumer,) = await stream.consumers()
            await stream.link.api(f"CONSUMER.DELETE.{stream.name}.{consumer}")
            await stream.publish(str(number))
            assert texts(await take(reader, 1)) == [str(number)]
            assert reader.reads == number - 1


async def test_a_message_that_got_lost_on_the_way_is_fetched_again(stream: Stream) -> None:
    await stream.create()
    await stream.publish(*numbers(1, 5))
    async with reading(stream.link, stream.name, heartbeat=QUICK) as reader:
        assert texts(await take(reader, 5)) == numbers(1, 5)
        run = reader._consumer
        assert run is not None
        # As if the sixth, or the last, had not come.
        run._count += 1
        await stream.publish("6")
        async with asyncio.timeout(25):
            while await stream.delivered(run._name) < 6:
                pass
        run._count -= 1
        await stream.publish("7")
        assert texts(await take(reader, 2)) == ["6", "7"]
        assert reader.reads > 1
        run, reads = reader._consumer, reader.reads
        assert run is not None
        run._count -= 1
        await until(lambda: reader.reads > reads)
        await stream.publish("8")
        assert texts(await take(reader, 1)) == ["8"]


@pytest.mark.parametrize("read", [0, 3])
async def test_a_stream_that_is_made_anew_is_read_from_its_first_message(stream: Stream, read: int) -> None:
    await stream.create()
    await stream.publish("1", "2", "3")
    async with reading(stream.link, stream.name, prefetch=1, heartbeat=QUICK) as reader:
        assert texts(await take(reader, read)) == numbers(1, read)
        await until(lambda: reader._arrivals.mark.seq == max(read, 1))
        before = reader.incarnation
        await stream.delete()
        await stream.create()
        await stream.publish("new 1", "new 2", "new 3", "new 4")
        left = [] if read else ["1"]
        assert texts(await take(reader, len(left))) == left
        (rebuilt,) = await take(reader, 1)
        assert isinstance(rebuilt, Rebuilt)
        assert rebuilt.incarnation == reader.incarnation != before
        assert reader.position == 0
        assert texts(await take(reader, 4)) == ["new 1", "new 2", "new 3", "new 4"]
        assert reader.position == 4


async def test_a_place_in_a_stream_that_is_not_there_any_more(stream: Stream) -> None:
    await stream.create()
    await stream.publish("1", "2")
    async with reading(stream.link, stream.name) as reader:
        await take(reader, 2)
        incarnation = reader.incarnation
    async with reading(stream.link, stream.name, after=2, incarnation=incarnation) as reader:
        await stream.publish("3")
        assert texts(await take(reader, 1)) == ["3"]
    await stream.delete()
    await stream.create()
    await stream.publish(*numbers(11, 15))
    async with reading(stream.link, stream.name, after=2, incarnation=incarnation) as reader:
        assert texts(await take(reader, 3)) == ["rebuilt", "11", "12"]
    # More than there is, and nothing known of where it was.
    async with reading(stream.link, stream.name, after=77) as reader:
        assert texts(await take(reader, 2)) == ["rebuilt", "11"]


async def test_a_stream_that_was_cut_back_is_read_from_its_first_message(stream: Stream) -> None:
    await stream.create()
    await stream.publish(*numbers(1, 5))
    async with reading(stream.link, stream.name) as reader:
        await take(reader, 5)
        # As if a sixth, and a fifth that was another, had been read before a server lost what it had.
        reader._arrivals.mark = reader._arrivals.mark._replace(seq=6)
        (consumer,) = await stream.consumers()
        await stream.link.api(f"CONSUMER.DELETE.{stream.name}.{consumer}")
        assert texts(await take(reader, 6)) == ["rebuilt", *numbers(1, 5)]
        assert reader._arrivals.mark.stamp is not None
        reader._arrivals.mark = reader._arrivals.mark._replace(stamp=reader._arrivals.mark.stamp - 1)
        (consumer,) = await stream.consumers()
        await stream.link.api(f"CONSUMER.DELETE.{stream.name}.{consumer}")
        assert texts(await take(reader, 6)) == ["rebuilt", *numbers(1, 5)]


@pytest.mark.parametrize("how", ["it had read", "it had begun", "it comes back"])
async def test_a_stream_that_has_lost_what_came_last_and_grown_since(
    how: str, own_server: NatsServer, names: Names
) -> None:
    """As a cluster does when most of it is killed at once; the sequences are given to other messages."""

    @asynccontextmanager
    async def connected() -> AsyncIterator[Stream]:
        async with Link(NatsOptions((own_server.url,)), ping_every=0.3) as link:
            yield Stream(link, names.events)

    async def lose() -> None:
        own_server.put_back(names.events)
        async with connected() as stream:
            await stream.publish(*now[3:])

    now = [*numbers(1, 3), "other 4", "other 5", "6"]
    after = 0 if how == "it had read" else 5
    async with connected() as stream:
        await stream.create()
        await stream.publish(*numbers(1, 3))
    own_server.keep()
    async with connected() as stream:
        await stream.publish("4", "5")
        async with reading(stream.link, stream.name, after=after, heartbeat=QUICK) as reader:
            assert texts(await take(reader, 5 - after)) == numbers(1, 5)[after:]
            await reader.begun()
            place = {"after": reader.position, "incarnation": reader.incarnation, "stamp": reader.stamp}
            if how != "it comes back":
                await lose()
                assert texts(await take(reader, 7)) == ["rebuilt", *now]
    if how == "it comes back":
        await lose()
        async with connected() as stream, reading(stream.link, stream.name, **place) as reader:
            assert texts(await take(reader, 7)) == ["rebuilt", *now]


async def test_a_place_whose_message_is_gone_is_gone_on_from(stream: Stream) -> None:
    await stream.create()
    await stream.publish(*numbers(1, 3))
    await stream.link.api(f"STREAM.MSG.DELETE.{stream.name}", {"seq": 2})
    async with reading(stream.link, stream.name, after=2, stamp=1) as reader:
        await reader.begun()
        assert reader.stamp is None
        assert texts(await take(reader, 1)) == ["3"]


async def test_a_stream_that_is_emptied_goes_on(stream: Stream) -> None:
    await stream.create()
    await stream.publish(*numbers(1, 5))
    async with reading(stream.link, stream.name, prefetch=2) as reader:
        assert texts(await take(reader, 1)) == ["1"]
        await until(lambda: len(reader._arrivals.queue) == 2)
        await stream.link.api(f"STREAM.PURGE.{stream.name}")
        await stream.publish("6")
        assert texts(await take(reader, 3)) == ["2", "3", "6"]
        (consumer,) = await stream.consumers()
        await stream.link.api(f"STREAM.PURGE.{stream.name}")
        await stream.link.api(f"CONSUMER.DELETE.{stream.name}.{consumer}")
        await stream.publish("7")
        assert texts(await take(reader, 1)) == ["7"]


async def test_an_idle_reader_asks_for_nothing(stream: Stream) -> None:
    await stream.create()
    await stream.publish("1")
    async with reading(stream.link, stream.name, heartbeat=0.4) as reader:
        await take(reader, 1)
        run = reader._consumer
        assert run is not None
        sent = stream.link.client.stats["out_msgs"]
        for _ in range(2):
            heard = run._heard
            await until(lambda heard=heard: run._heard > heard)  # type: ignore[misc]
        assert stream.link.client.stats["out_msgs"] == sent
        assert run.doubt is None
        await stream.publish("2")
        assert texts(await take(reader, 1)) == ["2"]


async def test_requests_that_ran_out_are_made_again(stream: Stream) -> None:
    await stream.create()
    async with reading(stream.link, stream.name, heartbeat=0.1) as reader:
        await reader.begun()
        run = reader._consumer
        assert run is not None
        await until(lambda: run._requests == 2 or run.doubt is not None)
        await stream.publish("1")
        assert texts(await take(reader, 1)) == ["1"]


async def test_the_server_restarts_again_and_again(own_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((own_server.url,))) as link, Link(NatsOptions((own_server.url,))) as other:
        stream, taken = Stream(link, names.events), []
        await stream.create()
        async with reading(other, stream.name) as reader:
            for number in range(1, 31):
                if number % 10 == 5:
                    own_server.kill()
                    await asyncio.to_thread(own_server.start)
                    await until(lambda: link.connected)
                    await link.ready()
                await stream.publish(str(number))
                if number % 3 == 0:
                    taken += await take(reader, 1)
            taken += await take(reader, 30 - len(taken))
            assert texts(taken) == numbers(1, 30)
            assert reader.reads > 1


@pytest.mark.parametrize("how", ["cut", "frozen"])
async def test_the_connection_is_cut_and_comes_back(
    how: str, nats_server: NatsServer, stream: Stream
) -> None:
    await stream.create()
    async with CuttingProxy(nats_server.port) as proxy:
        async with Link(NatsOptions((proxy.url,)), ping_every=0.3) as link:
            async with reading(link, stream.name, heartbeat=QUICK) as reader:
                await stream.publish(*numbers(1, 3))
                assert texts(await take(reader, 2)) == ["1", "2"]
                for number in (4, 6):
                    if how == "cut":
                        await proxy.cut()
                    else:
                        proxy.freeze()
                    await stream.publish(str(number))
                    await until(lambda: not link.connected)
                    proxy.resume()
                    await stream.publish(str(number + 1))
                assert texts(await take(reader, 5)) == numbers(3, 7)


async def test_a_server_that_is_frozen_is_waited_for(own_server: NatsServer, names: Names) -> None:
    async with Link(NatsOptions((own_server.url,)), ping_every=60) as link:
        stream = Stream(link, names.events)
        await stream.create()
        async with reading(link, stream.name, heartbeat=QUICK) as reader:
            await stream.publish("1")
            assert texts(await take(reader, 1)) == ["1"]
            own_server.freeze()
            # No sign of life.
            await until(lambda: reader._consumer is None or not reader._consumer.lived)
            own_server.thaw()
            await stream.publish("2")
            assert texts(await take(reader, 1)) == ["2"]


async def test_closing_in_each_state(stream: Stream, nats_server: NatsServer) -> None:
    never = Reader(stream.link, stream.name)
    await never.aclose()
    async with reading(stream.link, stream.name):
        pass
    async with reading(stream.link, stream.name) as reader:
        waiting = asyncio.create_task(reader.next())
        await asyncio.sleep(0)
        await reader.aclose()
        with pytest.raises(ReaderClosed):
            await waiting
    async with CuttingProxy(nats_server.port) as proxy:
        async with Link(NatsOptions((proxy.url,)), ping_every=0.3) as link:
            async with reading(link, stream.name) as reader:
                await proxy.cut()
                await until(lambda: not link.connected)


async def test_a_wait_that_is_cancelled_loses_nothing(stream: Stream) -> None:
    await stream.create()
    async with reading(stream.link, stream.name) as reader:
        taken: list[Arrived | Rebuilt] = []
        for number in range(1, 21):
            waiting = asyncio.create_task(reader.several(5))
            publishing = asyncio.create_task(stream.publish(str(number)))
            for _ in range(number):
                await asyncio.sleep(0)
            waiting.cancel()
            done = await asyncio.gather(waiting, return_exceptions=True)
            taken += done[0] if isinstance(done[0], list) else []
            await publishing
        taken += await take(reader, 20 - len(taken))
        assert texts(taken) == numbers(1, 20)


@pytest.mark.parametrize("what", ["CONSUMER.CREATE", "STREAM.INFO", "CONSUMER.MSG.NEXT", "the inbox"])
async def test_who_may_not_read_is_told(what: str, tmp_path: Any, names: Names) -> None:
    denied = "_INBOX.>" if what == "the inbox" else f"$JS.API.{what}.>"
    both = f'publish: {{ deny: ["{denied}"] }}, subscribe: {{ deny: ["{denied}"] }}'
    users = f"{{ user: a, password: a, permissions: {{ {both} }} }}, {{ user: b, password: b }}"
    with NatsServer(tmp_path, f"authorization {{ users: [ {users} ] }}") as server:
        async with Link(NatsOptions((server.url.replace("//", "//b:b@"),))) as all_powerful:
            await Stream(all_powerful, names.events).create()
        async with Link(NatsOptions((server.url.replace("//", "//a:a@"),))) as link:
            async with reading(link, names.events, heartbeat=QUICK) as reader:
                with pytest.raises(PermissionDeniedError):
                    async with asyncio.timeout(60):
                        await reader.next()


async def test_on_a_cluster_whose_nodes_are_killed(tmp_path: Any, names: Names) -> None:
    """A lease is held there too: to be without a leader takes many seconds each time."""
    with NatsCluster(tmp_path) as cluster:
        options = NatsOptions(tuple(cluster.urls))
        async with Link(options, ping_every=0.5) as link, Link(options, ping_every=0.5) as other:
            stream = Stream(link, names.events)
            await stream.create(num_replicas=3)
            lease = Lease(link, names, "one", ttl=60, renew_every=0.2, give_up_after=30, replicas=3)
            await lease.acquire()
            keeping = asyncio.create_task(lease.keep())
            async with reading(other, stream.name, heartbeat=QUICK) as reader:
                await stream.publish(*numbers(1, 20))
                taken = await take(reader, 10)
                follower = await a_follower_that_serves(cluster, stream, reader)
                follower.kill()
                await publish_once_each(stream, numbers(21, 30))
                taken += await take(reader, 20)
                assert texts(taken) == numbers(1, 30)
                await asyncio.to_thread(follower.start)
                await asyncio.to_thread(cluster.wait_until_led)
                leader = await a_leader_of_the_stream_alone(cluster, stream)
                leader.kill()
                revision = lease.revision
                await publish_once_each(stream, numbers(31, 40))
                assert texts(await take(reader, 10)) == numbers(31, 40)
                assert reader.reads > 1
                await until(lambda: lease.revision > revision + 1)
            assert lease.held
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await lease.release()
            async with asyncio.timeout(25):
                await Lease(link, names, "two").acquire()


async def a_follower_that_serves(cluster: NatsCluster, stream: Stream, reader: Reader) -> NatsServer:
    """Have the reader read from a node that does not lead the stream."""
    async with asyncio.timeout(25):
        while True:
            leader = await asyncio.to_thread(cluster.leader_of, stream.name)
            for consumer, node in (await asyncio.to_thread(cluster.consumer_leaders, stream.name)).items():
                if node and node != leader.name:
                    return next(each for each in cluster.nodes if each.name == node)
                reads = reader.reads
                await stream.link.api(f"CONSUMER.DELETE.{stream.name}.{consumer}")
                await until(lambda reads=reads: reader.reads > reads)  # type: ignore[misc]


async def a_leader_of_the_stream_alone(cluster: NatsCluster, stream: Stream) -> NatsServer:
    """Have a node lead the stream that does not lead JetStream too: a leader of that is long in coming."""
    async with asyncio.timeout(25):
        while True:
            leader = await asyncio.to_thread(cluster.leader_of, stream.name)
            if leader.name != await asyncio.to_thread(cluster.leader):
                return leader
            await stream.link.api(f"STREAM.LEADER.STEPDOWN.{stream.name}")


async def publish_once_each(stream: Stream, all_of: list[str]) -> None:
    """Publish, although the stream has no leader for a while."""
    for text in all_of:
        async with asyncio.timeout(25):
            while True:
                await stream.link.ready()
                try:
                    headers = {"Nats-Msg-Id": text}
                    await stream.link.request(f"{stream.name}.a", text.encode(), timeout=0.5, headers=headers)
                    break
                except TransportError:
                    await asyncio.sleep(0.05)
