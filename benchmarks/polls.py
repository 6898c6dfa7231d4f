"""Polls of 5,000 jobs once they are known: without any change, and with some.

No connection is involved: what a poll makes of the bytes that it is answered. Every figure is
the least of many, and a ratio's two sides take turns.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import random
import time
from collections.abc import Callable
from typing import TypeVar

import backend
import msgspec
from contenders import Rows

from accsyn_async.monitor.admission import Admission
from accsyn_async.monitor.fields import WATCHED
from accsyn_async.monitor.herald import Herald
from accsyn_async.monitor.lister import Lister
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.selection import Selection
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.transport.seam import AsyncioClock
from accsyn_async.wire.codec import decode
from accsyn_async.wire.message import Call
from accsyn_async.wire.reply import Failure

JOBS = 5000
POLLS = 30
SHARES = (0.0, 0.01, 0.1, 0.5)
WATCHES: dict[str, tuple[str, ...] | None] = {"all of a job": None, "the usual fields": WATCHED}

T = TypeVar("T")

_decode = msgspec.json.Decoder(Rows).decode


async def main() -> None:
    """Measure and print."""
    print(f"{JOBS:,} jobs, CPU in ms: least of {POLLS} polls; ratios to decoding in brackets")
    titles = ("watched", "changed", "decoding", "reading", "taking note", "telling", "first changes")
    print(f"{titles[0]:>18}{titles[1]:>9}" + "".join(f"{title:>15}" for title in titles[2:]))
    for name, fields in WATCHES.items():
        for share in SHARES:
            dicts, decoding, poll, times = await _measure(fields, share)
            shown = "".join(f"{f'{each:.2f} ({each / decoding:.3f})':>15}" for each in times)
            print(f"{name:>18}{share:>9.0%}{decoding:>15.2f}{shown}")
            print(
                f"{'reading and taking note':>42}{f'{poll:.2f} ({poll / decoding:.3f})':>15};"
                f" decoding into dicts {dicts:.2f} ({poll / dicts:.3f})"
            )


class _Replies:
    """Answers polls, the jobs moving from one to the next."""

    def __init__(self, share: float) -> None:
        self.rows = backend.rows(JOBS)
        self.share = share
        self.dice = random.Random(7)
        self.attributes: list[str] = []
        self.body = b""
        self.took = 0.0
        self.move(0.0)

    def move(self, share: float | None = None) -> None:
        """Let a share of the jobs, those that run first, get on by some percent."""
        for row in self.dice.sample(self.rows, int(JOBS * (self.share if share is None else share))):
            row["progress"] = (row["progress"] + self.dice.randrange(1, 5)) % 101
            if row["status"] == "running":
                row["speed"] = round(self.dice.random() * 100, 3)
                row["etr"] = (
                    f"{self.dice.randrange(5)}h:{self.dice.randrange(60)}m:{self.dice.randrange(60)}s"
                )
        shown = [{name: row[name] for name in self.attributes if name in row} for row in self.rows]
        self.body = json.dumps({"result": shown}).encode()

    async def __call__(self, call: Call, read: Callable[[bytes], T | Failure], /) -> T:
        """Be asked by a poll."""
        body = b'{"result": []}' if (call.data or {}).get("finished") else self.body
        began = time.process_time()
        outcome = read(body)
        self.took = time.process_time() - began
        assert not isinstance(outcome, Failure)
        return outcome


async def _measure(fields: tuple[str, ...] | None, share: float) -> tuple[float, float, float, list[float]]:
    """Decoding into dicts; decoding; reading with taking note; and its parts.

    The parts: reading, taking note, telling, all of the first poll with changes.
    """
    replies = _Replies(share)
    herald, clock = Herald("seagull"), AsyncioClock()
    lister = Lister("transfer", replies, herald, Admission(herald), clock, lambda _call: 8000)
    watch = Subscription(Selection("transfer", fields=fields), Mailbox())
    herald.audience.add(watch)
    watch.admitted = True
    replies.attributes = herald.audience.attributes
    (group,) = herald.audience.groups.values()
    dicts, decoded, read, noted, told, polls = (list[float]() for _ in range(6))
    first = 0.0
    for number in range(POLLS):
        replies.move(0.0 if number == 0 else None)
        herald.begin(dt.datetime.now(dt.UTC), clock.monotonic())
        gc.collect()
        began = time.process_time()
        found = decode(replies.body)
        finding = time.process_time() - began
        del found
        gc.collect()
        began = time.process_time()
        rows = _decode(replies.body)
        decoding = time.process_time() - began
        del rows
        began = time.process_time()
        await lister.list_group(group)
        listed = time.process_time()
        await herald.tell()
        ended = time.process_time()
        watch.mailbox.discard()
        watch.mailbox = Mailbox()
        if number == 1:
            first = ended - began
        elif number > 1:
            dicts.append(finding)
            decoded.append(decoding)
            read.append(replies.took)
            noted.append(listed - began - replies.took)
            told.append(ended - listed)
            polls.append(listed - began)
    least = [min(each) * 1000 for each in (dicts, decoded, polls, read, noted, told)]
    return least[0], least[1], least[2], [*least[3:], first * 1000]
