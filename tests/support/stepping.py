"""Interrupting a coroutine at one of its suspensions: the k-th time that it waits for anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Steps(Generic[T]):
    """Awaits a coroutine, counts its suspensions, and does something at some of them.

    Args:
        coroutine: what is awaited.
        at: the suspensions, counted from 1, at which to act.
        act: what to do; cancels the task that awaits this when ``None``.
        late: act when what the coroutine waits for has come, just before it is told.
    """

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, T],
        at: Collection[int] = (),
        act: Callable[[], object] | None = None,
        *,
        late: bool = False,
    ) -> None:
        self.count = 0
        self._coroutine = coroutine
        self._at = at
        self._act = act
        self._late = late

    @property
    def acted(self) -> bool:
        """Whether the first of the suspensions was reached."""
        return self.count >= min(self._at)

    async def run(self) -> T:
        """Await it."""
        return await self

    def __await__(self) -> Generator[Any, Any, T]:
        task = asyncio.current_task()
        assert task is not None
        act = self._act or task.cancel
        step: Callable[[], Any] = lambda: self._coroutine.send(None)  # noqa: E731
        while True:
            try:
                waited_for = step()
            except StopIteration as stop:
                result: T = stop.value
                return result
            self.count += 1
            if self.count in self._at:
                if self._late and waited_for is not None:
                    waited_for.add_done_callback(lambda _future: act())
                else:
                    # The task learns what it waits for only after this, and can be cancelled then.
                    asyncio.get_running_loop().call_soon(act)
            try:
                yield waited_for
            except BaseException as error:
                thrown = error
                step = lambda: self._coroutine.throw(thrown)  # noqa: E731, B023
            else:
                step = lambda: self._coroutine.send(None)  # noqa: E731
