"""Which settings hold: those of something itself, and those that it inherits.

The nearest that has a setting decides. For a task that is itself, its job, the delivery that the job belongs
to, the queue, then the shares that it reads from and writes to, the volumes they lie on, the clients that
send and receive, the sites or users these belong to, and the workspace; of two that are as near, that of the
source. A job inherits in the same way from the shares, clients, sites and users that all its tasks have in
common.

Two kinds of settings are not told by their name alone. Filters (``transfer_exclude``, ``transfer_include``)
add up from all that have some, an empty one adds nothing; only a task's own stand alone. The speed limit goes
by several names, so the nearest that has it by one of them decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from accsyn_async.sandbox.rules.settings import RETRIES, RETRY_DELAY, SEPARATOR, SPEED_LIMITS
from accsyn_async.sandbox.state.jobs import End, Job, Task
from accsyn_async.sandbox.state.setting_store import Scope, SettingStore

__all__ = ["DEFAULTS", "PARENTS", "Inheritance", "holding", "inherited", "over", "value_of"]

Values = Mapping[str, Any]

DEFAULTS: Final[Mapping[str, str]] = {
    "job_autoretry_delay_s": str(RETRY_DELAY),
    "job_max_retries": str(RETRIES),
    "task_bucketsize": "",
    "transfer_exclude": "",
    "transfer_ignore_existing": "",
    "transfer_include": "",
    "transfer_speedlimit": "",
}
FILTERS: Final = ("transfer_exclude", "transfer_include")

_ON_VOLUME: Final = (("parent", "volume"),)
_AT_SITE: Final = (("site", "site"), ("user", "user"))

PARENTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "queue": (("parent", "queue"),),
    **dict.fromkeys(("folder", "collection", "home", "share"), _ON_VOLUME),
    **dict.fromkeys(("client", "server", "userserver", "app", "lane", "browser"), _AT_SITE),
}
"""By entity type, of all but jobs and tasks, the attributes that may hold the id of what it inherits from,
and the type of that."""


def inherited(chain: Iterable[Values]) -> dict[str, Any]:
    """What holds in the end.

    Args:
        chain: the settings of something, of what it inherits from first, and so on.
    """
    result: dict[str, Any] = {}
    for settings in chain:
        filters = {name: _sum(result.get(name), settings[name]) for name in FILTERS if settings.get(name)}
        result = over(result, settings) | filters
    return result


def holding(own: Values, above: Iterable[Values], *, alone: bool = False) -> dict[str, Any]:
    """What holds for something.

    Args:
        own: its settings.
        above: those of what it inherits from, nearest first.
        alone: whether its own filters stand alone, as a task's do.
    """
    return over(own, inherited(above)) if alone else inherited([own, *above])


def over(near: Values, far: Values) -> dict[str, Any]:
    """What holds of two that do not add up: the nearer, by whichever of its names."""
    hidden = {other for name in near for other in _names(name)}
    return {name: value for name, value in far.items() if name not in hidden} | dict(near)


def value_of(settings: Values, name: str) -> Any:
    """A setting by whichever of its names; ``None`` when there is none."""
    return next((settings[one] for one in (name, *_names(name)) if one in settings), None)


@dataclass(frozen=True, slots=True)
class Inheritance:
    """Tells what holds for jobs and tasks.

    Args:
        store: the settings of all but jobs and tasks, which hold their own.
        workspace: the workspace's id.
    """

    store: SettingStore
    workspace: str

    def of(self, job: Job, task: Task | None = None) -> dict[str, Any]:
        """What holds for a task, or for a job without one."""
        own = job.settings if task is None else task.settings
        return holding(own, self.above(job, task), alone=task is not None)

    def above(self, job: Job, task: Task | None = None) -> list[Values]:
        """What a task, or a job, inherits, nearest first."""
        scopes = [Scope("queue", job.queue.id), *_common(job, task), Scope("workspace", self.workspace)]
        jobs = [job.settings] if task is not None else []
        if job.delivery is not None:
            jobs.append(job.delivery.settings)
        return [*jobs, *map(self.store.own, scopes)]


def _common(job: Job, task: Task | None) -> list[Scope]:
    """Where a task, or all tasks of a job, read and write."""
    tasks = job.tasks.values() if task is None else (task,)
    places = {
        tuple((end.share, end.client, end.party.value) for end in _ends(one)): _ends(one) for one in tasks
    }
    grounds = [dict.fromkeys(_grounds(ends)) for ends in places.values()]
    return [scope for scope in (grounds[0] if grounds else ()) if all(scope in one for one in grounds)]


def _ends(task: Task) -> tuple[End, End]:
    return task.source, task.destination


def _grounds(ends: tuple[End, End]) -> Iterator[Scope]:
    shares = [end.share for end in ends if end.share is not None]
    volumes = [share.parent for share in shares if share.parent is not None]
    clients = [end.client for end in ends if end.client is not None]
    yield from (Scope(one.kind, one.id) for one in (*shares, *volumes))
    yield from (Scope("client", one.id) for one in clients)
    for end in ends:
        if end.client is not None and end.client.site is not None:
            yield Scope("site", end.client.site.id)
        elif end.party.kind in ("site", "user"):
            yield Scope(end.party.kind, end.party.id)


def _names(name: str) -> tuple[str, ...]:
    return SPEED_LIMITS if name in SPEED_LIMITS else (name,)


def _sum(near: str | None, far: str) -> str:
    return SEPARATOR.join(dict.fromkeys([*(near.split(SEPARATOR) if near else ()), *far.split(SEPARATOR)]))
