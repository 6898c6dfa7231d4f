"""Listening for HTTP: an address of this machine, and an application behind it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from accsyn_async.errors import TransportError
from accsyn_async.serving.guard import host_names

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["SHORT", "listen", "listening", "names_of", "shown"]

SHORT: Final = 16
"""Characters; a token of fewer can be guessed."""
_PATIENCE: Final = 2.0
"""Seconds that open pages have to leave."""
_BACKLOG: Final = 256


def listen(host: str, port: int, *, option: str = "--port") -> socket.socket:
    """A socket that is bound, and closed by whoever asked for it.

    Args:
        host: a name or an IP address of this machine.
        port: 0 for a free one.
        option: of the command line, by which another port is chosen.

    Raises:
        TransportError: it cannot be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name == "posix":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        raise TransportError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another {option}, 0 for a free one"
        ) from None
    return listener


@contextlib.asynccontextmanager
async def listening(application: web.Application, listener: socket.socket, log: str) -> AsyncIterator[None]:
    """Let browsers and programs in.

    Args:
        application: answers them.
        listener: what ``listen`` returned.
        log: the name of the logger of what goes wrong.
    """
    from aiohttp import web

    from accsyn_async.serving.door import Door, is_worth_a_line

    logger = logging.getLogger(log)
    logger.addFilter(is_worth_a_line)
    runner = web.AppRunner(
        application,
        access_log=None,
        logger=logger,
        shutdown_timeout=_PATIENCE,
        handler_cancellation=True,
    )
    try:
        await runner.setup()
        assert runner.server is not None
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Door(runner.server), sock=listener, backlog=_BACKLOG)
        try:
            yield
        finally:
            server.close()
    finally:
        await runner.cleanup()
        logger.removeFilter(is_worth_a_line)


def names_of(host: str, port: int) -> list[str]:
    """What a server may be called in ``Host`` headers, besides the address that a request comes to."""
    names = [host.strip("[]")]
    if _is_everywhere(host):
        names += [socket.gethostname(), socket.getfqdn()]
    return [name for each in dict.fromkeys(names) for name in host_names(each, port)]


def shown(host: str, port: int) -> str:
    """The address to open, with a slash at its end.

    >>> shown("127.0.0.1", 8484), shown("[::1]", 80)
    ('http://127.0.0.1:8484/', 'http://[::1]:80/')
    """
    name = socket.gethostname() if _is_everywhere(host) else host.strip("[]")
    return f"http://{host_names(name, port)[0]}/"


def _is_everywhere(host: str) -> bool:
    return host.strip("[]") in ("0.0.0.0", "::", "")
