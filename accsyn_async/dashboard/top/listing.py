"""In which order jobs are listed. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from accsyn_async.board.board import Entry
from accsyn_async.dashboard.top.columns import COLUMNS
from accsyn_async.dashboard.top.view import View

__all__ = ["ordered"]


def ordered(entries: Iterable[Entry], view: View, now: float) -> list[Entry]:
    """Jobs in a view's order; those of which it is not known come last, equal ones stay as they were.

    Args:
        entries: the jobs.
        view: says by what, and which way round.
        now: seconds of the board's clock.
    """
    column = COLUMNS[view.sort]
    known, unknown = [], []
    for entry in entries:
        order = column.order(entry, now)
        if order is None:
            unknown.append(entry)
        else:
            known.append((order, entry))
    # Of one column all are numbers, or all are texts.
    known.sort(key=lambda pair: pair[0], reverse=column.falling != view.reverse)
    return [entry for _, entry in known] + unknown
