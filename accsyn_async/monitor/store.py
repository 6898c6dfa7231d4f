"""What a watch must not forget, and where it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from accsyn_async.errors import CheckpointError

__all__ = ["MemoryStore", "StateStore"]


class StateStore(Protocol):
    """Keeps what a watch must not forget: texts, each under a key.

    One watch uses a store at a time. Any object with these three methods will do:

    >>> class TableStore:  # ``table``: a client of some database, here a dict
    ...     def __init__(self, table):
    ...         self.table = table
    ...     async def load(self):
    ...         return dict(self.table)
    ...     async def save(self, changes):
    ...         whole = {**self.table, **changes}
    ...         self.table = {key: text for key, text in whole.items() if text is not None}
    ...     async def aclose(self):
    ...         pass
    >>> import asyncio
    >>> store: StateStore = TableStore({"old": "1"})
    >>> asyncio.run(store.save({"seen": "2", "old": None})), asyncio.run(store.load())
    (None, {'seen': '2'})
    """

    async def load(self) -> Mapping[str, str]:
        """Open the store for one user, and give everything that is kept; nothing when it is new.

        Called once, before anything else.

        Raises:
            CheckpointError: another uses it, or it cannot be read.
        """
        ...

    async def save(self, changes: Mapping[str, str | None]) -> None:
        """Keep these texts, all or none; it is safe by the time this returns.

        Args:
            changes: new texts by their keys; ``None`` forgets a key, which need not be there.

        Raises:
            CheckpointError: it could not be written; what was kept before still is.
        """
        ...

    async def aclose(self) -> None:
        """Let another use the store. May be called twice."""
        ...


class MemoryStore:
    """Keeps texts as long as the process lives: for tests, and for a watch that is made again.

    >>> import asyncio
    >>> async def use(store: MemoryStore) -> None:
    ...     kept = await store.load()
    ...     print(kept)
    ...     await store.save({"seen": "2", "old": None})
    ...     await store.aclose()
    >>> store = MemoryStore()
    >>> asyncio.run(use(store)), asyncio.run(use(store))
    {}
    {'seen': '2'}
    (None, None)
    """

    __slots__ = ("_kept", "_used")

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}
        self._used = False

    def __repr__(self) -> str:
        return f"MemoryStore({len(self._kept)} kept)"

    async def load(self) -> Mapping[str, str]:
        """Begin to use it, and give everything that is kept.

        Raises:
            CheckpointError: another watch uses it.
        """
        if self._used:
            raise CheckpointError("the checkpoint in memory is in use by another watch")
        self._used = True
        return dict(self._kept)

    async def save(self, changes: Mapping[str, str | None]) -> None:
        """Keep these texts; ``None`` forgets a key.

        Raises:
            CheckpointError: it was not loaded, or has been closed.
        """
        if not self._used:
            raise CheckpointError("the checkpoint in memory is not open: load it first")
        self._kept |= {key: text for key, text in changes.items() if text is not None}
        for key, text in changes.items():
            if text is None:
                self._kept.pop(key, None)

    async def aclose(self) -> None:
        """Let another watch use it. May be called twice."""
        self._used = False
