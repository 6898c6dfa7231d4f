"""How long the texts of columns get. Pure."""

from __future__ import annotations

import operator

from rich.cells import cell_len

from accsyn_async import events
from accsyn_async.board.board import Entry
from accsyn_async.dashboard.top.columns import COLUMNS

__all__ = ["Widths"]

_MEASURED = ("name", "route", "user", "queue")
_texts = operator.attrgetter(
    *("name", "source", "source_hr", "destination", "destination_hr"),
    *("user", "user_hr", "parent", "parent_hr"),
)


class Widths:
    """The longest texts so far of the columns that have no width of their own.

    Attributes:
        longest: in cells, by column; no more than the column takes.
    """

    def __init__(self) -> None:
        self.longest: dict[str, int] = {}

    def see(self, event: events.Event, entry: Entry) -> None:
        """Measure a job that is new, or has other texts.

        Args:
            event: what has happened to it.
            entry: the job, as it is by now.
        """
        if isinstance(event, events.JobChanged) and _texts(event.job) == _texts(event.previous):
            return
        for name in _MEASURED:
            column, longest = COLUMNS[name], self.longest.get(name, 0)
            if longest < column.most:
                self.longest[name] = max(longest, min(column.most, cell_len(column.text(entry, 0.0))))
