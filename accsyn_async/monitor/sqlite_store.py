"""A store in a SQLite file, behind a thread of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from accsyn_async.errors import ArgumentError, CheckpointError
from accsyn_async.monitor.checkpoint_file import CheckpointFile

__all__ = ["SqliteStore"]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file, and the only thread that touches it."""

    file: CheckpointFile
    worker: ThreadPoolExecutor


class SqliteStore:
    """Keeps texts in a SQLite file, for one watch at a time on this machine.

    What was saved survives the end of the process and of the machine, however it comes.
    The file is made when there is none, for its owner alone; its folder must be there. A
    file that is damaged is set aside as ``<name>.damaged-<date>``, with a warning in the
    log, and a new one begun; a file that belongs to something else, or to a newer version
    of this library, is refused and left as it is.

    >>> import asyncio, tempfile
    >>> async def use(path: str) -> None:
    ...     store = SqliteStore(path)
    ...     print(await store.load())
    ...     await store.save({"seen": "2", "old": None})
    ...     await store.aclose()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     asyncio.run(use(f"{folder}/watch.db"))
    ...     asyncio.run(use(f"{folder}/watch.db"))
    {}
    {'seen': '2'}

    Args:
        path: the file.

    Raises:
        ArgumentError: that is no path of a file.
    """

    __slots__ = ("_opened", "_path")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if str(path) in ("", ".", ":memory:") or "\0" in str(path):
            raise ArgumentError(f"{path!r} is no path of a file; MemoryStore() keeps a checkpoint in memory")
        self._path = Path(path).absolute()
        self._opened: _Opened | None = None

    def __repr__(self) -> str:
        return f"SqliteStore({str(self._path)!r})"

    async def load(self) -> Mapping[str, str]:
        """Open the file, and give everything that is kept in it.

        Raises:
            CheckpointError: another watch or process uses it, it is no checkpoint, or it
                cannot be opened.
        """
        if self._opened is not None:
            raise CheckpointError(f"the checkpoint {str(self._path)!r} is in use by another watch or process")
        file = CheckpointFile(self._path)
        opened = self._opened = _Opened(file, ThreadPoolExecutor(1, thread_name_prefix="accsyn-checkpoint"))
        try:
            return await asyncio.get_running_loop().run_in_executor(opened.worker, file.open)
        except BaseException:
            await self._close(opened)
            raise

    async def save(self, changes: Mapping[str, str | None]) -> None:
        """Keep these texts, all or none; they are on the disk by the time this returns.

        When it is cancelled they may be written all the same, all of them or none.

        Raises:
            CheckpointError: they could not be written, it was not loaded, or has been closed.
        """
        opened = self._opened
        if opened is None:
            raise CheckpointError(f"the checkpoint {str(self._path)!r} is not open: load it first")
        # A copy: who is cancelled goes on while the thread still reads.
        await asyncio.get_running_loop().run_in_executor(opened.worker, opened.file.save, dict(changes))

    async def aclose(self) -> None:
        """Close the file once what is being saved is written. May be called twice."""
        if self._opened is not None:
            await self._close(self._opened)

    async def _close(self, opened: _Opened) -> None:
        if self._opened is opened:
            self._opened = None
        opened.file.hurry()
        closing = asyncio.get_running_loop().run_in_executor(opened.worker, opened.file.close)
        opened.worker.shutdown(wait=False)
        await asyncio.shield(closing)
        # The thread has nothing left to do but to end.
        opened.worker.shutdown()
