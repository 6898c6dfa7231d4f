"""A watch: events as an async iterator, or given to callbacks."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, TypeVar, overload

from accsyn_async.errors import AccsynError, ArgumentError
from accsyn_async.events import Event, JobChanged
from accsyn_async.models import Job
from accsyn_async.monitor.fields import WATCHED
from accsyn_async.monitor.keeper import Keeper
from accsyn_async.monitor.mailbox import Mailbox, MailboxClosed
from accsyn_async.monitor.selection import Jobs, Selection, ids_of
from accsyn_async.monitor.source import Membership, Source
from accsyn_async.monitor.totals import Totals

__all__ = ["Callback", "Watch"]

logger = logging.getLogger("accsyn_async.monitor")

E = TypeVar("E", bound=Event)
Callback = Callable[[E], Awaitable[object] | object]
"""Takes an event; may be a coroutine function."""

_AnyCallback = Callable[[Any], Awaitable[object] | object]


class Watch:
    """Events of some jobs, from a session or from a relay's feed; use it in ``async with``.

    A watch of ids ends by itself when each job has finished or been removed; a watch of
    a query ends when it, or the session or feed, is closed. Leaving it never touches the jobs.

    Iterate, or register callbacks and ``run``::

        async with session.watch(transfer["id"]) as watch:
            async for event in watch:
                ...

        async with session.watch("Transfer") as watch:
            watch.on("progress", update_bar)
            watch.on(JobFinished, notify)
            await watch.run()

    Iterating raises:
        NotFoundError: a job of that id was never there.
        AuthenticationError: a login was refused.
        QueryError, PermissionDeniedError, BackendError: the backend refuses to answer.
        CheckpointError: the checkpoint, or a durable watch's place, cannot be written;
            entering it, that it is in use or belongs to something else.
    """

    __slots__ = (
        "__weakref__",
        "_callbacks",
        "_checkpoint",
        "_held",
        "_mailbox",
        "_membership",
        "_selection",
        "_source",
        "_taken",
    )

    def __init__(self, source: Source, selection: Selection, checkpoint: Keeper | None = None) -> None:
        self._source = source
        self._selection = selection
        self._checkpoint = checkpoint
        self._mailbox: Mailbox | None = None
        self._membership: Membership | None = None
        self._callbacks: list[tuple[str | type[Event], _AnyCallback]] = []
        self._taken = False
        # Taken out of the mailbox, and not handed out before it is written down.
        self._held: Event | None = None

    def __repr__(self) -> str:
        box = self._mailbox
        state = "not entered" if box is None else "closed" if box.closed else f"backlog {len(box)}"
        return f"<Watch {self._selection.words!r}, {state}>"

    async def __aenter__(self) -> Watch:
        if self._mailbox is not None:
            raise AccsynError("a watch is entered once; make another with watch()")
        self._mailbox = Mailbox()
        if self._checkpoint is None:
            self._membership = self._source.subscribe(self._selection, self._mailbox)
            return self
        recollection = await self._checkpoint.open()
        try:
            self._membership = self._source.subscribe(self._selection, self._mailbox, recollection)
        except BaseException:
            await self._checkpoint.leave(in_peace=False)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self.aclose()
        finally:
            if self._checkpoint is not None:
                await self._checkpoint.leave(in_peace=kind is None)

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Event:
        if self._mailbox is None:
            raise AccsynError("enter the watch first: async with ….watch(…) as watch")
        if self._taken:
            raise AccsynError("two tasks iterate over one watch; give each a watch of its own")
        self._taken = True
        try:
            if self._checkpoint is None:
                return await self._mailbox.get()
            return await self._get_written(self._mailbox, self._checkpoint)
        except MailboxClosed:
            raise StopAsyncIteration from None
        finally:
            self._taken = False

    @property
    def backlog(self) -> int:
        """How many events wait to be taken."""
        return len(self._mailbox) if self._mailbox is not None else 0

    @property
    def jobs(self) -> list[Job]:
        """The jobs that it is about, as they are known now, which may be ahead of the events taken.

        Jobs given by their ids stay when they have ended; those of a query leave.
        """
        return list(self._membership.jobs()) if self._membership is not None else []

    @property
    def totals(self) -> Totals:
        """What ``jobs`` come to together: how many in each state, bytes left, speed.

        Summed up when asked for: keep it, rather than ask twice. With ``fields=`` of which
        progress, size and speed are none, those are not known, unless somebody else asks.

        Example::

            async with session.watch("Transfer") as watch:
                async for event in watch:
                    totals = watch.totals
                    print(totals.bytes_left, totals.speed)
        """
        return Totals.of(self._membership.jobs()) if self._membership is not None else Totals()

    def add(self, jobs: Jobs) -> None:
        """Watch more jobs: a ``JobFound`` tells of each, as at the beginning.

        An id that there is none of ends the watch: iterating raises ``NotFoundError``.

        Args:
            jobs: an id, row or snapshot, or several; those that are watched already do nothing.

        Raises:
            ArgumentError: something is no id; it is a query's watch.
            AccsynError: it was not entered, or has ended.

        Example::

            async with session.watch(first["id"]) as watch:
                watch.add(second["id"])
        """
        idents = self._of_ids(jobs)
        assert self._mailbox is not None
        assert self._membership is not None
        if not self._mailbox.reopen():
            raise AccsynError("the watch has ended; make another with watch()")
        self._membership.add(idents)

    def remove(self, jobs: Jobs) -> None:
        """Watch some jobs no more; without any left the watch ends. The jobs go on.

        What waits about them is thrown away.

        Args:
            jobs: an id, row or snapshot, or several; those that are not watched do nothing.

        Raises:
            ArgumentError: something is no id; it is a query's watch.
            AccsynError: it was not entered, or has ended.
        """
        idents = self._of_ids(jobs)
        assert self._membership is not None
        self._membership.remove(idents)
        if self._checkpoint is not None:
            self._checkpoint.forget(idents)

    @overload
    def on(self, what: type[E], callback: Callback[E]) -> Callback[E]: ...
    @overload
    def on(self, what: type[E]) -> Callable[[Callback[E]], Callback[E]]: ...  # type: ignore[overload-overlap]
    @overload
    def on(self, what: str, callback: Callback[JobChanged]) -> Callback[JobChanged]: ...
    @overload
    def on(self, what: str) -> Callable[[Callback[JobChanged]], Callback[JobChanged]]: ...
    @overload
    def on(self, what: Callback[Event]) -> Callback[Event]: ...

    def on(self, what: Any, callback: _AnyCallback | None = None) -> Any:
        """Have a callback called with events, once ``run`` runs.

        Args:
            what: a field that is watched (``"progress"``, ``"status"`` …) for changes of
                it; a class of events; or the callback itself, for every event.
            callback: called with the event; a coroutine function is awaited. Without
                one, ``on`` decorates the function that follows.

        Raises:
            ArgumentError: there is no such field, or nothing to call.
        """
        if isinstance(what, str):
            watched = self._selection.fields or WATCHED
            if what not in watched:
                raise ArgumentError(f"no field {what!r} is watched; there are {', '.join(watched)}")
        elif not (isinstance(what, type) and issubclass(what, Event)):
            if callback is not None or not callable(what):
                raise ArgumentError(f"{what!r} is no field, no class of events and no callback")
            return self._register(Event, what)
        if callback is None:
            return lambda function: self._register(what, function)
        return self._register(what, callback)

    async def run(self) -> None:
        """Call the callbacks with each event, one event at a time, until the watch ends.

        A callback that raises is logged, and the others go on. With a checkpoint, or a durable
        watch, a final event on which one has raised is told again by the next watch.

        Raises:
            AccsynError: what iterating raises.
        """
        async for event in self:
            for what, callback in tuple(self._callbacks):
                if not _concerns(what, event):
                    continue
                try:
                    outcome = callback(event)
                    if inspect.isawaitable(outcome):
                        await outcome
                except (Exception, asyncio.CancelledError) as error:
                    if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                        raise
                    logger.exception("a callback failed on %s", type(event).__name__)
                    if self._checkpoint is not None:
                        self._checkpoint.not_used()

    async def aclose(self) -> None:
        """Leave. The jobs go on; an iteration under way ends. May be called twice.

        A checkpoint, or a durable watch's place, is let go of by leaving the ``async with``.
        """
        membership, self._membership = self._membership, None
        if membership is not None:
            membership.leave()
        if self._mailbox is not None:
            self._mailbox.discard()

    def __del__(self) -> None:
        # Somebody left a loop without leaving the watch: nobody will read on.
        membership = getattr(self, "_membership", None)
        if membership is not None:
            membership.leave()

    async def _get_written(self, mailbox: Mailbox, checkpoint: Keeper) -> Event:
        if self._held is None:
            await checkpoint.acknowledge()
            self._held = await mailbox.get()
        await checkpoint.hand_out(self._held)
        event, self._held = self._held, None
        return event

    def _of_ids(self, jobs: Jobs) -> tuple[str, ...]:
        if self._selection.ids is None:
            raise ArgumentError(
                "a query's watch finds its jobs by itself; only a watch of ids can be changed"
            )
        if self._membership is None:
            raise AccsynError("the watch was not entered, or has been left")
        return ids_of(jobs)

    def _register(self, what: str | type[Event], callback: _AnyCallback) -> _AnyCallback:
        if not callable(callback):
            raise ArgumentError(f"{callback!r} cannot be called")
        self._callbacks.append((what, callback))
        return callback


def _is_cancelled() -> bool:
    """Whether it is this task that is being cancelled, and not something that it awaits."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _concerns(what: str | type[Event], event: Event) -> bool:
    if isinstance(what, str):
        return isinstance(event, JobChanged) and what in event.changes
    return isinstance(event, what)
