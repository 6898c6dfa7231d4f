"""A relay's metrics: true, bounded, and without a word that came from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields, replace
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics

from accsyn_async import Session, Traffic
from accsyn_async.relay.metrics import RelayMetrics
from accsyn_async.relay.statistics import RelayStatistics
from accsyn_async.transport.traffic import ENTITIES, METHODS, OUTCOMES
from tests.dashboard.metrics.happenings import samples, value
from tests.support.backend import Backend
from tests.support.relay_facts import LEADER, STANDBY

MOST = 200
"""Series at most."""


def scraped(now: RelayStatistics, at: float = 1000.0) -> dict[str, float]:
    """The relay's own series, by what their names end with."""
    told = samples(RelayMetrics(lambda: now, Backend().session(), now=lambda: at).exposition()[0])
    start = "accsyn_relay_"
    return {name.removeprefix(start): number for (name, _), number in told.items() if name.startswith(start)}


def test_a_leader() -> None:
    assert scraped(LEADER) == {
        "leader": 1,
        "term": 7,
        "nats_connected": 1,
        "backend_degraded": 0,
        "last_success_timestamp_seconds": 999.6,
        "jobs": 12,
        "terms_total": 2,
        "events_total": 40,
        "states_total": 900,
        "mended_total": 1,
        "commands_total": 3,
    }


def test_one_on_standby_that_never_led() -> None:
    told = scraped(STANDBY)
    assert told.pop("nats_connected") == 1
    assert set(told.values()) == {0}


def test_trouble_is_a_number_and_no_word() -> None:
    now = replace(LEADER, trouble='"\\\n} 10.1.2.3 lisa@example.com', connected=False)
    told = scraped(now)
    assert (told["backend_degraded"], told["nats_connected"]) == (1, 0)
    body = RelayMetrics(lambda: now, Backend().session()).exposition()[0]
    assert b"lisa" not in body
    assert b"10.1.2.3" not in body


@pytest.mark.parametrize("name", [each.name for each in fields(RelayStatistics)])
def test_nothing_that_is_known_is_left_out(name: str) -> None:
    before = getattr(LEADER, name)
    other: Any = "x" if name == "trouble" else not before if isinstance(before, bool) else before + 1
    assert scraped(LEADER) != scraped(replace(LEADER, **{name: other}))


def test_when_the_backend_last_answered_is_never_taken_back() -> None:
    """On standby it is not known any more; a new term begins without an answer of its own."""
    now, at = LEADER, 1000.0
    metrics = RelayMetrics(lambda: now, Backend().session(), now=lambda: at)
    seen = []
    for now, at in (  # noqa: B007
        (LEADER, 1000.0),
        (replace(LEADER, age=5.4), 1005.0),
        (STANDBY, 1100.0),
        (replace(LEADER, age=None), 1200.0),
        (replace(LEADER, age=0.0), 1201.0),
    ):
        told = samples(metrics.exposition()[0])
        seen.append(value(told, "accsyn_relay_last_success_timestamp_seconds"))
    assert seen == [999.6, 999.6, 999.6, 999.6, 1201.0]


def test_two_relays_of_one_workspace_differ_in_nothing_but_where_they_are_scraped() -> None:
    one, other = (samples(RelayMetrics(lambda: LEADER, Backend().session()).exposition()[0]) for _ in "12")
    assert one.keys() == other.keys()
    assert value(one, "accsyn_relay_leader", workspace="acme") == 1


def test_all_requests_there_can_be_are_few_series(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [(m, e, o) for m in METHODS for e in [*sorted(ENTITIES), "other"] for o in OUTCOMES]
    monkeypatch.setattr(Session, "traffic", Traffic(dict.fromkeys(keys, 1), (1,) * 13, seconds=20.0))
    told = samples(RelayMetrics(lambda: LEADER, Backend().session()).exposition()[0])
    assert len(told) <= MOST
    assert sum(number for (name, _), number in told.items() if name == "accsyn_api_requests_total") == len(
        keys
    )
    assert value(told, "accsyn_api_request_duration_seconds_count") == 13


def test_open_metrics_too() -> None:
    body, _ = RelayMetrics(lambda: LEADER, Backend().session()).exposition(
        "application/openmetrics-text;version=1.0.0"
    )
    names = {family.name for family in parse_open_metrics(body.decode())}  # type: ignore[no-untyped-call]
    assert {"accsyn_relay_leader", "accsyn_relay_events", "accsyn_api_requests", "accsyn_build"} <= names


def test_nothing_is_registered_for_others_to_find() -> None:
    program = """
import json
from accsyn_async import Session
from prometheus_client import REGISTRY
before = {family.name for family in REGISTRY.collect()}
from accsyn_async.relay.metrics import RelayMetrics
from tests.support.relay_facts import LEADER
session = Session("acme", "lisa@example.com", "key", url="http://127.0.0.1:1")
RelayMetrics(lambda: LEADER, session).exposition()
print(json.dumps(sorted({family.name for family in REGISTRY.collect()} - before)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert json.loads(done.stdout) == []
