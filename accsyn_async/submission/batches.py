"""Tasks that are added to a job, in parts that the backend takes at once."""

from __future__ import annotations

from typing import Any

from accsyn_async.errors import ArgumentError
from accsyn_async.jobs.attributes import JobKind
from accsyn_async.jobs.checks.job import check_tasks
from accsyn_async.jobs.problems import refuse_errors
from accsyn_async.jobs.spec import Tasks, TransferSpec

__all__ = ["Part", "batches"]

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
    if isinstance(written, dict) and all(isinstance(task, dict) for task in entries):
        names = list(written)
        return [
            {name: written[name] for name in names[start : start + size]}
            for start in range(0, len(names), size)
        ], live
    if isinstance(written, dict):
        return [[written]], live
    return [written[start : start + size] for start in range(0, len(written), size)], live
