"""Collects what is found wrong."""

from __future__ import annotations

from accsyn_async.jobs.problems import Keys, Problem

__all__ = ["Report", "shown"]

_MOST_SHOWN = 80


class Report:
    """What was found so far."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def error(self, keys: Keys, message: str, remedy: str) -> None:
        """Note what would be refused, or would do something else than it says."""
        self.problems.append(Problem(keys, message, remedy))

    def warn(self, keys: Keys, message: str, remedy: str) -> None:
        """Note what will hardly do what was meant."""
        self.problems.append(Problem(keys, message, remedy, "warning"))


def shown(value: object) -> str:
    """A value as messages show it, cut where it is long.

    >>> shown("a" * 100)[-4:]
    "aa…'"
    """
    if isinstance(value, str) and len(value) > _MOST_SHOWN:
        return repr(value[: _MOST_SHOWN - 1] + "…")
    if isinstance(value, dict | list) and value:
        return "an object" if isinstance(value, dict) else "a list"
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
