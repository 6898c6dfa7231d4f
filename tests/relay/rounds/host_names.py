"""A way to a sandbox by another port: the sandbox answers only those who name its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from yarl import URL

__all__ = ["renaming"]

OF_ONE_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})


@asynccontextmanager
async def renaming(url: str) -> AsyncIterator[int]:
    """A server on loopback that asks another one whatever it is asked, by its own name; gives its port."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        headers = [(key, text) for key, text in request.headers.items() if key.lower() not in OF_ONE_HOP]
        async with client.request(
            request.method,
            URL(f"{url}{request.raw_path}", encoded=True),
            headers=headers,
            data=await request.read() or None,
            allow_redirects=False,
        ) as reply:
            back = [(key, text) for key, text in reply.headers.items() if key.lower() not in OF_ONE_HOP]
            return web.Response(status=reply.status, headers=dict(back), body=await reply.read())

    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(auto_decompress=False, timeout=timeout) as client:
        runner = web.ServerRunner(web.Server(answer, access_log=None, auto_decompress=False))
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()
