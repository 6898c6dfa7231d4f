"""The exposition: true, bounded, and without a word that came from outside."""

from __future__ import annotations

import asyncio
import functools
import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics

import accsyn_async
from accsyn_async import ArgumentError, JobStatus, Session, Traffic
from accsyn_async.board.board import Board
from accsyn_async.dashboard.metrics import Metrics
from accsyn_async.dashboard.metrics.collector import OriginCollector
from accsyn_async.dashboard.metrics.per_job import MOST_JOBS
from accsyn_async.dashboard.metrics.tally import ENDED_FOR, Tally
from accsyn_async.dashboard.origin import origin_of
from accsyn_async.models import JOB_TYPES
from accsyn_async.serving.exposition import OPEN_METRICS, TEXT
from accsyn_async.transport.traffic import ENTITIES, METHODS, OUTCOMES
from tests.cli.making import HOSTILE
from tests.dashboard.metrics.happenings import (
    by,
    changed,
    degraded,
    finished,
    found,
    ident,
    job,
    removed,
    samples,
    scraped,
    synced,
    value,
)
from tests.support.backend import RESET, Backend, fails
from tests.support.virtual import run

MOST = 200
"""Series at most, without those per job."""
EACH = 3
"""Series of a job."""


def metrics(session: Session | None = None, **options: Any) -> Metrics:
    return Metrics(session or Backend().session(), Board(), **options)


def test_before_anything_happened() -> None:
    told = scraped(metrics())
    assert value(told, "accsyn_up") == 0
    assert value(told, "accsyn_last_success_timestamp_seconds") == 0
    assert {name: 0.0 for name, _ in told} | {"accsyn_build_info": 1.0} == {
        name: number for (name, _), number in told.items()
    }
    states = {dict(labels)["status"] for name, labels in told if name == "accsyn_jobs"}
    assert states == {status.value for status in JobStatus}
    version = {"version": accsyn_async.__version__, "api_version": "v3"}
    (build,) = (dict(labels) for name, labels in told if name == "accsyn_build_info")
    assert build.items() >= version.items()


