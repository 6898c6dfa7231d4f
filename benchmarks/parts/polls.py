"""Polls of 5,000 jobs once they are known: without any change, and with some.

No connection is involved: what a poll makes of the bytes that it is answered.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from accsyn_async.monitor.admission import Admission
from accsyn_async.monitor.fields import WATCHED
from accsyn_async.monitor.finder import Finder
from accsyn_async.monitor.herald import Herald
from accsyn_async.monitor.lister import Lister
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.selection import Selection
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.transport.arrival import Arrival
from accsyn_async.transport.seam import AsyncioClock
from accsyn_async.wire.codec import decode
from accsyn_async.wire.ends import EndReader
from accsyn_async.wire.message import Call
from accsyn_async.wire.reply import Failure
from accsyn_async.wire.rows import JobReader
from benchmarks import backend
from benchmarks.contenders import Rows
from benchmarks.figures import FAR, Bound, Effort, Figure, at_most, ratio, spread
from benchmarks.rounds import cpu

TITLE = "Polls"
ABOUT = (
    "The CPU of a poll of 5,000 known jobs, reading and taking note, without any connection: for a watch"
    " that shows all of a job, and for one of the usual fields, whose poll asks for less. Against decoding"
    " the same bytes: by msgspec into Structs of a job's fields, times left as text; and into dicts, times"
    " read, as `find` does. What a poll is answered comes in pieces, as out of a socket, and is compared with"
    " the answer before as it does; putting it together counts on neither side. The floor of an unchanged"
    " poll is this comparison alone."
)
NEEDS = ()

JOBS = 5000
PIECE = 256 * 1024
"""Bytes that asyncio takes out of a socket at once, at most."""
ROUNDS = {"quick": 16, "full": 40}
SHARES = {"quick": (0.0, 0.1), "full": (0.0, 0.01, 0.1, 0.5)}
WATCHES: dict[str, tuple[str, ...] | None] = {"all of a job": None, "the usual fields": WATCHED}
_BOUND_BY_MEMORY = ("all of a job",)
"""Where fetching what is compared takes most of an unchanged poll."""
UNCHANGED, TENTH = at_most(0.05), at_most(1.5)
TO_FLOOR = at_most(FAR)
_FIRST = "The first poll that brings changes: rows are told apart for the first time."
STRUCTS, DICTS = "decoding into Structs", "decoding into dicts"

T = TypeVar("T")

_decode = msgspec.json.Decoder(Rows).decode


async def measure(effort: Effort) -> list[Figure]:
    """What polls cost, by what is watched and by the share of jobs that changed."""
    figures = []
    for name, fields in WATCHES.items():
        for share in SHARES[effort]:
            taken = await _measure(fields, share, ROUNDS[effort])
            figures += _figures(name, share, taken)
    return figures


def _figures(watched: str, share: float, taken: dict[str, list[float]]) -> list[Figure]:
    what = f"{share:.0%} changed, {watched}" if share else f"unchanged, {watched}"
    poll, structs = taken["poll"], taken["structs"]
    bound_by_memory = not share and watched in _BOUND_BY_MEMORY
    against_structs: Bound | None = {0.0: UNCHANGED, 0.1: TENTH}.get(share)
    compared = ratio(
        f"floor, {watched}: comparing bytes",
        taken["compare"],
        structs,
        against=STRUCTS,
        note=f"Two texts of {taken['size'][0]:.1f} MB.",
    )
    figures = [
        ratio(
            what,
            poll,
            structs,
            against=STRUCTS,
            bound=against_structs,
            floor=compared.value if bound_by_memory else None,
        ),
        ratio(f"{what}, to dicts", poll, taken["dicts"], against=DICTS, bound=None if share else UNCHANGED),
    ]
    if not share:
        figures += [
            ratio(
                f"{what}, to its floor",
                poll,
                taken["compare"],
                against="comparing bytes",
                bound=TO_FLOOR if bound_by_memory else None,
            ),
            compared,
        ]
    else:
        figures += [
            ratio(
                f"{what}, and a watch told",
                [a + b for a, b in zip(poll, taken["tell"], strict=True)],
                structs,
                against=STRUCTS,
            ),
            spread(f"{what}: reading", taken["read"], "ms"),
            spread(f"{what}: taking note", taken["note"], "ms"),
            spread(f"{what}: telling a watch", taken["tell"], "ms"),
            spread(
                f"{what}: the first",
                taken["first"],
                "ms",
                note=_FIRST,
            ),
        ]
    return figures


class Replies:
    """Answers polls, the jobs moving from one to the next.

    Attributes:
        body: the list as it is answered.
        took: milliseconds of CPU that comparing the last answer as it came, and reading it, took.
        arriving: milliseconds that it took to come, and to be put together.
    """

    def __init__(self, attributes: list[str]) -> None:
        self.body = b""
        self.took = self.arriving = 0.0
        self._rows = backend.rows(JOBS)
        self._dice = random.Random(7)
        self._attributes = attributes
        self._texts = [self._text(row) for row in self._rows]
        self.move(0.0)

    def move(self, share: float) -> None:
        """Let a share of the jobs get on by some percent, those that run with another speed."""
        dice = self._dice
        for number in dice.sample(range(JOBS), int(JOBS * share)):
            row = self._rows[number]
            row["progress"] = (row["progress"] + dice.randrange(1, 5)) % 101
            if row["status"] == "running":
                row["speed"] = round(dice.random() * 100, 3)
                row["etr"] = f"{dice.randrange(5)}h:{dice.randrange(60)}m:{dice.randrange(60)}s"
            self._texts[number] = self._text(row)
        self.body = f'{{"result": [{", ".join(self._texts)}]}}'.encode()

    def _text(self, row: dict[str, Any]) -> str:
        return json.dumps({name: row[name] for name in self._attributes if name in row})

    async def __call__(self, call: Call, read: Callable[[bytes], T | Failure], /) -> T:
        """Be asked by a poll: for the list, for those that have ended, or whether it goes on."""
        data = call.data if isinstance(call.data, dict) else {}
        body = b'{"result": []}' if data.get("finished") or data.get("skip") else self.body
        asked = time.process_time()
        arrival, took = Arrival(read.body if isinstance(read, JobReader | EndReader) else b""), 0.0
        for start in range(0, len(body), PIECE):
            # Just written, as what comes out of a socket is.
            piece = body[start : start + PIECE]
            began = time.process_time()
            arrival.take(piece)
            took += time.process_time() - began
        whole = arrival.whole()
        began = time.process_time()
        outcome = read(whole)
        ended = time.process_time()
        took += ended - began
        self.took, self.arriving = took * 1000, (ended - asked - took) * 1000
        assert not isinstance(outcome, Failure)
        return outcome


def _comparing(before: bytes, body: bytes) -> float:
    """Milliseconds that it takes to compare an answer with the one before, piece by piece as it comes."""
    took = 0.0
    for start in range(0, len(body), PIECE):
        piece = body[start : start + PIECE]
        began = time.process_time()
        before.startswith(piece, start)
        took += time.process_time() - began
    return took * 1000


async def _measure(fields: tuple[str, ...] | None, share: float, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each round, by what took them; the first two polls are not among them."""
    herald, clock, dice = Herald("seagull"), AsyncioClock(), random.Random(5)
    watch = Subscription(Selection("transfer", fields=fields), Mailbox())
    herald.audience.add(watch)
    watch.admitted = True
    replies = Replies(herald.audience.attributes)
    finder = Finder("transfer", replies, herald, clock, lambda _call: 8000)
    lister = Lister(finder, herald, Admission(herald))
    (group,) = herald.audience.groups.values()
    taken: dict[str, list[float]] = defaultdict(list)
    taken["size"].append(len(replies.body) / 1e6)

    async def poll() -> None:
        herald.begin(dt.datetime.now(dt.UTC), clock.monotonic())
        began = time.process_time()
        await lister.list_group(group)
        listed = time.process_time()
        await herald.tell()
        ended = time.process_time()
        watch.mailbox.discard()
        watch.mailbox = Mailbox()
        took = (listed - began) * 1000 - replies.arriving
        taken["poll"].append(took)
        taken["read"].append(replies.took)
        taken["note"].append(took - replies.took)
        taken["tell"].append((ended - listed) * 1000)
        assert len(group.present) == JOBS

    await poll()
    replies.move(share)
    await poll()
    taken["first"] = taken["poll"][1:]
    for name in ("poll", "read", "note", "tell"):
        taken[name].clear()
    order = ["poll", "structs", "dicts", "compare"]
    for _ in range(rounds):
        before = replies.body
        replies.move(share)
        dice.shuffle(order)
        for name in order:
            gc.collect()
            if name == "poll":
                await poll()
            elif name == "structs":
                taken[name].append(cpu(lambda: _decode(replies.body)))
            elif name == "dicts":
                taken[name].append(cpu(lambda: decode(replies.body)))
            else:
                taken[name].append(_comparing(before, replies.body))
    return taken
