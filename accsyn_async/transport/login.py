"""Logging in once, however many calls need it.

Each good login has a generation. A call that meets an expired session names the
generation that it used: if that is still the newest, one login begins; everybody else
waits for that one, or finds that it has happened already. A login that was refused is
final for the session: trying again could lock the user out.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from accsyn_async.errors import AccsynError, AuthenticationError, SessionClosedError

__all__ = ["Grant", "SingleFlight"]

T = TypeVar("T")

_LANDING = 5.0
"""Seconds that a login under way is given to end when the session closes."""


@dataclass(frozen=True, slots=True)
class Grant(Generic[T]):
    """What a login gave, and which login it was, from 1."""

    generation: int
    value: T


class SingleFlight(Generic[T]):
    """Keeps the newest grant, and lets one login at a time renew it.

    The login runs in a task of its own: a caller that is cancelled while it waits
    takes nobody else's login away.

    Args:
        login: logs in and returns what it gave. An ``AuthenticationError`` from it is
            final; any other error reaches those who wait, and the next call tries anew.
    """

    def __init__(self, login: Callable[[], Awaitable[T]]) -> None:
        self._login = login
        self._grant: Grant[T] | None = None
        self._flight: asyncio.Task[Grant[T]] | None = None
        self._refusal: AuthenticationError | None = None
        self._closed = False

    @property
    def grant(self) -> Grant[T] | None:
        """The newest grant; ``None`` before the first login."""
        return self._grant

    async def current(self) -> Grant[T]:
        """The newest grant; logs in when there is none yet.

        Raises:
            AuthenticationError: the login was refused, now or earlier.
            SessionClosedError: closed.
            AccsynError: the login did not come through.
        """
        if self._grant is not None:
            return self._grant
        return await self.renew(0)

    async def renew(self, stale: int) -> Grant[T]:
        """A grant newer than ``stale``: the one there is, or that of one new login.

        Raises:
            AuthenticationError: the login was refused, now or earlier.
            SessionClosedError: closed.
            AccsynError: the login did not come through.
        """
        if self._refusal is not None:
            raise _again(self._refusal)
        if self._grant is not None and self._grant.generation > stale:
            return self._grant
        if self._closed:
            raise SessionClosedError("the session is closed")
        if self._flight is None:
            generation = self._grant.generation + 1 if self._grant else 1
            self._flight = asyncio.create_task(self._fly(generation), name="accsyn-login")
            self._flight.add_done_callback(self._landed)
        try:
            return await asyncio.shield(self._flight)
        except AccsynError as error:
            raise _again(error) from None
        except asyncio.CancelledError:
            mine = asyncio.current_task()
            if mine is not None and not mine.cancelling():
                raise SessionClosedError("the session was closed during a login") from None
            raise

    async def aclose(self) -> None:
        """Stop a login under way. May be called twice."""
        self._closed = True
        flight = self._flight
        if flight is not None:
            flight.cancel()
            # It may be in a function of the caller's that does not end when it is told to.
            await asyncio.wait([flight], timeout=_LANDING)

    async def _fly(self, generation: int) -> Grant[T]:
        return Grant(generation, await self._login())

    def _landed(self, flight: asyncio.Task[Grant[T]]) -> None:
        self._flight = None
        if flight.cancelled():
            return
        error = flight.exception()
        if error is None:
            self._grant = flight.result()
        elif isinstance(error, AuthenticationError):
            self._refusal = error


def _again(error: AccsynError) -> AccsynError:
    """A fresh copy: one exception raised in a thousand tasks would collect their tracebacks."""
    return copy.copy(error)
