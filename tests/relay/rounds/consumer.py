"""A durable consumer in a process of its own, which says what it was given, and what it has used.

Nothing is kept back: what was said before a kill has been heard.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import signal
import sys
from dataclasses import asdict, dataclass
from typing import Any

from accsyn_async import relay
from accsyn_async.events import Event, JobEvent, JobFinished, JobRemoved, Synced
from tests.relay.rounds.lines import lines_of

SLOWEST = 0.01
"""Seconds that it takes before and after it uses an end, at most."""


@dataclass(frozen=True)
class Orders:
    """What a consumer is to do.

    Attributes:
        servers: where NATS is.
        workspace: whose jobs.
        durable: under which name it acknowledges.
        seed: decides how slow it is.
    """

    servers: list[str]
    workspace: str
    durable: str
    seed: str

    def text(self) -> str:
        return json.dumps(asdict(self))


async def consume(orders: Orders) -> None:
    """Use events until killed, or until told to leave in peace."""
    loop, stop, rng = asyncio.get_running_loop(), asyncio.Event(), random.Random(orders.seed)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # Its parent says nothing while it lives: what can be read is that there is no parent any more.
    loop.add_reader(0, os._exit, 3)
    async with relay.connect(orders.servers, workspace=orders.workspace) as feed:
        async with feed.watch("Transfer", durable=orders.durable) as events:
            leaving = asyncio.create_task(stop.wait())
            while (event := await _next(events, leaving)) is not None:
                final = isinstance(event, JobFinished | JobRemoved)
                if final:
                    assert isinstance(event, JobEvent)
                    tell("given", event.id)
                    await asyncio.sleep(rng.random() * SLOWEST)
                for line in lines_of(event):
                    tell(*line)
                if final:
                    await asyncio.sleep(rng.random() * SLOWEST)
                if isinstance(event, Synced):
                    tell("ready", "")
            leaving.cancel()
    tell("left", "")


async def _next(events: Any, leaving: asyncio.Task[Any]) -> Event | None:
    if leaving.done():
        return None
    coming: asyncio.Task[Event | None] = asyncio.create_task(anext(events, None))
    await asyncio.wait([coming, leaving], return_when=asyncio.FIRST_COMPLETED)
    coming.cancel()
    await asyncio.wait([coming])
    return None if coming.cancelled() else coming.result()


def tell(word: str, rest: str) -> None:
    os.write(1, f"{word} {rest}\n".encode())


def main() -> int:
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("accsyn_async.relay").setLevel(logging.DEBUG)
    try:
        asyncio.run(consume(Orders(**json.loads(sys.argv[1]))))
    except Exception as error:
        tell("failed", f"{type(error).__name__}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
