"""The NATS servers that rounds are played on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nats.aio.client import Client

from tests.relay.rounds.tail import client_of
from tests.support.nats_servers import NatsCluster, NatsServer

__all__ = ["Servers", "cluster", "single"]


@dataclass(frozen=True)
class Servers:
    """Where NATS is.

    Attributes:
        urls: what clients connect to.
        replicas: how many times everything is kept.
        client: a connection for who looks on.
        server: the server, when it is only one.
        cluster: all of them, when they are several.
    """

    urls: list[str]
    replicas: int
    client: Client
    server: NatsServer | None = None
    cluster: NatsCluster | None = None


@asynccontextmanager
async def single(folder: Path) -> AsyncIterator[Servers]:
    """One server."""
    server = NatsServer(folder)
    await asyncio.to_thread(server.start)
    try:
        async with client_of([server.url]) as client:
            yield Servers([server.url], 1, client, server=server)
    finally:
        await asyncio.to_thread(server.kill)


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Servers]:
    """Three servers."""
    nodes = NatsCluster(folder)
    await asyncio.to_thread(nodes.start)
    try:
        async with client_of(nodes.urls) as client:
            yield Servers(nodes.urls, 3, client, cluster=nodes)
    finally:
        await asyncio.to_thread(nodes.stop)
