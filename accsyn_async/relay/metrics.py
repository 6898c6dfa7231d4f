"""What a relay has done, and how it stands, as Prometheus metrics. Needs prometheus-client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from accsyn_async.relay.statistics import RelayStatistics
from accsyn_async.serving.exposition import expose
from accsyn_async.serving.families import LastSuccess, build_family, request_families
from accsyn_async.session import Session

__all__ = ["RelayMetrics"]


class RelayMetrics:
    """A relay's metrics.

    A scrape asks neither the backend nor NATS for anything. No job, name, path or user becomes a label;
    there are at most 200 series.

    Args:
        statistics: what the relay has done, and how it stands.
        session: polls; its requests are counted.
        now: the time of day, seconds since the epoch.

    Example::

        metrics = RelayMetrics(relay.statistics, session)
        body, content_type = metrics.exposition()
    """

    def __init__(
        self,
        statistics: Callable[[], RelayStatistics],
        session: Session,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_RelayCollector(statistics, session, now))

    def exposition(self, accept: str | None = None) -> tuple[bytes, str]:
        """All metrics as they stand.

        Args:
            accept: the scraper's ``Accept`` header.

        Returns:
            The body, and its ``Content-Type``.
        """
        return expose(self._registry, accept)


class _RelayCollector(Collector):
    """What there is to tell of a relay, as families of metrics."""

    def __init__(
        self, statistics: Callable[[], RelayStatistics], session: Session, now: Callable[[], float]
    ) -> None:
        self._statistics = statistics
        self._session = session
        self._last = LastSuccess(now)

    def describe(self) -> list[Metric]:
        """Nothing: that asks for no values when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The families."""
        now = self._statistics()
        leader = GaugeMetricFamily(
            "accsyn_relay_leader", "Whether this relay leads: 1, or 0 on standby.", labels=("workspace",)
        )
        leader.add_metric((self._session.workspace,), float(now.leads))
        yield leader
        yield GaugeMetricFamily(
            "accsyn_relay_term", "The how-manieth leader this relay is; 0 on standby.", now.term or 0
        )
        yield GaugeMetricFamily(
            "accsyn_relay_nats_connected", "Whether it is connected to NATS: 1, or 0.", float(now.connected)
        )
        yield GaugeMetricFamily(
            "accsyn_relay_backend_degraded",
            "Whether it leads and the backend does not answer as it should: 1, or 0.",
            float(now.trouble is not None),
        )
        yield GaugeMetricFamily(
            "accsyn_relay_last_success_timestamp_seconds",
            "When the backend last answered a poll while it led, in seconds since 1970; 0 before that.",
            self._last.told(now.age),
        )
        yield GaugeMetricFamily(
            "accsyn_relay_jobs",
            "Jobs whose state it has published, of the last week's also those that have ended; 0 on standby.",
            now.jobs,
        )
        yield CounterMetricFamily("accsyn_relay_terms", "How often it has begun to lead.", now.terms)
        yield CounterMetricFamily("accsyn_relay_events", "Events that it has published.", now.events)
        yield CounterMetricFamily("accsyn_relay_states", "States of jobs that it has published.", now.states)
        yield CounterMetricFamily(
            "accsyn_relay_mended",
            "How often a stream on NATS was not what it was, and what it had lost was published again.",
            now.mended,
        )
        yield CounterMetricFamily(
            "accsyn_relay_commands", "Jobs that it was asked to pause, resume or abort.", now.commands
        )
        yield from request_families(self._session.traffic)
        yield build_family(self._session.api_version)
