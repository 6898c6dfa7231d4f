"""What a relay adds and saves: how much later feeds hear of a change, requests, takeovers, messages."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

from accsyn_async import Job, JobChanged, JobFinished, JobFound
from accsyn_async.monitor.diff import changes_between
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.selection import select
from accsyn_async.relay.book import Book, Masthead
from accsyn_async.relay.embedded import EmbeddedServer
from accsyn_async.relay.link import Link, NatsOptions
from accsyn_async.relay.messages import EventMessage, StateMessage, encode
from accsyn_async.relay.mirror import Mirror
from accsyn_async.relay.subjects import Names
from accsyn_async.transport.seam import AsyncioClock
from benchmarks.figures import Effort, Figure, at_least, at_most, single, spread
from benchmarks.processes import asked, environment, line, sandbox, started

TITLE = "A relay"
ABOUT = (
    "Sandbox, NATS server, relays and feeds have a process each. 500 jobs that move, and four feeds with"
    " 250 watches each: a watch beside the relay, of the same session, notes when a change became known"
    " there; how much later do watches of feeds hear of it? Every request of the relay's session is"
    " counted. Then pairs of relays, of which the one that leads is killed or told to end: how long until"
    " the other leads? And thousands of messages taken in by one feed's mirror, with a watch of all of it."
)
NEEDS = ("nats", "nats-server")

JOBS = 500
FACTOR = 5
"""Seconds that pass in the sandbox in one."""
PROCESSES = 4
WATCHES = 250
SECONDS = {"quick": 6.0, "full": 20.0}
PAIRS = {"quick": 1, "full": 6}
MESSAGES = {"quick": 10_000, "full": 50_000}
LOOKED_AT = 50
"""Events that are looked at for how long they would be if they told what was before."""
SETTLED = 1.0
"""Seconds that a pair stands before its leader ends."""

State = tuple[str, str, float]


async def measure(effort: Effort) -> list[Figure]:
    """What a relay adds and saves."""
    pairs = PAIRS[effort]
    if effort == "full":
        figures = [*await _latency(SECONDS[effort], None), *await _takeovers(pairs, None)]
    else:
        # A pair that waits for a lease to run out takes next to nothing: the other is measured meanwhile.
        waiting = asyncio.Barrier(2 * pairs + 1)
        async with asyncio.TaskGroup() as group:
            latency = group.create_task(_latency(SECONDS[effort], waiting))
            takeovers = group.create_task(_takeovers(pairs, waiting))
        figures = [*latency.result(), *takeovers.result()]
    return figures + _mirrored(MESSAGES[effort])


async def _latency(seconds: float, begin: asyncio.Barrier | None) -> list[Figure]:
    """How much later watches of feeds hear of a change, once all have come to a barrier if there is one."""
    async with EmbeddedServer(port=0) as server:
        with contextlib.ExitStack() as stack:
            facts = await asyncio.to_thread(
                stack.enter_context, sandbox("--synthetic", "--jobs", str(JOBS), "--time-factor", str(FACTOR))
            )
            user = facts["users"][0]
            who = (facts["url"], user["username"], user["api_key"])
            leading = stack.enter_context(started("benchmarks.serve_relay", "relay", server.url, *who))
            await asyncio.to_thread(line, leading)
            several = ("benchmarks.serve_relay", "watches", server.url, str(WATCHES))
            watching = [stack.enter_context(started(*several)) for _ in range(PROCESSES)]
            for each in watching:
                await asyncio.to_thread(line, each)
            if begin is not None:
                await begin.wait()
            since, before = time.time(), json.loads(await asyncio.to_thread(asked, leading))
            idle = [json.loads(await asyncio.to_thread(asked, each)) for each in watching]
            await asyncio.sleep(seconds)
            after = json.loads(await asyncio.to_thread(asked, leading))
            feeds = [json.loads(await asyncio.to_thread(asked, each)) for each in watching]
            async with Link(NatsOptions((server.url,))) as link:
                names = Names.of("acme")
                longer = await _longer(link, names.events)
                state, event = await _a_message(link, names.states), await _a_message(link, names.events)
            told = [json.loads((await asyncio.to_thread(each.communicate))[0]) for each in watching]
            known = json.loads((await asyncio.to_thread(leading.communicate))[0])
    later = delays(known, told, since)
    middle = f"Of {len(later):,} changes; p99: {sorted(later)[int(len(later) * 0.99)]:.0f} ms."
    more = statistics.mean(longer)
    shares = [(late["cpu"] - early["cpu"]) / seconds * 100 for early, late in zip(idle, feeds, strict=True)]
    remote = f"{PROCESSES * WATCHES:,} remote watches"
    return [
        spread("change told later than known", later, "ms", bound=at_most(50), note=middle),
        single(
            f"requests for {remote}",
            (after["requests"] - before["requests"]) / seconds,
            "/s",
            bound=at_most(2),
        ),
        single("the relay's share of a core", (after["cpu"] - before["cpu"]) / seconds * 100, "%"),
        single("memory of the relay", after["memory"], "MB"),
        spread(f"a feed's share of a core, {WATCHES} watches", shares, "%"),
        spread(f"memory of a feed with {WATCHES} watches", [each["memory"] for each in feeds], "MB"),
        single("a state on NATS", state, "bytes"),
        single("states of 500 jobs on NATS", state * 500 / 1e6, "MB"),
        single("an event on NATS, a job found", event, "bytes"),
        single("one that tells what was before", event + more, "bytes"),
        single("10,000 jobs, three changes each", (4 * event + 3 * more) / 100, "MB"),
    ]


async def _a_message(link: Link, stream: str) -> float:
    """Bytes that a message of a stream takes there, on the average."""
    state = (await link.api(f"STREAM.INFO.{stream}"))["state"]
    return float(state["bytes"] / state["messages"])


async def _longer(link: Link, stream: str) -> list[int]:
    """By how many bytes an event is longer that tells what was before, of jobs that were found last."""
    last = (await link.api(f"STREAM.INFO.{stream}"))["state"]["last_seq"]
    at, book, longer = dt.datetime.now(dt.UTC), Book(Masthead("acme", "one", 1, "b")), list[int]()
    for seq in range(last, max(0, last - LOOKED_AT), -1):
        message = (await link.api(f"STREAM.MSG.GET.{stream}", {"seq": seq}))["message"]
        row = json.loads(base64.b64decode(message["data"])).get("row")
        if row is None:
            continue
        before, after = Job.from_row(row), Job.from_row(row | {"status": "paused"})
        (found,) = book.take(JobFound(at=at, job=before), "transfer")
        change = JobChanged(at=at, job=after, previous=before, changes=changes_between(before, after))
        (changed,) = book.take(change, "transfer")
        longer.append(len(encode(changed)) - len(encode(found)))
    return longer


def delays(known: Sequence[Any], told: Sequence[Sequence[Any]], since: float) -> list[float]:
    """How many milliseconds later each state was told than known, where both are.

    >>> delays([[["a", "running", 5], 1.0]], [[[["a", "running", 5], 1.5], [["a", "running", 6], 1.75]]], 0)
    [500.0]

    Args:
        known: states, each with the time at which it was known, in seconds.
        told: the same of each of several that were told.
        since: when all of them had been told what there was, in seconds; what was known before is left out.
    """
    times = {tuple(state): at for state, at in known if at >= since}
    return [
        (at - times[tuple(state)]) * 1000
        for several in told
        for state, at in several
        if tuple(state) in times
    ]


async def _takeovers(pairs: int, ended: asyncio.Barrier | None) -> list[Figure]:
    """How long there is no leader after a kill, and after a clean stop; at once where there is a barrier."""
    async with EmbeddedServer(port=0) as server:

        async def gaps_after(number: signal.Signals) -> list[float]:
            return await asyncio.gather(*(_pair(server.url, number, ended) for _ in range(pairs)))

        if ended is None:
            kills, stops = await gaps_after(signal.SIGKILL), await gaps_after(signal.SIGTERM)
        else:
            kills, stops = await asyncio.gather(gaps_after(signal.SIGKILL), gaps_after(signal.SIGTERM))
    figures = []
    for what, gaps, limit in (("a kill", kills, 14), ("a clean stop", stops, 2)):
        if len(gaps) > 1:
            figures.append(spread(f"takeover after {what}", gaps, "s"))
        name, note = f"takeover after {what}, the longest", f"Of {len(gaps)}."
        figures.append(single(name, max(gaps), "s", bound=at_most(limit), note=note))
    return figures


async def _pair(url: str, number: signal.Signals, ended: asyncio.Barrier | None) -> float:
    """Start two relays and end the one that leads; seconds until the other leads.

    Where there is a barrier, it waits there when the one that leads has been ended.
    """
    workspace = f"acme{os.urandom(4).hex()}"
    async with contextlib.AsyncExitStack() as stack:
        options = ("--workspace", workspace, "--synthetic", "--jobs", "50")
        facts = await asyncio.to_thread(stack.enter_context, sandbox(*options))
        user = facts["users"][0]
        environ = environment(
            ACCSYN_URL=facts["url"],
            ACCSYN_WORKSPACE=workspace,
            ACCSYN_API_USER=user["username"],
            ACCSYN_API_KEY=user["api_key"],
        )
        command = (sys.executable, "-m", "accsyn_async", "relay", "--nats", url, "--json")
        several = []
        for _ in range(2):
            relay = await asyncio.create_subprocess_exec(
                *command,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=environ,
            )
            stack.push_async_callback(_kill, relay)
            several.append(relay)
        stand = [asyncio.Event() for _ in several]
        leading = [asyncio.create_task(_until_it_leads(*each)) for each in zip(several, stand, strict=True)]
        done, (waiting,) = await asyncio.wait(leading, return_when=asyncio.FIRST_COMPLETED)
        for standing in stand:
            await standing.wait()
        await asyncio.sleep(SETTLED)
        (first,) = (each for each, task in zip(several, leading, strict=True) if task in done)
        began = time.monotonic()
        first.send_signal(number)
        timed = asyncio.create_task(_moment(waiting))
        if ended is not None:
            await ended.wait()
        return await timed - began


async def _moment(done: asyncio.Task[None]) -> float:
    """When something is done, by the clock."""
    await done
    return time.monotonic()


async def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


async def _until_it_leads(process: asyncio.subprocess.Process, stands: asyncio.Event) -> None:
    assert process.stdout is not None
    async for text in process.stdout:
        if json.loads(text)["role"] == "leader":
            return
        stands.set()
    raise ConnectionError("a relay has ended")


def _mirrored(count: int) -> list[Figure]:
    """How many messages a second one feed takes, and whether all ends are told."""
    found, moves, ends = _published(count)
    rates, finals = [], []
    for _ in range(3):
        reading = Mirror("acme", AsyncioClock())
        for seq, message in enumerate(found, 1):
            reading.take_event(message, seq)
        reading.begin(JOBS)
        mailbox = Mailbox()
        reading.subscribe(select("Transfer"), mailbox)
        while reading.admit():
            pass
        began = time.process_time()
        for state in moves:
            reading.take_state(state)
        for seq, message in enumerate(ends, JOBS + 1):
            reading.take_event(message, seq)
        rates.append((len(moves) + len(ends)) / (time.process_time() - began))
        finals.append(_finals(mailbox))
    return [
        spread("messages taken by a feed", rates, "/s", bound=at_least(10_000), note="A second of CPU."),
        single("ends told of those published", min(finals) / JOBS * 100, "%", bound=at_least(100)),
    ]


def _finals(mailbox: Mailbox) -> int:
    """How many ends wait in a mailbox, which is emptied."""
    count = 0
    while len(mailbox):
        taking = mailbox.get()
        try:
            taking.send(None)
        except StopIteration as got:
            count += isinstance(got.value, JobFinished)
    return count


def _published(count: int) -> tuple[list[EventMessage], list[StateMessage], list[EventMessage]]:
    """What a relay publishes of 500 jobs: that they are found, so many states, and their ends."""
    at = dt.datetime.now(dt.UTC)
    book = Book(Masthead("acme", "one", 1, "b"))

    def job(number: int, progress: int, status: str = "running") -> Job:
        row = {"id": f"{number:024x}", "name": f"{number}.mov", "status": status, "progress": progress}
        return Job.from_row(row | {"size": 1_000_000, "speed": 10.5, "source": "workspace:1"})

    found = [book.take(JobFound(at=at, job=job(number, 0)), "transfer")[0] for number in range(JOBS)]
    book.states()
    moves: list[StateMessage] = []
    for step in range(1, count // JOBS + 1):
        for number in range(JOBS):
            before, after = job(number, (step - 1) % 100), job(number, step % 100)
            changes = changes_between(before, after)
            book.take(JobChanged(at=at, job=after, previous=before, changes=changes), "transfer")
        moves += book.states()
    ends = [
        book.take(
            JobFinished(at=at, job=job(number, 100, "done"), id=f"acme:{number:024x}:done:run-0"), "transfer"
        )[0]
        for number in range(JOBS)
    ]
    return found, moves, ends
