"""A relay, or watches of its feed, in a process of their own: run by the part of that name.

``python -m benchmarks.serve_relay relay NATS BACKEND USERNAME KEY`` leads, and says so; for every line of
its standard input it says what was taken so far, and at the end of it when each state became known.
``python -m benchmarks.serve_relay watches NATS WATCHES`` watches, says so once all watches have been told
what there is, for every line what it took so far, and at the end when one watch was told of each state.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Iterable

from accsyn_async import JobChanged, Session, Synced, relay
from accsyn_async.relay.link import Link, NatsOptions
from accsyn_async.relay.relay import Relay

State = tuple[str, str, float | None]
"""A job's id, its status and its progress."""


async def serve_relay(url: str, backend: str, username: str, key: str) -> None:
    """Lead, and note when changes become known beside the relay."""
    stdin, known = await _stdin(), dict[State, float]()
    async with Session("acme", username, key, url=backend) as session, Link(NatsOptions((url,))) as link:
        leads = asyncio.Event()
        one = Relay(session, link, on_role=lambda role: leads.set() if role.role == "leader" else None)
        tasks = [asyncio.create_task(one.run()), asyncio.create_task(_note(session, known))]
        await leads.wait()
        print("leads", flush=True)
        while await stdin.readline():
            requests = sum(session.traffic.requests.values())
            facts = {"requests": requests, "cpu": time.process_time(), "memory": _memory()}
            print(json.dumps(facts), flush=True)
        await _stop(tasks)
    print(json.dumps(list(known.items())), flush=True)


async def serve_watches(url: str, watches: int) -> None:
    """Watch, and note when one of the watches is told of changes."""
    stdin, told = await _stdin(), dict[State, float]()
    async with relay.connect(url) as feed:
        all_there = asyncio.Barrier(watches + 1)
        tasks = [asyncio.create_task(_note(feed, told, all_there))]
        tasks += [asyncio.create_task(_note(feed, {}, all_there)) for _ in range(watches - 1)]
        await all_there.wait()
        told.clear()
        print("watches", flush=True)
        while await stdin.readline():
            print(json.dumps({"cpu": time.process_time(), "memory": _memory()}), flush=True)
        await _stop(tasks)
    print(json.dumps(list(told.items())), flush=True)


async def _note(
    source: Session | relay.Feed, known: dict[State, float], all_there: asyncio.Barrier | None = None
) -> None:
    async with source.watch("Transfer") as watch:
        async for event in watch:
            if isinstance(event, Synced) and all_there is not None:
                await all_there.wait()
            elif isinstance(event, JobChanged) and "progress" in event.changes:
                job = event.job
                known.setdefault((job.id, job.status.value, job.progress), time.time())


def _memory() -> float:
    """MB that this process took at most."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


async def _stop(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _stdin() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


if __name__ == "__main__":
    if sys.argv[1] == "relay":
        asyncio.run(serve_relay(*sys.argv[2:]))
    else:
        asyncio.run(serve_watches(sys.argv[2], int(sys.argv[3])))
