"""Following jobs: from a watch's events to a renderer, until it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from accsyn_async.cli.output import Output
from accsyn_async.cli.renderer import Renderer
from accsyn_async.cli.verdict import Verdict
from accsyn_async.errors import ArgumentError, WaitTimeoutError
from accsyn_async.monitor.watch import Watch
from accsyn_async.safe_text import safe

__all__ = ["checked_timeout", "explain", "follow", "within"]

_TICK = 0.25
_EXPLAINED = 5


async def follow(watch: Watch, renderer: Renderer, verdict: Verdict) -> int:
    """Show the events of an entered watch until it ends or the verdict is in.

    Args:
        watch: entered; it is left by whoever entered it.
        renderer: shows the events; closed on the way out.
        verdict: judges them.

    Returns:
        The exit code.

    Raises:
        AccsynError: what iterating over the watch raises.
        BrokenPipeError: nobody reads the output.
    """
    ticker = asyncio.create_task(_tick(watch, renderer), name="accsyn-cli-tick")
    try:
        async for event in watch:
            renderer.show(event)
            if verdict.take(event):
                break
    finally:
        ticker.cancel()
        await asyncio.wait([ticker])
        renderer.close()
    if not ticker.cancelled():
        ticker.result()
    return verdict.code


async def within(timeout: float | None, work: Coroutine[Any, Any, int], verdict: Verdict) -> int:
    """Do something, all waiting counted, within a time.

    Args:
        timeout: seconds; ``None`` for ever.
        work: what to do.
        verdict: says how many jobs are left, in the error.

    Raises:
        WaitTimeoutError: time ran out.
    """
    try:
        async with asyncio.timeout(timeout) as limit:
            return await work
    except TimeoutError:
        if not limit.expired():
            raise
        pending = verdict.pending
        left = (
            f": {pending} {'job has' if pending == 1 else 'jobs have'} not come to an end" if pending else ""
        )
        raise WaitTimeoutError(f"not over within {timeout:g} s{left}") from None


def explain(verdict: Verdict, output: Output) -> None:
    """Tell where it stands why jobs have failed: a job's row does not say, its tasks do."""
    for ident in verdict.failed[:_EXPLAINED]:
        output.note(f"why it failed: accsyn-async find Task --parent {safe(ident)}")


def checked_timeout(timeout: float | None) -> float | None:
    """A timeout that makes sense.

    Raises:
        ArgumentError: it is not above 0.
    """
    if timeout is not None and not timeout > 0:
        raise ArgumentError(f"--timeout is seconds, more than 0, not {timeout:g}")
    return timeout


async def _tick(watch: Watch, renderer: Renderer) -> None:
    try:
        while True:
            await asyncio.sleep(_TICK)
            renderer.tick()
    except Exception:
        # The output is gone: let the iteration end, so that somebody hears of it.
        await watch.aclose()
        raise
