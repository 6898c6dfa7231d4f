"""``accsyn-async find``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.json_rows import row_to_json
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.output import Output
from accsyn_async.errors import ArgumentError, QueryError
from accsyn_async.safe_text import safe
from accsyn_async.wire.query import parse_query

__all__ = ["find"]


async def find(
    *query: str,
    attributes: str | None = None,
    finished: bool = False,
    archived: bool = False,
    inactive: bool = False,
    limit: int | None = None,
    skip: int | None = None,
    parent: str | None = None,
    json: bool = False,
    connection: Connection | None = None,
) -> int:
    """Find jobs, users, sites, volumes and the rest.

    Args:
        query: A query, quoted, such as 'Transfer WHERE status=running' or User.
        attributes: The attributes to show, separated by commas.
        finished: Search among jobs that are done or aborted.
        archived: Search among what is archived (slow).
        inactive: Search among inactive users and shares.
        limit: Show this many at most.
        skip: Leave out this many.
        parent: For tasks and files, the id of what they belong to.
        json: Write each row as one JSON object a line.
        connection: How to reach the backend.
    """
    connection = connection or Connection()
    output = Output()
    if len(query) != 1:
        raise QueryError(
            f"find takes one query, not {len(query)} arguments; "
            "quote it: accsyn-async find 'Transfer WHERE status=running'"
        )
    for name, value in (("limit", limit), ("skip", skip)):
        if value is not None and value < 0:
            raise ArgumentError(f"--{name} is a number from 0, not {value}")
    entitytype = parse_query(query[0]).entitytype
    names = [name.strip() for name in attributes.split(",") if name.strip()] if attributes else None
    with logging_to(output, verbose=connection.verbose):
        async with connection.session() as session:
            rows = await session.find(
                query[0],
                entityid=parent,
                attributes=names,
                # What is not asked for is not sent, as the official client has it.
                finished=finished or None,
                archived=archived or None,
                inactive=inactive or None,
                limit=limit,
                skip=skip,
            )
    for name in _in_no_row(names or (), rows):
        output.note(f"accsyn-async: warning: no row has an attribute {safe(name)}")
    if json:
        for row in rows:
            output.line(row_to_json(row))
    elif rows:
        from accsyn_async.cli.columns import columns_of
        from accsyn_async.cli.table import write_table

        write_table(columns_of(rows, entitytype, names), output)
    else:
        output.note(
            "Nothing found." if finished or archived else "Nothing found; see also --finished, --archived."
        )
    return 0


def _in_no_row(names: Sequence[str], rows: Sequence[Any]) -> list[str]:
    known = {name for row in rows if isinstance(row, Mapping) for name in row}
    return [name for name in dict.fromkeys(names) if known and name not in known]
