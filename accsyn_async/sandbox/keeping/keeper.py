"""Writes down what a sandbox remembers: each change before it is answered, the rest within a second."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import Final

from accsyn_async.sandbox.files.folders import Folders
from accsyn_async.sandbox.keeping.snapshot import Item, Snapshot, SnapshotError, restored
from accsyn_async.sandbox.keeping.state_file import StateError, StateFile
from accsyn_async.sandbox.state.memory import Memory
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Keeper"]

EVERY: Final = 1.0
SHARE: Final = 20.0

logger = logging.getLogger(__name__)


class Keeper:
    """Keeps a memory in a file.

    Args:
        file: which.
        folders: where the files lie that it speaks of.
    """

    def __init__(self, file: StateFile, folders: Folders) -> None:
        self._file = file
        self._roots = folders.roots
        self._snapshot = Snapshot(self._roots)
        # One thread: what was handed over earlier is written earlier, even when nobody waits for it any more.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="accsyn-sandbox state")
        self._failed = False
        self._asked = self._kept = 0
        self._lock = asyncio.Lock()
        self._beat: asyncio.Task[None] | None = None
        self._memory: Callable[[], Memory]

    def recall(self, workspace: Workspace) -> tuple[Memory, bool] | None:
        """Read what was kept into an empty workspace, and move its clock on to when that was.

        Returns:
            The memory, and whether the run before ended well; ``None`` when the file is new.

        Raises:
            StateError: the file is damaged, or that of another workspace.
        """
        items = self._file.read()
        if not items:
            return None
        code, path = workspace.code, repr(str(self._file.path))
        try:
            memory, box = restored(items, workspace, self._roots)
            now, ended = float(box["now"]), bool(box["ended"])
        except (SnapshotError, KeyError, TypeError, ValueError) as error:
            raise StateError(f"{path} is damaged ({error}); name another file") from None
        if workspace.code != code:
            raise StateError(
                f"{path} is the state of the workspace {workspace.code!r}, not of {code!r}; name another file"
            )
        workspace.clock.not_before(now)
        memory.starts += 1
        return memory, ended

    def begin(self, memory: Callable[[], Memory]) -> None:
        """Write down what changes by itself, from now on.

        Args:
            memory: gives what there is to keep.
        """
        self._memory = memory
        self._beat = asyncio.create_task(self._keep_on(), name="accsyn-sandbox state")

    async def save(self, *, time: bool = False, ended: bool = False) -> None:
        """Write down what is new; returns when all that was so when this was called is in the file.

        Args:
            time: whether to write what time it is even when nothing else is new.
            ended: whether the run ends well with this.

        Raises:
            sqlite3.Error: it could not be written.
        """
        self._asked += 1
        mine = self._asked
        async with self._lock:
            if self._kept >= mine and not (time or ended):
                return
            upto = self._asked
            if self._failed:
                self._snapshot.forget()
                self._failed = False
            memory = self._memory()
            now = memory.workspace.clock.now()
            items = self._snapshot.changes(memory, now=now, ended=ended)
            if time or ended or any(item.kind != "box" for item in items):
                await asyncio.get_running_loop().run_in_executor(self._pool, self._write, items)
            self._kept = upto

    async def aclose(self) -> None:
        """Write all down for the last time, and close the file; again does nothing.

        Raises:
            StateError: it could not be written.
        """
        if self._beat is None:
            return
        beat, self._beat = self._beat, None
        beat.cancel()
        with suppress(asyncio.CancelledError):
            await beat
        try:
            await self.save(ended=True)
        except sqlite3.Error as error:
            raise StateError(f"the state could not be written to {str(self._file.path)!r}: {error}") from None
        finally:
            await asyncio.to_thread(self._pool.shutdown)
            self._file.close()

    def _write(self, items: list[Item]) -> None:
        try:
            self._file.write(items)
        except BaseException:
            self._failed = True
            raise

    async def _keep_on(self) -> None:
        pause = EVERY
        told = False
        while True:
            await asyncio.sleep(pause)
            began = monotonic()
            try:
                await self.save()
                told = False
            except sqlite3.Error as error:
                if not told:
                    logger.warning("the state cannot be written to %s: %s", self._file.path, error)
                told = True
            # Where there is a lot to look through, that must not be all that is done.
            pause = max(EVERY, SHARE * (monotonic() - began))
