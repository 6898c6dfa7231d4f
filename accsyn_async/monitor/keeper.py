"""The interface of whoever keeps what was handed out: a checkpoint, or a relay's bookmark."""

from __future__ import annotations

from typing import Protocol

from accsyn_async.events import Event
from accsyn_async.monitor.recollection import Recollection

__all__ = ["Keeper"]


class Keeper(Protocol):
    """Told of each event before it is handed out, and when its consumer is done with it."""

    async def open(self) -> Recollection | None:
        """Read what an earlier watch has left; what its source is to know of it.

        Raises:
            CheckpointError: it is in use, cannot be read, or belongs to something else.
        """
        ...

    async def hand_out(self, event: Event) -> None:
        """Take note of an event that is about to be handed out.

        Raises:
            CheckpointError: it could not be written; to be tried again.
        """
        ...

    async def acknowledge(self) -> None:
        """Write down what the consumer is done with.

        Raises:
            CheckpointError: it could not be written.
        """
        ...

    def not_used(self) -> None:
        """The consumer failed on what it was given: the next watch tells it again."""
        ...

    def forget(self, idents: tuple[str, ...]) -> None:
        """These jobs are watched no more."""
        ...

    async def leave(self, *, in_peace: bool) -> None:
        """Write down what is left to write, and let another go on. May be called twice.

        Args:
            in_peace: whether the consumer is done with what it was given last.

        Raises:
            CheckpointError: it could not be written; when not in peace that is only logged.
        """
        ...
