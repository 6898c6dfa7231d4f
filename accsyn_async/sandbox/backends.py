"""The backend of the moment: begun anew, or taken up from what was kept."""

from __future__ import annotations

import asyncio
import random
import sqlite3

from accsyn_async.sandbox.backend import Backend, Options
from accsyn_async.sandbox.files.folders import Folders
from accsyn_async.sandbox.files.leftovers import remove_leftovers
from accsyn_async.sandbox.keeping.keeper import Keeper
from accsyn_async.sandbox.keeping.state_file import StateError
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.server.dialects import Place
from accsyn_async.sandbox.server.replies import Replies
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.furnishing import furnished
from accsyn_async.sandbox.state.identity import draw_from
from accsyn_async.sandbox.state.keyring import Keyring
from accsyn_async.sandbox.state.memory import Memory
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Backends"]


class Backends:
    """Makes the backend that a sandbox serves, and another one when it begins anew.

    Args:
        code: the workspace's code.
        clock: its time.
        replies: what the backend is served by.
        place: where it is reached.
        options: how the workspace behaves, from the next time that one is made.
    """

    def __init__(
        self,
        code: str,
        clock: Clock,
        replies: Replies,
        place: Place,
        options: Options,
    ) -> None:
        self.options = options
        self._code = code
        self._clock = clock
        self._replies = replies
        self._place = place
        self._backend: Backend | None = None
        self._folders: Folders
        self._keeper: Keeper | None = None
        self._ids: random.Random | None = None
        self._sweeping: asyncio.Future[None] | None = None

    @property
    def current(self) -> Backend | None:
        """The one that is served; ``None`` before there is one."""
        return self._backend

    async def begin(self, folders: Folders, keeper: Keeper | None) -> None:
        """Take up what was kept, or begin with a new workspace.

        Args:
            folders: where its files are.
            keeper: keeps what is remembered; ``None`` keeps nothing.

        Raises:
            StateError: what was kept cannot be read, or nothing can be written.
        """
        self._folders, self._keeper = folders, keeper
        if keeper is None:
            self._serve(self._new(Keyring()))
            return
        empty = Workspace(self._code, folders.local_root, self._clock, folders.spare)
        recalled = await asyncio.to_thread(keeper.recall, empty)
        if recalled is None:
            self._serve(self._new(Keyring()))
        else:
            await self._take_up(*recalled)
        keeper.begin(lambda: self._started().memory)
        try:
            await keeper.save(time=True)
        except sqlite3.Error as error:
            raise StateError(f"the state cannot be written: {error}") from None
        self._replies.keep = self._keep

    async def advance(self, seconds: float) -> None:
        """Move the clock on; that is kept too.

        Raises:
            ValueError: ``seconds`` is below 0, or too much.
            StateError: it could not be written.
        """
        await self._started().advance(seconds)
        if self._keeper is not None:
            try:
                await self._keeper.save(time=True)
            except sqlite3.Error as error:
                raise StateError(f"the state cannot be written: {error}") from None

    async def run_at(self, factor: float) -> None:
        """Let time pass at another factor from now on."""
        await self._started().run_at(factor)

    async def stop(self) -> None:
        """Stop all jobs; again does nothing."""
        if self._backend is not None:
            await self._backend.stop()

    async def renew(self) -> None:
        """Begin anew, with a fresh workspace, after all jobs were stopped; the users keep their secrets."""
        old = self._started()
        await asyncio.to_thread(self._folders.clear)
        self._serve(self._new(old.memory.keyring))
        if self._keeper is not None:
            await self._keeper.save()
        # Nobody waits for it, unless the sandbox is closed.
        self._sweeping = asyncio.get_running_loop().run_in_executor(None, self._folders.sweep)

    async def aclose(self) -> None:
        """Stop all jobs, and write down what is remembered; again does nothing.

        Raises:
            StateError: it could not be written.
        """
        await self.stop()
        if self._sweeping is not None:
            await self._sweeping
        if self._keeper is not None:
            await self._keeper.aclose()

    async def _keep(self) -> None:
        assert self._keeper is not None
        try:
            await self._keeper.save()
        except sqlite3.Error as error:
            text = f"It is done, but the state file could not be written: {error}."
            raise Refusal("E#E507", text, status=507) from None

    async def _take_up(self, memory: Memory, ended: bool) -> None:
        # Those that were drawn in earlier runs must not come again.
        self._draw_ids(f" {memory.starts}")
        if not ended:
            await asyncio.to_thread(remove_leftovers, memory.workspace.jobs.values())
        self._serve(memory)
        self._started().resume()

    def _new(self, keys: Keyring) -> Memory:
        self._draw_ids("")
        folders = self._folders
        workspace = furnished(
            self._code, folders.volume, folders.sites, folders.local_root, self._clock, folders.spare, keys
        )
        return Memory(workspace, keys)

    def _draw_ids(self, start: str) -> None:
        seed = self.options.seed
        self._ids = None if seed is None else random.Random(f"ids {seed}{start}")
        draw_from(self._ids)

    def _serve(self, memory: Memory) -> None:
        backend = self._backend = Backend(memory, self.options, self._ids)
        self._replies.serve(backend.dialects(self._place), backend.secrets, backend.before_each)

    def _started(self) -> Backend:
        assert self._backend is not None
        return self._backend
