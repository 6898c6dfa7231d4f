"""Tasks that are added to a job, in parts that the backend takes at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from accsyn_async.errors import ArgumentError, NotationError
from accsyn_async.jobs.attributes import JobKind, is_one_task
from accsyn_async.jobs.checks.job import check_tasks
from accsyn_async.jobs.notation import Location
from accsyn_async.jobs.problems import Keys, Problem, refuse_errors
from accsyn_async.jobs.spec import Tasks, TransferSpec
from accsyn_async.submission.matching import Side, is_party

__all__ = ["Part", "batches", "refuse_foreign"]

Part = list[Any] | dict[str, Any]
"""Tasks as JSON, a list or by their uris."""


def batches(
    tasks: Tasks, kind: JobKind, *, batch_size: int, workspace: str | None = None
) -> tuple[list[Part], bool]:
    """The tasks as JSON in parts, once they are checked.

    Args:
        tasks: specifications, sources alone, or either by their uris.
        kind: the kind of job that they join.
        batch_size: how many tasks a part has at most.
        workspace: the workspace's code.

    Returns:
        The parts, and whether one of the tasks is to be done now.

    Raises:
        SpecificationError: one is wrong.
        ArgumentError: there is no such size.

    Example::

        >>> batches(["a.mov", "b.mov", "c.mov"], "transfer", batch_size=2)
        ([['a.mov', 'b.mov'], ['c.mov']], True)
    """
    size: object = batch_size
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ArgumentError(f"batch_size is a whole number from 1, not {batch_size!r}")
    document = TransferSpec(tasks=tasks).to_json()
    problems = check_tasks(document, kind, workspace=workspace)
    refuse_errors(problems, "these tasks")
    written = document["tasks"]
    entries = list(written.values()) if isinstance(written, dict) else written
    live = any(not isinstance(task, dict) or task.get("status") in (None, "queued") for task in entries)
    if kind == "compute" and any(task.get("deps") for task in entries if isinstance(task, dict)):
        # A task and what it waits for must be there together.
        size = max(size, len(entries))
    if isinstance(written, dict) and not is_one_task(written, kind):
        names = list(written)
        return [
            {name: written[name] for name in names[start : start + size]}
            for start in range(0, len(names), size)
        ], live
    if isinstance(written, dict):
        return [[written]], live
    return [written[start : start + size] for start in range(0, len(written), size)], live


def refuse_foreign(parts: list[Part], row: Mapping[str, Any], workspace: str) -> None:
    """Refuse tasks that name others than the parties of the job that they are to join.

    Args:
        parts: the tasks, as `batches` makes them.
        row: the job's.
        workspace: the workspace's code.

    Raises:
        SpecificationError: one does.
    """
    known: dict[tuple[Side, str], bool] = {}
    problems = []
    for keys, side, text in _ends(parts):
        if (side, text) not in known:
            try:
                party = Location.parse(text, workspace).party
            except NotationError:
                party = None
            known[side, text] = party is None or is_party(party, row, side, workspace) is not False
        if not known[side, text]:
            told = row.get(f"{side}_hr") or row.get(side)
            problems.append(Problem(keys, f"the job's {side} is {told}", "add it to a job of its own"))
    refuse_errors(problems, "these tasks")


def _ends(parts: list[Part]) -> Iterator[tuple[Keys, Side, str]]:
    number = 0
    sides: tuple[Side, ...] = ("source", "destination")
    for part in parts:
        for uri, task in part.items() if isinstance(part, dict) else enumerate(part, number):
            ends = task if isinstance(task, dict) else {"source": task}
            for side in sides:
                if isinstance(ends.get(side), str):
                    yield ("tasks", uri, side), side, ends[side]
        number += len(part)
