"""The bad days: what happens to a studio in a round. What must hold in the end is the same for all."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from accsyn_async.relay.messages import RELAY, TERM
from tests.relay.rounds.studio import Studio
from tests.support.nats_servers import CuttingProxy

__all__ = ["DAYS", "Day", "Round"]

RATE: Final = 6.0
"""Changes a second in the backend while something goes wrong."""
LEASE: Final = 10.0
"""Seconds after which a lease that is not renewed is free."""
SWEPT: Final = 150.0
"""Seconds within which jobs that came and went are found, when looking for them has once taken long."""


@dataclass
class Round:
    """One time that a day is played.

    Attributes:
        number: the how-manieth, from 0; days have several forms, which take turns.
        rng: decides what is not the machine's to decide.
        torn: of how many jobs the killed leader had published an event and not the state.
    """

    number: int
    rng: random.Random
    torn: int | None = None


Play = Callable[[Studio, Round], Awaitable["float | None"]]
"""Plays a round, and gives the seconds until another relay led, if that was to happen."""


@dataclass(frozen=True)
class Day:
    """A bad day.

    Attributes:
        name: its name.
        says: what happens.
        play: lets it happen.
        seconds: how long a round takes, about.
        where: on which servers: those of all, a server of its own, or a cluster of three.
        takeover: after what another relay takes over: a kill, a clean stop, or none of the two.
        of: one round of it for so many rounds of others.
        patience: seconds that all that happened has to be known to all.
    """

    name: str
    says: str
    play: Play
    seconds: float
    where: Literal["shared", "own", "cluster"] = "shared"
    takeover: Literal["kill", "stop", ""] = ""
    of: int = 1
    patience: float = 60.0


async def killed(studio: Studio, now: Round) -> float:
    """The leader is killed in the midst of publishing."""
    leader, term = await studio.leader(), studio.events.term
    async with studio.under_load(RATE):
        await studio.mid_publish(now.rng)
        since = _now()
        await studio.kill(leader)
        now.torn = await studio.torn()
        if now.rng.random() < 0.5:
            await studio.crowd.kill_durable(now.rng.random() * 3)
        return await studio.taken_over(term, since)


async def stopped(studio: Studio, now: Round) -> float:
    """The leader is told to stop."""
    leader, term = await studio.leader(), studio.events.term
    async with studio.under_load(RATE):
        await studio.mid_publish(now.rng)
        since = _now()
        await studio.stop(leader)
        return await studio.taken_over(term, since)


async def frozen(studio: Studio, now: Round, seconds: float = 20.0) -> float:
    """The leader is frozen in the midst of publishing, and wakes while another leads."""
    leader, term = await studio.leader(), studio.events.term
    async with studio.under_load(RATE / 2 if seconds < 60 else 0.5):
        await studio.mid_publish(now.rng)
        since = _now()
        leader.freeze()
        if now.rng.random() < 0.5:
            await studio.crowd.kill_durable(now.rng.random() * 3)
        passed = await studio.taken_over(term, since)
        await asyncio.sleep(max(seconds - (_now() - since), 0.0))
        # It wakes while the other one publishes.
        await studio.mid_publish(now.rng)
        leader.thaw()
        await studio.when(lambda: leader.role != "leader", f"{leader.name} knows that it leads no more")
    return passed


async def frozen_for_long(studio: Studio, now: Round) -> float:
    """The leader is frozen for longer than ids are remembered."""
    return await frozen(studio, now, 150.0)


async def restarted(studio: Studio, now: Round) -> None:
    """The NATS server is restarted: ended in peace, or killed."""
    server = studio.servers.server
    assert server is not None
    async with studio.under_load(RATE):
        await studio.mid_publish(now.rng)
        await asyncio.to_thread(server.kill if now.number % 2 else server.stop)
        await studio.work.burst(10)
        await asyncio.sleep(now.rng.choice([0.0, 1.0, 4.0, 12.0]))
        await asyncio.to_thread(server.start)
        await studio.leader()


async def nodes(studio: Studio, now: Round) -> None:
    """One of three NATS nodes is killed, then the stream's leader; by turns, while the first is away."""
    cluster, names = studio.servers.cluster, studio.names
    assert cluster is not None
    async with studio.under_load(RATE / 2):
        leading = await asyncio.to_thread(cluster.leader_of, names.events)
        first = now.rng.choice([node for node in cluster.nodes if node is not leading])
        await studio.mid_publish(now.rng)
        await asyncio.to_thread(first.kill)
        await asyncio.sleep(now.rng.uniform(1.0, 3.0))
        if now.number % 2 == 0:
            await asyncio.to_thread(first.start)
            await asyncio.to_thread(cluster.wait_until_led)
        leading = await asyncio.to_thread(cluster.leader_of, names.events)
        await studio.mid_publish(now.rng)
        await asyncio.to_thread(leading.kill)
        await studio.work.burst(10)
        await asyncio.sleep(now.rng.uniform(2.0, 5.0))
        for node in cluster.nodes:
            if not node.running:
                await asyncio.to_thread(node.start)
        await asyncio.to_thread(cluster.wait_until_led)


