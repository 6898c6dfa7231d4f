"""Logs, metrics and reports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules import job_states, roles
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.jobs import Job
from accsyn_async.sandbox.state.journal import Entry, Journal
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.event import Event
from accsyn_async.sandbox.topics.finder import Finder
from accsyn_async.sandbox.topics.journal_notes import OLD_NAMES, ends
from accsyn_async.sandbox.topics.log_pages import SORT_KEYS, Page, select
from accsyn_async.sandbox.topics.measurements import MEASURED, measurements, read_span
from accsyn_async.sandbox.topics.topic import Answer, Reply, Topic, count_of, data_of, flag_of

__all__ = ["RecordTopic"]

SECRETS: Final = ("api_key", "password", "pwd", "session", "token")


class RecordTopic(Topic):
    """Answers what has happened, and how entities are doing.

    Args:
        workspace: whose.
        journal: what happened.
        finder: finds entities.
    """

    def __init__(self, workspace: Workspace, journal: Journal, finder: Finder) -> None:
        self._workspace = workspace
        self._journal = journal
        self._finder = finder

    def calls(self) -> Mapping[str, tuple[str, Answer]]:
        """The logs, and the metrics and report of each entity type."""
        return {
            "log/find": ("GET", self._logs),
            "*/metrics": ("GET", self._metrics),
            "*/report": ("GET", self._report),
        }

    def _logs(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        kind = _text(data, "entitytype").casefold() or "workspace"
        sort = _text(data, "sort") or "date"
        if sort not in SORT_KEYS:
            raise Refusal("E#L001", f"Logs are sorted by {', '.join(SORT_KEYS)}, not by {sort!r}.")
        page = _page(data)
        entries = self._entries(user)
        if event.id and event.id != self._workspace.id:
            entries = (entry for entry in entries if entry.entity == event.id)
        elif kind != "workspace":
            kind = OLD_NAMES.get(kind, kind)
            entries = (entry for entry in entries if entry.entitytype == kind)
        found, total = select(entries, _text(data, "search"), sort, flag_of(data, "sort_reverse"), page)
        shown = {"page": page.page, "limit": page.limit, "skip": page.skip, "total": total}
        return {"result": found, "pagination": shown}

    def _entries(self, user: SandboxUser) -> Iterable[Entry]:
        told: dict[str, bool] = {}
        for entry in self._journal.entries():
            if entry.user != user.username and entry.entity not in told:
                told[entry.entity] = user.elevated and self._shows(entry, user)
            if entry.user == user.username or told[entry.entity]:
                yield entry
        yield from ends(job for job in self._workspace.jobs.values() if job_states.may_see(user, job))

    def _shows(self, entry: Entry, user: SandboxUser) -> bool:
        """Whether a user may read what others did to something: to the workspace, or to what they see."""
        workspace = self._workspace
        if user.role == "admin" or entry.entity == workspace.id:
            return True
        job = workspace.jobs.get(entry.entity)
        if job is not None:
            return job_states.may_see(user, job)
        entity = workspace.find_entity(entry.entity)
        return entity is not None and roles.may_see(user, entity)

    async def _metrics(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        kind, row = await self._row(event, user)
        job = self._workspace.jobs.get(str(row.get("id")))
        if job is None:
            raise Refusal("E#M001", f"There are no metrics of a {kind}.")
        wanted = data.get("attributes")
        if wanted is None:
            wanted = list(MEASURED)
        if not isinstance(wanted, list) or any(name not in MEASURED for name in wanted):
            raise Refusal("E#M002", f"'attributes' must be a list of {', '.join(MEASURED)}.")
        span = None
        if data.get("time") is not None:
            span = read_span(str(data["time"]))
            if span is None:
                raise Refusal("E#M003", "'time' must be a span such as 90, 30m, 12h or 2d.")
        measured = measurements(job, self._workspace.clock.text(), span)
        return {"result": {name: measured[name] for name in wanted}}

    async def _report(self, event: Event, user: SandboxUser) -> Reply:
        kind, row = await self._row(event, user)
        name = row.get("name") or row.get("code") or ""
        lines = [f"{kind} {name} ({row.get('id')})"]
        for key, value in row.items():
            if not any(secret in key.casefold() for secret in SECRETS):
                lines.append(f"  {key}: {value if isinstance(value, str) else json.dumps(value)}")
        job = self._workspace.jobs.get(str(row.get("id")))
        if job is not None:
            lines.append(f"  tasks: {_tally(job)}")
        return {"report": "\n".join(lines)}

    async def _row(self, event: Event, user: SandboxUser) -> tuple[str, dict[str, Any]]:
        kind = event.uri.casefold().partition("/")[0]
        rows = await self._finder.by_query(kind, event, user)
        if not rows:
            raise Refusal("E#E408", f"There is no such {kind}.")
        return kind, rows[0]


def _tally(job: Job) -> str:
    counts = Counter(task.status for task in job.tasks.values())
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "none"


def _text(data: Reply, name: str) -> str:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise Refusal("E#E407", f"{name!r} must be a text.")
    return (value or "").strip()


def _page(data: Reply) -> Page:
    asked = data.get("pagination") or {}
    if not isinstance(asked, dict):
        raise Refusal("E#L002", "'pagination' must be an object of page, limit and skip.")
    limit = asked.get("limit")
    return Page(
        count_of(asked, "page") or 1,
        None if limit is None else count_of(asked, "limit"),
        count_of(asked, "skip"),
    )
