"""Compute jobs: nested tasks that wait for others, take their time, fail, and are added to."""

from __future__ import annotations

from typing import Any

from tests.sandbox.official_lives.office import EMPLOYEE, Office, refused

TAKE: dict[str, Any] = {
    "pickup": {
        "compute": {"parameters": {"action": "pickup", "seconds": 60}},
        "tasks": {
            "0": {"compute": {"parameters": {"file": "mocap.tak"}}, "description": "Pick it up."},
            "1": {"compute": {"parameters": {"file": "sound.wav"}}},
        },
    },
    "notify": {"deps": ["TK01/pickup"], "description": "Tell somebody."},
}
JOB = {
    "name": "Mocap",
    "engine": "pipeline",
    "settings": {"task_bucketsize": 1},
    "filters": "",
    "description": "Daily shoot",
    "tasks": {"TK01": {"tasks": TAKE, "metadata": {"take": "TK01"}}},
    "metadata": {"daily": "Z:\\Harvest\\260217"},
}


def states(office: Office, job: Any) -> dict[str, str]:
    return {task["uri"]: task["status"] for task in office.admin.find("Task", entityid=job["id"])}


def status(office: Office, job: Any) -> str:
    return str(office.admin.get_entity("Compute", job["id"])["status"])


def test_from_beginning_to_end(office: Office) -> None:
    session = office.admin
    job = session.create("Compute", JOB)
    assert (job["engine"], job["name"], job["metadata"]) == ("pipeline", "Mocap", JOB["metadata"])
    assert session.find("Transfer") == []
    assert [row["id"] for row in session.find("Compute WHERE engine=pipeline")] == [job["id"]]
    assert session.get_entity("job", job["id"])["id"] == job["id"]
    office.advance(seconds=61)
    assert states(office, job) == {
        "TK01": "executing",
        "TK01/pickup": "executing",
        "TK01/pickup/0": "done",
        "TK01/pickup/1": "executing",
        "TK01/notify": "queued",
    }
    assert session.get_entity("Compute", job["id"])["progress"] == 33
    session.update("Compute", job["id"], {"status": "paused"})
    office.advance()
    assert status(office, job) == "paused"
    session.update("Compute", job["id"], {"status": "waiting"})
    office.advance()
    assert status(office, job) == "done"
    assert set(states(office, job).values()) == {"done"}
    (take,) = session.find("Task WHERE metadata.take=tk01", entityid=job["id"])
    assert take["uri"] == "TK01"
    assert (
        session.find_one("Task WHERE uri=TK01/pickup/0", entityid=job["id"])["description"] == "Pick it up."
    )
    assert [row["id"] for row in session.find("Compute", finished=True)] == [job["id"]]

    # One more task, alone or with what it holds, brings it back.
    for data, uris in (
        ({"compute": {"parameters": {"file": "b.tak"}}}, {"5"}),
        ({"uri": "extra", "compute": {"parameters": {"file": "c.tak"}}, "deps": ["5"]}, {"extra"}),
        ({"uri": "plain", "description": "does nothing"}, {"plain"}),
        ({"tasks": {"more": {"tasks": [{}, {}]}}}, {"more", "more/0", "more/1"}),
    ):
        added = session.create("Task", data, job["id"])
        rows = added if isinstance(added, list) else [added]
        assert {row["uri"] for row in rows} == uris
        assert status(office, job) != "done"
        office.advance()
        assert status(office, job) == "done"
    assert session.find_one("Task WHERE uri=5", entityid=job["id"])["compute"] == {
        "parameters": {"file": "b.tak"}
    }
    assert session.delete_one("Compute", job["id"]) is True
    assert session.get_entity("Compute", job["id"]) is None


def test_what_fails_is_tried_again_and_what_depends_on_it_waits(office: Office) -> None:
    session = office.admin
    bad = {"compute": {"parameters": {"fail": "out of licenses"}}}
    job = session.create("job", {"engine": "pipeline", "tasks": {"a": bad, "b": {"deps": ["a"]}}})
    office.advance(seconds=1)
    assert status(office, job) == "failed"
    assert states(office, job) == {"a": "failed", "b": "queued"}
    assert session.find_one("Task WHERE status=failed", entityid=job["id"])["message"] == "out of licenses"
    session.update_many("Task", job["id"], [{"uri": "a", "status": "excluded"}])
    office.advance(seconds=1)
    assert (status(office, job), states(office, job)) == ("done", {"a": "excluded", "b": "done"})


def test_on_hold(office: Office) -> None:
    session = office.admin
    job = session.create(
        "Compute", {"engine": "pipeline", "tasks": {"a": {"status": "onhold"}, "b": {"deps": ["a"]}}}
    )
    office.advance()
    assert (status(office, job), states(office, job)) == ("paused", {"a": "onhold", "b": "queued"})
    session.update_many("Task", job["id"], [{"uri": "a", "status": "queued"}])
    office.advance()
    assert (status(office, job), states(office, job)) == ("done", {"a": "done", "b": "done"})


def test_appended_to_by_engine(office: Office) -> None:
    session = office.admin
    job = session.create("Compute", {"engine": "pipeline", "name": "Nightly", "tasks": [{}]})
    office.advance()
    again = session.create("Compute", {"engine": "pipeline", "tasks": [{}], "append": True})
    assert (again["id"], again["status"]) == (job["id"], "waiting")
    other = session.create("Compute", {"engine": "pipeline", "name": "Other", "tasks": [{}], "append": True})
    assert other["id"] != job["id"]


def test_wrong_ones_are_refused(office: Office) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("J034", {"engine": "nowhere"}),
        ("J034", {"tasks": [{}]}),
        ("J030", {"engine": "pipeline", "tasks": {"a": {"deps": ["b"]}}}),
        ("J031", {"engine": "pipeline", "tasks": {"a": {"deps": ["b"]}, "b": {"deps": ["a"]}}}),
        ("J033", {"engine": "pipeline", "tasks": {"a": {"source": "x", "destination": "y"}}}),
        ("J001", {"engine": "pipeline", "tasks": {"a/b": {}}}),
        ("J008", {}),
    ]
    for code, data in wrong[:-1]:
        with refused(f"E#{code}"):
            office.admin.create("Compute", data)
    with refused("E#J008"):
        office.admin.create("Transfer", {"tasks": {"a": {"deps": [], "source": "x", "destination": "y"}}})
    with refused("E#P002"):
        office.standard.create("Compute", JOB)
    mine = office.session(EMPLOYEE).create("Compute", JOB)
    assert office.admin.find_one("Compute")["id"] == mine["id"]
    assert office.standard.get_entity("Compute", mine["id"]) is None
