"""Jobs and events to feed metrics with, and reading what they expose."""

from __future__ import annotations

import datetime as dt
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from accsyn_async import events
from accsyn_async.dashboard.metrics import Metrics
from accsyn_async.models import Job

AT = dt.datetime(2026, 1, 22, 12, 0, tzinfo=dt.UTC)

Labels = frozenset[tuple[str, str]]


def ident(number: int) -> str:
    return f"{number:024x}"


def job(number: int = 1, status: str = "running", **facts: Any) -> Job:
    row = {"id": ident(number), "status": status, "progress": 0, "size": 1000}
    row |= {"source": "workspace:5a4f", "destination": "site:5c5b", "created": "2026-01-01T00:00:00"}
    return Job.from_row({**row, **facts})


def found(one: Job) -> events.JobFound:
    return events.JobFound(at=AT, job=one)


def changed(one: Job) -> events.JobChanged:
    return events.JobChanged(at=AT, job=one, previous=one, changes={})


def finished(one: Job) -> events.JobFinished:
    return events.JobFinished(at=AT, job=one)


def revived(one: Job, run: int = 1) -> events.JobRevived:
    return events.JobRevived(at=AT, job=one, run=run)


def removed(one: Job) -> events.JobRemoved:
    return events.JobRemoved(at=AT, job=one)


def stalled(one: Job) -> events.JobStalled:
    return events.JobStalled(at=AT, job=one)


def synced() -> events.Synced:
    return events.Synced(at=AT)


def degraded() -> events.Degraded:
    return events.Degraded(at=AT, reason="the backend does not answer")


def samples(body: bytes) -> dict[tuple[str, Labels], float]:
    """The value of each series."""
    told: dict[tuple[str, Labels], float] = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in told, key
            told[key] = sample.value
    return told


def scraped(metrics: Metrics) -> dict[tuple[str, Labels], float]:
    return samples(metrics.exposition()[0])


def value(told: dict[tuple[str, Labels], float], name: str, **labels: str) -> float:
    return told[name, frozenset(labels.items())]


def by(told: dict[tuple[str, Labels], float], name: str, *labels: str) -> dict[Any, float]:
    """The series of one name that are not 0, by some of their labels."""
    summed: dict[Any, float] = {}
    for (each, pairs), number in told.items():
        if each == name and number:
            key = tuple(dict(pairs)[label] for label in labels)
            summed[key] = summed.get(key, 0) + number
    return {key[0] if len(labels) == 1 else key: number for key, number in summed.items()}
