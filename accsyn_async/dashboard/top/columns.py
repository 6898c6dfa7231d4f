"""The columns of the terminal screen: what each says of a job, and how jobs are ordered by it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from accsyn_async.board.board import Entry, rank_of
from accsyn_async.board.parties import party_text, route_text
from accsyn_async.board.quantities import UNKNOWN, duration_text, percent_text, size_text, speed_text
from accsyn_async.safe_text import safe

__all__ = ["COLUMNS", "DEFAULT", "Column", "Order"]

Order = float | int | str | None
"""What jobs are ordered by; ``None`` where it is unknown, which comes last either way."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        title: its headline.
        what: what it says, in words.
        text: from a job and seconds of the board's clock to what is shown; safe.
        order: likewise, to what jobs are ordered by.
        least: cells of width that it needs.
        most: cells that it takes when there is room.
        weight: columns of the least weight leave first when there is no room.
        right: whether it is aligned to the right.
        falling: whether its natural order begins with the most.
    """

    title: str
    what: str
    text: Callable[[Entry, float], str]
    order: Callable[[Entry, float], Order]
    least: int
    most: int
    weight: int
    right: bool = False
    falling: bool = False


def _queue(entry: Entry) -> str:
    return party_text(entry.job.parent_hr or entry.job.parent)


def _user(entry: Entry) -> str:
    return party_text(entry.job.user_hr or entry.job.user)


def _moment(moment: dt.datetime | None) -> str:
    return UNKNOWN if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _stamp(moment: dt.datetime | None) -> Order:
    return None if moment is None else moment.timestamp()


COLUMNS: dict[str, Column] = {
    "name": Column(
        "NAME",
        "the job's name",
        lambda entry, _: safe(entry.job.name),
        lambda entry, _: entry.job.name.casefold(),
        *(16, 48, 100),
    ),
    "status": Column(
        "STATUS",
        "its state; what needs a look comes first",
        lambda entry, _: entry.word,
        lambda entry, _: rank_of(entry.word),
        *(10, 10, 90),
    ),
    "done": Column(
        "DONE",
        "how much of it has arrived",
        lambda entry, _: percent_text(entry.job.progress),
        lambda entry, _: float(entry.job.progress),
        *(5, 5, 80),
        right=True,
        falling=True,
    ),
    "speed": Column(
        "SPEED",
        "how fast it is right now",
        lambda entry, _: speed_text(entry.job.speed) if entry.running else "",
        lambda entry, _: entry.job.speed if entry.running else None,
        *(10, 10, 60),
        right=True,
        falling=True,
    ),
    "left": Column(
        "TIME LEFT",
        "how long it still takes",
        lambda entry, now: duration_text(entry.left.seconds(now)) if entry.running else "",
        lambda entry, now: entry.left.seconds(now) if entry.running else None,
        *(11, 11, 70),
        right=True,
    ),
    "size": Column(
        "SIZE",
        "how large it is",
        lambda entry, _: size_text(entry.job.size),
        lambda entry, _: entry.job.size,
        *(8, 8, 50),
        right=True,
        falling=True,
    ),
    "route": Column(
        "FROM → TO",
        "who sends to whom",
        lambda entry, _: route_text(entry.job),
        lambda entry, _: route_text(entry.job).casefold(),
        *(12, 36, 40),
    ),
    "user": Column(
        "USER",
        "who made it",
        lambda entry, _: _user(entry),
        lambda entry, _: _user(entry).casefold(),
        *(12, 28, 30),
    ),
    "queue": Column(
        "QUEUE",
        "the queue, or the job that it belongs to",
        lambda entry, _: _queue(entry),
        lambda entry, _: _queue(entry).casefold(),
        *(8, 20, 25),
    ),
    "created": Column(
        "CREATED",
        "when it was made",
        lambda entry, _: _moment(entry.job.created),
        lambda entry, _: _stamp(entry.job.created),
        *(16, 16, 20),
        falling=True,
    ),
    "finished": Column(
        "FINISHED",
        "when it was done or aborted",
        lambda entry, _: _moment(entry.job.finished),
        lambda entry, _: _stamp(entry.job.finished),
        *(16, 16, 15),
        falling=True,
    ),
    "id": Column(
        "ID",
        "its id, as other commands take it",
        lambda entry, _: safe(entry.job.id),
        lambda entry, _: entry.job.id,
        *(24, 24, 10),
    ),
}
"""By the names that a remembered view calls them."""

DEFAULT = ("name", "status", "done", "speed", "left", "size", "route", "user")
