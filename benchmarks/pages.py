"""What the dashboard's server costs with 200 pages open, and how much later a page learns of a change.

    python benchmarks/pages.py

A sandbox with jobs that move, the server, and the pages have a process each. In the server a watch of the
same session, beside that of the dashboard, notes when each state of a job became known there.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import aiohttp
from aiohttp import web

from accsyn_async import JobEvent, Session, dashboard

PAGES = 200
JOBS = 9000
FACTOR = 60
"""Seconds that pass in the sandbox in one."""
SECONDS = 20.0
QUERY = "Transfer WHERE status=running"

State = tuple[str, float]


async def serve(url: str, username: str, key: str) -> None:
    """Serve; for each line of standard input print the CPU taken so far, at its end what was known when."""
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    known: dict[State, float] = {}
    async with Session("acme", username, key, url=url, rate_limit=None) as session:
        runner = web.AppRunner(
            dashboard.app(session, QUERY, open=True),
            access_log=None,
            shutdown_timeout=1,
            handler_cancellation=True,
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=PAGES).start()
        noting = asyncio.create_task(_note(session, known))
        print(runner.addresses[0][1], flush=True)
        while await stdin.readline():
            print(time.process_time(), flush=True)
        noting.cancel()
        await asyncio.wait([noting])
        await runner.cleanup()
    print(json.dumps([[*state, at] for state, at in known.items()]), flush=True)


async def _note(session: Session, known: dict[State, float]) -> None:
    async with session.watch(QUERY) as watch:
        async for event in watch:
            if isinstance(event, JobEvent):
                known.setdefault((event.job.id, event.job.progress), time.time())


class Page:
    """An open page.

    Attributes:
        messages: how many came.
        size: their bytes.
        rows: how many jobs changed in each message.
        seen: when each state was told.
        settled: set once it has got all that there is, and some changes.
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
                self.size += len(line)
                if not line.startswith(b"data: "):
                    continue
                self.messages += 1
                if self.messages == 5:
                    self.settled.set()
                if self._reads:
                    self._take(json.loads(line[6:]), time.time())

    def _take(self, data: dict[str, Any], now: float) -> None:
        if "gone" not in data:
            return  # Not changes, but all that there is.
        self.rows.append(len(data["rows"]))
        for row in data["rows"]:
            if "progress" in row:
                self.seen.setdefault((row["id"], row["progress"]), now)


async def measure(base: str, server: subprocess.Popen[str]) -> list[Page]:
    """Open the pages, let them look, and print what the server took meanwhile."""
    pages = [Page(reads=number % 50 == 0) for number in range(PAGES)]
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, read_bufsize=2**22) as client:
        looking = [asyncio.create_task(page.look(client, base)) for page in pages]
        await asyncio.gather(*(page.settled.wait() for page in pages))
        messages = sum(page.messages for page in pages)
        size = sum(page.size for page in pages)
        for page in pages:
            page.seen.clear()
            page.rows.clear()
        began, before = time.monotonic(), _cpu(server)
        await asyncio.sleep(SECONDS)
        took, cpu = time.monotonic() - began, _cpu(server) - before
        messages = sum(page.messages for page in pages) - messages
        size = sum(page.size for page in pages) - size
        for each in looking:
            each.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
    print(f"{PAGES} pages, {JOBS} jobs: the server takes {cpu / took:.0%} of a core")
    rate, share = messages / PAGES / took, size / PAGES / took / 1000
    print(f"a page gets {rate:.1f} messages and {share:.0f} kB a second")
    return pages


def _cpu(server: subprocess.Popen[str]) -> float:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write("\n")
    server.stdin.flush()
    return float(server.stdout.readline())


def main() -> None:
    """Start the three, and print."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "accsyn_async", "sandbox", "--json", "--port", "0", "--no-rate-limit"),
            *("--synthetic", "--jobs", str(JOBS), "--time-factor", str(FACTOR)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    ) as box:
        assert box.stdout is not None
        try:
            facts = json.loads(box.stdout.readline())
            user = facts["users"][0]
            with subprocess.Popen(
                [sys.executable, __file__, facts["url"], user["username"], user["api_key"]],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            ) as server:
                assert server.stdout is not None
                port = int(server.stdout.readline())
                pages = asyncio.run(measure(f"http://127.0.0.1:{port}/", server))
                text, _ = server.communicate()
        finally:
            box.terminate()
    known = {(ident, progress): at for ident, progress, at in json.loads(text)}
    later = sorted(
        (at - known[state]) * 1000 for page in pages for state, at in page.seen.items() if state in known
    )
    rows = [number for page in pages for number in page.rows]
    print(f"{sum(rows) / len(rows):.0f} jobs changed in each message")
    middle, most = later[len(later) // 2], later[int(len(later) * 0.99)]
    print(f"a page is told of a change {middle:.0f} ms later than the server knows it (p99 {most:.0f} ms)")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(serve(*sys.argv[1:]))
    else:
        main()
