"""What a relay adds, and what it saves.

    python benchmarks/relay.py [latency] [mirror] [takeover]

*latency*: a sandbox with 500 jobs that move, a NATS server, a relay, and four times a feed with 250 watches
have a process each. A watch beside the relay, of the same session, notes when each change became known there:
how much later do watches of feeds hear of it? And how often was accsyn asked?
*mirror*: how many messages a second one feed takes, with a watch of all of it.
*takeover*: pairs of relays, of which the leader is killed, or told to end: how long is there none?
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from accsyn_async import Job, JobChanged, JobFinished, JobFound, Session, relay
from accsyn_async.monitor.diff import changes_between
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.selection import select
from accsyn_async.relay.book import Book, Masthead
from accsyn_async.relay.embedded import EmbeddedServer
from accsyn_async.relay.link import Link, NatsOptions
from accsyn_async.relay.messages import StateMessage
from accsyn_async.relay.mirror import Mirror
from accsyn_async.relay.relay import Relay
from accsyn_async.transport.seam import AsyncioClock

JOBS = 500
PROCESSES = 4
WATCHES = 250
SECONDS = 20.0
PAIRS = 6
MESSAGES = 50_000

State = tuple[str, str, float]


def main() -> None:
    """Run the parts that are named, or all."""
    named = sys.argv[1:] or ["latency", "mirror", "takeover"]
    for name in named:
        {"latency": latency, "mirror": mirror, "takeover": takeover}[name]()


def latency() -> None:
    """How much later watches of feeds hear of a change."""
    asyncio.run(_latency())


async def _latency() -> None:
    async with EmbeddedServer(port=0) as server:
        with _sandbox("--synthetic", "--jobs", str(JOBS), "--time-factor", "5") as facts:
            leading = _started("--relay", server.url, *_who(facts))
            _line(leading)
            watching = [_started("--watches", server.url) for _ in range(PROCESSES)]
            for each in watching:
                _line(each)
            before = json.loads(_asked(leading))
            await asyncio.sleep(SECONDS)
            after = json.loads(_asked(leading))
            told = [json.loads(each.communicate()[0]) for each in watching]
            known = {_state(state): at for state, at in json.loads(leading.communicate()[0])}
    later = sorted(
        (at - known[_state(state)]) * 1000
        for several in told
        for state, at in several
        if _state(state) in known
    )
    requests = (after["requests"] - before["requests"]) / SECONDS
    print(
        f"{PROCESSES} processes with {WATCHES} watches each, {JOBS} jobs: {requests:.2f} requests/s to accsyn"
    )
    print(f"the relay takes {(after['cpu'] - before['cpu']) / SECONDS:.0%} of a core")
    middle, most = later[len(later) // 2], later[int(len(later) * 0.99)]
    print(
        f"{len(later)} changes are told {middle:.0f} ms later than where they are polled (p99 {most:.0f} ms)"
    )


async def serve_relay(url: str, backend: str, username: str, key: str) -> None:
    """Lead; for each line of standard input say what was taken so far, at its end what was known when."""
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    known: dict[State, float] = {}
    async with Session("acme", username, key, url=backend) as session, Link(NatsOptions((url,))) as link:
        leads = asyncio.Event()
        one = Relay(session, link, on_role=lambda role: leads.set() if role.role == "leader" else None)
        tasks = [asyncio.create_task(one.run()), asyncio.create_task(_note(session, known))]
        await leads.wait()
        print("leads", flush=True)
        while await stdin.readline():
            requests = sum(session.traffic.requests.values())
            print(json.dumps({"requests": requests, "cpu": time.process_time()}), flush=True)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    print(json.dumps(list(known.items())), flush=True)


async def serve_watches(url: str) -> None:
    """Watch; at the end of standard input say what one of the watches was told when."""
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    told: dict[State, float] = {}
    async with relay.connect(url) as feed:
        tasks = [asyncio.create_task(_note(feed, told))]
        tasks += [asyncio.create_task(_note(feed, {})) for _ in range(WATCHES - 1)]
        while feed.statistics().backlog or feed.statistics().jobs < 0.9 * JOBS:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        told.clear()
        print("watches", flush=True)
        while await stdin.readline():
            pass
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    print(json.dumps(list(told.items())), flush=True)


async def _note(source: Session | relay.Feed, known: dict[State, float]) -> None:
    async with source.watch("Transfer") as watch:
        async for event in watch:
            if isinstance(event, JobChanged) and "progress" in event.changes:
                job = event.job
                known.setdefault((job.id, job.status.value, job.progress), time.time())


def _state(state: list[Any]) -> State:
    return (state[0], state[1], state[2])


def mirror() -> None:
    """How many messages a second one feed takes."""
    at = dt.datetime.now(dt.UTC)
    book = Book(Masthead("acme", "one", 1, "b"))

    def job(number: int, progress: int, status: str = "running") -> Job:
        row = {"id": f"{number:024x}", "name": f"{number}.mov", "status": status, "progress": progress}
        return Job.from_row(row | {"size": 1_000_000, "speed": 10.5, "source": "workspace:1"})

    found = [book.take(JobFound(at=at, job=job(number, 0)), "transfer")[0] for number in range(JOBS)]
    book.states()
    moves: list[StateMessage] = []
    for step in range(1, MESSAGES // JOBS + 1):
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

    async def fill() -> tuple[float, int]:
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
        took = time.process_time() - began
        finals = 0
        while len(mailbox):
            finals += isinstance(await mailbox.get(), JobFinished)
        return took, finals

    took, finals = asyncio.run(fill())
    print(f"a feed takes {(len(moves) + len(ends)) / took:,.0f} messages/s; {finals} of {JOBS} ends told")


def takeover() -> None:
    """How long there is no leader after a kill, and after a clean stop."""
    asyncio.run(_takeover())


async def _takeover() -> None:
    async with EmbeddedServer(port=0) as server:
        for name, number in (("a kill", signal.SIGKILL), ("a clean stop", signal.SIGTERM)):
            gaps = sorted(await asyncio.gather(*(_pair(server.url, number) for _ in range(PAIRS))))
            middle, most = gaps[len(gaps) // 2], gaps[-1]
            print(f"after {name}, another leads {middle:.1f} s later (most of {PAIRS}: {most:.1f} s)")


async def _pair(url: str, number: signal.Signals) -> float:
    """Start two relays and end the one that leads; seconds until the other leads."""
    workspace = f"acme{os.urandom(4).hex()}"
    with _sandbox("--workspace", workspace, "--synthetic", "--jobs", "50") as facts:
        user = facts["users"][0]
        environ = os.environ | {
            "ACCSYN_URL": facts["url"],
            "ACCSYN_WORKSPACE": workspace,
            "ACCSYN_API_USER": user["username"],
            "ACCSYN_API_KEY": user["api_key"],
        }
        command = (sys.executable, "-m", "accsyn_async", "relay", "--nats", url, "--json")
        several = [
            await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environ)
            for _ in range(2)
        ]
        try:
            stand = [asyncio.Event() for _ in several]
            leading = [
                asyncio.create_task(_until_it_leads(*each)) for each in zip(several, stand, strict=True)
            ]
            done, (waiting,) = await asyncio.wait(leading, return_when=asyncio.FIRST_COMPLETED)
            for standing in stand:
                await standing.wait()
            await asyncio.sleep(5)
            (first,) = (each for each, task in zip(several, leading, strict=True) if task in done)
            began = time.monotonic()
            first.send_signal(number)
            await waiting
            return time.monotonic() - began
        finally:
            for each in several:
                with contextlib.suppress(ProcessLookupError):
                    each.kill()
                await each.wait()


async def _until_it_leads(process: asyncio.subprocess.Process, stands: asyncio.Event) -> None:
    assert process.stdout is not None
    while json.loads(await process.stdout.readline())["role"] != "leader":
        stands.set()


@contextlib.contextmanager
def _sandbox(*options: str) -> Iterator[dict[str, Any]]:
    with subprocess.Popen(
        [sys.executable, "-m", "accsyn_async", "sandbox", "--json", "--port", "0", *options],
        stdout=subprocess.PIPE,
        text=True,
    ) as box:
        try:
            yield json.loads(_line(box))
        finally:
            box.terminate()


def _who(facts: dict[str, Any]) -> tuple[str, str, str]:
    user = facts["users"][0]
    return facts["url"], user["username"], user["api_key"]


def _started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _asked(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return _line(process)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--relay"]:
        asyncio.run(serve_relay(*sys.argv[2:]))
    elif sys.argv[1:2] == ["--watches"]:
        asyncio.run(serve_watches(*sys.argv[2:]))
    else:
        main()
