"""``accsyn-async validate``."""

from __future__ import annotations

from accsyn_async.cli.connection import known_workspace
from accsyn_async.cli.exit_codes import USAGE
from accsyn_async.cli.inputs import Input, refuse_options
from accsyn_async.cli.job_draft import LocatedProblem, draft_from_file
from accsyn_async.cli.job_summary import job_summary
from accsyn_async.cli.json_rows import row_to_json
from accsyn_async.cli.output import Output
from accsyn_async.cli.problem_lines import problem_parts, problem_row
from accsyn_async.errors import ArgumentError, SpecificationError
from accsyn_async.jobs.attributes import JobKind
from accsyn_async.safe_text import safe

__all__ = ["validate"]


def validate(
    *files: Input,
    kind: JobKind | None = None,
    workspace: str | None = None,
    strict: bool = False,
    json: bool = False,
) -> int:
    """Check jobs in JSON, without connecting to anything.

    Args:
        files: JSON files; - is standard input.
        kind: The kind of job; left out, what its attributes say.
        workspace: The workspace's code (ACCSYN_WORKSPACE).
        strict: Let warnings count as errors do.
        json: Write each problem as one JSON object a line, and nothing of what is good.
    """
    output = Output()
    if not files:
        raise ArgumentError("validate takes one FILE or several; - is standard input")
    refuse_options(files)
    workspace = known_workspace(workspace)
    bad = False
    for file in files:
        problems, summary = _checked(file, kind, workspace)
        for located in problems:
            if json:
                output.line(row_to_json(problem_row(located)))
            else:
                output.styled(problem_parts(located))
            bad = bad or strict or located.problem.severity == "error"
        if not json and summary and not (strict and problems):
            output.line(f"{safe(file)}: {summary}")
    return USAGE if bad else 0


def _checked(
    file: str, kind: JobKind | None, workspace: str | None
) -> tuple[list[LocatedProblem], str | None]:
    """What is wrong with a file, and what it is when no error is in it."""
    try:
        draft = draft_from_file(file, kind)
    except SpecificationError as error:
        return [LocatedProblem(one, file, error.line, error.column) for one in error.problems], None
    problems = draft.check(workspace)
    bad = any(located.problem.severity == "error" for located in problems)
    return problems, None if bad else job_summary(draft.document, draft.kind)
