"""``accsyn-async top``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.exit_codes import USAGE
from accsyn_async.cli.extras import need
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.nats_connection import NatsConnection
from accsyn_async.cli.output import Output, takes_unicode
from accsyn_async.cli.relayed import check_from, source_of
from accsyn_async.cli.watched import watched
from accsyn_async.errors import ArgumentError, TransportError
from accsyn_async.monitor.selection import select

if TYPE_CHECKING:
    from accsyn_async.relay.feed import Feed
    from accsyn_async.session import Session

__all__ = ["top"]


async def top(
    *what: str,
    read_only: bool = False,
    once: bool = False,
    json: bool = False,
    from_: str | None = None,
    connection: Connection | None = None,
    nats: NatsConnection | None = None,
) -> int:
    """See jobs on a screen of the terminal, and steer them.

    Args:
        what: A query, quoted, such as 'Transfer WHERE status=running'; or ids. All transfers when left out.
        read_only: Offer nothing that acts on jobs.
        once: Print the jobs as they are now, and end.
        json: With --once, write each job as one JSON object a line, in the form of 'watch --json'.
        from_: Read what a relay publishes on NATS at this address, such as nats://host, without logging in.
        connection: How to reach the backend.
        nats: How to reach NATS.
    """
    connection, nats = connection or Connection(), nats or NatsConnection()
    check_from(from_, connection, nats)
    output = Output()
    asked = watched(what, "top")
    select(asked)

    def connect() -> Session | Feed:
        return source_of(from_, connection, nats, "top")

    if once:
        with logging_to(output, verbose=connection.verbose):
            return await _once(asked, connect, json=json, output=output)
    if json:
        raise ArgumentError("--json goes with --once; what happens is told by accsyn-async watch --json")
    need("dashboard", "textual")
    if not _is_screen():
        output.note("accsyn-async: top needs a terminal; accsyn-async top --once prints the jobs as they are")
        return USAGE
    from accsyn_async.board.signs import ASCII, UNICODE
    from accsyn_async.cli.stand_ins import keep_cells
    from accsyn_async.dashboard.top.app import Top
    from accsyn_async.dashboard.top.showing import show
    from accsyn_async.dashboard.top.steering_app import SteeringTop
    from accsyn_async.dashboard.top.view_file import ViewFile, default_path

    kind = Top if read_only else SteeringTop
    signs = UNICODE if takes_unicode(sys.stderr.encoding) else ASCII
    keep_cells(sys.stderr)
    app = kind(connect, asked, ViewFile(default_path()), signs=signs)
    with logging_to(output, verbose=connection.verbose), output.notes_above(app.note):
        return await show(app)


async def _once(
    asked: str | list[str], connect: Callable[[], Session | Feed], *, json: bool, output: Output
) -> int:
    from accsyn_async import events
    from accsyn_async.cli.columns import columns_of
    from accsyn_async.cli.table import write_table
    from accsyn_async.event_json import event_to_json

    found: list[events.JobFound] = []
    async with connect() as source, source.watch(asked) as watch:
        async for event in watch:
            match event:
                case events.JobFound():
                    found.append(event)
                case events.Degraded(reason=reason):
                    raise TransportError(reason)
                case events.Synced():
                    break
    if json:
        for one in found:
            output.line(event_to_json(one))
    elif found:
        write_table(columns_of([one.job.raw for one in found], select(asked).entitytype), output)
    else:
        output.note("Nothing found.")
    return 0


def _is_screen() -> bool:
    """Whether there is a terminal to read from and to draw on; Textual draws on standard error."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return os.environ.get("TERM", "") not in ("dumb", "unknown") and all(one.isatty() for one in streams)
