"""The terminal screen by which jobs are steered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from accsyn_async.board.board import Entry
from accsyn_async.dashboard.top.app import Top
from accsyn_async.dashboard.top.detail import Detail
from accsyn_async.dashboard.top.dialogs import Confirm
from accsyn_async.dashboard.top.steering import ACTIONS, Action, divide
from accsyn_async.errors import AccsynError
from accsyn_async.monitor.selection import select

__all__ = ["SteeringTop"]

_AT_ONCE = 4
"""Jobs that are steered at the same time."""


class SteeringTop(Top):
    """Shows the jobs of a watch, and does to them what is asked and confirmed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark"),
        Binding("asterisk", "mark_all", "Mark all"),
        *(Binding(name[0], f"steer('{name}')", name.capitalize()) for name in ACTIONS),
    ]

    def steering_keys(self) -> tuple[tuple[str, str, str], ...]:
        """What is offered to do to jobs."""
        return (
            *((name[0], name, f"app.steer('{name}')") for name in ACTIONS),
            ("Space", "mark", "app.mark"),
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is marked while the list is covered."""
        if action in ("mark", "mark_all") and len(self.screen_stack) > 1:
            return False
        return super().check_action(action, parameters)

    def action_mark(self) -> None:
        """Mark the job under the cursor, or take its mark away."""
        if self.job_in_sight() is not None:
            self.jobs.mark()
            self.refresh_all()

    def action_mark_all(self) -> None:
        """Mark all that are listed."""
        self.jobs.marked |= {entry.job.id for entry in self.jobs.rows}
        self.refresh_all()

    def action_steer(self, name: str) -> None:
        """Ask whether to do something to the marked jobs, or to the one under the cursor, and do it."""
        action = ACTIONS[name]
        entries, left_out = divide(self._meant(), action)
        if not entries:
            if left_out:
                told = left_out[0].job.name if len(left_out) == 1 else f"{len(left_out)} jobs"
                word = f" is {left_out[0].word}" if len(left_out) == 1 else ""
                self.say("note", f"nothing to {name}: {told}{word}")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                task = asyncio.create_task(self._steer(action, entries), name="accsyn-top steer")
                self._steering.add(task)
                task.add_done_callback(self._steered)

        self.push_screen(Confirm(action, entries, left_out, self.signs), answered)

    async def on_unmount(self) -> None:
        """Steer no more; what was sent, was sent."""
        for task in self._steering:
            task.cancel()
        await asyncio.gather(*self._steering, return_exceptions=True)

    def on_load(self) -> None:
        """Begin without anything under way."""
        self._steering: set[asyncio.Task[None]] = set()

    def _steered(self, task: asyncio.Task[None]) -> None:
        self._steering.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.end_with(error)

    def _meant(self) -> list[Entry]:
        if isinstance(self.screen, Detail):
            return [self.screen.entry]
        marked = [entry for entry in self.board.entries() if entry.job.id in self.jobs.marked]
        if marked:
            return marked
        current = self.job_in_sight()
        return [] if current is None else [current]

    async def _steer(self, action: Action, entries: Sequence[Entry]) -> None:
        kind = select(self._asked).entitytype
        room = asyncio.Semaphore(_AT_ONCE)

        async def steer(entry: Entry) -> None:
            ident, name = entry.job.id, entry.job.name
            async with room:
                try:
                    await self.session.update(kind, ident, {"status": action.status})
                except AccsynError as error:
                    self.requests.forget(ident)
                    self.say("refused", f"{action.name} {name}: {error.message}")
                else:
                    self.requests.answer(ident, self._seconds())
                    self.say("answered", f"{action.doing} {name}")
                    self.jobs.marked.discard(ident)

        for entry in entries:
            self.requests.ask(entry.job.id, action)
        self.refresh_all()
        async with asyncio.TaskGroup() as group:
            for entry in entries:
                group.create_task(steer(entry))
