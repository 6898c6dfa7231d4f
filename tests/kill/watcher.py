"""Watchers that are made to be killed: a process that has imported everything forks one when told to.

It is told by lines on its standard input, ``<round> <seed>``; what it and its children have to say they
write to its standard output, a line at a time and nothing kept back: ``<round> <word> <rest>``.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import json
import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from accsyn_async import Event, JobEvent, JobFinished, JobRemoved, PollPolicy, Session, SqliteStore, Synced

SLOWEST = 0.01
"""Seconds that a consumer takes before and after it uses an event, at most."""


@dataclass(frozen=True)
class Orders:
    """What every watcher is to do.

    Attributes:
        url, workspace, username, api_key: where and as whom it logs in.
        what: what it watches: a query, or ids.
        checkpoint: the file.
        began, began_there: the time in the sandbox at one moment, and that of the machine.
        factor: seconds that pass there in a real one.
    """

    url: str
    workspace: str
    username: str
    api_key: str
    what: str | list[str]
    checkpoint: str
    began: float
    began_there: float
    factor: float

    def text(self) -> str:
        return json.dumps(asdict(self))


class FastClock:
    """The sandbox's time: what would take a night there passes in a minute."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() * self._orders.factor

    def now(self) -> dt.datetime:
        passed = (time.time() - self._orders.began_there) * self._orders.factor
        return dt.datetime.fromtimestamp(self._orders.began + passed, dt.UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._orders.factor)


class Telltale(SqliteStore):
    """Says when it begins to save, so that it can be killed in the midst of it."""

    def __init__(self, path: str, number: int) -> None:
        super().__init__(path)
        self._number = number

    async def save(self, changes: Mapping[str, str | None]) -> None:
        tell(self._number, "save")
        await super().save(changes)


def tell(number: int, word: str, rest: str = "") -> None:
    os.write(1, f"{number} {word} {rest}\n".encode())


def tell_event(number: int, event: Event) -> None:
    if isinstance(event, JobFinished | JobRemoved):
        tell(number, "end" if isinstance(event, JobFinished) else "removed", event.id)
    elif isinstance(event, Synced):
        tell(number, "synced")
    elif isinstance(event, JobEvent):
        tell(number, "job", f"{event.job.id} {event.at.timestamp()}")
    else:
        tell(number, "other", type(event).__name__)


async def watch(orders: Orders, number: int, rng: random.Random) -> None:
    """Use events until killed, or until told to leave in peace."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # Its parent says nothing while it lives: what can be read is that there is no parent any more.
    loop.add_reader(0, os._exit, 3)
    async with Session(
        orders.workspace,
        orders.username,
        orders.api_key,
        url=orders.url,
        rate_limit=None,
        poll=PollPolicy(soon=0.1, running=0.2, idle=0.5),
        _clock=FastClock(orders),
    ) as session:
        async with session.watch(orders.what, checkpoint=Telltale(orders.checkpoint, number)) as events:
            leaving = asyncio.create_task(stop.wait())
            while (event := await _next(events, leaving)) is not None:
                if isinstance(event, JobFinished | JobRemoved):
                    tell(number, "given", event.id)
                # It takes its time before it has used an event, and before it asks for the next one.
                slowly = isinstance(event, JobFinished | JobRemoved) or rng.random() < 0.3
                if slowly:
                    await asyncio.sleep(rng.random() * SLOWEST)
                tell_event(number, event)
                if slowly:
                    await asyncio.sleep(rng.random() * SLOWEST)
            leaving.cancel()
    tell(number, "left")


async def _next(events: Any, leaving: asyncio.Task[Any]) -> Event | None:
    if leaving.done():
        return None
    coming: asyncio.Task[Event | None] = asyncio.create_task(anext(events, None))
    await asyncio.wait([coming, leaving], return_when=asyncio.FIRST_COMPLETED)
    coming.cancel()
    await asyncio.wait([coming])
    return None if coming.cancelled() else coming.result()


def child(orders: Orders, number: int, seed: str) -> NoReturn:
    try:
        asyncio.run(watch(orders, number, random.Random(seed)))
    except BaseException as error:
        tell(number, "failed", f"{type(error).__name__}: {error}")
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Fork a watcher for each line, and say when it has ended."""
    orders = Orders(**json.loads(sys.argv[1]))
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        number, seed = line.split()
        pid = os.fork()
        if pid == 0:
            child(orders, int(number), seed)
        tell(int(number), "born", str(pid))
        _, status = os.waitpid(pid, 0)
        tell(int(number), "dead", str(os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    main()
