"""``accsyn-async dashboard``."""

from __future__ import annotations

import contextlib
import json as json_text
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.extras import need
from accsyn_async.cli.listening import SHORT, listen, listening, names_of, shown
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.nats_connection import NatsConnection
from accsyn_async.cli.output import Output
from accsyn_async.cli.relayed import check_from, source_of
from accsyn_async.cli.service import first_of, told_to_end
from accsyn_async.errors import ArgumentError

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["dashboard"]

_TOKEN: Final = "ACCSYN_DASHBOARD_TOKEN"


async def dashboard(
    query: str = "Transfer",
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 8484,
    token: Annotated[str | None, Parameter(env_var=_TOKEN, show_env_var=False)] = None,
    open: bool = False,
    read_only: bool = False,
    allow_host: tuple[str, ...] = (),
    per_job: bool = False,
    json: bool = False,
    from_: str | None = None,
    connection: Connection | None = None,
    nats: NatsConnection | None = None,
) -> int:
    """Serve a page on which every job is seen to move, and can be steered; and metrics for Prometheus.

    Args:
        query: The jobs, quoted, such as 'Transfer WHERE status=running'. All transfers when left out.
        host: The address to listen on; 127.0.0.1 when left out.
        port: The port; 8484 when left out, 0 for a free one.
        token: What lets in whoever types or sends it (better: ACCSYN_DASHBOARD_TOKEN, as a command line is
            seen by everybody on the machine). When left out, addresses of one use are printed.
        open: Whoever reaches the page may use it; for this computer alone.
        read_only: Nothing can be paused, resumed or aborted.
        allow_host: A name that the page is reached by, such as farm.example.com:8484; can be given again.
        per_job: Metrics tell of single jobs, by their ids.
        json: Begin with one JSON object that holds the address to open.
        from_: Read what a relay publishes on NATS at this address, such as nats://host, without logging in.
        connection: How to reach the backend.
        nats: How to reach NATS.
    """
    need("dashboard", "aiohttp_sse", "prometheus_client")
    from accsyn_async.dashboard.web.application import app
    from accsyn_async.serving.guard import is_loopback

    connection, nats = connection or Connection(), nats or NatsConnection()
    check_from(from_, connection, nats)
    output = Output()
    _check(host, port, token, open=open, loopback=is_loopback(host))
    if token is not None and len(token) < SHORT:
        output.note(f"accsyn-async: a token of {len(token)} characters can be guessed; take {SHORT} or more")
    with logging_to(output, verbose=connection.verbose):
        listener = listen(host, port)
        port = listener.getsockname()[1]
        with contextlib.closing(listener):
            source = source_of(from_, connection, nats, "dashboard")
            async with source:
                application = app(
                    source,
                    query,
                    token=token,
                    open=open,
                    read_only=read_only,
                    per_job=per_job,
                    hosts=(*names_of(host, port), *allow_host),
                )
                async with listening(application, listener, "accsyn_async.dashboard.http"):
                    await _serve(application, output, shown(host, port), is_open=open, json=json)
    return 0


async def _serve(
    application: web.Application, output: Output, address: str, *, is_open: bool, json: bool
) -> None:
    """Tell where it is, and serve until told to end or until there is nothing more to show."""
    from accsyn_async.dashboard.web.application import ended, one_use_path

    stop = told_to_end()
    url = address if is_open else address + one_use_path(application)
    if json:
        output.line(json_text.dumps({"url": url}))
    else:
        output.line(f"The dashboard is at {url}")
        output.note("Serving; Ctrl-C ends it. Metrics for Prometheus are at /metrics.")
    await first_of(stop.wait(), ended(application), _offer_more(application, output, address, json=json))


async def _offer_more(application: web.Application, output: Output, address: str, *, json: bool) -> None:
    """Whenever an address was used, print another, for the next browser."""
    from accsyn_async.dashboard.web.application import key_used, one_use_path

    while True:
        await key_used(application)
        url = address + one_use_path(application)
        output.line(
            json_text.dumps({"url": url}) if json else f"Somebody was let in; for another browser: {url}"
        )


def _check(host: str, port: int, token: str | None, *, open: bool, loopback: bool) -> None:
    if not host.strip():
        raise ArgumentError("--host must not be empty; 0.0.0.0 is all addresses of this machine")
    if not 0 <= port <= 65535:
        raise ArgumentError(f"--port is a number from 0 to 65535, not {port}")
    if token is not None and not token.strip():
        raise ArgumentError("--token must not be empty")
    if token is not None and open:
        raise ArgumentError("--open and --token exclude each other: what is open needs no token")
    if not loopback and token is None:
        raise ArgumentError(
            f"others on the network can reach {host}: set a token for them, in {_TOKEN} or with --token"
            + (" (--open is for this computer alone)" if open else "")
        )
