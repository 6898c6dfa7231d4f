"""What is made of a consumer's lines: what is lost, and what is told twice, is found."""

from __future__ import annotations

import datetime as dt

import pytest

from accsyn_async import Degraded, Job, JobChanged, JobFinished, JobFound, JobRemoved, Synced
from tests.kill.ledger import Truth
from tests.relay.rounds.lines import Account, lines_of

AT = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
JOB = Job.from_row({"id": "a", "status": "running"})
END = "acme:a:done:2026-01-01T00:00:00"


def test_what_a_consumer_says_of_an_event() -> None:
    events = [
        JobFound(at=AT, job=JOB, id="acme:a:0:0"),
        JobChanged(at=AT, job=JOB, id="acme:a:0:0.1", previous=JOB, changes={}),
        JobChanged(at=AT, job=JOB, id="acme:a:0:1", previous=JOB, changes={}),
        JobFinished(at=AT, job=JOB, id=END),
        JobRemoved(at=AT, job=JOB, id="acme:a:1:2"),
        Synced(at=AT),
        Degraded(at=AT),
    ]
    job = ("job", f"a {AT.timestamp()}")
    assert [list(lines_of(event)) for event in events] == [
        [("event", "acme:a:0:0"), job],
        [job],
        [("event", "acme:a:0:1"), job],
        [("event", END), ("end", END)],
        [("event", "acme:a:1:2"), ("removed", "acme:a:1:2")],
        [("synced", "")],
        [("other", "Degraded")],
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["event x", f"event {END}", f"end {END}"], []),
        (["event x", "kill", "event x", f"event {END}", f"end {END}"], []),
        (["event x", f"end {END}", "event x"], ["x was told twice to one process"]),
        (["event x", f"end {END}", "kill", f"end {END}", f"end {END}"], ["told again after it was used"]),
        (["event x"], [f"the end {END} was never told"]),
        ([f"end {END}"], ["the event x was never told"]),
        (["event x", f"end {END}", "end acme:b:done:x"], ["the end acme:b:done:x never was"]),
        (["event x", f"end {END}", "failed OSError: no"], ["a watcher failed: OSError: no"]),
    ],
)
def test_what_must_not_be_of_a_consumer_is_found(lines: list[str], said: list[str]) -> None:
    account = Account("one")
    for line in lines:
        if line == "kill":
            account.dead(killed=True)
        else:
            account.take(*line.split(" ", 1))
    faults = account.faults(Truth(ends={END}), {"x"})
    assert len(faults) == len(said), faults
    assert all(text in fault for text, fault in zip(said, faults, strict=True))


def test_what_a_consumer_has_yet_to_be_told() -> None:
    account, truth = Account("one"), Truth(ends={END}, removals={"b"})
    assert account.lacks(truth) == [f"one: the end {END}", "one: the removal of b"]
    account.take("end", END)
    account.take("removed", "acme:b:0:1")
    assert account.lacks(truth) == []
