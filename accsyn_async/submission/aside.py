"""Work that would hold up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

__all__ = ["MANY_TASKS", "aside"]

P = ParamSpec("P")
T = TypeVar("T")

MANY_TASKS = 1000
"""Checking so many takes some 30 ms."""


async def aside(tasks: object, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do something about tasks, in another thread when they are many.

    Args:
        tasks: the tasks, or ``None`` when there are none.
        work: what is to be done.
        args: for it.
        kwargs: for it.
    """
    count = len(tasks) if isinstance(tasks, list | tuple | dict) else 0
    if count < MANY_TASKS:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
