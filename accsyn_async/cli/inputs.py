"""Arguments among which ``-`` stands for standard input."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from accsyn_async.errors import ArgumentError

__all__ = ["Input", "refuse_options"]

if TYPE_CHECKING:
    Input = Annotated[str, Parameter(allow_leading_hyphen=True)]
    """A file or place, or ``-``. Options that there are not come along, to be refused."""
else:
    # The first that fits is taken, which is a text; of the second, shells learn to complete paths.
    Input = Annotated[str | Path, Parameter(allow_leading_hyphen=True)]


def refuse_options(inputs: Iterable[str]) -> None:
    """Refuse what was likely meant as an option.

    Raises:
        ArgumentError: one begins with a hyphen, and is more than that.
    """
    for one in inputs:
        if one.startswith("-") and one != "-":
            raise ArgumentError(f"Unknown option: {one} (a path that begins so is written ./{one})")
