"""What stands before an HTTP server: so many connections at a time, and each has to ask for something."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, cast

from aiohttp.http_exceptions import HttpProcessingError

__all__ = ["Door", "is_worth_a_line"]

_MOST: Final = 512
"""Connections: those of 200 pages, and room for others, below what a process may open by default."""
_PATIENCE: Final = 10.0
"""Seconds in which the head of a first request has to come."""
_END: Final = b"\r\n\r\n"


class Door:
    """Lets connections in to a server; to be given to ``loop.create_server``.

    Args:
        make: makes the server's protocol for a connection.
        most: connections at a time; more are hung up on.
        patience: seconds after which one is that has not asked for anything.
    """

    def __init__(
        self, make: Callable[[], asyncio.Protocol], *, most: int = _MOST, patience: float = _PATIENCE
    ) -> None:
        self._make = make
        self._most = most
        self.patience = patience
        self.inside = 0

    def __call__(self) -> asyncio.Protocol:
        """The protocol of one connection."""
        return _Visitor(self, self._make)

    @property
    def is_full(self) -> bool:
        """Whether nobody else may come in."""
        return self.inside >= self._most


class _Visitor(asyncio.Protocol):
    """One connection: hands on what comes, and hangs up on whoever only holds the line."""

    def __init__(self, door: Door, make: Callable[[], asyncio.Protocol]) -> None:
        self._door = door
        self._make = make
        self._server: asyncio.Protocol | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        line = cast("asyncio.Transport", transport)
        if self._door.is_full:
            line.abort()
            return
        self._door.inside += 1
        self._timer = asyncio.get_running_loop().call_later(self._door.patience, line.abort)
        self._server = self._make()
        self._server.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._timer is not None:
            self._tail += data
            if _END in self._tail:
                self._asked()
            else:
                self._tail = self._tail[1 - len(_END) :]
        if self._server is not None:
            self._server.data_received(data)

    def eof_received(self) -> bool | None:
        return self._server.eof_received() if self._server is not None else None

    def connection_lost(self, error: Exception | None) -> None:
        self._asked()
        if self._server is not None:
            self._door.inside -= 1
            self._server.connection_lost(error)
            self._server = None

    def pause_writing(self) -> None:
        if self._server is not None:
            self._server.pause_writing()

    def resume_writing(self) -> None:
        if self._server is not None:
            self._server.resume_writing()

    def _asked(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._tail = b""


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """Whether a log should hold a record of the server: not that somebody sent what is no HTTP."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
