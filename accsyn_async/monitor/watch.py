"""A watch: events as an async iterator, or given to callbacks."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Protocol, TypeVar, overload

from accsyn_async.errors import AccsynError, ArgumentError
from accsyn_async.events import Event, JobChanged
from accsyn_async.monitor.diff import WATCHED
from accsyn_async.monitor.mailbox import Mailbox, MailboxClosed
from accsyn_async.monitor.selection import Selection

__all__ = ["Callback", "Source", "Watch"]

logger = logging.getLogger("accsyn_async.monitor")

E = TypeVar("E", bound=Event)
Callback = Callable[[E], Awaitable[object] | object]
"""Takes an event; may be a coroutine function."""

_AnyCallback = Callable[[Any], Awaitable[object] | object]


class Source(Protocol):
    """Where events come from."""

    def subscribe(self, selection: Selection, mailbox: Mailbox) -> Callable[[], None]:
        """Send the events of a selection to a mailbox until the returned function is called."""
        ...


class Watch:
    """Events of some jobs; use it in ``async with``.

    A watch of ids ends by itself when each job has finished or been removed; a watch of
    a query ends when it, or the session, is closed. Leaving it never touches the jobs.

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
    """

    def __init__(self, source: Source, selection: Selection) -> None:
        self._source = source
        self._selection = selection
        self._mailbox: Mailbox | None = None
        self._leave: Callable[[], None] | None = None
        self._callbacks: list[tuple[str | type[Event], _AnyCallback]] = []
        self._taken = False

    async def __aenter__(self) -> Watch:
        if self._mailbox is not None:
            raise AccsynError("a watch is entered once; make another with session.watch()")
        self._mailbox = Mailbox()
        self._leave = self._source.subscribe(self._selection, self._mailbox)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Event:
        if self._mailbox is None:
            raise AccsynError("enter the watch first: async with session.watch(…) as watch")
        if self._taken:
            raise AccsynError("two tasks iterate over one watch; give each a watch of its own")
        self._taken = True
        try:
            return await self._mailbox.get()
        except MailboxClosed:
            raise StopAsyncIteration from None
        finally:
            self._taken = False

    @property
    def backlog(self) -> int:
        """How many events wait to be taken."""
        return len(self._mailbox) if self._mailbox is not None else 0

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
            what: a field (``"progress"``, ``"status"`` …) for changes of it; a class
                of events; or the callback itself, for every event.
            callback: called with the event; a coroutine function is awaited. Without
                one, ``on`` decorates the function that follows.

        Raises:
            ArgumentError: there is no such field, or nothing to call.
        """
        if isinstance(what, str):
            if what not in WATCHED:
                raise ArgumentError(f"no field {what!r} is watched; there are {', '.join(WATCHED)}")
        elif not (isinstance(what, type) and issubclass(what, Event)):
            if callback is not None or not callable(what):
                raise ArgumentError(f"{what!r} is no field, no class of events and no callback")
            return self._register(Event, what)
        if callback is None:
            return lambda function: self._register(what, function)
        return self._register(what, callback)

    async def run(self) -> None:
        """Call the callbacks with each event, one event at a time, until the watch ends.

        A callback that raises is logged, and the others go on.

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
                except Exception:
                    logger.exception("a callback failed on %s", type(event).__name__)

    async def aclose(self) -> None:
        """Leave. The jobs go on; an iteration under way ends. May be called twice."""
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()
        if self._mailbox is not None:
            self._mailbox.discard()

    def __del__(self) -> None:
        # Somebody left a loop without leaving the watch: nobody will read on.
        leave = getattr(self, "_leave", None)
        if leave is not None:
            leave()

    def _register(self, what: str | type[Event], callback: _AnyCallback) -> _AnyCallback:
        if not callable(callback):
            raise ArgumentError(f"{callback!r} cannot be called")
        self._callbacks.append((what, callback))
        return callback


def _concerns(what: str | type[Event], event: Event) -> bool:
    if isinstance(what, str):
        return isinstance(event, JobChanged) and what in event.changes
    return isinstance(event, what)
