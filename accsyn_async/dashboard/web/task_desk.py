"""The tasks of jobs that pages look into: asked for once, however many pages ask at a time."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from accsyn_async.dashboard.origin import Origin
from accsyn_async.dashboard.web.rows import task_row
from accsyn_async.models import Task
from accsyn_async.transport.seam import Clock

__all__ = ["TaskDesk"]

_FRESH: Final = 2.0
"""Seconds that an answer serves."""
_MOST: Final = 1000
_KEPT: Final = 64


class TaskDesk:
    """Answers pages.

    Args:
        origin: who is asked.
        clock: time.
    """

    def __init__(self, origin: Origin, clock: Clock) -> None:
        self._origin = origin
        self._clock = clock
        self._answers: dict[str, tuple[float, asyncio.Task[dict[str, Any]]]] = {}

    async def tasks(self, ident: str) -> dict[str, Any]:
        """The tasks of a job, the first thousand, as the page shows them.

        Raises:
            NotFoundError: they are not known here.
            AccsynError: as ``Session.find``.
        """
        now = self._clock.monotonic()
        asked, answer = self._answers.get(ident, (0.0, None))
        if answer is None or (answer.done() and (now - asked > _FRESH or answer.exception() is not None)):
            answer = asyncio.create_task(self._ask(ident), name="accsyn-dashboard-tasks")
            self._answers.pop(ident, None)
            self._answers[ident] = now, answer
            self._tidy()
        # A page that leaves does not take the answer away from the others.
        return await asyncio.shield(answer)

    async def aclose(self) -> None:
        """Give up what is asked. May be called twice."""
        answers, self._answers = self._answers, {}
        for _, answer in answers.values():
            answer.cancel()
        await asyncio.gather(*(answer for _, answer in answers.values()), return_exceptions=True)

    async def _ask(self, ident: str) -> dict[str, Any]:
        rows = await self._origin.tasks(ident)
        tasks = [task_row(Task.from_row(row)) for row in rows[:_MOST]]
        return {"tasks": tasks, "more": max(0, len(rows) - _MOST)}

    def _tidy(self) -> None:
        for ident, (_, answer) in list(self._answers.items()):
            if len(self._answers) <= _KEPT:
                break
            if answer.done():
                del self._answers[ident]
