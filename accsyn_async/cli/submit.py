"""``accsyn-async submit``."""

from __future__ import annotations

from typing import Any

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.following import checked_timeout, explain, follow, within
from accsyn_async.cli.job_file import read_job_file
from accsyn_async.cli.json_rows import row_to_json
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.output import Output
from accsyn_async.cli.renderer import renderer_for
from accsyn_async.cli.verdict import Verdict
from accsyn_async.errors import ArgumentError
from accsyn_async.models import is_entity_id
from accsyn_async.safe_text import safe

__all__ = ["submit"]


async def submit(
    *what: str,
    name: str | None = None,
    queue: str | None = None,
    wait: bool = False,
    timeout: float | None = None,
    json: bool = False,
    connection: Connection | None = None,
) -> int:
    """Submit a transfer, and print its id and name.

    Args:
        what: FILE, a JSON file with the transfer's attributes; or SOURCE DESTINATION, such as
            share=projects/a.mov site=berlin.
        name: The transfer's name.
        queue: The code of the queue that it joins.
        wait: Follow it until it has come to its end.
        timeout: With --wait, give up after this many seconds (exit code 5).
        json: Write the transfer, and with --wait each event, as one JSON object a line.
        connection: How to reach the backend.
    """
    connection = connection or Connection()
    output = Output()
    data = _specification(what, name, queue)
    timeout = checked_timeout(timeout)
    if timeout is not None and not wait:
        raise ArgumentError("--timeout is for --wait")
    verdict = Verdict(())

    async def submitting() -> int:
        async with connection.session() as session:
            created = await session.create("Transfer", data)
            rows = created if isinstance(created, list) else [created]
            for row in rows:
                output.line(row_to_json(row) if json else _told(row))
            if not wait:
                return 0
            ids = [row["id"] for row in rows if isinstance(row, dict) and is_entity_id(str(row.get("id")))]
            if not ids:
                raise ArgumentError("the backend named no id that could be followed")
            verdict.expect(ids)
            renderer = renderer_for(
                output, json=json, verbose=connection.verbose, title=safe(session.workspace)
            )
            async with session.watch(ids) as events:
                return await follow(events, renderer, verdict)

    with logging_to(output, verbose=connection.verbose):
        code = await within(timeout, submitting(), verdict)
        explain(verdict, output)
        return code


def _specification(what: tuple[str, ...], name: str | None, queue: str | None) -> dict[str, Any]:
    match what:
        case (path,):
            data = read_job_file(path)
        case (source, destination):
            data = {"source": source, "destination": destination}
        case _:
            raise ArgumentError(f"submit takes FILE, or SOURCE DESTINATION; not {len(what)} arguments")
    given = {"name": name, "queue": queue}
    return data | {key: value for key, value in given.items() if value is not None}


def _told(row: Any) -> str:
    if not isinstance(row, dict):
        return safe(row)
    told = (row.get("id"), row.get("name") or row.get("code"))
    return "  ".join(safe(text) for text in told if text) or row_to_json(row)
