"""Which columns a table of rows has, and what stands in them. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accsyn_async.board.parties import route_text
from accsyn_async.board.quantities import UNKNOWN, duration_text, percent_text, size_text, speed_text
from accsyn_async.cli.json_rows import row_to_json
from accsyn_async.models import JOB_TYPES, Job
from accsyn_async.safe_text import safe
from accsyn_async.times import EPOCH, parse_duration

__all__ = ["Column", "columns_of"]

Row = Mapping[str, Any]

_PREFERRED = (
    *("name", "code", "uri", "email", "role", "type", "status", "size", "priority", "site", "user_hr"),
    *("parent_hr", "default", "created", "finished", "id"),
)
"""What is shown of rows that are no jobs, as far as they have it."""
_MOST = 8
_WHOLE = frozenset({"id", "status", "size", "progress", "speed", "etr", "created", "finished", "modified"})
"""Attributes that are not shortened."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        title: its headline.
        cells: a text for each row, safe to show.
        right: whether it is aligned to the right.
        least: cells of width that it may be shortened to; ``None`` for a column that is
            shown whole or not at all.
        weight: columns of the least weight leave first when there is no room.
    """

    title: str
    cells: list[str] = field(default_factory=list)
    right: bool = False
    least: int | None = None
    weight: int = 5


def columns_of(rows: Sequence[Any], entitytype: str, attributes: Sequence[str] | None = None) -> list[Column]:
    """The columns for rows as ``find`` returns them.

    Args:
        rows: mostly ``dict``; texts for the names of types and attributes.
        entitytype: what they are.
        attributes: those asked for; ``None`` for a choice that suits the type.
    """
    columns = _columns(rows, entitytype, attributes)
    return [column for column in columns if not column.cells or any(column.cells)]


def _columns(rows: Sequence[Any], entitytype: str, attributes: Sequence[str] | None) -> list[Column]:
    if not all(isinstance(row, Mapping) for row in rows):
        return [Column(entitytype, [safe(row if isinstance(row, str) else row_to_json(row)) for row in rows])]
    if attributes:
        names = [name.strip() for name in attributes]
        return [_attribute(rows, name) for name in dict.fromkeys([*names, "id"])]
    if entitytype in JOB_TYPES:
        return _job_columns([Job.from_row(row) for row in rows])
    if entitytype == "task":
        return _task_columns(rows)
    present = [name for name in _PREFERRED if any(_attribute([row], name).cells != [UNKNOWN] for row in rows)]
    for name, same in (("code", "name"), ("email", "code")):
        if name in present and all(row.get(name) == row.get(same) for row in rows):
            present.remove(name)
    if not present:
        present = list(dict.fromkeys(key for row in rows for key in row))
    shown = (
        present[:_MOST] if "id" in present[:_MOST] or "id" not in present else [*present[: _MOST - 1], "id"]
    )
    return [_attribute(rows, name) for name in shown]


def _job_columns(jobs: Sequence[Job]) -> list[Column]:
    running = [job.status.value == "running" for job in jobs]
    return [
        Column("NAME", [safe(job.name) for job in jobs], least=12, weight=10),
        Column("STATUS", [_status(job) for job in jobs], weight=9),
        Column("DONE", [percent_text(job.progress) for job in jobs], right=True, weight=7),
        Column(
            "SPEED",
            [speed_text(job.speed) if runs else "" for job, runs in zip(jobs, running, strict=True)],
            right=True,
            weight=3,
        ),
        Column(
            "TIME LEFT",
            [_etr(job) if runs else "" for job, runs in zip(jobs, running, strict=True)],
            right=True,
            weight=5,
        ),
        Column("SIZE", [size_text(job.size) for job in jobs], right=True, weight=4),
        Column("FROM → TO", [route_text(job) for job in jobs], least=12, weight=2),
        Column("ID", [safe(job.id) for job in jobs], weight=10),
    ]


def _task_columns(rows: Sequence[Row]) -> list[Column]:
    return [
        _attribute(rows, "uri"),
        _attribute(rows, "status"),
        _attribute(rows, "size"),
        Column("SOURCE", [_path(row.get("source")) for row in rows], least=12, weight=6),
        Column("DESTINATION", [_path(row.get("destination")) for row in rows], least=12, weight=4),
        Column("MESSAGE", [safe(row.get("message") or "") for row in rows], least=12, weight=5),
        _attribute(rows, "id"),
    ]


def _attribute(rows: Sequence[Row], name: str) -> Column:
    show: Callable[[Any], str] = _SHOWN.get(name, _plain)
    return Column(
        safe(name.upper()),
        [show(row.get(name)) for row in rows],
        right=name in ("size", "progress", "speed", "etr", "priority"),
        least=None if name in _WHOLE else 24,
        weight=10 if name in ("id", "name", "code") else 2 if name in ("created", "finished") else 5,
    )


def _status(job: Job) -> str:
    return safe(job.raw.get("status") or UNKNOWN) if job.status.value == "unknown" else job.status.value


def _etr(job: Job) -> str:
    return duration_text(None if job.etr is None else job.etr.total_seconds())


def _path(end: Any) -> str:
    return safe(end.get("path", "")) if isinstance(end, Mapping) else _plain(end)


def _plain(value: Any) -> str:
    match value:
        case None | "":
            return UNKNOWN
        case bool():
            return "yes" if value else "no"
        case dt.datetime():
            return (
                UNKNOWN if value <= EPOCH + dt.timedelta(days=1) else f"{value.astimezone():%Y-%m-%d %H:%M}"
            )
        case dict() | list():
            return safe(row_to_json(value)) if value else UNKNOWN
        case _:
            return safe(value)


def _number(show: Callable[[float], str]) -> Callable[[Any], str]:
    def shown(value: Any) -> str:
        return (
            show(value) if isinstance(value, int | float) and not isinstance(value, bool) else _plain(value)
        )

    return shown


def _duration(value: Any) -> str:
    left = parse_duration(value) if isinstance(value, str) else None
    return _plain(value) if left is None else duration_text(left.total_seconds())


_SHOWN: dict[str, Callable[[Any], str]] = {
    "size": _number(size_text),
    "speed": _number(speed_text),
    "progress": _number(percent_text),
    "etr": _duration,
}
