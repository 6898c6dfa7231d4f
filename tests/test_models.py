"""Snapshots read what there is, whatever its type, and never fail on what makes no sense."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import Job, JobStatus, Task, TaskStatus
from accsyn_async.models import is_entity_id

SEED_001 = {
    "code": "README.txt",
    "created": "2026-01-22T08:35:59",
    "destination": "user:6676f3e9c7ef4e27da254e57",
    "destination_hr": "user:lisa@example.com[standard](6676f3e9c7ef4e27da254e57)",
    "etr": "",
    "finished": "2026-01-22T08:43:05",
    "id": "6971e16fceadd67b955b1995",
    "name": "README.txt",
    "progress": 0,
    "size": 0,
    "source": "workspace:6645fbca9f8c4d3e7a3b678d",
    "source_hr": "workspace:seagull(6645fbca9f8c4d3e7a3b678d)",
    "speed": -1.0,
    "status": "aborted",
    "user": "6676f3e9c7ef4e27da254e57",
    "user_hr": "user:lisa@example.com[standard](6676f3e9c7ef4e27da254e57)",
}


@pytest.mark.parametrize("form", [SEED_001, json.dumps(SEED_001).encode()], ids=["dict", "json"])
def test_the_row_of_seed_001(form: Any) -> None:
    job = Job.from_row(form)
    assert (job.id, job.name, job.status) == ("6971e16fceadd67b955b1995", "README.txt", JobStatus.ABORTED)
    assert (job.progress, job.speed, job.etr, job.size) == (0, None, None, 0)
    assert job.finished == dt.datetime(2026, 1, 22, 8, 43, 5, tzinfo=dt.UTC)
    assert job.created == dt.datetime(2026, 1, 22, 8, 35, 59, tzinfo=dt.UTC)
    assert job.source == "workspace:6645fbca9f8c4d3e7a3b678d"
    assert job.parent is None
    assert job.metadata == {}
    assert job.is_finished
    assert job.raw == SEED_001


def test_the_row_of_seed_000_which_is_older() -> None:
    job = Job.from_row(
        {
            "id": "614d660de50d45bb027c9bdd",
            "code": "",
            "status": "init",
            "progress": 0,
            "size": -1,
            "speed": 0.0,
            "etr": "",
            "finished": dt.datetime(1970, 1, 1, 1, 0, tzinfo=dt.UTC),
            "created": dt.datetime(2021, 9, 24, 7, 45, 49, tzinfo=dt.UTC),
        }
    )
    assert job.name == job.id
    assert (job.size, job.speed, job.finished) == (None, 0.0, None)
    assert job.created == dt.datetime(2021, 9, 24, 7, 45, 49, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("field", "value", "attribute", "expected"),
    [
        ("progress", "40", "progress", 40),
        ("progress", 40.5, "progress", 40.5),
        ("progress", None, "progress", 0),
        ("progress", "half", "progress", 0),
        ("size", 1e9, "size", 1_000_000_000),
        ("size", True, "size", None),
        ("speed", "12.5", "speed", 12.5),
        ("etr", 12, "etr", None),
        ("status", "Running", "status", JobStatus.RUNNING),
        ("status", "teleporting", "status", JobStatus.UNKNOWN),
        ("status", None, "status", JobStatus.UNKNOWN),
        ("user", "ObjectId:abc", "user", "abc"),
        ("metadata", "text", "metadata", {}),
        ("created", "yesterday", "created", None),
    ],
)
@pytest.mark.parametrize("as_json", [False, True], ids=["dict", "json"])
def test_odd_values(field: str, value: Any, attribute: str, expected: Any, as_json: bool) -> None:
    row = {**SEED_001, field: value}
    job = Job.from_row(json.dumps(row).encode() if as_json else row)
    assert getattr(job, attribute) == expected
    assert job.id == SEED_001["id"]


@pytest.mark.parametrize("row", [{}, {"id": 5}, b'{"name": "x"}', b"[]"])
def test_a_row_without_id_is_none(row: Any) -> None:
    with pytest.raises(ValueError, match="no id"):
        Job.from_row(row)


@given(
    st.dictionaries(
        st.sampled_from([*SEED_001, "metadata", "parent", "modified"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
    )
)
def test_any_row_with_an_id_is_read(values: dict[str, Any]) -> None:
    row = {**values, "id": "6971e16fceadd67b955b1995"}
    for form in (row, json.dumps(row).encode()):
        job = Job.from_row(form)
        for name in ("name", "status", "progress", "speed", "etr", "size", "created", "finished", "metadata"):
            getattr(job, name)
        repr(job)


def test_snapshots_are_values() -> None:
    job = Job.from_row(SEED_001)
    assert job == Job.from_row(dict(SEED_001))
    assert pickle.loads(pickle.dumps(job)) == job
    estimated = job.with_eta(12.0)
    assert estimated != job
    assert pickle.loads(pickle.dumps(estimated)) == estimated
    assert estimated.raw == job.raw
    with pytest.raises(AttributeError):
        job.id = "other"  # type: ignore[misc]
    job.raw["name"] = "changed"
    assert job.name == "README.txt"


def test_a_task() -> None:
    task = Task.from_row(
        {
            "id": "26468234-c9ee-48d6-8d28-e900b5957129",
            "uri": "0",
            "status": "executing",
            "size": 128868496,
            "time": 110239,
            "priority": 1,
            "job": "69732302fd379c8fff1089d0",
            "source": {"path": "a.mov"},
            "destination": "nothing",
        }
    )
    assert (task.uri, task.status, task.size, task.time) == ("0", TaskStatus.EXECUTING, 128868496, 110239)
    assert (task.source, task.destination, task.progress) == ({"path": "a.mov"}, {}, None)


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("6971e16fceadd67b955b1995", True),
        ("6971E16FCEADD67B955B1995", False),
        ("6971", False),
        ("é" * 24, False),
    ],
)
def test_entity_ids(text: str, yes: bool) -> None:
    assert is_entity_id(text) is yes


def test_what_was_asked_of_a_job_leaves_it_as_it_is() -> None:
    row = {"id": "a", "status": "running", "etr": "0h:1m:30s", "<left>": "PT5S"}
    asked, other = Job.from_row(row), Job.from_row(row)
    assert asked.etr == dt.timedelta(seconds=90)
    assert asked.etr is asked.etr
    assert asked == other
    assert pickle.dumps(asked) == pickle.dumps(other)
    assert asked.with_eta(5.0).etr is asked.etr
    assert Job.from_row({"id": "a", "etr": "soon"}).etr is None
