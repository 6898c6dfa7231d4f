"""The dashboard's server in a process of its own: run by the part about pages.

``python -m benchmarks.serve_pages BACKEND USERNAME KEY QUERY`` serves, and writes its port; for every line
of its standard input it writes the CPU taken and the requests sent so far, and at the end of it when each
state of a job became known, by a watch of the same session beside that of the dashboard.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from aiohttp import web

from accsyn_async import JobEvent, Session, dashboard
from accsyn_async.dashboard.web.pages import MOST_PAGES


async def serve(url: str, username: str, key: str, query: str) -> None:
    """Serve until standard input ends."""
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    known: dict[tuple[str, float | None], float] = {}
    async with Session("acme", username, key, url=url, rate_limit=None) as session:
        runner = web.AppRunner(
            dashboard.app(session, query, open=True),
            access_log=None,
            shutdown_timeout=1,
            handler_cancellation=True,
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=MOST_PAGES).start()
        noting = asyncio.create_task(_note(session, query, known))
        print(runner.addresses[0][1], flush=True)
        while await stdin.readline():
            print(time.process_time(), sum(session.traffic.requests.values()), flush=True)
        noting.cancel()
        await asyncio.wait([noting])
        await runner.cleanup()
    print(json.dumps([[*state, at] for state, at in known.items()]), flush=True)


async def _note(session: Session, query: str, known: dict[tuple[str, float | None], float]) -> None:
    async with session.watch(query) as watch:
        async for event in watch:
            if isinstance(event, JobEvent):
                known.setdefault((event.job.id, event.job.progress), time.time())


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
