"""The bar of all jobs, drawn by rich."""

from __future__ import annotations

from typing import Any

from accsyn_async.extras import missing
from accsyn_async.progress.rich_columns import as_markup
from accsyn_async.progress.tally import Share, Tally

try:
    from rich.progress import Progress, Task
except ModuleNotFoundError as error:
    raise missing(error, "cli") from None

__all__ = ["RichTotal"]

_POLL = 0.25
"""Seconds: what is told within them was told by one poll."""


class RichTotal:
    """A task of rich for all jobs.

    Rich measures speed by how much a task's ``completed`` grows from one update to the next. Here it
    is told apart from bytes that were there when a job came, and each poll's bytes are one sample, which
    stands at the beginning of the next: several samples at one moment are any speed.

    Args:
        progress: rich's.
        name: of the bar, plain.
        tally: has counted the jobs.
    """

    def __init__(self, progress: Progress, name: str, tally: Tally) -> None:
        self._progress = progress
        self._tally = tally
        self._moved = 0
        self._sampled: float | None = None
        ident = progress.add_task(as_markup(name), total=None, name=name, state="", **self._fields(0))
        self._task: Task = next(task for task in progress.tasks if task.id == ident)

    def moved(self, before: Share | None, after: Share, now: float) -> None:
        """Note what a job has moved since it was last counted.

        Args:
            before: how it was counted; ``None`` for a job that is new.
            after: how it is counted now.
            now: monotonic seconds.
        """
        if before is None or before.size is None or after.done <= before.done:
            return
        if self._sampled is None or now - self._sampled >= _POLL:
            self._sample(now)
        self._moved += after.done - before.done

    def show(self, state: str, more: int) -> None:
        """Draw all jobs as they are counted now.

        Args:
            state: what to say.
            more: how many jobs have no bar.
        """
        task, tally = self._task, self._tally
        # By an update each of these bytes were speed, and a new total the end of all speed.
        task.completed = tally.done
        if tally.size is not None:
            task.total = tally.size
            if tally.done < tally.size:
                task.finished_time = task.finished_speed = None
        self._progress.update(task.id, completed=tally.done, state=state, **self._fields(more))

    def _sample(self, now: float) -> None:
        self._sampled = now
        if self._moved:
            self._task.completed -= self._moved
            self._progress.advance(self._task.id, self._moved)
            self._moved = 0

    def _fields(self, more: int) -> dict[str, Any]:
        tally = self._tally
        share = 100 * tally.done / tally.size if tally.size else 0
        return {
            "job": None,
            "percent": share,
            "speed": tally.speed or None,
            "left": lambda: tally.seconds_left,
            "more": more,
        }
