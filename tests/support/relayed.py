"""What a relay's feed is to the dashboards, over a session at hand: no NATS, no relay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import NamedTuple

from accsyn_async import AccsynError, OutcomeUnknownError, Session
from accsyn_async.board.actions import ACTIONS
from accsyn_async.monitor.selection import Watchable
from accsyn_async.monitor.statistics import Statistics
from accsyn_async.monitor.watch import Watch


class Answer(NamedTuple):
    """What came of a command to one job."""

    id: str
    ok: bool
    status: str | None = None
    error: str | None = None
    unknown: bool = False


class StandIn:
    """A feed that a test steers.

    Attributes:
        allowed: what can be done to jobs.
        asked: each command that came: what to do, of which type, to which job.
    """

    def __init__(self, session: Session, *allowed: str) -> None:
        self.allowed = frozenset(allowed)
        self.asked: list[tuple[str, str, str]] = []
        self._session = session

    async def __aenter__(self) -> StandIn:
        await self._session.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.aclose()

    @property
    def workspace(self) -> str:
        return self._session.workspace

    def statistics(self) -> Statistics:
        return self._session.monitor.statistics()

    def watch(self, what: Watchable, *, fields: Iterable[str] | None = None) -> Watch:
        return self._session.watch(what, fields=fields)

    async def command(
        self, action: str, jobs: Sequence[str], *, entitytype: str = "transfer"
    ) -> list[Answer]:
        self.asked += [(action, entitytype, ident) for ident in jobs]
        return [await self._one(action, entitytype, ident) for ident in jobs]

    async def _one(self, action: str, entitytype: str, ident: str) -> Answer:
        try:
            await self._session.update(entitytype, ident, {"status": ACTIONS[action]})
        except OutcomeUnknownError as error:
            return Answer(ident, ok=False, error=error.message, unknown=True)
        except AccsynError as error:
            return Answer(ident, ok=False, error=error.message)
        return Answer(ident, ok=True)
