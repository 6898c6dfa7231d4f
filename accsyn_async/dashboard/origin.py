"""Where the jobs of a dashboard come from: a session of one's own, or what a relay publishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from accsyn_async.board.actions import ACTIONS
from accsyn_async.errors import BackendError, NotFoundError, OutcomeUnknownError, PermissionDeniedError

if TYPE_CHECKING:
    from accsyn_async.monitor.selection import Watchable
    from accsyn_async.monitor.statistics import Statistics
    from accsyn_async.monitor.watch import Watch
    from accsyn_async.session import Session
    from accsyn_async.transport.traffic import Traffic

__all__ = [
    "NO_TASKS",
    "Commanded",
    "FeedOrigin",
    "Origin",
    "Relayed",
    "SessionOrigin",
    "origin_of",
]

_ALL: Final = frozenset(ACTIONS)

NO_TASKS: Final = "tasks are not relayed; a dashboard that asks accsyn itself shows them"
"""Why there are none to be shown."""


class Origin(Protocol):
    """What the page, the screen and the metrics need.

    Attributes:
        relayed: whether it is a relay that asks the backend. Its feed knows no tasks and no requests.
    """

    relayed: bool

    @property
    def workspace(self) -> str:
        """The workspace's code."""
        ...

    @property
    def api_version(self) -> str | None:
        """The dialect that is spoken with the backend; ``None`` where nobody here speaks with it."""
        ...

    @property
    def allowed(self) -> frozenset[str]:
        """Which of ``ACTIONS`` are offered; they may become others."""
        ...

    @property
    def traffic(self) -> Traffic | None:
        """What was sent to the backend; ``None`` where that is known elsewhere."""
        ...

    def statistics(self) -> Statistics:
        """How many watches there are, and how old what they tell is."""
        ...

    def watch(self, what: Watchable, *, fields: Iterable[str] | None = None) -> Watch:
        """A watch, to be entered.

        Raises:
            QueryError: what is asked for cannot be watched.
        """
        ...

    async def steer(self, kind: str, ident: str, action: str) -> str:
        """Do one of ``ACTIONS`` to a job.

        Args:
            kind: the job's entity type.
            ident: the job's id.
            action: what to do.

        Returns:
            The status that the job is to have.

        Raises:
            PermissionDeniedError: that may not be done.
            OutcomeUnknownError: the answer was lost.
            AccsynError: it was refused, or nobody could be asked.
        """
        ...

    async def tasks(self, ident: str, limit: int | None = None) -> Sequence[Mapping[str, Any]]:
        """The rows of a job's tasks.

        Args:
            ident: the job's id.
            limit: how many at most; ``None`` for all.

        Raises:
            NotFoundError: there is no such job; or tasks are not known here.
            AccsynError: as ``Session.find``.
        """
        ...


class Commanded(Protocol):
    """What a relay's leader answers for one job."""

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        ...

    @property
    def status(self) -> str | None:
        """What the job is to be; ``None`` where that is not told."""
        ...

    @property
    def error(self) -> str | None:
        """Why it was not done."""
        ...

    @property
    def unknown(self) -> bool:
        """Whether it may have been done nevertheless."""
        ...


class Relayed(Protocol):
    """What of a relay's feed is used here: ``accsyn_async.relay.connect`` makes one."""

    async def __aenter__(self) -> object:
        """Connect."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End every watch, and disconnect."""
        ...

    @property
    def workspace(self) -> str:
        """The workspace's code, once it is connected."""
        ...

    @property
    def allowed(self) -> frozenset[str]:
        """What the relay's leader lets one do to jobs."""
        ...

    def statistics(self) -> Statistics:
        """How many watches there are, and how long ago the backend last answered the relay."""
        ...

    def watch(self, what: Watchable, *, fields: Iterable[str] | None = None) -> Watch:
        """A watch, to be entered."""
        ...

    async def command(
        self, action: str, jobs: Sequence[str], *, entitytype: str = "transfer"
    ) -> Sequence[Commanded]:
        """Have the leader do something to jobs."""
        ...


def origin_of(source: Session | Relayed) -> Origin:
    """What a session or a feed is to a dashboard."""
    # Neither class is asked for: a session is not imported for a feed, nor NATS for a session.
    if hasattr(source, "command"):
        return FeedOrigin(cast("Relayed", source))
    return SessionOrigin(source)


class SessionOrigin:
    """A session, which asks the backend itself.

    Args:
        session: who asks.
    """

    relayed: bool = False

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def workspace(self) -> str:
        """The workspace's code."""
        return self._session.workspace

    @property
    def api_version(self) -> str | None:
        """The dialect."""
        return self._session.api_version

    @property
    def allowed(self) -> frozenset[str]:
        """All: the backend knows what its user may do."""
        return _ALL

    @property
    def traffic(self) -> Traffic | None:
        """What the session has sent."""
        return self._session.traffic

    def statistics(self) -> Statistics:
        """Those of its monitor."""
        return self._session.monitor.statistics()

    def watch(self, what: Watchable, *, fields: Iterable[str] | None = None) -> Watch:
        """A watch of the session."""
        return self._session.watch(what, fields=fields)

    async def steer(self, kind: str, ident: str, action: str) -> str:
        """Set the job's status."""
        row = await self._session.update(kind, ident, {"status": ACTIONS[action]})
        return str((row or {}).get("status") or ACTIONS[action])

    async def tasks(self, ident: str, limit: int | None = None) -> Sequence[Mapping[str, Any]]:
        """Ask for them."""
        return await self._session.find("Task", entityid=ident, limit=limit)


class FeedOrigin:
    """What a relay publishes, without a request to the backend.

    Args:
        feed: what reads it.
    """

    relayed: bool = True

    def __init__(self, feed: Relayed) -> None:
        self._feed = feed

    @property
    def workspace(self) -> str:
        """The workspace's code."""
        return self._feed.workspace

    @property
    def api_version(self) -> str | None:
        """None: the relay speaks with the backend."""
        return None

    @property
    def allowed(self) -> frozenset[str]:
        """What the relay was started with."""
        return self._feed.allowed.intersection(ACTIONS)

    @property
    def traffic(self) -> Traffic | None:
        """None: the relay counts its requests."""
        return None

    def statistics(self) -> Statistics:
        """Those of the feed."""
        return self._feed.statistics()

    def watch(self, what: Watchable, *, fields: Iterable[str] | None = None) -> Watch:
        """A watch of the feed."""
        return self._feed.watch(what, fields=fields)

    async def steer(self, kind: str, ident: str, action: str) -> str:
        """Ask the relay's leader to do it."""
        if action not in self.allowed:
            raise PermissionDeniedError(f"the relay lets nobody {action} jobs; see its --allow")
        (answer,) = await self._feed.command(action, [ident], entitytype=kind)
        if answer.ok:
            return answer.status or ACTIONS[action]
        if answer.unknown:
            raise OutcomeUnknownError(answer.error or "the relay does not know what has come of it")
        raise BackendError(answer.error or "the relay does not say why")

    async def tasks(self, ident: str, limit: int | None = None) -> Sequence[Mapping[str, Any]]:
        """There are none."""
        raise NotFoundError(NO_TASKS)
