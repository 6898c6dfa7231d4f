"""Reading lists of tasks."""

from __future__ import annotations

from accsyn_async.models import Task
from accsyn_async.wire.codec import decode_plain
from accsyn_async.wire.reply import Failure, failure_in

__all__ = ["read_tasks"]


def read_tasks(body: bytes) -> list[Task] | Failure:
    """Read a reply that holds tasks; rows without an id are left out.

    Raises:
        ValueError: it is no JSON object, or holds no list.

    >>> read_tasks(b'{"result": [{"id": "26468234", "uri": "0", "status": "done"}]}')
    [Task(id='26468234', uri='0', status='done')]
    """
    reply = decode_plain(body)
    if not isinstance(reply, dict):
        raise ValueError("not an object")
    if (failure := failure_in(reply)) is not None:
        return failure
    rows = reply.get("result")
    if not isinstance(rows, list):
        raise ValueError("a reply without a list as result")
    return [Task.from_row(row) for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