async def cut_from_nats(studio: Studio, now: Round) -> float | None:
    """The leader reaches accsyn and not NATS: for longer than its lease, or briefly."""
    leader, term = await studio.leader(), studio.events.term
    way = studio.way_of(leader).nats
    assert way is not None
    brief = now.number % 3 == 2
    async with studio.under_load(RATE):
        await studio.mid_publish(now.rng)
        since = _now()
        await _close(way, reset=now.number % 2 == 0)
        if brief:
            await asyncio.sleep(now.rng.uniform(0.5, 4.0))
            passed = None
        else:
            passed = await studio.taken_over(term, since)
            await asyncio.sleep(now.rng.uniform(1.0, 6.0))
            await studio.mid_publish(now.rng)
        way.resume()
        if not brief:
            await studio.when(lambda: leader.role != "leader", f"{leader.name} knows that it leads no more")
    return passed


async def cut_from_accsyn(studio: Studio, now: Round) -> None:
    """The leader reaches NATS and not accsyn; by turns the one that waits, first."""
    leader = await studio.leader()
    ways = [studio.way_of(leader).accsyn]
    if now.number % 3 == 2:
        ways = [way.accsyn for way in studio.ways if way.accsyn not in ways]
    async with studio.under_load(RATE):
        await studio.mid_publish(now.rng)
        for way in ways:
            await _close(way, reset=now.number % 2 == 0)
        if now.number % 3 == 2:
            # Who takes over then does not reach it either, at first.
            await studio.kill(leader)
        await asyncio.sleep(now.rng.uniform(8.0, 12.0))
        for way in ways:
            way.resume()


async def accsyn_down(studio: Studio, now: Round) -> None:
    """Nobody reaches accsyn for a minute, in which much happens there."""
    async with studio.under_load(RATE / 3):
        await studio.mid_publish(now.rng)
        since = _now()
        for way in studio.ways:
            await _close(way.accsyn, reset=now.number % 2 == 0)
        if now.rng.random() < 0.5:
            await studio.crowd.kill_durable(now.rng.random() * 10)
        if now.rng.random() < 0.3:
            await studio.kill(await studio.leader())
        await asyncio.sleep(max(60.0 - (_now() - since), 0.0))
        for way in studio.ways:
            way.accsyn.resume()


async def together(studio: Studio, now: Round) -> None:
    """Both relays are ended, and two begin at the same instant."""
    async with studio.under_load(RATE / 2):
        await studio.mid_publish(now.rng)
        end = studio.kill if now.number % 2 else studio.stop
        await asyncio.gather(*(end(each) for each in studio.relays))
        await studio.work.burst(20)
        term = studio.events.term
        await studio.start_relays()
        await studio.taken_over(term, _now())
        await studio.leader()


async def deleted(studio: Studio, now: Round) -> None:
    """A stream is deleted under everyone: the events, the states, the lease, by turns."""
    names = studio.names
    stream = [names.events, names.states, f"KV_{names.lease}"][now.number % 3]
    # What stood in a stream that is no more was told to nobody for sure: it is not undone.
    studio.work.gentle = True
    async with studio.under_load(RATE):
        await studio.mid_publish(now.rng)
        await studio.servers.client.jetstream(timeout=5).delete_stream(stream)
        await studio.work.burst(20)
        await asyncio.sleep(now.rng.uniform(0.5, 3.0))
        await studio.leader()
    studio.work.gentle = False


async def strange(studio: Studio, now: Round) -> None:
    """Somebody else writes to the subjects: nonsense, an old version, a forged end or state."""
    writers = [_nonsense, _old_version, _forged_end, _forged_by_earlier, _forged_state, _unknown_job]
    writer = writers[now.number % len(writers)]
    async with studio.under_load(RATE):
        for _ in range(3):
            await studio.mid_publish(now.rng)
            await studio.when(lambda: studio.work.an_active_one, "a job goes on")
            job = studio.work.an_active_one
            assert job is not None
            await writer(studio, job, now.rng)
            await asyncio.sleep(now.rng.random())


async def _nonsense(studio: Studio, job: str, rng: random.Random) -> None:
    names = studio.names
    for subject in (names.event(job), names.state(job), names.health, names.term):
        text = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 60)))
        await _plant(studio, subject, text, {})


