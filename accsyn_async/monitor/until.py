"""What a job is waited for to be: a state, one of several, or what a function says."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable

from accsyn_async.errors import ArgumentError
from accsyn_async.models import Job, JobStatus

__all__ = ["Goal", "Until", "read_until"]

Until = JobStatus | str | Iterable[JobStatus | str] | Callable[[Job], bool]
"""A state or its name, several of them, or a function that takes a job and says whether it is time."""


class Goal:
    """What a job is waited for to be.

    Attributes:
        statuses: the states that are wanted; empty when a function decides.
        words: what it is, for messages.

    Args:
        statuses: see above.
        holds: the function, if there is one.
    """

    __slots__ = ("_holds", "statuses", "words")

    def __init__(
        self, statuses: frozenset[JobStatus] = frozenset(), holds: Callable[[Job], object] | None = None
    ) -> None:
        self.statuses = statuses
        self._holds = holds
        named = [status.value for status in JobStatus if status in statuses]
        self.words = " or ".join(named) if holds is None else "what until= asks for"

    def reached(self, job: Job) -> bool:
        """Whether a job is what was waited for.

        Raises:
            ArgumentError: the function's answer has to be awaited.
            Exception: what the function raises.
        """
        if self._holds is None:
            return job.status in self.statuses
        answer = self._holds(job)
        if inspect.isawaitable(answer):
            if inspect.iscoroutine(answer):
                answer.close()
            raise ArgumentError(
                f"until={self._holds!r} is asynchronous; pass a function that answers at once"
            )
        return bool(answer)


def read_until(until: Until) -> Goal:
    """Read what ``until=`` was given.

    Raises:
        ArgumentError: there is no such state, none at all, or something that is neither
            a state nor a function.

    >>> read_until("Running").words, read_until(["failed", JobStatus.DONE]).words
    ('running', 'failed or done')
    >>> read_until("finished")
    Traceback (most recent call last):
    ...
    accsyn_async.errors.ArgumentError: 'finished' is no state of a job; there are init, ...
    """
    if isinstance(until, str):
        return Goal(frozenset({_status(until)}))
    # A class can be called too, and what it makes is true of any job.
    if not isinstance(until, type):
        if callable(until):
            if inspect.iscoroutinefunction(until):
                raise _asynchronous(until)
            return Goal(holds=until)
        if isinstance(until, Iterable):
            statuses = frozenset(map(_status, until))
            if not statuses:
                raise ArgumentError("until= holds no state: pass at least one")
            return Goal(statuses)
    raise ArgumentError(f"until= is a JobStatus, its name, several of them, or a function; not {until!r}")


def _asynchronous(function: object) -> ArgumentError:
    return ArgumentError(f"until={function!r} is asynchronous; pass a function that answers at once")


def _status(name: object) -> JobStatus:
    lowered = name.strip().lower() if isinstance(name, str) else name
    for status in JobStatus:
        if status.value == lowered:
            return status
    raise ArgumentError(f"{name!r} is no state of a job; there are {', '.join(JobStatus)}")
