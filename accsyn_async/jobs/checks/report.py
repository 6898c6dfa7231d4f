"""Collects what is found wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from accsyn_async.jobs.problems import Keys, Problem, Severity
from accsyn_async.jobs.quoting import cut, quoted

__all__ = ["MOST_BITS", "Report", "either", "shown"]

MOST_BITS: Final = 1024
"""What a whole number can have at most: larger ones are beyond what readers of JSON take."""
_MOST_SHOWN: Final = 80
_MOST_PROBLEMS: Final = 1000
_MOST_TOLD: Final = 500


class Report:
    """What was found so far: a thousand errors and as many warnings, as nobody reads more.

    Attributes:
        problems: what was found.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._counts: Counter[Severity] = Counter()
        self._left_out = 0

    @property
    def rest(self) -> list[Problem]:
        """What tells how much more there was; empty when there was none."""
        if not self._left_out:
            return []
        return [Problem((), f"there are {self._left_out} more", "correct these first", "warning")]

    def error(self, keys: Keys, message: str, remedy: str) -> None:
        """Note what would be refused, or would do something else than it says."""
        self._note(keys, message, remedy, "error")

    def warn(self, keys: Keys, message: str, remedy: str, *, slip: bool = False) -> None:
        """Note what will hardly do what was meant."""
        self._note(keys, message, remedy, "warning", slip=slip)

    def _note(self, keys: Keys, message: str, remedy: str, severity: Severity, *, slip: bool = False) -> None:
        self._counts[severity] += 1
        if self._counts[severity] <= _MOST_PROBLEMS:
            self.problems.append(Problem(keys, cut(message, _MOST_TOLD), remedy, severity, slip))
        else:
            self._left_out += 1


def either(options: Sequence[str]) -> str:
    """The options, one of which is to be taken.

    >>> either(["init", "pending", "waiting"])
    'init, pending or waiting'
    """
    return " or ".join((", ".join(options[:-1]), options[-1])) if len(options) > 1 else options[0]


def shown(value: object) -> str:
    """A value as messages show it, cut where it is long.

    >>> shown("a" * 100)[-4:], shown(True), shown({"a": 1})
    ('aaa…', 'true', 'an object')
    """
    if isinstance(value, dict | list) and value:
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return "a huge number"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return quoted(value, _MOST_SHOWN)
