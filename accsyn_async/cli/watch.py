"""``accsyn-async watch``."""

from __future__ import annotations

from pathlib import Path

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.following import checked_timeout, explain, follow, within
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.output import Output
from accsyn_async.cli.renderer import renderer_for
from accsyn_async.cli.verdict import Verdict
from accsyn_async.cli.watched import watched
from accsyn_async.monitor.selection import select
from accsyn_async.safe_text import safe

__all__ = ["watch"]


async def watch(
    *what: str,
    timeout: float | None = None,
    fail_fast: bool = False,
    tasks: bool = False,
    checkpoint: Path | None = None,
    json: bool = False,
    connection: Connection | None = None,
) -> int:
    """Follow jobs: those of a query until Ctrl-C, those given by id until each has come to its end.

    Args:
        what: A query, quoted, such as 'Transfer WHERE status=running'; or ids. All transfers when left out.
        timeout: Give up after this many seconds (exit code 5).
        fail_fast: End with the first job that has failed, was aborted or removed (exit code 1).
        tasks: Tell of the tasks of running jobs as well.
        checkpoint: A file that keeps what was seen: the next watch with it tells what ended meanwhile.
        json: Write each event as one JSON object a line.
        connection: How to reach the backend.
    """
    connection = connection or Connection()
    output = Output()
    asked = watched(what, "watch")
    selection = select(asked)
    verdict = Verdict(selection.ids, fail_fast=fail_fast)
    timeout = checked_timeout(timeout)
    with logging_to(output, verbose=connection.verbose):
        session = connection.session()
        title = asked if isinstance(asked, str) else ""
        renderer = renderer_for(
            output,
            json=json,
            verbose=connection.verbose,
            title=safe(" · ".join(filter(None, (session.workspace, title)))),
        )

        async def following() -> int:
            async with session, session.watch(asked, tasks=tasks, checkpoint=checkpoint) as events:
                code = await follow(events, renderer, verdict)
                for job in events.jobs if checkpoint is not None else ():
                    # Ends that an earlier watch has told are not told again, and count all the same.
                    verdict.know(job)
                return code if checkpoint is None else verdict.code

        code = await within(timeout, following(), verdict)
        explain(verdict, output)
        return code
