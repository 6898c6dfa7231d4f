"""Pausing, resuming and aborting jobs for a page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from accsyn_async.board.actions import hindrance
from accsyn_async.board.board import Board
from accsyn_async.dashboard.origin import Origin
from accsyn_async.errors import AccsynError, OutcomeUnknownError, SessionClosedError
from accsyn_async.safe_text import safe

__all__ = ["steer"]

_AT_ONCE: Final = 8


async def steer(
    origin: Origin, board: Board, entitytype: str, action: str, idents: Sequence[str]
) -> list[dict[str, Any]]:
    """Pause, resume or abort jobs; one that refuses does not keep the others from it.

    Args:
        origin: who is asked.
        board: the jobs that may be steered.
        entitytype: of the jobs.
        action: pause, resume or abort.
        idents: of the jobs.

    Returns:
        For each job ``{"id", "ok": True, "status"}`` or ``{"id", "ok": False, "error"}``; the latter with
        ``"unknown": True`` where the answer was lost, so that it may have been done.

    Raises:
        SessionClosedError: the session is closed.
    """
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(ident: str) -> dict[str, Any]:
        entry = board.get(ident)
        if entry is None:
            return _refused(ident, "it is not shown here any longer")
        if (reason := hindrance(action, entry.word)) is not None:
            return _refused(ident, reason)
        async with places:
            try:
                status = await origin.steer(entitytype, ident, action)
            except SessionClosedError:
                raise
            except OutcomeUnknownError as error:
                return _refused(ident, error.message) | {"unknown": True}
            except AccsynError as error:
                return _refused(ident, error.message)
        return {"id": ident, "ok": True, "status": safe(status)}

    return await asyncio.gather(*map(one, dict.fromkeys(idents)))


def _refused(ident: str, reason: str) -> dict[str, Any]:
    return {"id": safe(ident), "ok": False, "error": safe(reason)}
