"""``accsyn-async submit``."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Iterable
from dataclasses import replace
from typing import Any

from accsyn_async.cli.connection import Connection, known_workspace
from accsyn_async.cli.exit_codes import USAGE
from accsyn_async.cli.following import checked_timeout, explain, follow, within
from accsyn_async.cli.inputs import Input, refuse_options
from accsyn_async.cli.job_draft import (
    Draft,
    LocatedProblem,
    draft_from_file,
    draft_of_arguments,
    named_values,
)
from accsyn_async.cli.json_rows import pretty_json, row_to_json
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.output import Output
from accsyn_async.cli.problem_lines import problem_parts
from accsyn_async.cli.renderer import renderer_for
from accsyn_async.cli.verdict import Verdict
from accsyn_async.errors import ArgumentError, SpecificationError
from accsyn_async.jobs.attributes import JobKind
from accsyn_async.safe_text import safe

__all__ = ["submit"]


def submit(
    *what: Input,
    kind: JobKind | None = None,
    name: str | None = None,
    queue: str | None = None,
    priority: int | None = None,
    setting: list[str] | None = None,
    metadata: list[str] | None = None,
    dry_run: bool = False,
    wait: bool = False,
    timeout: float | None = None,
    json: bool = False,
    connection: Connection | None = None,
) -> int | Coroutine[Any, Any, int]:
    """Check a job, submit it, and print its id and name.

    Args:
        what: FILE, a job in JSON, - for standard input; or SOURCE DESTINATION, such as
            share=projects/a.mov site=berlin; or several sources and a folder.
        kind: The kind of job; left out, what its attributes say.
        name: The job's name.
        queue: The code of the queue that it joins.
        priority: From 1 (lowest) to 1000 (highest).
        setting: NAME=VALUE, a setting of this job; can be given several times.
        metadata: NAME=VALUE, data of your own; can be given several times.
        dry_run: Print the JSON that would be sent, and send nothing.
        wait: Follow it until it has come to its end.
        timeout: With --wait, give up after this many seconds (exit code 5).
        json: Write the job, and with --wait each event, as one JSON object a line.
        connection: How to reach the backend.
    """
    connection = connection or Connection()
    output = Output()
    refuse_options(what)
    timeout = checked_timeout(timeout)
    if timeout is not None and not wait:
        raise ArgumentError("--timeout is for --wait")
    settings = named_values("--setting", setting or ())
    own_data = named_values("--metadata", metadata or ())
    workspace = known_workspace(connection.workspace, connection.envfile)
    # All of this is done before a loop runs: what waits for standard input can be interrupted.
    try:
        draft = _draft(what, kind, workspace)
    except SpecificationError as error:
        _tell(output, (LocatedProblem(one, what[0], error.line, error.column) for one in error.problems))
        return USAGE
    draft = draft.with_options(
        settings=settings, metadata=own_data, name=name, queue=queue, priority=priority
    )
    problems = [_refused(located) for located in draft.check(workspace)]
    _tell(output, problems)
    if any(located.problem.severity == "error" for located in problems):
        return USAGE
    if dry_run:
        return _show(draft, output, json=json)
    told = {str(located.problem) for located in problems}
    return _submit(draft, told, output, wait=wait, timeout=timeout, json=json, connection=connection)


async def _submit(
    draft: Draft,
    told: Collection[str],
    output: Output,
    *,
    wait: bool,
    timeout: float | None,
    json: bool,
    connection: Connection,
) -> int:
    verdict = Verdict(())

    async def submitting() -> int:
        async with connection.session() as session:
            handle = await session.submit(draft.document, kind=draft.kind)
            output.line(row_to_json(handle.row) if json else _told(handle.row))
            if not wait:
                return 0
            verdict.expect([handle.id])
            renderer = renderer_for(
                output, json=json, verbose=connection.verbose, title=safe(session.workspace)
            )
            async with handle.watch() as events:
                return await follow(events, renderer, verdict)

    with logging_to(output, verbose=connection.verbose, told=told):
        code = await within(timeout, submitting(), verdict)
        explain(verdict, output)
        return code


def _draft(what: tuple[str, ...], kind: JobKind | None, workspace: str | None) -> Draft:
    match what:
        case ():
            raise ArgumentError("submit takes FILE, or SOURCE DESTINATION")
        case (path,):
            return draft_from_file(path, kind, absent="to send one, name source and destination")
        case _:
            return draft_of_arguments(what, kind, workspace)


def _refused(located: LocatedProblem) -> LocatedProblem:
    """A place that is likely misspelled is an error here: the job would only fail later."""
    if not located.problem.slip:
        return located
    return replace(located, problem=replace(located.problem, severity="error"))


def _tell(output: Output, problems: Iterable[LocatedProblem]) -> None:
    # Several sources have one destination: what is wrong with it is told once.
    for parts in dict.fromkeys(map(problem_parts, problems)):
        output.styled(parts, note=True)


def _show(draft: Draft, output: Output, *, json: bool) -> int:
    if json:
        output.line(row_to_json(draft.document))
        return 0
    output.line(pretty_json(draft.document, ascii_only=not output.takes_unicode))
    output.note(f"Nothing was sent; it would make a {_named(draft.kind)}.")
    return 0


def _named(kind: JobKind) -> str:
    return "compute job" if kind == "compute" else kind


def _told(row: dict[str, Any]) -> str:
    told = (row.get("id"), row.get("name") or row.get("code"))
    return "  ".join(safe(text) for text in told if text)
