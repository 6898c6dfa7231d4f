"""One watch of many jobs against what the official client has for it: asking for each, or listing all."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import accsyn_api

from accsyn_async import Session, Synced, Watch
from benchmarks.cores import apart
from benchmarks.figures import Effort, Figure, ratio, spread
from benchmarks.processes import sandbox

TITLE = "One watch of 500 jobs"
ABOUT = (
    "The official client asks, in one thread, for each job by its id, as often as the backend lets it: 30"
    " requests a second. Or it lists all of them once a second. Or a watch follows the same jobs at the"
    " default policy. They move in a sandbox in another process, in real time, which counts the requests."
)
NEEDS = ("accsyn_api", "cyclopts")

JOBS = 500
_WATCHED: dict[Effort, float] = {"quick": 4.0, "full": 10.0}
"""Seconds that a watch is measured for at a time."""
_ROUNDS: dict[Effort, int] = {"quick": 2, "full": 4}
_LISTS = 5
"""Lists that the official client asks for in a turn."""
_RATE, _BURST = 30, 60
"""Requests a second that the backend takes from an address, and how many at once."""
_POLLS = f"official, {_RATE} polls a second"
_LIST = "official, a list a second"
_WANTED = "official, a poll per job"
_AT_LIMIT = (
    f"As many polls as the backend takes, one job each: so each is asked for once in {JOBS / _RATE:.1f} s;"
    " the watch asks for all of them at once."
)
_LISTING = (
    "One find of all of them each second, which is told nothing: what has changed is left to the caller."
)
_EACH_SECOND = (
    "What it would want, were there no limit: a round of polls each second, however long it takes."
    " The backend refuses that."
)
_ROUND = (
    "One thread, on one machine, no limit. With the backend's, the first takes"
    f" {(JOBS - _BURST) / _RATE:.1f} s, and each one after it {JOBS / _RATE:.1f} s."
)


@dataclass(frozen=True)
class Box:
    """A sandbox in a process of its own, its limit of requests lifted."""

    url: str
    workspace: str
    username: str
    api_key: str
    token: str

    @property
    def who(self) -> tuple[str, str, str]:
        """Whom to log in."""
        return self.workspace, self.username, self.api_key

    def forget(self) -> None:
        """Begin to count requests anew."""
        self._control("DELETE")

    def requests(self) -> int:
        """How many requests there were."""
        return len(self._control("GET")["result"])

    def _control(self, verb: str) -> Any:
        asked = urllib.request.Request(
            f"{self.url}/_sandbox/requests",
            method=verb,
            headers={"X-Sandbox-Token": self.token, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked) as answer:
            return json.load(answer)


@dataclass(frozen=True)
class Share:
    """What watching in some way takes a second."""

    requests: float
    cpu: float

    def at(self, rate: float) -> Share:
        """The same with so many requests a second.

        >>> Share(500, 0.5).at(30)
        Share(requests=30, cpu=0.03)
        """
        return Share(rate, self.cpu * rate / self.requests)


async def measure(effort: Effort) -> list[Figure]:
    """The three take turns, in an order drawn anew in each round."""
    polled: list[Share] = []
    listed: list[Share] = []
    watched: list[Share] = []
    passes: list[float] = []
    dice = random.Random(JOBS)
    with apart() as core, _box(core) as box:
        official = accsyn_api.Session(
            *box.who, proxy=box.url.removeprefix("http://"), path_envfile=os.devnull
        )
        ids = [row["id"] for row in official.find("Transfer", limit=JOBS)]
        assert len(ids) == JOBS
        order = ["polling", "listing", "watching"]
        for _ in range(_ROUNDS[effort]):
            dice.shuffle(order)
            for what in order:
                if what == "polling":
                    polled.append(_poll(official, ids, box, passes))
                elif what == "listing":
                    listed.append(_list(official, box))
                else:
                    watched.append(await _watch(ids, box, _WATCHED[effort]))
    requests, cpu = [each.requests for each in watched], [each.cpu for each in watched]
    capped = [each.at(_RATE) for each in polled]
    return [
        ratio(
            "polling / watching, requests",
            [each.requests for each in capped],
            requests,
            against=_POLLS,
            note=_AT_LIMIT,
        ),
        ratio("polling / watching, CPU", [each.cpu for each in capped], cpu, against=_POLLS, note=_AT_LIMIT),
        ratio("listing / watching, CPU", [each.cpu for each in listed], cpu, against=_LIST, note=_LISTING),
        spread("watching, requests", requests, "/s"),
        spread("watching, share of a core", [each * 100 for each in cpu], "%"),
        spread("polling, share of a core", [each.cpu * 100 for each in capped], "%", note=_AT_LIMIT),
        spread("listing, share of a core", [each.cpu * 100 for each in listed], "%", note=_LISTING),
        ratio(
            "unlimited polling / watching, requests",
            [each.requests for each in polled],
            requests,
            against=_WANTED,
            note=_EACH_SECOND,
        ),
        ratio(
            "unlimited polling / watching, CPU",
            [each.cpu for each in polled],
            cpu,
            against=_WANTED,
            note=_EACH_SECOND,
        ),
        spread(f"a round of {len(ids)} polls takes", passes, "s", note=_ROUND),
    ]


def _poll(official: Any, ids: list[str], box: Box, passes: list[float]) -> Share:
    """A round of polls, counted as if it were made each second."""
    box.forget()
    began, cpu = time.perf_counter(), time.process_time()
    for job in ids:
        assert official.get_entity("Transfer", job)["id"] == job
    cpu = time.process_time() - cpu
    passes.append(time.perf_counter() - began)
    return Share(box.requests(), cpu)


def _list(official: Any, box: Box) -> Share:
    """A list of all jobs, counted as if it were asked for each second."""
    box.forget()
    cpu = time.process_time()
    for _ in range(_LISTS):
        assert len(official.find("Transfer", limit=JOBS)) == JOBS
    cpu = time.process_time() - cpu
    return Share(box.requests() / _LISTS, cpu / _LISTS)


async def _watch(ids: list[str], box: Box, seconds: float) -> Share:
    """Some seconds of a watch that knows what there is already."""
    async with (
        Session(*box.who, url=box.url) as session,
        session.watch(ids) as watch,
    ):
        synced = asyncio.Event()
        reading = asyncio.create_task(_read(watch, synced))
        await synced.wait()
        box.forget()
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        requests = box.requests()
        reading.cancel()
        await asyncio.wait([reading])
    return Share(requests / seconds, cpu / seconds)


async def _read(watch: Watch, synced: asyncio.Event) -> None:
    async for event in watch:
        if isinstance(event, Synced):
            synced.set()


@contextlib.contextmanager
def _box(core: int | None) -> Iterator[Box]:
    # Some have ended already.
    options = ("--synthetic", "--no-rate-limit", "--control", "--jobs", str(JOBS + 50))
    with sandbox(*options, core=core) as facts:
        admin = next(user for user in facts["users"] if user["role"] == "admin")
        yield Box(
            facts["url"], facts["workspace"], admin["username"], admin["api_key"], facts["control_token"]
        )
