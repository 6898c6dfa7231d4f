"""What the dashboard's server costs with 200 pages open, and how much later a page learns of a change."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import time
from typing import Any

import aiohttp

from benchmarks.figures import Effort, Figure, at_most, single, spread
from benchmarks.processes import asked, line, sandbox, started

TITLE = "Pages of the dashboard"
ABOUT = (
    "200 open pages of some 500 running jobs, of which nearly all have moved at each poll. Sandbox,"
    " server and pages have a process each. The CPU is the server's, with the session's polls and a second"
    " watch in it; a page is told of a change so much later than that second watch of the same session."
)
NEEDS = ("aiohttp_sse",)

PAGES = 200
JOBS = 9000
FACTOR = 60
"""Seconds that pass in the sandbox in one."""
SECONDS = {"quick": 6.0, "full": 20.0}
QUERY = "Transfer WHERE status=running"
_ENDS = "Of the one session. Jobs that end, of which there are many at this pace, are looked up beside polls."
READ = 50
"""Of so many pages one reads what it is told."""

State = tuple[str, float]


async def measure(effort: Effort) -> list[Figure]:
    """What the pages cost, and how late they are told."""
    with contextlib.ExitStack() as stack:
        options = ("--no-rate-limit", "--synthetic", "--jobs", str(JOBS), "--time-factor", str(FACTOR))
        facts = await asyncio.to_thread(stack.enter_context, sandbox(*options))
        user = facts["users"][0]
        who = (facts["url"], user["username"], user["api_key"])
        server = stack.enter_context(started("benchmarks.serve_pages", *who, QUERY))
        port = int(await asyncio.to_thread(line, server))
        pages, figures = await _look(f"http://127.0.0.1:{port}/", server, SECONDS[effort])
        text, _ = await asyncio.to_thread(server.communicate)
    known = {(ident, progress): at for ident, progress, at in json.loads(text)}
    later = sorted(
        (at - known[state]) * 1000 for page in pages for state, at in page.seen.items() if state in known
    )
    rows = [number for page in pages for number in page.rows]
    late = f"Of {len(later):,} changes; p99: {later[int(len(later) * 0.99)]:.0f} ms."
    return [
        *figures,
        spread("change told later than known", later, "ms", bound=at_most(100), note=late),
        spread("jobs changed in each message", rows, "jobs"),
    ]


class Page:
    """An open page.

    Attributes:
        messages: how many came.
        size: their bytes.
        rows: how many jobs changed in each message.
        seen: when each state was told.
        settled: set once it has got all that there is, and some changes.

    Args:
        reads: whether it looks into its messages.
    """

    def __init__(self, *, reads: bool) -> None:
        self.messages = 0
        self.size = 0
        self.rows: list[int] = []
        self.seen: dict[State, float] = {}
        self.settled = asyncio.Event()
        self._reads = reads

    async def look(self, client: aiohttp.ClientSession, base: str) -> None:
        """Take in what comes."""
        async with client.get(base + "stream") as answer:
            async for line in answer.content:
                self.take(line, time.time())
        raise ConnectionError("the dashboard has hung up")

    def take(self, line: bytes, now: float) -> None:
        """Take in a line of the stream.

        >>> page = Page(reads=True)
        >>> page.take(b'data: {"rows": [{"id": "a", "progress": 5}], "gone": []}', 1.5)
        >>> page.messages, page.rows, page.seen
        (1, [1], {('a', 5): 1.5})
        """
        self.size += len(line)
        if not line.startswith(b"data: "):
            return
        self.messages += 1
        if self.messages == 5:
            self.settled.set()
        if self._reads:
            self._read(json.loads(line[6:]), now)

    def _read(self, data: dict[str, Any], now: float) -> None:
        if "gone" not in data:
            return  # Not changes, but all that there is.
        self.rows.append(len(data["rows"]))
        for row in data["rows"]:
            if "progress" in row:
                self.seen.setdefault((row["id"], row["progress"]), now)


async def _look(base: str, server: subprocess.Popen[str], seconds: float) -> tuple[list[Page], list[Figure]]:
    """Open the pages and let them look; what the server took meanwhile."""
    pages = [Page(reads=number % READ == 0) for number in range(PAGES)]
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout, read_bufsize=2**22) as client,
        asyncio.TaskGroup() as looking,
    ):
        tasks = [looking.create_task(page.look(client, base)) for page in pages]
        await asyncio.gather(*(page.settled.wait() for page in pages))
        messages = [page.messages for page in pages]
        size = sum(page.size for page in pages)
        for page in pages:
            page.seen.clear()
            page.rows.clear()
        began, (before, asked_before) = time.monotonic(), await asyncio.to_thread(_taken, server)
        await asyncio.sleep(seconds)
        took, (after, asked_after) = time.monotonic() - began, await asyncio.to_thread(_taken, server)
        rates = [(page.messages - told) / took for page, told in zip(pages, messages, strict=True)]
        size = sum(page.size for page in pages) - size
        for task in tasks:
            task.cancel()
    return pages, [
        single(f"share of a core, {PAGES} pages", (after - before) / took * 100, "%", bound=at_most(60)),
        single(f"requests for {PAGES} pages", (asked_after - asked_before) / took, "/s", note=_ENDS),
        spread("messages to a page", rates, "/s", bound=at_most(2)),
        single("bytes to a page", size / PAGES / took / 1000, "kB/s"),
    ]


def _taken(server: subprocess.Popen[str]) -> tuple[float, int]:
    """Seconds of CPU that it has taken so far, and requests that it has sent."""
    seconds, requests = asked(server).split()
    return float(seconds), int(requests)
