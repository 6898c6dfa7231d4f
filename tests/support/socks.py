"""A real SOCKS server on loopback, which alone knows the names of the hosts behind it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import tiny_proxy

__all__ = ["Socks", "socks_server"]


@dataclass
class Socks:
    """What such a server was asked.

    Attributes:
        port: where it listens, on 127.0.0.1.
        url: ``socks5://127.0.0.1:port``, or with ``socks4``.
        asked: host and port of each connection that it was asked for, in order.
    """

    port: int
    url: str
    asked: list[tuple[str, int]] = field(default_factory=list)


@asynccontextmanager
async def socks_server(version: int = 5, **hosts: str) -> AsyncIterator[Socks]:
    """Serve SOCKS; ``hosts`` says where names lead, ``_`` standing for a dot."""
    known = {name.replace("_", "."): address for name, address in hosts.items()}
    base: Any = tiny_proxy.Socks5Proxy if version == 5 else tiny_proxy.Socks4Proxy
    handler: Any = tiny_proxy.Socks5ProxyHandler() if version == 5 else tiny_proxy.Socks4ProxyHandler()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    seen = Socks(port, f"socks{version}://127.0.0.1:{port}")

    class Proxy(base):  # type: ignore[misc]
        async def negotiate(self) -> tuple[str, int]:
            host, port = await super().negotiate()
            seen.asked.append((host, port))
            return known.get(host, host), port

    handler.create_proxy = lambda stream: Proxy(stream)
    serving = asyncio.create_task(listener.serve(handler.handle))
    try:
        yield seen
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        await listener.aclose()
