"""How a job went over time, worked out from when its tasks were done."""

from __future__ import annotations

import re
from typing import Any, Final

from accsyn_async.sandbox.state.clock import utc_seconds, utc_text
from accsyn_async.sandbox.state.jobs import Job

__all__ = ["MEASURED", "measurements", "read_span"]

MEASURED: Final = ("speed", "size", "progress")
MAX_POINTS: Final = 500

_SPAN: Final = re.compile(r"(?P<count>\d{1,9})(?P<unit>[smhdw]?)")
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def read_span(text: str) -> int | None:
    """The seconds of a span such as ``90``, ``30m`` or ``2d``; ``None`` when it is none."""
    found = _SPAN.fullmatch(text.strip().casefold())
    return None if found is None else int(found["count"]) * _SECONDS[found["unit"]]


def measurements(job: Job, now: str, span: int | None = None) -> dict[str, list[dict[str, Any]]]:
    """Measure a job.

    Args:
        job: which.
        now: the time, UTC text.
        span: only of the last so many seconds of it.

    Returns:
        By name a list of ``time`` and ``value``: ``speed`` in MB/s since the point before, ``size`` in bytes
        that had arrived, ``progress`` in percent.
    """
    points = _points(job, now)
    last = points[-1][0]
    result: dict[str, list[dict[str, Any]]] = {name: [] for name in MEASURED}
    before = points[0]
    for at, size in points:
        seconds = at - before[0]
        speed = (size - before[1]) / seconds / 1_000_000 if seconds > 0 else 0.0
        before = (at, size)
        if span is not None and at < last - span:
            continue
        progress = min(100, 100 * size // job.size) if job.size > 0 else 0
        text = utc_text(at)
        for name, value in zip(MEASURED, (round(speed, 3), size, progress), strict=True):
            result[name].append({"time": text, "value": value})
    return result


def _points(job: Job, now: str) -> list[tuple[int, int]]:
    """Seconds since the epoch, each once, with the bytes that had arrived by then."""
    arrived: dict[int, int] = {utc_seconds(job.created): 0}
    size = 0
    done = [(task.finished, task.copied) for task in job.counted() if task.finished is not None]
    for finished, copied in sorted(done):
        size += copied
        arrived[utc_seconds(finished)] = size
    end = utc_seconds(job.finished if job.finished is not None else now)
    points = sorted(point for point in arrived.items() if point[0] < end)
    points.append((end, max(size, job.copied)))
    if len(points) > MAX_POINTS:
        step = len(points) / MAX_POINTS
        points = [points[int(index * step)] for index in range(MAX_POINTS - 1)] + [points[-1]]
    return points
