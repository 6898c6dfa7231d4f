"""What a process costs that follows a relay: reading what is published, and telling its watches.

Run it as ``python benchmarks/mirror.py`` from a checkout; README.md beside it says how to read the table.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.selection import select
from accsyn_async.relay.messages import encode, read_event, read_state
from tests.relay.publisher import Publisher
from tests.relay.reading import Feeder
from tests.support.backend import job_id

JOBS = 500
ROUNDS = 20


def followed() -> Feeder:
    """A mirror that knows 500 jobs which run."""
    publisher = Publisher()
    for number in range(JOBS):
        publisher.find(number)
    feeder = Feeder(publisher)
    feeder.load()
    return feeder


def enter(feeder: Feeder, whats: list[Any]) -> list[Mailbox]:
    """Watches of these."""
    boxes = [Mailbox() for _ in whats]
    for what, box in zip(whats, boxes, strict=True):
        feeder.mirror.subscribe(select(what), box)
    return boxes


def measured(what: str, once: Callable[[], object], count: int, unit: str = "µs") -> None:
    """Print the CPU of something, by the number of things that it does."""
    gc.collect()
    began = time.process_time()
    once()
    took = time.process_time() - began
    by = {"µs": 1e6, "ms": 1e3}[unit]
    print(f"{what:58} {took / count * by:9.2f} {unit} {count / took:10,.0f}/s")


def progress(feeder: Feeder, rounds: int) -> int:
    """All jobs make progress; how many states that are."""
    for each in range(rounds):
        for number in range(JOBS):
            feeder.publisher.progress(number, progress=each + 1, speed=1.5 * each)
    return rounds * JOBS


def events(feeder: Feeder, rounds: int) -> int:
    """All jobs change their status; how many events that are, whose states are left out."""
    for each in range(rounds):
        for number in range(JOBS):
            feeder.publisher.change(number, "failed" if each % 2 else "paused")
    feeder.states_read = len(feeder.publisher.states)
    return rounds * JOBS


def main() -> None:
    """Print all of it."""
    feeder = followed()
    count = progress(feeder, ROUNDS)
    texts = [encode(message) for message in feeder.publisher.states[-count:]]
    measured("a state is decoded", lambda: [read_state(text) for text in texts], count)
    measured("a state is taken, nobody watches", feeder.states, count)
    count = events(feeder, ROUNDS)
    texts = [encode(message) for message in feeder.publisher.events[-count:]]
    measured("an event is decoded", lambda: [read_event(text) for text in texts], count)
    measured("an event is taken, nobody watches", feeder.events, count)

    feeder = followed()
    enter(feeder, ["Transfer"])
    measured("a state is taken, one watch of all", feeder.states, progress(feeder, ROUNDS))
    measured("an event is taken, one watch of all", feeder.events, events(feeder, ROUNDS))
    enter(feeder, [f"Transfer WHERE user={number}" for number in range(20)])
    measured("a state is taken, and 20 queries that mean no job", feeder.states, progress(feeder, ROUNDS))

    feeder = followed()
    measured("a watch of all is let in", lambda: enter(feeder, ["Transfer"] * 1000), 1000, "ms")
    measured("a state is taken, 1,000 watches of all", feeder.states, progress(feeder, 1), "ms")
    measured("an event is taken, 1,000 watches of all", feeder.events, events(feeder, 1), "ms")

    feeder = followed()
    whats = [job_id(number % JOBS) for number in range(10_000)]
    measured("a watch of an id is let in", lambda: enter(feeder, whats), 10_000)
    measured("a state is taken, 10,000 watches by id", feeder.states, progress(feeder, ROUNDS))


if __name__ == "__main__":
    main()
