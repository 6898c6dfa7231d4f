"""The families of metrics that every server of ours has. Needs prometheus-client."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from itertools import accumulate

from accsyn_async._version import __version__
from accsyn_async.extras import missing
from accsyn_async.serving.requests import folded
from accsyn_async.transport.traffic import Traffic

try:
    from prometheus_client.core import (
        CounterMetricFamily,
        HistogramMetricFamily,
        InfoMetricFamily,
    )
    from prometheus_client.metrics_core import Metric
except ModuleNotFoundError as error:
    raise missing(error, "dashboard") from None

__all__ = ["LastSuccess", "build_family", "request_families"]


def request_families(traffic: Traffic) -> Iterator[Metric]:
    """What was sent to the backend, and how long that took."""
    requests = CounterMetricFamily(
        "accsyn_api_requests",
        "Requests sent to the backend, each attempt counted, by what they were about and came to.",
        labels=("method", "entity", "outcome"),
    )
    for key, count in folded(traffic.requests).items():
        requests.add_metric(key, count)
    yield requests
    bounds = [*map(str, traffic.bounds), "+Inf"]
    yield HistogramMetricFamily(
        "accsyn_api_request_duration_seconds",
        "How long requests to the backend took, from sending to having read the reply.",
        list(zip(bounds, map(float, accumulate(traffic.durations)), strict=True)),
        traffic.seconds,
    )


def build_family(api_version: str | None) -> Metric:
    """What runs.

    Args:
        api_version: the dialect that is spoken with the backend; ``None`` where nobody here speaks with it.
    """
    build = InfoMetricFamily("accsyn_build", "The version of accsyn-async and of what it runs on.")
    runs_on = {"version": __version__, "python_version": platform.python_version()}
    if api_version is not None:
        runs_on["api_version"] = api_version
    build.add_metric([], runs_on)
    return build


class LastSuccess:
    """When the backend last answered: never earlier than was told before.

    Args:
        now: the time of day, seconds since the epoch.

    >>> last = LastSuccess(now=lambda: 1000.0)
    >>> last.told(None), last.told(2.5), last.told(4.0)
    (0.0, 997.5, 997.5)
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._last = 0.0

    def told(self, age: float | None) -> float:
        """Seconds since the epoch; 0 before it ever answered.

        Args:
            age: seconds since it last answered; ``None`` when that is not known.
        """
        if age is not None:
            self._last = max(self._last, self._now() - age)
        return round(self._last, 3)
