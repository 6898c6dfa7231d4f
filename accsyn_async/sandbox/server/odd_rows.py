"""Lets something be wrong with the rows of one reply, while what is kept stays right."""

from __future__ import annotations

from random import Random
from typing import Any

from accsyn_async.sandbox.server.weather import Fault

__all__ = ["with_odd_rows"]


def with_odd_rows(reply: dict[str, Any], fault: Fault) -> dict[str, Any]:
    """A reply whose list of rows is as a fault has it; other replies are left alone.

    >>> with_odd_rows({"result": [{"id": "a", "progress": 3}]}, Fault("odd", field="progress", value=101))
    {'result': [{'id': 'a', 'progress': 101}]}
    """
    rows = reply.get("result")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return reply
    return {**reply, "result": _odd(rows, fault)}


def _odd(rows: list[dict[str, Any]], fault: Fault) -> list[dict[str, Any]]:
    match fault.kind:
        case "shuffle":
            return _shuffled(rows, Random(f"{fault.id} {fault.hits}"))
        case "double":
            return [row for row in rows for _ in range(2)]
        case "omit" if fault.field is None:
            return [{name: row[name] for name in row if name == "id"} for row in rows]
        case "omit":
            return [{name: row[name] for name in row if name != fault.field} for row in rows]
        case "odd":
            return [{**row, fault.field: fault.value} if fault.field in row else row for row in rows]
        case "cap":
            return rows[: fault.rows]
    return []


def _shuffled(rows: list[dict[str, Any]], random: Random) -> list[dict[str, Any]]:
    mixed = random.sample(rows, len(rows))
    return mixed[::-1] if mixed == rows else mixed
