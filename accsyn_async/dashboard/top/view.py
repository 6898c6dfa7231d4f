"""How somebody wants to see the jobs: what is remembered from one start to the next. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from accsyn_async.dashboard.top.columns import COLUMNS, DEFAULT

__all__ = ["VERSION", "NewerViewError", "View"]

VERSION = 1


class NewerViewError(ValueError):
    """A view was written by a later version."""


@dataclass(frozen=True, slots=True)
class View:
    """What is shown, and in which order.

    Attributes:
        columns: names of ``COLUMNS``, in the order in which they stand; at least one.
        sort: the name of the column that jobs are ordered by; it need not be shown.
        reverse: whether that column's natural order is turned round.
        log: whether the log pane is open.
    """

    columns: tuple[str, ...] = DEFAULT
    sort: str = "status"
    reverse: bool = False
    log: bool = True

    def sorted_by(self, name: str) -> View:
        """Ordered by a column; by the one that it is ordered by already, the other way round."""
        return replace(self, sort=name, reverse=name == self.sort and not self.reverse)

    def sorted_by_next(self, step: int) -> View:
        """Ordered by the column that stands ``step`` to the right."""
        shown = self.columns
        at = shown.index(self.sort) + step if self.sort in shown else 0
        return replace(self, sort=shown[at % len(shown)], reverse=False)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "v": VERSION,
            "columns": list(self.columns),
            "sort": self.sort,
            "reverse": self.reverse,
            "log": self.log,
        }

    @classmethod
    def from_dict(cls, told: Any) -> View:
        """A view from JSON values.

        Raises:
            NewerViewError: it is of a later version.
            ValueError: it is none.

        >>> View.from_dict(View(sort="speed").to_dict()).sort
        'speed'
        """
        if not isinstance(told, dict) or not isinstance(told.get("v"), int) or told["v"] < 1:
            raise ValueError("it holds no view")
        if told["v"] > VERSION:
            raise NewerViewError(f"it is of version {told['v']}")
        columns, sort, reverse, log = (told.get(name) for name in ("columns", "sort", "reverse", "log"))
        if (
            not isinstance(columns, list)
            or not columns
            or not all(isinstance(name, str) and name in COLUMNS for name in columns)
            or len(set(columns)) < len(columns)
        ):
            raise ValueError("its columns make no sense")
        if not isinstance(sort, str) or sort not in COLUMNS:
            raise ValueError("its order makes no sense")
        if not isinstance(reverse, bool) or not isinstance(log, bool):
            raise ValueError("it lacks something")
        return cls(tuple(columns), sort, reverse, log)
