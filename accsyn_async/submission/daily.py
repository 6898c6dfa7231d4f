"""Finds a day's job of a pair of parties, or makes it: once, however many ask for it at a time.

The backend has no call for that. Who makes a job waits until the second has passed in which it was
made, and looks again: of several that were made at a time the first counts for everybody, and who
made another one deletes it, unless somebody has added to it by then.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accsyn_async.errors import AccsynError, OutcomeUnknownError
from accsyn_async.jobs.notation import Location
from accsyn_async.jobs.spec import TaskSpec, TransferSpec
from accsyn_async.models import JobStatus, is_entity_id
from accsyn_async.submission.matching import Pair, earliest, of_day
from accsyn_async.submission.steering import Steering
from accsyn_async.transport.seam import Clock
from accsyn_async.wire.condition import where

__all__ = ["Daily", "placeholder"]

logger = logging.getLogger("accsyn_async.submission")

_SETTLES = 1.2
"""Seconds after which a job that was made in the same second as another can be seen by everybody."""
_SHOWN = (
    *("id", "name", "code", "status", "created", "progress", "speed", "etr", "size", "finished"),
    *("source", "source_hr", "destination", "destination_hr", "user", "user_hr", "parent", "metadata"),
)


@dataclass(frozen=True)
class Daily:
    """What is looked for, and made.

    Attributes:
        name: the job's name.
        pair: who sends and who receives.
        day: the day that it is of.
        zone: where the day begins and ends.
        spec: what is made when there is none.
    """

    name: str
    pair: Pair
    day: dt.date
    zone: dt.tzinfo
    spec: TransferSpec

    async def find(self, session: Steering) -> dict[str, Any] | None:
        """The row of the job; ``None`` when there is none."""
        named = where("Transfer", **{"name" if session.api_version == "v3" else "code": self.name})
        shown = [attribute for attribute in _SHOWN if session.api_version == "v3" or attribute != "name"]
        rows: list[dict[str, Any]] = []
        for finished in (None, True):
            found = await session.find(named, attributes=shown, finished=finished)
            rows += [dict(row) for row in found if _is_row(row)]
        today = of_day(rows, self.name, self.day, self.zone)
        if any(self.pair.fits(row) is None for _, _, row in today):
            await self._look_up_parties(session)
        return earliest(rows, self.pair, self.name, self.day, self.zone)

    async def _look_up_parties(self, session: Steering) -> None:
        """Learn the parties' ids, where rows do not show their names."""
        for side, party in self.pair.parties.items():
            if party.kind not in ("site", "user") or side in self.pair.ids:
                continue
            try:
                row = await session.find_one(where(party.kind.capitalize(), code=party.name))
            except AccsynError as error:
                logger.debug("%s could not be looked up: %s", party, error.message)
                continue
            if _is_row(row):
                self.pair.ids[side] = str(dict(row or {})["id"])

    async def ensure(
        self, session: Steering, clock: Clock, make: Make, *, known: str | None
    ) -> dict[str, Any]:
        """Find the job, or make it.

        Args:
            session: whose.
            clock: time.
            make: makes one.
            known: the id of the one that this session found or made before.

        Raises:
            OutcomeUnknownError: it may have been made or not, and is not to be seen.
        """
        found = await self.find(session) or await self._still(session, known)
        if found is not None and not self._is_fresh(found, clock):
            return found
        mine = None
        if found is None:
            try:
                mine = await make(self.spec)
            except OutcomeUnknownError as unknown:
                await clock.sleep(_SETTLES)
                return await self._after(session, unknown)
        await clock.sleep(_SETTLES)
        seen = await self.find(session)
        first = seen or mine or found
        assert first is not None
        if mine is not None and seen is None:
            logger.warning(
                "transfer %s is not found again by name, day and parties (%s, %s): other sessions will make "
                "another one; the backend shows it as from %s to %s",
                *(mine["id"], self.name, self.day),
                *(mine.get(f"{side}_hr") or mine.get(side) for side in ("source", "destination")),
            )
        if mine is not None and mine["id"] != first["id"]:
            await clock.sleep(_SETTLES)
            await self._give_up(session, mine["id"], first["id"])
        return first

    async def _still(self, session: Steering, known: str | None) -> dict[str, Any] | None:
        """What this session knows already, unless it was aborted or is gone."""
        job = None if known is None else await session.get_job(known)
        if job is None or job.status == JobStatus.ABORTED:
            return None
        return job.raw | {"id": job.id, "created": job.created}

    async def _after(self, session: Steering, unknown: OutcomeUnknownError) -> dict[str, Any]:
        try:
            found = await self.find(session)
        except AccsynError:
            raise unknown from None
        if found is None:
            raise unknown
        return found

    def _is_fresh(self, row: dict[str, Any], clock: Clock) -> bool:
        """Whether somebody may be making another one just now, which would count instead."""
        created = row.get("created")
        if not isinstance(created, dt.datetime):
            return False
        return abs((clock.now() - created).total_seconds()) < 2 * _SETTLES

    async def _give_up(self, session: Steering, mine: str, first: str) -> None:
        """Delete a job that somebody else was quicker to make, unless it is in use."""
        try:
            tasks: list[Any] = list(await session.find("Task", entityid=mine))
            if not tasks or not all(_is_placeholder(task) for task in tasks):
                logger.warning("transfer %s stays beside %s, as somebody added tasks to it", mine, first)
                return
            await session.delete_one("Transfer", mine)
        except AccsynError as error:
            logger.warning("transfer %s stays beside %s: %s", mine, first, error.message)


def _is_placeholder(task: object) -> bool:
    return isinstance(task, Mapping) and task.get("status") == "excluded"


def _is_row(row: object) -> bool:
    return isinstance(row, Mapping) and is_entity_id(str(row.get("id")))


Make = Callable[[TransferSpec], Awaitable[dict[str, Any]]]


def placeholder(source: Location, destination: Location) -> TaskSpec:
    """The task that holds a job's place: nothing is sent (accsyn's job specification)."""
    return TaskSpec(source, destination, status="excluded")
