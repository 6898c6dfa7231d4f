"""From a program's text to what there is to say of it."""

from __future__ import annotations

import ast
import re
import warnings

from accsyn_async.errors import ArgumentError
from accsyn_async.migration.findings import Report
from accsyn_async.migration.places import Places
from accsyn_async.migration.program import Program
from accsyn_async.migration.report import report_on
from accsyn_async.migration.tracing import trace

__all__ = ["NoPythonError", "check_program", "read_program"]


_OF_PYTHON_2 = (
    "Missing parentheses in call to 'print'",
    "Missing parentheses in call to 'exec'",
    "multiple exception types must be parenthesized",
    "leading zeros in decimal integer literals",
)


class NoPythonError(ArgumentError):
    """A text is no Python.

    Attributes:
        line: where it ceases to be, from 1; ``None`` when that is not known.
        column: the character in that line, from 1.
    """

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def read_program(text: str, *, older: bool = False) -> Program:
    """Read a program; nothing of it is run.

    Args:
        text: the program.
        older: whether it is for 2.2.1, and an older workspace.

    Raises:
        NoPythonError: it is no Python, or cannot be followed.
    """
    try:
        with warnings.catch_warnings():
            # Of its escapes and comparisons: they are its author's.
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        return Program(Places(text, tree), trace(tree), older)
    except SyntaxError as error:
        line = error.lineno if error.lineno else None
        what = "it is Python 2, not Python 3" if _is_python_2(error) else "it is no Python"
        raise NoPythonError(f"{what}: {error.msg}", line, error.offset or None) from None
    except ValueError as error:
        raise NoPythonError(f"it is no Python: {error}") from None
    except (RecursionError, MemoryError):
        raise NoPythonError("it is nested too deeply") from None


def _is_python_2(error: SyntaxError) -> bool:
    if error.msg.startswith(_OF_PYTHON_2):
        return True
    at = max((error.offset or 1) - 1, 0)
    before, rest = (error.text or "")[:at], (error.text or "")[at:]
    raised = re.fullmatch(r"\s*raise\s+[\w.]+\s*", before) is not None and rest.startswith(",")
    return raised or rest.startswith("<>")


def check_program(text: str, *, older: bool = False) -> Report:
    r"""Say what a program for the official client has to change.

    Args:
        text: the program.
        older: whether it is for 2.2.1, and an older workspace.

    Raises:
        NoPythonError: it is no Python, or cannot be followed.

    >>> check_program("import accsyn_api\nprint(accsyn_api.Session().find('Transfer'))\n").awaits
    1
    """
    return report_on(read_program(text, older=older))
