"""One watch of many jobs against asking for each of them once a second."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import accsyn_api

from accsyn_async import Session, Synced, Watch
from benchmarks.catalogue import ROOT
from benchmarks.cores import apart
from benchmarks.figures import Effort, Figure, ratio, spread

TITLE = "One watch of 500 jobs"
ABOUT = (
    "The official client asks, in one thread, for each job by its id; then one watch of the same jobs follows"
    " them at the default policy. They move in a sandbox in another process, in real time, which counts the"
    " requests. What polling takes a second is what a round of it takes."
)
NEEDS = ("accsyn_api", "cyclopts")

JOBS = 500
_WATCHED: dict[Effort, float] = {"quick": 4.0, "full": 10.0}
"""Seconds that a watch is measured for at a time."""
_NAIVE = "official, a poll per job"
_EACH_SECOND = (
    "As if one round of polls were made each second, however long it takes: one thread may not get that far."
)
_ROUND = "One thread, on one machine. The backend's 30 requests a second alone make it 17 s."


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


async def measure(effort: Effort) -> list[Figure]:
    """Polling and watching take turns."""
    polled: list[Share] = []
    watched: list[Share] = []
    passes: list[float] = []
    with apart() as core, _box(core) as box:
        official = accsyn_api.Session(
            *box.who, proxy=box.url.removeprefix("http://"), path_envfile=os.devnull
        )
        ids = [row["id"] for row in official.find("Transfer", limit=JOBS)]
        assert len(ids) == JOBS
        for _ in range(2 if effort == "quick" else 4):
            polled.append(_poll(official, ids, box, passes))
            watched.append(await _watch(ids, box, _WATCHED[effort]))
    return [
        ratio(
            "polling / watching, requests",
            [each.requests for each in polled],
            [each.requests for each in watched],
            against=_NAIVE,
            note=_EACH_SECOND,
        ),
        ratio(
            "polling / watching, CPU",
            [each.cpu for each in polled],
            [each.cpu for each in watched],
            against=_NAIVE,
            note=_EACH_SECOND,
        ),
        spread("watching, requests", [each.requests for each in watched], "/s"),
        spread("polling, requests", [each.requests for each in polled], "/s", note=_EACH_SECOND),
        spread("watching, share of a core", [each.cpu * 100 for each in watched], "%"),
        spread("polling, share of a core", [each.cpu * 100 for each in polled], "%", note=_EACH_SECOND),
        spread(
            f"a round of {len(ids)} polls takes",
            passes,
            "s",
            note=_ROUND,
        ),
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
    command = "sandbox --synthetic --no-rate-limit --control --json --port 0 --jobs"
    server = subprocess.Popen(
        # Some have ended already.
        [sys.executable, "-m", "accsyn_async", *command.split(), str(JOBS + 50)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    if core is not None:
        os.sched_setaffinity(server.pid, {core})
    assert server.stdout is not None
    try:
        facts = json.loads(server.stdout.readline())
        admin = next(user for user in facts["users"] if user["role"] == "admin")
        yield Box(
            facts["url"], facts["workspace"], admin["username"], admin["api_key"], facts["control_token"]
        )
    finally:
        server.terminate()
        server.communicate()
