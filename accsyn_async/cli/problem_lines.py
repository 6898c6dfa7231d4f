"""What is wrong with a job, for people and their editors, and for programs. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from accsyn_async.cli.job_draft import LocatedProblem
from accsyn_async.safe_text import safe

__all__ = ["problem_parts", "problem_row"]

_STYLES = {"error": "bold red", "warning": "bold yellow"}


def problem_parts(located: LocatedProblem) -> tuple[tuple[str, str], ...]:
    """A line as compilers write them, in parts with their styles.

    >>> from accsyn_async.jobs.problems import Problem
    >>> problem = Problem(("priority",), "5000 is no priority", "write a number from 1 to 1000")
    >>> print(*(text for text, _ in problem_parts(LocatedProblem(problem, "job.json", 3, 5))), sep="")
    job.json:3:5: error: priority: 5000 is no priority; write a number from 1 to 1000
    """
    problem = located.problem
    place = safe("accsyn-async" if located.file is None else located.file)
    for number in (located.line, located.column):
        place += "" if number is None else f":{number}"
    if located.argument is None:
        what = str(problem)
    else:
        what = f"{safe(located.argument)}: {replace(problem, keys=())}"
    return (
        (f"{place}:", "bold"),
        (" ", ""),
        (f"{problem.severity}:", _STYLES[problem.severity]),
        (f" {what}", ""),
    )


def problem_row(located: LocatedProblem) -> dict[str, Any]:
    """The same as an object; ``None`` for a line or column that there is not."""
    problem = located.problem
    return {
        "file": located.file,
        "line": located.line,
        "column": located.column,
        "severity": problem.severity,
        "path": problem.path,
        "message": problem.message,
        "remedy": problem.remedy,
    }
