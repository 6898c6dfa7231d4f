"""A real HTTP proxy on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import anyio
import tiny_proxy

__all__ = ["http_proxy"]


@contextlib.asynccontextmanager
async def http_proxy() -> AsyncIterator[tuple[str, list[tuple[str, int]]]]:
    """An HTTP proxy on loopback; its address, and whereto it was asked to lead."""
    asked: list[tuple[str, int]] = []
    handler: Any = tiny_proxy.HttpProxyHandler()
    base: Any = tiny_proxy.HttpProxy

    class Proxy(base):  # type: ignore[misc]
        async def negotiate(self) -> tuple[str, int]:
            host, port = await super().negotiate()
            asked.append((host, port))
            return host, port

    handler.create_proxy = lambda stream: Proxy(stream)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    serving = asyncio.create_task(listener.serve(handler.handle))
    try:
        yield f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}", asked
    finally:
        serving.cancel()
        await asyncio.wait([serving])
        await listener.aclose()
