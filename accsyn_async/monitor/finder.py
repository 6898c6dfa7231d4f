"""How jobs of one kind are asked for, and what an answer that comes late is worth."""

from __future__ import annotations

from collections.abc import Callable

from accsyn_async.models import Job
from accsyn_async.monitor.group import Group
from accsyn_async.monitor.herald import Herald
from accsyn_async.monitor.listing import Ask
from accsyn_async.monitor.schedule import id_batches
from accsyn_async.transport.seam import Clock
from accsyn_async.wire.message import Call
from accsyn_async.wire.query import ids_expression
from accsyn_async.wire.rows import JobList, JobReader

__all__ = ["Finder", "Room"]

Room = Callable[[Call], int]
"""How many bytes are left in the URL of a call."""


class Finder:
    """Makes the calls that ask for jobs of one entity type, and hands on what they bring.

    Attributes:
        entitytype: such as ``transfer``.
        ask: makes a call and reads the reply.
        clock: time.
        unchanged: how many lists said what they had said before.

    Args:
        entitytype: see above.
        ask: see above.
        herald: takes note.
        clock: see above.
        room: how many bytes the ids in a call's URL may take.
    """

    def __init__(self, entitytype: str, ask: Ask, herald: Herald, clock: Clock, room: Room) -> None:
        self.entitytype = entitytype
        self.ask = ask
        self.clock = clock
        self.unchanged = 0
        self._herald = herald
        self._room = room
        # Jobs that were seen elsewhere while an answer about them was under way.
        self._stale: set[str] = set()

    def find(self, expression: str | None, *, finished: bool = False) -> Call:
        """The call that asks for the jobs of an expression: the active, or those that have ended."""
        data: dict[str, object] = {"attributes": self._herald.audience.attributes}
        if finished:
            data["finished"] = True
        return Call("GET", f"{self.entitytype}/find", data, query=expression)

    def get(self, ident: str) -> Call:
        """The call that asks for one job, whatever its state."""
        return Call("GET", f"{self.entitytype}/find", {}, id=ident)

    def find_ends(self, expression: str | None, *, archived: bool = False) -> Call:
        """The call that asks for the ids and ends of those that have ended."""
        data = {"attributes": ["id", "finished"], "archived" if archived else "finished": True}
        return Call("GET", f"{self.entitytype}/find", data, query=expression)

    def batched(self, idents: list[str]) -> list[list[str]]:
        """Ids in batches, so that no URL becomes too long."""
        return id_batches(idents, room=self._room(self.find(ids_expression(()), finished=True)))

    async def fetch(self, call: Call, wanted: set[str]) -> set[str]:
        """Ask once for jobs, and take note of those that are wanted; their ids."""
        asked = self.clock.monotonic()
        return self.take(await self.ask(call, JobReader()), wanted, asked)

    def take(self, jobs: JobList, wanted: set[str], asked: float) -> set[str]:
        """Take note of those that are wanted and were asked for at this time; their ids."""
        lives, now = self._herald.ledger.lives, self.clock.monotonic()
        for job in jobs.changed:
            if job.id in wanted:
                self.observe(job, asked, now)
        there = wanted & jobs.jobs.keys()
        stale = self._stale & there
        self._stale -= stale
        for ident in there:
            life = lives.get(ident)
            if life is None or life.job is None or ident in stale:
                self.observe(jobs.jobs[ident], asked, now)
            else:
                life.seen()
        return there

    def observe(self, job: Job, asked: float, now: float, group: Group | None = None) -> None:
        """Take note of a job, unless it was seen elsewhere while the answer was under way.

        Then nobody can tell which of the two is the later one; the next answer will.

        Args:
            job: the job.
            asked: when it was asked for, on the monotonic clock.
            now: when the answer came, on the same.
            group: whose list it stood in, if it was one.
        """
        lives = self._herald.ledger.lives
        life = lives.get(job.id)
        if life is not None and life.job is not None and asked < life.seen_at:
            if group is None:
                self._stale.add(job.id)
                return
            group.stale.add(job.id)
            job = life.job
        self._herald.observe(job, now, group)
        if life is None:
            life = lives.get(job.id)
        if life is not None and asked >= life.seen_at:
            life.seen_at = now
