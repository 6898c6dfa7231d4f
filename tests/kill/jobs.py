"""Jobs in a sandbox whose fates are moved, and written down as they happen."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accsyn_async import NotFoundError, Session
from accsyn_async.sandbox import Sandbox
from tests.kill.ledger import Ledger, Truth

__all__ = ["Jobs"]

ACTIVE = 12
"""Jobs that are kept going."""


@dataclass
class _Known:
    """How a job ended: the id of the event that tells of it, when, and whether it can be brought back."""

    end: str
    at: float
    aborted: bool


class Jobs:
    """Creates jobs, ends them in both ways, brings them back, deletes them.

    Args:
        box: where; its volume holds files that take for ever (``long``) and no time (``short``).
        session: whose jobs they are.
        ledger: what the watchers have used.
        rng: decides.
        grows: whether jobs are created and brought back; otherwise those there are come to their ends.
    """

    def __init__(
        self, box: Sandbox, session: Session, ledger: Ledger, rng: random.Random, *, grows: bool
    ) -> None:
        self.truth = Truth()
        self.counts: dict[str, int] = {}
        self._box = box
        self._session = session
        self._ledger = ledger
        self._rng = rng
        self._grows = grows
        self._active: list[str] = []
        self._short: list[str] = []
        self._ended: dict[str, _Known] = {}
        # Since when a job is active: what was known of it before is nothing to that life.
        self._since: dict[str, float] = {}

    async def create(self) -> str:
        """A job that runs until it is ended."""
        ident = await self._created("long", "site=berlin:projects/in/")
        self._active.append(ident)
        return ident

    async def move(self) -> None:
        """Let one thing happen to one job."""
        moves: list[Callable[[], Any]] = [self.abort, self.abort, self.delete]
        if self._grows:
            moves += [self.abort, self.create_short, self.revive, self.revive, self.delete_ended]
            if len(self._active) < ACTIVE:
                moves = [self.create, self.create, *moves]
        move = self._rng.choice(moves)
        if await move() is not False:
            self._count(move.__name__)

    async def create_short(self) -> None:
        """A job that is done at once."""
        self._short.append(await self._created("short", "share=projects/in/"))

    async def abort(self) -> bool:
        """End a job; not in the second in which it ended before, which could not be told apart."""
        able = [
            ident
            for ident in self._active
            if ident not in self._ended or self._box.now.timestamp() >= self._ended[ident].at + 2
        ]
        if not able:
            return False
        ident = self._rng.choice(able)
        self._active.remove(ident)
        self._note(await self._session.update("Transfer", ident, {"status": "aborted"}))
        return True

    async def revive(self) -> bool:
        """Bring back a job that was aborted."""
        able = [ident for ident, end in self._ended.items() if end.aborted and ident not in self._active]
        if not able:
            return False
        await self._revive(self._rng.choice(able))
        return True

    async def _revive(self, ident: str) -> None:
        self._undo(ident)
        await self._session.update("Transfer", ident, {"status": "waiting"})
        self._since[ident] = self._box.now.timestamp()
        self._active.append(ident)

    async def delete(self) -> bool:
        """Delete a job that goes on; one that is watched by its id must be known, or there never was one."""
        able = [ident for ident in self._active if self._grows or self._is_known(ident)]
        if not able:
            return False
        ident = self._rng.choice(able)
        self._active.remove(ident)
        self._ended.pop(ident, None)
        (self.truth.removals if self._is_known(ident) else self.truth.possible).add(ident)
        await self._session.delete_one("Transfer", ident)
        return True

    async def delete_ended(self) -> bool:
        """Delete a job that has ended: no news to those who know of its end."""
        able = [ident for ident in self._ended if ident not in self._active]
        if not able:
            return False
        await self._delete_ended(self._rng.choice(able))
        return True

    async def _delete_ended(self, ident: str) -> None:
        if not self._undo(ident):
            self.truth.possible.add(ident)
        del self._ended[ident]
        await self._session.delete_one("Transfer", ident)

    async def undo_what_was_given(self) -> None:
        """Undo the ends that were given to a watcher which was killed before it used them: all the same."""
        given = self._ledger.given - self._ledger.ends
        for ident, known in list(self._ended.items()):
            if known.end in given and ident not in self._active and self._grows:
                self._count("undone as it was given")
                ways = [self._revive, self._delete_ended] if known.aborted else [self._delete_ended]
                await self._rng.choice(ways)(ident)

    async def settle(self) -> None:
        """Note how those have ended that came to their ends by themselves."""
        for ident in list(self._short):
            try:
                row = await self._session.get_entity("Transfer", ident)
            except NotFoundError:
                row = None
            assert row is not None
            if row["status"] == "done":
                self._short.remove(ident)
                self._note(row)

    @property
    def unsettled(self) -> int:
        """How many have yet to come to their ends by themselves."""
        return len(self._short)

    @property
    def active(self) -> int:
        """How many go on until they are ended."""
        return len(self._active)

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def _is_known(self, ident: str) -> bool:
        """Whether a watcher that comes next knows of it, as it is now."""
        return self._ledger.known.get(ident, -1.0) > self._since.get(ident, 0.0)

    def _undo(self, ident: str) -> bool:
        """An end is about to be undone; whether a watcher was given it before."""
        end = self._ended[ident].end
        given = end in self._ledger.given
        if not given:
            self.truth.ends.discard(end)
            self.truth.fleeting.add(end)
        return given

    def _note(self, row: Any) -> None:
        end = self._end_of(row)
        self._ended[row["id"]] = _Known(end, row["finished"].timestamp(), row["status"] == "aborted")
        self.truth.ends.add(end)

    def _end_of(self, row: Any) -> str:
        when = f"{row['finished']:%Y-%m-%dT%H:%M:%S}"
        return f"{self._box.workspace}:{row['id']}:{row['status']}:{when}"

    async def _created(self, file: str, to: str) -> str:
        self._count("created")
        number = self.counts["created"]
        source = file if file == "long" else f"/up/{file}"
        row = await self._session.create("Transfer", {"source": source, "destination": f"{to}{number}/"})
        return str(row["id"])
