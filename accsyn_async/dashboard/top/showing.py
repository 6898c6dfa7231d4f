"""From the screen's first line to its last."""

from __future__ import annotations

import asyncio

from accsyn_async.dashboard.top.app import Top

__all__ = ["show"]


async def show(app: Top) -> int:
    """Show the screen until somebody leaves it; the terminal is restored in any case.

    Returns:
        The exit code.

    Raises:
        Exception: what ended it.
    """
    running = asyncio.create_task(app.run_async(), name="accsyn-top")
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        app.exit()
        await running
        raise
    if app.failure is not None:
        raise app.failure
    return app.return_code or app.return_value or 0
