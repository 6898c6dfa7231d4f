"""What a process costs that follows a relay: reading what is published, and telling its watches."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.selection import select
from accsyn_async.relay.messages import encode, read_event, read_state
from benchmarks.figures import Effort, Figure, ratio, spread
from benchmarks.rounds import Work, cpu, interleaved
from tests.relay.publisher import Publisher
from tests.relay.reading import Feeder
from tests.support.backend import job_id

TITLE = "A mirror"
ABOUT = (
    "The CPU of a message that a relay has published, once it has come from NATS: decoded; and, when it has"
    " been, taken into the mirror of 500 jobs and told to its watches. Each against msgspec decoding the same"
    " messages into dicts, and nothing else. Every state is a change of progress and speed, every event one"
    " of status; what waits in mailboxes is not taken out."
)
NEEDS = ("nats",)

JOBS = 500
ROUNDS = {"quick": 3, "full": 15}
BY_ID = 10_000
ALL = 1_000
DECODING = "msgspec decoding"
_BARE = msgspec.json.Decoder().decode
"""What everything is held against: a message into dicts."""


async def measure(effort: Effort) -> list[Figure]:
    """What states and events cost, by who watches."""
    rounds = ROUNDS[effort]
    feeder = followed()
    figures = [*_decoding(rounds), *_taken(feeder, "nobody watches", rounds)]
    enter(feeder, ["Transfer"])
    figures += _taken(feeder, "one watch of all", rounds)
    if effort == "full":
        enter(feeder, [f"Transfer WHERE user={number}" for number in range(20)])
        figures += _taken(feeder, "and 20 queries that mean no job", rounds)
    feeder = followed()
    figures.append(_let_in(feeder, ["Transfer"] * ALL, f"one of {ALL:,} watches of all"))
    figures += _taken(feeder, f"{ALL:,} watches of all", 1)
    feeder = followed()
    watched = [job_id(number % JOBS) for number in range(BY_ID)]
    figures.append(_let_in(feeder, watched, f"one of {BY_ID:,} watches by id"))
    figures += _taken(feeder, f"{BY_ID:,} watches by id", rounds)
    return figures


def followed() -> Feeder:
    """A mirror that knows 500 jobs which run."""
    publisher = Publisher()
    for number in range(JOBS):
        publisher.find(number)
    feeder = Feeder(publisher)
    feeder.load()
    return feeder


def enter(feeder: Feeder, whats: Sequence[Any]) -> list[Mailbox]:
    """Watches of these."""
    boxes = [Mailbox() for _ in whats]
    for what, box in zip(whats, boxes, strict=True):
        feeder.mirror.subscribe(select(what), box)
    return boxes


def _decoding(rounds: int) -> list[Figure]:
    """What reading a message costs beyond its JSON."""
    feeder = followed()
    figures = []
    for what, read, messages in (
        ("state", read_state, _progress(feeder, 1)),
        ("event", read_event, _changes(feeder, 1)),
    ):
        texts = [encode(message) for message in messages]
        taken = interleaved(
            {"ours": partial(_all, read, texts), "bare": partial(_all, _BARE, texts)}, 5 * rounds
        )
        figures.append(ratio(f"{what} decoded", taken["ours"], taken["bare"], against=DECODING))
    return figures


def _taken(feeder: Feeder, watching: str, rounds: int) -> list[Figure]:
    """What taking states and events in costs, once they are decoded, beside decoding them."""
    dice = random.Random(rounds)
    taken: dict[str, list[float]] = {"state": [], "event": []}
    decoded: dict[str, list[float]] = {"state": [], "event": []}
    for each in range(rounds):
        for what, make, take in (("state", _progress, feeder.states), ("event", _changes, feeder.events)):
            texts = [encode(message) for message in make(feeder, each)]
            turns: list[tuple[list[float], Work]] = [
                (taken[what], take),
                (decoded[what], partial(_all, _BARE, texts)),
            ]
            dice.shuffle(turns)
            for noted, work in turns:
                gc.collect()
                noted.append(cpu(work))
    return [
        ratio(
            f"{what} taken, {watching}", taken[what], decoded[what], against=DECODING, note=_each(taken[what])
        )
        for what in taken
    ]


def _all(read: Callable[[bytes], Any], texts: Sequence[bytes]) -> list[Any]:
    return [read(text) for text in texts]


def _each(taken: Sequence[float]) -> str:
    """The least time of one of 500, in words."""
    return f"At least {min(taken) / JOBS * 1000:.1f} µs each: {JOBS / min(taken) * 1000:,.0f} a second."


def _let_in(feeder: Feeder, whats: Sequence[Any], what: str) -> Figure:
    gc.collect()
    took = cpu(lambda: enter(feeder, whats))
    return spread(f"{what} let in", [took / len(whats) * 1000], "µs")


def _progress(feeder: Feeder, each: int) -> list[Any]:
    """All jobs make progress; the states that tell of it."""
    for number in range(JOBS):
        feeder.publisher.progress(number, progress=each % 99 + 1, speed=1.5 * each)
    return list(feeder.publisher.states[-JOBS:])


def _changes(feeder: Feeder, each: int) -> list[Any]:
    """All jobs change their status; the events that tell of it, whose states are left out."""
    for number in range(JOBS):
        feeder.publisher.change(number, "failed" if each % 2 else "paused")
    feeder.states_read = len(feeder.publisher.states)
    return list(feeder.publisher.events[-JOBS:])
