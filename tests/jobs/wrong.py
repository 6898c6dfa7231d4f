"""What the tables of wrong specifications are made of."""

from __future__ import annotations

from typing import Any

from accsyn_async.jobs.attributes import JobKind
from accsyn_async.jobs.checks.job import check_job
from accsyn_async.jobs.problems import Problem
from accsyn_async.jobs.spec import JobSpec

__all__ = ["COMPUTE", "DELIVERY", "TRANSFER", "Wrong", "around", "deep", "nested", "twice"]

TRANSFER = {"source": "share=projects/a.mov", "destination": "site=berlin"}
COMPUTE = {"engine": "nuke"}
DELIVERY = {"tasks": ["share=projects/a.mov"], "recipients": ["lisa@example.com"]}


class Wrong:
    """A specification that will not do.

    Args:
        what: what is wrong with it.
        kind: the kind of job.
        given: its JSON, or the specification.
        problems: all that must be found: severity, path, message and remedy.
        workspace: the workspace's code; ``None`` when it is not known.
        form: whether a JSON schema must refuse it too.
    """

    def __init__(
        self,
        what: str,
        kind: JobKind,
        given: Any,
        *problems: str,
        workspace: str | None = None,
        form: bool = False,
    ) -> None:
        self.what, self.kind, self.given, self.problems = what, kind, given, list(problems)
        self.workspace, self.form = workspace, form

    def found(self) -> list[Problem]:
        """What is found."""
        if isinstance(self.given, JobSpec):
            return self.given.validate(workspace=self.workspace)
        return check_job(self.given, self.kind, workspace=self.workspace)


def around() -> dict[str, Any]:
    """An object that holds itself."""
    made: dict[str, Any] = {}
    made["again"] = made
    return made


def twice() -> list[Any]:
    """A list that holds itself twice, and so without end in ever more places."""
    made: list[Any] = []
    made += [made, made]
    return made


def deep(levels: int) -> list[Any]:
    """Lists in lists."""
    return [deep(levels - 1)] if levels else []


def nested(levels: int) -> dict[str, Any]:
    """Tasks in tasks."""
    return {"a": {"tasks": nested(levels - 1)} if levels else {}}