async def _old_version(studio: Studio, job: str, rng: random.Random) -> None:
    message = _last_event(studio, job)
    await _plant(studio, studio.names.event(job), _text({**message, "v": 0}), _headers(message))
    text = _text({**message, "v": 0, "n": message["n"] + 1, "at": "2001-01-01T00:00:00Z"})
    await _plant(studio, studio.names.event(job), text, {})


async def _forged_end(studio: Studio, job: str, rng: random.Random) -> None:
    """An end of a job that goes on, by nobody, and by one that never led."""
    end = _end_of(_last_event(studio, job))
    await _plant(studio, studio.names.event(job), _text(end), {})
    forged = {**end, "relay": "forger", "n": end["n"] + 1}
    await _plant(studio, studio.names.event(job), _text(forged), _headers(forged))


async def _forged_by_earlier(studio: Studio, job: str, rng: random.Random) -> None:
    """An end of a job that goes on, as a leader of an earlier term, or of none, would write it."""
    end = _end_of(_last_event(studio, job))
    for term in (end["term"] - 1, 0):
        forged = {**end, "term": term, "n": end["n"] + 1 + term}
        await _plant(studio, studio.names.event(job), _text(forged), _headers(forged))


async def _forged_state(studio: Studio, job: str, rng: random.Random) -> None:
    """A state that says that a job has ended, which goes on."""
    end = _end_of(_last_event(studio, job))
    state = {key: value for key, value in end.items() if key not in ("event", "id", "changes", "previous")}
    state |= {
        "k": 0,
        "removed": False,
        "stalled": False,
        "event_id": end["id"],
        "event_seq": 1,
        "relay": "forger",
    }
    await _plant(studio, studio.names.state(job), _text(state), _headers(state))
    await _plant(studio, studio.names.state(job), _text({**state, "relay": "nobody"}), {})


async def _unknown_job(studio: Studio, job: str, rng: random.Random) -> None:
    """A job that there is not."""
    ident = f"{rng.getrandbits(96):024x}"
    message = json.loads(_text(_last_event(studio, job)).replace(job.encode(), ident.encode()))
    message |= {"event": "found", "relay": "forger", "n": 0, "run": 0}
    await _plant(studio, studio.names.event(ident), _text(message), _headers(message))
    await _plant(studio, studio.names.event(ident), _text({**message, "relay": "nobody"}), {})


def _last_event(studio: Studio, job: str) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(studio.raw[job])
    return message


def _end_of(message: dict[str, Any]) -> dict[str, Any]:
    ident, when = message["job"]["id"], "2026-01-01T00:00:00"
    return {
        **message,
        "event": "finished",
        "id": f"{message['workspace']}:{ident}:done:{when}",
        "n": message["n"] + 1,
        "ended": True,
        "job": {**message["job"], "status": "done", "progress": 100, "finished": f"{when}+00:00"},
        "row": {**message["row"], "status": "done", "progress": 100, "finished": when},
    }


def _text(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def _headers(message: dict[str, Any]) -> dict[str, str]:
    return {RELAY: message["relay"], TERM: str(message["term"])}


async def _plant(studio: Studio, subject: str, text: bytes, headers: dict[str, str]) -> None:
    studio.planted.add(text)
    await studio.servers.client.jetstream(timeout=5).publish(subject, text, headers=headers)


async def _close(way: CuttingProxy, *, reset: bool) -> None:
    if reset:
        await way.cut()
    else:
        way.freeze()


def _now() -> float:
    return asyncio.get_running_loop().time()


DAYS: Final = (
    Day("killed", "the leader is killed in mid-publish", killed, 25, takeover="kill"),
    Day("stopped", "the leader is stopped in peace", stopped, 10, takeover="stop"),
    Day("frozen", "the leader is frozen for 20 s", frozen, 32),
    Day("frozen-long", "the leader is frozen for 150 s", frozen_for_long, 165, of=6),
    Day("restarted", "the NATS server is restarted", restarted, 18, where="own"),
    Day("nodes", "one of three NATS nodes is killed, then the stream's leader", nodes, 30, where="cluster"),
    Day("cut-nats", "the leader is cut off from NATS", cut_from_nats, 28),
    Day("cut-accsyn", "a relay is cut off from accsyn", cut_from_accsyn, 28, patience=SWEPT),
    Day("accsyn-down", "accsyn is out of reach for a minute", accsyn_down, 80, patience=SWEPT),
    Day("together", "two relays begin at the same instant", together, 20),
    Day("deleted", "a stream is deleted under everyone", deleted, 14),
    Day("strange", "somebody else writes to the subjects", strange, 12),
)
