"""Jobs, events and outputs to feed the command line's parts with."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from rich.console import Console

from accsyn_async import events
from accsyn_async.cli.output import Output
from accsyn_async.models import Job, Task

AT = dt.datetime(2026, 1, 22, 12, 0, tzinfo=dt.UTC)

HOSTILE = (
    "\x1b]0;pwned\x07.mov",
    "[red]x[/red].mov",
    "two\nlines\r.mov",
    "\x9b31mred",
    "fdp\u202egpj.exe",
    "zero\u200bwidth\ufeff",
    "para\u2029graph\u2028",
    "\x00nul\x7f",
    "\ud800lone",
    ":smile: [link=http://evil]a[/link]",
)


def ident(number: int) -> str:
    return f"{number:024x}"


def job(number: int = 1, status: str = "running", **facts: Any) -> Job:
    row = {"id": ident(number), "name": f"job{number}.mov", "status": status, "progress": 0, "size": 1000}
    return Job.from_row({**row, **facts})


def found(job: Job) -> events.JobFound:
    return events.JobFound(at=AT, job=job)


def changed(job: Job) -> events.JobChanged:
    return events.JobChanged(at=AT, job=job, previous=job, changes={})


def finished(job: Job) -> events.JobFinished:
    return events.JobFinished(at=AT, job=job)


def removed(job: Job) -> events.JobRemoved:
    return events.JobRemoved(at=AT, job=job)


def stalled(job: Job) -> events.JobStalled:
    return events.JobStalled(at=AT, job=job)


def revived(job: Job) -> events.JobRevived:
    return events.JobRevived(at=AT, job=job)


def task_changed(job: Job, status: str, uri: str = "3", **changes: Any) -> events.TaskChanged:
    """A change of a task; of its state, unless other changes are given."""
    task = Task.from_row({"id": "t", "uri": uri, "status": status})
    return events.TaskChanged(
        at=AT, job=job, task=task, previous=None, changes=changes or {"status": (None, task.status)}
    )


SYNCED = events.Synced(at=AT)
DEGRADED = events.Degraded(at=AT, reason="no answer from 127.0.0.1:1")
RECOVERED = events.Recovered(at=AT, after=dt.timedelta(seconds=75))


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True


class Time:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def to_terminal(**environ: str) -> Output:
    return Output(Terminal(), Terminal(), {"TERM": "xterm-256color", **environ})


def to_pipe(**environ: str) -> Output:
    return Output(io.StringIO(), io.StringIO(), environ)


def console(width: int = 80, height: int = 24, encoding: str = "utf-8") -> Console:
    return Console(
        file=Terminal(encoding),
        force_terminal=True,
        width=width,
        height=height,
        legacy_windows=False,
        _environ={},
    )


def out(output: Output) -> str:
    return str(output._stdout.getvalue())  # type: ignore[union-attr]


def err(output: Output) -> str:
    return str(output._stderr.getvalue())  # type: ignore[union-attr]
