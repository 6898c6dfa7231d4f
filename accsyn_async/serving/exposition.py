"""What Prometheus reads: a registry as text. Needs prometheus-client."""

from __future__ import annotations

from typing import Final

from accsyn_async.extras import missing

try:
    from prometheus_client import CollectorRegistry, exposition
    from prometheus_client.openmetrics import exposition as openmetrics
except ModuleNotFoundError as error:
    raise missing(error, "dashboard") from None

__all__ = ["OPEN_METRICS", "TEXT", "expose"]

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
"""The content type of the plain text format."""
OPEN_METRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
"""The content type of OpenMetrics."""


def expose(registry: CollectorRegistry, accept: str | None = None) -> tuple[bytes, str]:
    """All metrics of a registry as they stand.

    Args:
        registry: what has them.
        accept: the scraper's ``Accept`` header; OpenMetrics is written for those who ask for it,
            the plain text format for all others.

    Returns:
        The body, and its ``Content-Type``.
    """
    if _wants_open_metrics(accept or ""):
        return openmetrics.generate_latest(registry), OPEN_METRICS  # type: ignore[no-untyped-call]
    return exposition.generate_latest(registry), TEXT


def _wants_open_metrics(accept: str) -> bool:
    """Whether it is among what an Accept header names; prometheus-client's own reading fails on odd ones.

    >>> _wants_open_metrics("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
    True
    """
    ranges = (each.split(";") for each in accept.lower().replace(" ", "").split(","))
    return any(kind == "application/openmetrics-text" and "q=0" not in rest for kind, *rest in ranges)
