"""Which entry of the journal a call makes; none holds data that may be secret."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.jobs import Job
from accsyn_async.sandbox.state.journal import MAX_MESSAGE, Entry, Journal
from accsyn_async.sandbox.topics.event import Event

__all__ = ["OLD_NAMES", "Notes", "ends"]

OLD_NAMES: Final = {"job": "transfer", "share": "folder"}
SAID: Final = ("op", "operation", "name", "path", "path_to")


class Notes:
    """Notes logins and calls that changed something.

    Args:
        journal: where.
        clock: tells the time.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    def login(self, user: SandboxUser) -> None:
        """Note a login."""
        self._note("user", user.id, user, "logged in")

    def call(self, verb: str, event: Event, user: SandboxUser, reply: dict[str, Any]) -> None:
        """Note a call that succeeded, unless it only asked."""
        if verb == "GET":
            return
        uri = event.uri.casefold()
        kind = uri.partition("/")[0]
        data = event.data if isinstance(event.data, dict) else {}
        if uri == "setting":
            kind = str(data.get("entitytype") or "workspace").casefold()
            uri = "delete setting" if verb == "DELETE" else "set setting"
        said = [f"{name}={str(data[name])[:200]}" for name in SAID if isinstance(data.get(name), str)]
        self._note(OLD_NAMES.get(kind, kind), event.id or _first_id(reply), user, " ".join([uri, *said]))

    def _note(self, kind: str, entity: str, user: SandboxUser, message: str) -> None:
        self._journal.add(Entry(self._clock.text(), kind, entity, user.username, message[:MAX_MESSAGE]))


def ends(jobs: Iterable[Job]) -> Iterable[Entry]:
    """The ends of jobs that have finished, and the failures of those that have failed."""
    for job in jobs:
        if job.finished is not None and job.is_finished:
            yield Entry(job.finished, "transfer", job.id, job.user.username, f"{job.name} is {job.status}")
        elif job.status == "failed":
            why = next((task.message for task in job.tasks.values() if task.message), "")
            message = f"{job.name} has failed: {why}"[:MAX_MESSAGE]
            yield Entry(job.modified, "transfer", job.id, job.user.username, message, "error")


def _first_id(reply: dict[str, Any]) -> str:
    result = reply.get("result")
    first = result[0] if isinstance(result, list) and result else result
    found = first.get("id") if isinstance(first, dict) else None
    return found if isinstance(found, str) else ""
