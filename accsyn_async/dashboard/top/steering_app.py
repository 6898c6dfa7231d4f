"""The terminal screen by which jobs are steered."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.binding import Binding, BindingType

from accsyn_async.board.board import Entry
from accsyn_async.dashboard.top.app import Top
from accsyn_async.dashboard.top.bulk import Bulk, going_on, left_to_do
from accsyn_async.dashboard.top.detail import Detail
from accsyn_async.dashboard.top.dialogs import Confirm, Leave
from accsyn_async.dashboard.top.steering import ACTIONS, divide
from accsyn_async.errors import AccsynError, OutcomeUnknownError

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
            *((name[0], name, f"app.steer('{name}')") for name in ACTIONS if name in self.source.allowed),
            *[("Space", "mark", "app.mark")] * bool(self.source.allowed),
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is marked while the list is covered, nor where nothing can be done to jobs."""
        if action in ("mark", "mark_all") and (len(self.screen_stack) > 1 or not self.source.allowed):
            return False
        if action == "steer" and not self.source.allowed.intersection(map(str, parameters)):
            return False
        return super().check_action(action, parameters)

    def action_mark(self) -> None:
        """Mark the job under the cursor, or take its mark away."""
        if self.jobs.to_act_on() is not None:
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
                task = asyncio.create_task(self._steer(Bulk(action, entries)), name="accsyn-top steer")
                self._steering.add(task)
                task.add_done_callback(self._steered)

        self.push_screen(Confirm(action, entries, left_out, self.signs), answered)

    def going_on(self) -> str:
        """How far the actions on several jobs are."""
        return going_on([bulk for bulk in self._bulks if bulk.total > 1])

    def leave_with(self, code: int) -> None:
        """End; asks first when something would be left undone."""
        left = left_to_do(self._bulks)
        if not left or isinstance(self.screen, Leave):
            super().leave_with(code)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.exit(code)

        self.push_screen(Leave(lambda: left_to_do(self._bulks)), answered)

    async def on_unmount(self) -> None:
        """Steer no more; what was sent, was sent."""
        for task in self._steering:
            task.cancel()
        await asyncio.gather(*self._steering, return_exceptions=True)

    def on_load(self) -> None:
        """Begin without anything under way."""
        self._steering: set[asyncio.Task[None]] = set()
        self._bulks: list[Bulk] = []

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
        current = self.jobs.to_act_on()
        return [] if current is None else [current]

    async def _steer(self, bulk: Bulk) -> None:
        self._bulks.append(bulk)
        for entry in bulk.entries:
            self.requests.ask(entry.job.id, bulk.action)
        self.refresh_all()
        waiting = iter(bulk.entries)

        async def steer_some() -> None:
            for entry in waiting:
                bulk.asked += 1
                await self._steer_one(bulk, entry)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(_AT_ONCE, bulk.total)):
                    group.create_task(steer_some())
        finally:
            self._bulks.remove(bulk)
        if bulk.total > 1:
            self.say("answered", bulk.summary())

    async def _steer_one(self, bulk: Bulk, entry: Entry) -> None:
        ident, name, action = entry.job.id, entry.job.name, bulk.action
        if not action.suits(entry.word):
            bulk.passed += 1
            self.requests.forget(ident)
            return
        # Of many jobs the log tells those that went wrong; the rest is in the summary.
        tell = self.say if bulk.total == 1 else self.write
        try:
            await self.source.steer(ident, action.name)
        except (OutcomeUnknownError, TimeoutError):
            # A poll will tell; until then it may be under way.
            bulk.unknown += 1
            self.requests.answer(ident, self._seconds())
            tell("unknown", f"{action.name} {name}: outcome unknown; it may have been done")
        except AccsynError as error:
            bulk.refused += 1
            self.requests.forget(ident)
            tell("refused", f"{action.name} {name}: {error.message}")
        else:
            bulk.done += 1
            self.requests.answer(ident, self._seconds())
            self.jobs.marked.discard(ident)
            if bulk.total == 1:
                self.say("answered", f"{action.doing} {name}")
        self.redraw_soon()
