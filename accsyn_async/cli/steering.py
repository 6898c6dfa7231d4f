"""Setting the status of jobs, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.json_rows import row_to_json
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.output import Output
from accsyn_async.errors import (
    ArgumentError,
    BackendError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
)
from accsyn_async.safe_text import safe

__all__ = ["steer"]


async def steer(ids: Sequence[str], status: str, *, json: bool, connection: Connection | None) -> int:
    """Set the status of transfers; one that refuses does not keep the others from it.

    Args:
        ids: the transfers.
        status: such as ``paused``.
        json: answer with the rows.
        connection: how to reach the backend.

    Returns:
        0, or 1 when one could not be set.
    """
    connection = connection or Connection()
    output = Output()
    if not ids:
        raise ArgumentError("no ids: name at least one transfer by its id")
    code = 0
    with logging_to(output, verbose=connection.verbose):
        async with connection.session() as session:
            for ident in dict.fromkeys(ids):
                try:
                    row = await session.update("Transfer", ident, {"status": status})
                except (
                    *(NotFoundError, PermissionDeniedError, ArgumentError),
                    *(BackendError, OutcomeUnknownError),
                ) as error:
                    output.note(f"accsyn-async: {safe(ident)}: {safe(error.message)}")
                    code = 1
                    continue
                row = row or {"id": ident, "status": status}
                if json:
                    output.line(row_to_json(row))
                else:
                    told = (row.get("id"), row.get("status"), row.get("name") or "")
                    output.line("  ".join(map(safe, told)).rstrip())
    return code
