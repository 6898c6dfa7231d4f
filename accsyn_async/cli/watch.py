"""``accsyn-async watch``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.following import checked_timeout, explain, follow, within
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.nats_connection import NatsConnection
from accsyn_async.cli.output import Output
from accsyn_async.cli.relayed import check_from, feed_from
from accsyn_async.cli.renderer import renderer_for
from accsyn_async.cli.verdict import Verdict
from accsyn_async.cli.watched import watched
from accsyn_async.errors import ArgumentError
from accsyn_async.monitor.selection import select
from accsyn_async.safe_text import safe

if TYPE_CHECKING:
    from accsyn_async.monitor.watch import Watch
    from accsyn_async.relay.feed import Feed
    from accsyn_async.session import Session

__all__ = ["watch"]


async def watch(
    *what: str,
    timeout: float | None = None,
    fail_fast: bool = False,
    tasks: bool = False,
    checkpoint: Path | None = None,
    json: bool = False,
    from_: str | None = None,
    durable: str | None = None,
    connection: Connection | None = None,
    nats: NatsConnection | None = None,
) -> int:
    """Follow jobs: those of a query until Ctrl-C, those given by id until each has come to its end.

    Args:
        what: A query, quoted, such as 'Transfer WHERE status=running'; or ids. All transfers when left out.
        timeout: Give up after this many seconds (exit code 5).
        fail_fast: End with the first job that has failed, was aborted or removed (exit code 1).
        tasks: Tell of the tasks of running jobs as well.
        checkpoint: A file that keeps what was seen: the next watch with it tells what ended meanwhile.
        json: Write each event as one JSON object a line.
        from_: Read what a relay publishes on NATS at this address, such as nats://host, without logging in.
        durable: With --from, a name: the next watch of that name tells what it missed meanwhile.
        connection: How to reach the backend.
        nats: How to reach NATS.
    """
    connection, nats = connection or Connection(), nats or NatsConnection()
    check_from(
        from_,
        connection,
        nats,
        only_with={"--durable": durable},
        only_without={
            "--tasks": (tasks, "the tasks of jobs are not relayed"),
            "--checkpoint": (checkpoint, "what was seen is kept with --durable NAME"),
        },
    )
    if durable is not None and not durable.strip():
        raise ArgumentError("--durable must not be empty: it is a name of your own")
    output = Output()
    asked = watched(what, "watch")
    selection = select(asked)
    verdict = Verdict(selection.ids, fail_fast=fail_fast)
    timeout = checked_timeout(timeout)
    with logging_to(output, verbose=connection.verbose):
        source: Session | Feed
        begin: Callable[[], Watch]
        if from_ is None:
            source = session = connection.session()
            begin = partial(session.watch, asked, tasks=tasks, checkpoint=checkpoint)
        else:
            source = feed = feed_from(from_, connection, nats, "watch")
            begin = partial(feed.watch, asked, durable=durable)
        kept = checkpoint is not None or durable is not None

        async def following() -> int:
            async with source:
                title = asked if isinstance(asked, str) else ""
                renderer = renderer_for(
                    output,
                    json=json,
                    verbose=connection.verbose,
                    title=safe(" · ".join(filter(None, (source.workspace, title)))),
                )
                async with begin() as events:
                    code = await follow(events, renderer, verdict)
                    for job in events.jobs if kept else ():
                        # Ends that an earlier watch has told are not told again, and count all the same.
                        verdict.know(job)
            return verdict.code if kept else code

        code = await within(timeout, following(), verdict)
        explain(verdict, output)
        return code
