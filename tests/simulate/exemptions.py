"""What cannot be held against a watch: each as narrow as it can be, with its reason. There are no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from accsyn_async import JobEvent, JobRemoved
from tests.simulate.model import Query, State, TrueJob

if TYPE_CHECKING:
    from tests.simulate.logs import WatchLog

__all__ = [
    "began_before_first_look",
    "is_given_up",
    "is_last_seen",
    "is_removal_founded",
    "lived_between_questions",
    "lives_were_learned",
]

_SLACK = 3600.0
"""Seconds before it was last seen that a watch which comes back looks for ends."""


def is_last_seen(log: WatchLog, job: TrueJob, state: State) -> bool:
    """A newcomer is told of a job as it was before, while no list holds it and it is looked up.

    Nobody knows better, and that it is there is worth telling. Only of a job that has not
    ended, unless answers crossed, and only if it was out of the list at some time since the
    newcomer came, or an answer was struck.
    """
    since = log.since(job.ident)
    if state.ended:
        # Where two answers crossed, nobody knows which is the later one; the next decides.
        return log.ids is None and log.struck_at() >= since
    if job.is_out or job.back_at >= since or log.struck_at() >= since:
        return log.ids is None or is_removal_founded(job, log.now())
    if log.ids is not None or log.expression is None:
        return False
    query = Query(log.expression)
    return any(
        job.valid_until(each) >= since and not query.matches(job, each) for each in reversed(job.states)
    )


def is_removal_founded(job: TrueJob, now: float) -> bool:
    """Whether two lookups, two seconds apart, found nothing."""
    return bool(job.absent) and job.absent[-1] - job.absent[0] >= 2.0 and job.absent[-1] <= now


def began_before_first_look(log: WatchLog, job: TrueJob, looks: Sequence[tuple[float, float]]) -> bool:
    """A job began and ended before the finished were first looked through for the query.

    Nobody knows then what is new among them. A watch that comes back knows when it was
    last here, and is told of what ended since, unless one of the two answers that tell what did
    (the list, of those that are still listed, and the finished) lacked some of them.

    Args:
        log: the watch's.
        job: the job, which has ended and left the list.
        looks: those that were answered, as long as the query is watched: when each began, and
            how long it took.
    """
    if log.synced is None:
        return True
    ended = job.now.at
    if log.memory is not None and log.memory.since is not None and ended < log.since(job.ident):
        lied = log.lied_at.get(log.expression, -1.0) >= (log.entered or 0.0)
        return lied or ended < log.memory.since - _SLACK
    return not looks or ended <= max(log.synced, sum(looks[0]))


def is_given_up(log: WatchLog, job: TrueJob) -> bool:
    """Who came back for a job by its id and was told that it is gone does not wait for it any more."""
    told = log.told.get(job.ident)
    remembered = log.memory is not None and job.ident in log.memory.jobs and log.ids is not None
    return remembered and told is not None and isinstance(told.event, JobRemoved)


def lives_were_learned(log: WatchLog, event: JobEvent, since: float) -> bool:
    """A job has lived more often although nobody saw it end: a watch has come back that knows more.

    Only if one did so in the same session since the event before.
    """
    return any(
        other.sweeps is log.sweeps
        and other.memory is not None
        and (past := other.memory.jobs.get(event.job.id)) is not None
        and past.run + past.ended >= event.run
        and (other.left is None or other.left >= since)
        for other in log.company
    )


def lived_between_questions(log: WatchLog, job: TrueJob) -> bool:
    """Who waits by ids, or was told that a job was removed, is not told of a life that came and went since.

    Jobs that have ended are asked for among the active, every few seconds: what begins and
    ends in between leaves no trace there.
    """
    told = log.told.get(job.ident)
    if told is None or not told.is_end or job.listed or not job.now.ended:
        return False
    return log.ids is not None or told.state.life == job.now.life
