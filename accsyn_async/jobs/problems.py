"""What is wrong with the specification of a job, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from accsyn_async.errors import SpecificationError
from accsyn_async.safe_text import safe

__all__ = ["Keys", "Problem", "Severity", "problem_path", "refuse_errors"]

Severity = Literal["error", "warning"]
Keys = tuple[str | int, ...]
"""Where a value is: the names of attributes and the numbers of list entries that lead to it."""

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a specification that will not do, or will hardly do what was meant.

    Attributes:
        keys: what leads to the attribute, such as ``("tasks", 1, "priority")``.
        message: what is wrong.
        remedy: what to write instead; empty when that is plain.
        severity: an ``"error"`` is not submitted, a ``"warning"`` is.
        slip: whether an end is likely a party or share misspelled; ``accsyn-async submit`` refuses it.

    Example::

        >>> print(Problem(("tasks", 1, "priority"), "5000 is no priority", "write a number from 1 to 1000"))
        tasks[1].priority: 5000 is no priority; write a number from 1 to 1000
    """

    keys: Keys
    message: str
    remedy: str
    severity: Severity = "error"
    slip: bool = False

    @property
    def path(self) -> str:
        """The attribute, such as ``tasks[1].priority``; empty for the whole."""
        return problem_path(self.keys)

    def __str__(self) -> str:
        where = f"{safe(self.path)}: " if self.keys else ""
        remedy = f"; {safe(self.remedy)}" if self.remedy else ""
        return f"{where}{safe(self.message)}{remedy}"


def problem_path(keys: Keys) -> str:
    """The path to a value, for people.

    >>> problem_path(("tasks", "pickup", "deps", 0))
    'tasks.pickup.deps[0]'
    >>> problem_path(("metadata", "two words"))
    "metadata['two words']"
    """
    told = ""
    for key in keys:
        if isinstance(key, int):
            told += f"[{key}]"
        elif key.replace("-", "_").isidentifier() or key.isdigit():
            told += f".{key}" if told else key
        else:
            told += f"[{key!r}]"
    return told


def refuse_errors(problems: Sequence[Problem], what: str) -> None:
    """Raise when one of the problems is an error.

    Raises:
        SpecificationError: one is; its message lists the errors, a line each.
    """
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise SpecificationError(_listed(errors, what), tuple(problems))


def _listed(errors: Sequence[Problem], what: str) -> str:
    lines = [str(error) for error in errors[:_MOST_SHOWN]]
    if len(errors) == 1:
        return f"{what}: {lines[0]}"
    more = [f"… and {len(errors) - _MOST_SHOWN} more"] if len(errors) > _MOST_SHOWN else []
    return "\n  ".join([f"{what}: {len(errors)} things are wrong", *lines, *more])
