"""What commands have in common that serve until they are told to end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

__all__ = ["first_of", "told_to_end"]


def told_to_end() -> asyncio.Event:
    """Set once SIGTERM comes: a service that is told to end has ended well, where others are cut short."""
    stop = asyncio.Event()
    # Neither on Windows nor outside the main thread can a loop handle signals.
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return stop


async def first_of(*works: Coroutine[Any, Any, object]) -> None:
    """Do several things until one of them has ended, and raise what it raises; the others are cancelled."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            each.result()
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
