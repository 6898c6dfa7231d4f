"""The exposition: what Prometheus gets when it scrapes."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry

from accsyn_async.board.board import Board
from accsyn_async.dashboard.metrics.collector import JobCollector, OriginCollector
from accsyn_async.dashboard.metrics.per_job import PerJob
from accsyn_async.dashboard.metrics.tally import Tally
from accsyn_async.dashboard.origin import Relayed, origin_of
from accsyn_async.errors import ArgumentError
from accsyn_async.events import Event
from accsyn_async.models import JOB_TYPES
from accsyn_async.serving.exposition import expose
from accsyn_async.session import Session

__all__ = ["Metrics"]


class Metrics:
    """What one watch, and the session that it is of, have seen, as Prometheus metrics.

    Every event of the watch is to be given to ``take``. Counters begin at 0 with each of these, and
    a scrape asks the backend for nothing. No name, path or user becomes a label, and there are at
    most 200 series, however many jobs come and go.

    Args:
        session: whose requests are counted, and who watches; or a relay's feed, which sends none: there
            are no series about requests then.
        board: of the same watch; says whether the backend is degraded.
        entitytype: what is watched, as in ``"transfer"``.
        per_job: whether jobs that have not ended have series of their own, by id; 500 of them at
            most, running ones first.
        clock: seconds of a clock that never jumps.

    Raises:
        ArgumentError: ``entitytype`` is no type of job.

    Example::

        board = Board()
        metrics = Metrics(session, board)
        async with session.watch("Transfer") as watch:
            async for event in watch:
                board.take(event, time.monotonic())
                metrics.take(event)
    """

    def __init__(
        self,
        session: Session | Relayed,
        board: Board,
        *,
        entitytype: str = "transfer",
        per_job: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if entitytype not in JOB_TYPES:
            raise ArgumentError(f"{entitytype!r} is no type of job; those are {', '.join(JOB_TYPES)}")
        self._clock = clock
        self._tally = Tally(moves=entitytype != "compute")
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(OriginCollector(origin_of(session), board, self._tally))
        kind = "transfer" if entitytype == "job" else entitytype
        self._registry.register(JobCollector(self._tally, kind, PerJob() if per_job else None, clock))

    def take(self, event: Event) -> None:
        """Take an event in: the next one of the watch."""
        self._tally.take(event, self._clock())

    def exposition(self, accept: str | None = None) -> tuple[bytes, str]:
        """All metrics as they stand.

        Args:
            accept: the scraper's ``Accept`` header; OpenMetrics is written for those who ask for it,
                the plain text format for all others.

        Returns:
            The body, and its ``Content-Type``.
        """
        return expose(self._registry, accept)
