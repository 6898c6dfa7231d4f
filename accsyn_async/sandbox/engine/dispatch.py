"""Decides which job may run: one between two endpoints at a time, the others in their order."""

from __future__ import annotations

from accsyn_async.sandbox.state.entities import Client, State
from accsyn_async.sandbox.state.jobs import End, Job, Task

__all__ = ["Dispatcher", "hindrance", "interruption"]

Pair = tuple[str, ...]


def hindrance(job: Job, task: Task) -> str:
    """Why a task cannot begin now, whatever else runs; empty when it can.

    Which clients a job runs on was resolved when it was submitted and stays so. It waits while one is offline
    or disabled, and for good when one was deleted, or its site was: submit another job then. It waits, too,
    while no server serves the volume at the site; when another server took that over, the job goes on with
    its own.
    """
    return interruption(job, task) or _unserved(task.source) or _unserved(task.destination)


def interruption(job: Job, task: Task) -> str:
    """Why a task that has begun cannot go on; empty when it can, as when its server has ceased to serve."""
    if job.queue.status == "paused":
        return f"the queue {job.queue.code} is paused"
    if job.user.status == "disabled":
        return f"the user {job.user.username} is disabled"
    return _end_hindrance(task.source) or _end_hindrance(task.destination)


def _end_hindrance(end: End) -> str:
    client = end.client
    share = next((one for one in end.shares if one.status == "disabled"), None)
    if share is not None:
        return f"the {share.kind} {share.code} is disabled"
    if client is None:
        return ""
    if client.state is not State.ACTIVE:
        return f"the client {client.code} was deleted"
    if client.status != "online":
        return f"the client {client.code} is {client.status}"
    if client.site is None and end.party.kind in ("site", "workspace"):
        return f"the client {client.code} stands at no site any more"
    if client.site is not None and client.site.status == "disabled":
        return f"the site {client.site.code} is disabled"
    if end.party.kind == "user" and client.user is not None and client.user.status == "disabled":
        return f"the user {client.user.username} is disabled"
    return ""


def _unserved(end: End) -> str:
    """Whether no server serves the volume that an end lies on, at the site of its own server."""
    site = None if end.client is None or end.party.kind == "user" else end.client.site
    if site is None or end.real is None or end.real.server_at(site):
        return ""
    return f"no server at the site {site.code} serves the {end.real.kind} {end.real.code}"


class Dispatcher:
    """Hands out the right to run.

    The one job that runs between two endpoints keeps the right until it gives it back. Of those that wait,
    the next is that of the highest queue priority, then of the highest priority, then the oldest.
    """

    def __init__(self) -> None:
        self._holders: dict[Pair, Job] = {}
        self._waiting: dict[Pair, dict[str, tuple[Job, Task]]] = {}

    def claim(self, job: Job, task: Task) -> bool:
        """Ask for the right to run a task that nothing hinders; who is refused is in line from then on."""
        pair = _pair(job, task)
        if self._holders.get(pair) is job:
            return True
        self._waiting.setdefault(pair, {})[job.id] = (job, task)
        if self._next(pair) is not job:
            return False
        self._leave(pair, job)
        self._holders[pair] = job
        return True

    def give_up(self, job: Job) -> list[Job]:
        """Give the right back, and leave the line.

        Returns:
            The jobs whose turn it is now.
        """
        waited = [pair for pair, line in self._waiting.items() if job.id in line]
        for pair in waited:
            self._leave(pair, job)
        held = [pair for pair, holder in self._holders.items() if holder is job]
        for pair in held:
            del self._holders[pair]
        return [following for pair in (*waited, *held) if (following := self._next(pair)) is not None]

    def _leave(self, pair: Pair, job: Job) -> None:
        line = self._waiting[pair]
        del line[job.id]
        if not line:
            del self._waiting[pair]

    def _next(self, pair: Pair) -> Job | None:
        if pair in self._holders:
            return None
        able = [job for job, task in self._waiting.get(pair, {}).values() if not hindrance(job, task)]
        return min(able, key=_rank, default=None)


def _pair(job: Job, task: Task) -> Pair:
    if job.kind == "compute":
        return (job.id,)
    return _endpoint(job.source.value, task.source.client), _endpoint(
        job.destination.value, task.destination.client
    )


def _endpoint(party: str, client: Client | None) -> str:
    return party if client is None else client.id


def _rank(job: Job) -> tuple[int, int, int]:
    return -job.queue.priority, -job.priority, job.number