@pytest.fixture
def all_traffic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request that there can be was sent."""
    keys = [(m, e, o) for m in METHODS for e in [*sorted(ENTITIES), "other"] for o in OUTCOMES]
    monkeypatch.setattr(Session, "traffic", Traffic(dict.fromkeys(keys, 1)))


@pytest.mark.parametrize("entitytype", JOB_TYPES)
@pytest.mark.usefixtures("all_traffic")
def test_series_in_the_worst_case(entitytype: str) -> None:
    each = metrics(entitytype=entitytype)
    for number, status in enumerate([*JobStatus, "something new"] * 20):
        each.take(found(job(number, status, source=f"user:{number}", destination="workspace:1")))
        each.take(changed(job(number, "running", progress=50, source=f"{number}:x")))
    for number in range(20):
        end = job(number, "done")
        each.take(finished(end))
        each.take(removed(end))
    each.take(degraded())
    assert len(scraped(each)) <= MOST
    assert "accsyn_job_progress_ratio" not in {name for name, _ in scraped(each)}


@pytest.mark.usefixtures("all_traffic")
def test_series_in_the_worst_case_per_job() -> None:
    each = metrics(per_job=True)
    for number in range(3 * MOST_JOBS):
        each.take(found(job(number, "running" if number % 3 else "waiting", progress=25, speed=1.5)))
    told = scraped(each)
    assert len(told) <= MOST + EACH * MOST_JOBS
    shares = by(told, "accsyn_job_progress_ratio", "id")
    assert list(shares.values()) == [0.25] * MOST_JOBS
    assert set(by(told, "accsyn_job_speed_bytes_per_second", "id").values()) == {1.5e6}
    assert set(by(told, "accsyn_job_remaining_bytes", "id").values()) == {750}
    assert value(told, "accsyn_per_job_dropped_total") == 2 * MOST_JOBS
    assert scraped(each) == told


def test_the_series_stay_the_same_while_ten_thousand_jobs_come_and_go() -> None:
    both = metrics(), metrics(per_job=True)
    for each in both:
        each.take(synced())
    begun = [set(scraped(each)) for each in both]
    for number in range(10_000):
        one = job(number, progress=60, name=f"job-{number}", user=f"user-{number}")
        end = job(number, "aborted" if number % 3 == 0 else "done", progress=100)
        gone = removed(end) if number % 5 == 0 else finished(end)
        for each in both:
            each.take(found(one))
            each.take(gone)
        if number % 2500 == 0:
            assert [set(scraped(each)) for each in both] == begun
    assert [set(scraped(each)) for each in both] == begun
    for each in both:
        assert sum(by(scraped(each), "accsyn_job_ends_total", "status").values()) == 10_000


def test_nothing_that_came_from_outside_is_told() -> None:
    each = metrics(per_job=True)
    for number, text in enumerate((*HOSTILE, 'x"} 1\naccsyn_up 0', "lisa@example.com")):
        facts = dict.fromkeys(
            ("name", "code", "source", "source_hr", "destination", "destination_hr", "user", "parent"), text
        )
        for one in (job(number, **facts), job(number, text, **facts), job(number, **facts, id=text[:32])):
            each.take(found(one))
            each.take(changed(job(number, progress=50, **facts)))
    body, _ = each.exposition()
    told = samples(body)
    assert body.isascii()
    assert {label for _, labels in told for label, _ in labels} <= {
        *("type", "status", "direction", "method", "entity", "outcome", "le", "id"),
        *("version", "python_version", "api_version"),
    }
    ids = set(by(told, "accsyn_job_progress_ratio", "id"))
    assert ids == {ident(number) for number in range(len(HOSTILE) + 2)}
    assert by(told, "accsyn_observed_bytes_total", "direction").keys() <= {"unknown"}


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, TEXT),
        ("", TEXT),
        ("*/*", TEXT),
        ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", TEXT),
        ("application/openmetrics-text; version=1.0.0; q=0, text/plain", TEXT),
        ("application/openmetrics-text", OPEN_METRICS),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;q=0.5",
            OPEN_METRICS,
        ),
        ("Application/OpenMetrics-Text; version=x.y", OPEN_METRICS),
    ],
)
def test_the_format_is_the_one_that_was_asked_for(accept: str | None, content_type: str) -> None:
    each = metrics()
    each.take(found(job()))
    body, told = each.exposition(accept)
    assert told == content_type
    if told == TEXT:
        assert samples(body)
    else:
        read: Any = parse_open_metrics
        families = {family.name: family for family in read(body.decode())}
        assert families["accsyn_job_ends"].type == "counter"
        assert families["accsyn_build"].type == "info"


@functools.cache
def quiet() -> Metrics:
    return metrics()


@given(st.text())
def test_any_accept_header_is_answered(accept: str) -> None:
    assert quiet().exposition(accept)[1] in (TEXT, OPEN_METRICS)


def test_what_is_no_type_of_job_is_refused() -> None:
    with pytest.raises(ArgumentError, match="'user' is no type of job; those are transfer"):
        metrics(entitytype="user")


def test_transfers_are_called_so_by_their_old_name_too() -> None:
    each = metrics(entitytype="job")
    each.take(found(job()))
    assert by(scraped(each), "accsyn_jobs", "type", "status") == {("transfer", "running"): 1}


def test_those_that_ended_leave_after_an_hour_without_an_event() -> None:
    now = 5.0
    each = metrics(clock=lambda: now)
    each.take(finished(job(1, "done")))
    now += ENDED_FOR - 1
    assert by(scraped(each), "accsyn_jobs", "status") == {"done": 1}
    now += 1
    assert by(scraped(each), "accsyn_jobs", "status") == {}


def test_the_last_success_is_when_the_backend_last_answered() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        backend, board = Backend(), Board()
        async with backend.session() as session:
            collector = OriginCollector(origin_of(session), board, Tally(), now=lambda: 1e9 + loop.time())

            def last() -> float:
                (told,) = [each for each in collector.collect() if "last_success" in each.name]
                return float(told.samples[0].value)

            async with session.watch("Transfer") as watch:
                await anext(watch)
                answered = loop.time()
                backend.faults += fails(RESET, 1000)
                for _ in range(5):
                    await asyncio.sleep(20.0)
                    assert last() == round(1e9 + answered, 3)
                backend.faults.clear()
                await asyncio.sleep(60.0)
                assert last() > 1e9 + answered + 100.0

    run(main())


def test_two_of_them_share_nothing() -> None:
    first, second = metrics(), metrics()
    first.take(found(job()))
    assert by(scraped(first), "accsyn_jobs", "status") == {"running": 1}
    assert by(scraped(second), "accsyn_jobs", "status") == {}


def test_prometheus_client_is_imported_for_metrics_alone_and_keeps_its_own_registry_empty() -> None:
    code = """
import sys
from accsyn_async import Session, Traffic
import accsyn_async.dashboard, accsyn_async.cli.app
assert "prometheus_client" not in sys.modules
from prometheus_client import REGISTRY
before = {family.name for family in REGISTRY.collect()}
from accsyn_async.board.board import Board
from accsyn_async.dashboard.metrics import Metrics
from accsyn_async.dashboard.metrics.collector import OriginCollector
Metrics(Session("acme", "lisa@example.com", "key", url="http://127.0.0.1:1"), Board()).exposition()
print(json.dumps(sorted({family.name for family in REGISTRY.collect()} - before)))
"""
    done = subprocess.run([sys.executable, "-c", "import json" + code], check=True, capture_output=True)
    assert json.loads(done.stdout) == []


def test_the_durations_are_those_of_all_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    traffic = Traffic({("GET", "transfer", "ok"): 6}, (3, 0, 2, *[0] * 9, 1), seconds=31.5)
    monkeypatch.setattr(Session, "traffic", traffic)
    told = scraped(metrics())
    name = "accsyn_api_request_duration_seconds"
    assert value(told, f"{name}_count") == value(told, f"{name}_bucket", le="+Inf") == 6
    assert value(told, f"{name}_sum") == 31.5
    each = Counter({dict(labels)["le"]: int(n) for (which, labels), n in told.items() if "bucket" in which})
    assert each["0.005"] == each["0.01"] == 3
    assert each["0.025"] == each["30.0"] == 5
