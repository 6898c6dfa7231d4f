"""What was counted, as families of metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from accsyn_async.board.board import Board
from accsyn_async.dashboard.metrics.per_job import PerJob
from accsyn_async.dashboard.metrics.tally import Tally
from accsyn_async.dashboard.origin import Origin
from accsyn_async.models import JobStatus
from accsyn_async.serving.families import LastSuccess, build_family, request_families

__all__ = ["JobCollector", "OriginCollector"]


class OriginCollector(Collector):
    """How the backend answers, and what was sent to it where that is known.

    Args:
        origin: where the jobs come from.
        board: says whether the backend is degraded.
        tally: how often it was.
        now: the time of day, seconds since the epoch.
    """

    def __init__(
        self, origin: Origin, board: Board, tally: Tally, now: Callable[[], float] = time.time
    ) -> None:
        self._origin = origin
        self._board = board
        self._tally = tally
        self._last = LastSuccess(now)

    def describe(self) -> list[Metric]:
        """Nothing: that asks for no values when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The families."""
        statistics = self._origin.statistics()
        answers = statistics.watches and statistics.age is not None and self._board.trouble is None
        yield GaugeMetricFamily(
            "accsyn_up", "Whether the backend answers the watch as it should: 1, or 0.", float(bool(answers))
        )
        yield GaugeMetricFamily(
            "accsyn_last_success_timestamp_seconds",
            "When the backend last answered a poll, in seconds since 1970; 0 before it ever did.",
            self._last.told(statistics.age),
        )
        yield CounterMetricFamily(
            "accsyn_degradations",
            "How often the backend ceased to answer the watch as it should.",
            self._tally.degradations,
        )
        if (traffic := self._origin.traffic) is not None:
            yield from request_families(traffic)
        yield build_family(self._origin.api_version)


class JobCollector(Collector):
    """The jobs of a watch.

    Args:
        tally: has counted them.
        entitytype: what they are.
        per_job: chooses those with series of their own; ``None`` for none.
        clock: seconds; the one that the tally goes by.
    """

    def __init__(
        self, tally: Tally, entitytype: str, per_job: PerJob | None, clock: Callable[[], float]
    ) -> None:
        self._tally = tally
        self._type = entitytype
        self._per_job = per_job
        self._clock = clock

    def describe(self) -> list[Metric]:
        """Nothing: that asks for no values when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The families."""
        tally = self._tally
        tally.expire(self._clock())
        jobs = GaugeMetricFamily(
            "accsyn_jobs",
            "Jobs by their state as last observed; of those that have ended, the last hour's.",
            labels=("type", "status"),
        )
        for status in JobStatus:
            jobs.add_metric((self._type, status.value), tally.jobs[status])
        yield jobs
        yield self._gauge("accsyn_jobs_stalled", "Running jobs that get nowhere.", tally.stalled)
        ends = CounterMetricFamily(
            "accsyn_job_ends",
            "Jobs seen to end: done, aborted, or removed (deleted, or out of reach).",
            labels=("type", "status"),
        )
        for how, count in tally.ends.items():
            ends.add_metric((self._type, how), count)
        yield ends
        failures = CounterMetricFamily(
            "accsyn_job_failures", "How often a job was seen to fail.", labels=("type",)
        )
        failures.add_metric((self._type,), tally.failures)
        yield failures
        observed = CounterMetricFamily(
            "accsyn_observed_bytes",
            "Bytes seen to arrive, from the progress of jobs; what a job sends again is counted once.",
            labels=("direction",),
        )
        for direction, count in tally.observed.items():
            observed.add_metric((direction,), count)
        yield observed
        yield self._gauge(
            "accsyn_jobs_speed_bytes_per_second", "Speed of all running jobs together.", tally.speed
        )
        yield self._gauge(
            "accsyn_jobs_remaining_bytes",
            "Bytes that have yet to arrive, of all jobs that have not ended, as far as measured.",
            tally.left,
        )
        if self._per_job is not None:
            yield from self._each(self._per_job)

    def _gauge(self, name: str, text: str, value: float) -> Metric:
        family = GaugeMetricFamily(name, text, labels=("type",))
        family.add_metric((self._type,), value)
        return family

    def _each(self, per_job: PerJob) -> Iterator[Metric]:
        progress = GaugeMetricFamily("accsyn_job_progress_ratio", "What of a job is done.", labels=("id",))
        speed = GaugeMetricFamily("accsyn_job_speed_bytes_per_second", "A job's speed.", labels=("id",))
        left = GaugeMetricFamily(
            "accsyn_job_remaining_bytes", "Bytes of a job that have yet to arrive.", labels=("id",)
        )
        for ident, known in per_job.choose(self._tally.active()):
            progress.add_metric((ident,), known.progress / 100)
            speed.add_metric((ident,), known.speed)
            left.add_metric((ident,), known.left)
        yield progress
        yield speed
        yield left
        yield CounterMetricFamily(
            "accsyn_per_job_dropped",
            "Jobs that were left without series of their own, as there were too many.",
            per_job.dropped,
        )
