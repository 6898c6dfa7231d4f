"""Settings, logs, reports and metrics of every type of entity."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.official_lives.office import ADMIN, EMPLOYEE, STANDARD, Office, all_refused, refused

MAKERS: dict[str, dict[str, Any]] = {
    "User": {"code": "lisa@example.com"},
    "Queue": {"name": "Low"},
    "Site": {"name": "London"},
    "Engine": {"name": "Nuke"},
    "Volume": {"name": "Assets"},
    "Folder": {"path": "show"},
    "Share": {"path": "show"},
    "Collection": {"name": "Kit", "files": ["a.mov"]},
    "Transfer": {"source": "a.mov", "destination": "/in/"},
    "Job": {"source": "a.mov", "destination": "site=berlin"},
    "Compute": {"engine": "pipeline"},
    "Delivery": {"name": "D", "tasks": ["a.mov"]},
    "Request": {"name": "R"},
    "Stream": {"name": "S", "tasks": ["a.mov"]},
}
FOUND = ("Workspace", "Home", "Server", "App", "Client", "Acl")


def one(office: Office, kind: str) -> Any:
    if kind in FOUND:
        return office.admin.find_one(kind)
    return office.admin.create(kind, MAKERS[kind])


@pytest.mark.parametrize("kind", [*MAKERS, *FOUND])
def test_settings_logs_and_reports_of(office: Office, kind: str) -> None:
    session, row = office.admin, one(office, kind)
    ident = row["id"]
    assert session.get_setting("transfer_speed", kind, ident) is None
    assert session.set_setting(kind, "my_note", "slow", ident) is True
    assert session.set_setting(kind, "my_note", json.dumps({"day": 7}), ident) is True
    assert json.loads(session.get_setting("my_note", kind, ident)) == {"day": 7}
    assert set(session.get_settings(kind, ident)) == {"my_note"}
    assert set(session.get_settings(kind, ident, omit_defaults=False)) > {"my_note"}
    assert session.delete_setting(kind, "my_note", ident) is True
    assert session.delete_setting(kind, "my_note", ident) is False
    assert session.get_settings(kind, ident) == {}
    for wrong in ("0" * 24, None) if kind != "Workspace" else ("0" * 24,):
        with refused("E#S001"):
            session.set_setting(kind, "my_note", "x", wrong)

    noted = session.logs(kind, ident)["result"]
    if kind not in FOUND:
        assert any("creat" in entry["message"] for entry in noted)
        assert {entry["user"] for entry in noted} == {ADMIN}
        assert session.logs(kind, ident, search="nothing like it")["result"] == []
    report = session.report(f"{kind} WHERE id={ident}")
    assert ident in report.splitlines()[0]
    with refused("E#E408"):
        session.report(f"{kind} WHERE id={'0' * 24}")
    if kind in ("Transfer", "Job", "Compute", "Delivery", "Request", "Stream"):
        assert set(session.metrics(f"{kind} WHERE id={ident}")) == {"speed", "size", "progress"}
    else:
        with refused("E#M001"):
            session.metrics(f"{kind} WHERE id={ident}")


def test_a_queue_is_a_job_of_a_kind(office: Office) -> None:
    """As which its settings can be set and deleted as well."""
    session = office.admin
    (queue,) = session.find("Queue WHERE name='medium'")
    assert session.set_setting("job", "compute_avoid", "disable", queue["id"]) is True
    for kind in ("job", "queue"):
        assert session.get_settings(kind, queue["id"], upstream=False) == {"compute_avoid": "disable"}
        assert session.get_setting("compute_avoid", kind, queue["id"]) == "disable"
    assert session.delete_setting("job", "compute_avoid", entityid=queue["id"]) is True
    assert session.get_settings("queue", queue["id"]) == {}


def test_settings_are_inherited(office: Office) -> None:
    session = office.admin
    queue = session.create("Queue", {"name": "Slow"})
    job = session.create(
        "Transfer", {"source": "a.mov", "destination": "/in/", "queue": "slow", "status": "paused"}
    )
    session.set_setting("workspace", "a", "workspace")
    session.set_setting("queue", "a", "queue", queue["id"])
    session.set_setting("workspace", "b", "workspace")
    assert session.get_setting("a", "transfer", job["id"]) == "queue"
    assert session.get_setting("b", "transfer", job["id"]) == "workspace"
    assert session.get_settings("transfer", job["id"]) == {}
    above = session.get_settings("transfer", job["id"], upstream=True)
    assert (above["a"], above["b"]) == ("queue", "workspace")
    session.set_setting("transfer", "a", "own", job["id"])
    assert session.get_setting("a", "transfer", job["id"]) == "own"
    assert session.get_entity("Transfer", job["id"])["settings"] == {"a": "own"}


def test_logs_in_pages(office: Office) -> None:
    session = office.admin
    for number in range(7):
        session.create("Queue", {"name": f"Q{number}"})
        office.advance(seconds=1)
    pages = [
        session.logs("queue", sort="date", pagination_page=page, pagination_limit=3)["result"]
        for page in (1, 2, 3)
    ]
    assert [len(page) for page in pages] == [3, 3, 1]
    everything = session.logs("queue")["result"]
    assert [entry for page in pages for entry in page] == everything
    assert session.logs("queue", sort="date", sort_reverse=True)["result"] == everything[::-1]
    assert session.logs("queue", pagination_skip=5)["result"] == everything[5:]
    assert len(session.logs("workspace")["result"]) >= 7
    all_refused("E#L00", lambda: session.logs(sort="colour"))
    mine = office.session(STANDARD)
    mine.update("User", STANDARD, {"name": "Me"})
    assert [entry["entitytype"] for entry in mine.logs("user")["result"]].count("user") >= 1
    assert {entry["user"] for entry in mine.logs()["result"]} == {STANDARD}
    assert len(office.session(EMPLOYEE).logs("queue")["result"]) == 7
