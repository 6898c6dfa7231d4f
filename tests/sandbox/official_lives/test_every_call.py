"""Each public method of the official client with each of its parameters, in calls that succeed.

A test is named after its method. After it, every parameter of that method must have been given. The calls on
files, settings and records are in ``test_every_other_call``; that all of these are complete is tested too.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import accsyn_api
import pytest

from tests.sandbox.official_lives import test_every_other_call
from tests.sandbox.official_lives.office import EMPLOYEE, STANDARD, Office


def test_the_tests_are_complete() -> None:
    public = {name for name in vars(accsyn_api.Session) if not name.startswith("_")}
    tested = {
        name.removeprefix("test_")
        for name, test in (globals() | vars(test_every_other_call)).items()
        if name.startswith("test_") and callable(test) and "session" in inspect.signature(test).parameters
    }
    assert tested == public


def job_of(office: Office, **data: Any) -> Any:
    return office.admin.create("Transfer", {"source": "a.mov", "destination": "site=berlin", **data})


def delivery_of(office: Office) -> Any:
    return office.admin.create("Delivery", {"name": "Dailies", "tasks": ["a.mov"]})


def test_find(session: Any, office: Office) -> None:
    jobs = [job_of(office, name=name, status="paused") for name in ("One", "Two", "Three")]
    assert session.find("Transfer") == jobs
    rows = session.find('Transfer WHERE name!="two"', attributes=[" name "], limit=1, skip=1)
    assert rows == [{"id": jobs[2]["id"], "name": "Three"}]
    (task,) = session.find("Task WHERE status=queued", entityid=jobs[0]["id"])
    assert task["job"] == jobs[0]["id"]
    for job, status in zip(jobs, ("aborted", "aborted", "waiting"), strict=True):
        office.admin.update("Transfer", job["id"], {"status": status})
    office.advance()
    names = [row["name"] for row in session.find("Transfer", finished=True)]
    assert names == ["One", "Two", "Three"]
    assert session.find("Transfer", archived=True) == []
    office.advance(days=15)
    assert session.find("Transfer", finished=True) == []
    assert len(session.find("Transfer", archived=True)) == 3
    folder = office.shared()
    office.admin.deactivate_one("Folder", folder["id"])
    assert session.find("Folder") == []
    for gone in ({"inactive": True}, {"offline": True}):
        (row,) = session.find("Folder", **gone)
        assert (row["id"], row["inactive"]) == (folder["id"], True)
    assert session.find("Site", single_entity_query=True)["code"] == "hq"
    types = session.find("entitytypes")
    assert {"user", "transfer", "engine"} <= set(types)
    names = session.find("attributes WHERE entitytype=folder")
    assert set(session.find("attributes WHERE entitytype=folder", create=True)) <= set(names)
    assert "path" not in session.find('attributes WHERE entitytype="folder"', update=True)


def test_find_one(session: Any, office: Office) -> None:
    job = job_of(office)
    assert session.find_one(f"Transfer WHERE id={job['id']}")["created"] == job["created"]
    row = session.find_one("Task WHERE uri=0", entityid=job["id"], attributes=["uri", "status"])
    assert set(row) == {"id", "uri", "status"}
    office.advance()
    # Asked for by itself, a job is found in whichever state it is.
    assert session.find_one(f"Transfer WHERE id={job['id']}")["status"] == "done"
    assert session.find_one(f"Transfer WHERE id={job['id']}", finished=True)["status"] == "done"
    assert session.find_one(f"Transfer WHERE id={job['id']}", finished=True, archived=True) is None
    folder = office.shared()
    assert session.find_one("Folder WHERE code=SHOW", inactive=True) is None
    office.admin.deactivate_one("Folder", folder["id"])
    assert session.find_one("Folder WHERE code=SHOW") is None
    assert session.find_one("Folder WHERE code=SHOW", inactive=True)["id"] == folder["id"]
    assert session.find_one("Folder WHERE code=SHOW", offline=True)["id"] == folder["id"]


def test_get_entity(session: Any, office: Office) -> None:
    job = job_of(office)
    office.advance(days=30)
    assert session.get_entity("Transfer", job["id"])["status"] == "done"
    assert session.get_entity(entitytype="job", entityid=job["id"])["status"] == "done"
    assert session.get_entity("Compute", job["id"]) is None
    assert session.get_entity("Transfer", "0" * 24) is None


def test_report(session: Any, office: Office) -> None:
    job = job_of(office)
    text = session.report(query=f"Transfer WHERE id={job['id']}")
    assert job["id"] in text
    assert "tasks: 1 " in text


def test_metrics(session: Any, office: Office) -> None:
    job = job_of(office)
    office.advance()
    query = f"Transfer WHERE id={job['id']}"
    assert set(session.metrics(query)) == {"speed", "size", "progress"}
    measured = session.metrics(query, attributes=["size", "progress"], time="12h")
    assert {name: values[-1]["value"] for name, values in measured.items()} == {
        "size": 10_000,
        "progress": 100,
    }


def test_create(session: Any, office: Office, tmp_path: Path) -> None:
    data = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
    assert session.create("Transfer", data)["name"] == "a.mov"
    assert session.create(" transfer ", json.dumps(data))["status"] == "paused"
    tasks = [{"source": name, "destination": "site=berlin"} for name in ("a.mov", "show")]
    job = session.create("job", tasks, allow_duplicates=False)
    added = session.create("Task", {"source": "show/b.mov"}, job["id"], allow_duplicates=True)
    assert (added["uri"], added["source"]["path"]) == ("2", "show/b.mov")
    again = session.create(
        "Task", {"source": "show/b.mov", "priority": 9}, entityid=job["id"], replace_duplicates=True
    )
    assert (again["id"], again["priority"]) == (added["id"], 9)
    both = session.create("Task", {"tasks": ["show/deep", "show/deep/c.mov"]}, job["id"])
    assert [one["uri"] for one in both] == ["3", "4"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_specification_in_a_file(office: Office, tmp_path: Path) -> None:
    """The official client leaves it open, which is not ours to mend."""
    path = tmp_path / "job.json"
    path.write_text(json.dumps({"source": "a.mov", "destination": "site=berlin", "name": "From a file"}))
    assert office.admin.create("Transfer", str(path))["name"] == "From a file"


def test_update(session: Any) -> None:
    user = session.find_one("User")
    row = session.update(
        entitytype="User", entityid=user["id"], data={"name": "Anna", "metadata": {"a": [1]}}
    )
    assert (row["id"], row["name"], row["metadata"]) == (user["id"], "Anna", {"a": [1]})


def test_update_one(session: Any) -> None:
    user = session.find_one("User")
    assert session.update_one(entitytype="User", entityid=user["id"], data={"name": "Anna"})["name"] == "Anna"


def test_update_many(session: Any, office: Office) -> None:
    job = job_of(office, status="paused")
    (task,) = office.admin.find("Task", entityid=job["id"])
    rows = [{"id": task["id"], "priority": 3}, {"uri": "0", "status": "onhold"}]
    changed = session.update_many(entitytype="Task", entityid=job["id"], data=rows)
    assert [(row["id"], row["priority"], row["status"]) for row in changed] == [(task["id"], 3, "onhold")] * 2


def served(office: Office) -> dict[str, str]:
    """A volume that is not served yet, and a server that could."""
    server = office.admin.find_one("Server WHERE site=hq")
    volume = office.admin.create("Volume", {"name": "Assets", "server": server["id"]})
    pair = {"volume": volume["id"], "server": server["id"]}
    office.admin.deassign("Volume", "server", pair)
    return pair


def test_assign(session: Any, office: Office) -> None:
    pair = served(office)
    assert session.assign(entitytype_parent="Volume", entitytype="server", data=pair) is True
    assert session.assign("Share", "Client", {"share": pair["volume"], "client": pair["server"]}) is True


def test_assignments(session: Any, office: Office) -> None:
    pair = served(office)
    assert session.assignments(entitytype="Volume", entityid=pair["volume"]) == []
    office.admin.assign("Volume", "server", pair)
    for kind in ("volume", "Share"):
        (row,) = session.assignments(kind, pair["volume"])
        assert (row["client"], row["code"], row["main"]) == (pair["server"], "hq-server", True)


def test_deassign(session: Any, office: Office) -> None:
    pair = served(office)
    for kind in ("Volume", "Share"):
        office.admin.assign("Volume", "server", pair)
        assert session.deassign(entitytype_parent=kind, entitytype="server", data=pair) is True


def test_grant(session: Any, office: Office) -> None:
    folder = office.shared()
    acl = session.grant("User", STANDARD, "Folder", "show")
    assert (acl["read"], acl["write"], acl["path"]) == (True, True, "/")
    options = {
        "read": True, "write": False, "path": "in/acme", "notify": True, "message": "Hi", "invite": True,
    }  # fmt: skip
    again = session.grant(
        entitytype="user", entityid=STANDARD, targettype="folder", targetid=folder["id"], data=options
    )
    assert (again["id"], again["write"], again["path"]) == (acl["id"], False, "in/acme")
    delivery = delivery_of(office)
    assert session.grant("User", "new@example.com", "Delivery", delivery["id"]) is True
    office.admin.update("Delivery", delivery["id"], {"status": "pending"})
    row = session.grant("User", STANDARD, "Delivery", delivery["id"], {"invite": False})
    assert (row["user_hr"], row["actioned"]) == (STANDARD, False)


def test_access(session: Any, office: Office) -> None:
    (volume,) = office.admin.find("Volume")
    user = office.admin.find_one(f"User WHERE code={EMPLOYEE}")["id"]
    (row,) = session.access("Volume", volume["id"])
    assert (row["user"], row["user_hr"], row["share"], row["share_hr"]) == (
        user, EMPLOYEE, volume["id"], "projects",
    )  # fmt: skip
    everything = session.access(
        targettype="volume", targetid=volume["id"], entitytype="user", entityid=user, recursive=True
    )
    assert [row["share_hr"] for row in everything] == [EMPLOYEE, "projects"]
    delivery = delivery_of(office)
    office.admin.grant("User", STANDARD, "Delivery", delivery["id"])
    assert [row["user_hr"] for row in session.access("Delivery", delivery["id"])] == [STANDARD]


def test_revoke(session: Any, office: Office) -> None:
    (volume,) = office.admin.find("Volume")
    names = {"entitytype": "User", "entityid": EMPLOYEE}
    assert session.revoke(**names, targettype="Volume", targetid=volume["id"]) is True
    assert session.revoke(**names, targettype="Volume", targetid=volume["id"]) is False
    delivery = delivery_of(office)
    office.admin.grant("User", "new@example.com", "Delivery", delivery["id"])
    assert session.revoke("User", "new@example.com", "Delivery", delivery["id"]) is True
    assert session.revoke("User", "new@example.com", "Delivery", delivery["id"]) is False


def test_offline_one(session: Any, office: Office) -> None:
    assert session.offline_one(entitytype="Folder", entityid=office.shared()["id"]) is True
    assert office.admin.find("Folder") == []


def test_deactivate_one(session: Any, office: Office) -> None:
    assert session.deactivate_one(entitytype="Folder", entityid=office.shared()["code"]) is True
    assert office.admin.find("Folder") == []


def test_activate_one(session: Any, office: Office) -> None:
    folder = office.shared(code="TheFilm")
    for name in (folder["id"], "TheFilm"):
        office.admin.deactivate_one("Folder", folder["id"])
        assert session.activate_one(entitytype="Folder", entityident=name) is True
        assert [row["id"] for row in office.admin.find("Folder")] == [folder["id"]]


def test_delete_one(session: Any, office: Office) -> None:
    folder, other = office.shared(), office.shared("show/deep")
    assert session.delete_one("Folder", other["id"]) is True
    job = office.admin.create(
        "Transfer", {"source": "folder=show/b.mov", "destination": "/in/", "status": "paused"}
    )
    assert session.delete_one(entitytype="Folder", entityid=folder["id"], data={"force": True}) is True
    assert office.admin.get_entity("Transfer", job["id"])["status"] == "aborted"
    assert session.delete_one("Transfer", job["id"], {"force": True}) is True


def test_delete_many(session: Any, office: Office) -> None:
    collection = office.admin.create("Collection", {"name": "Kit", "files": ["share=projects/a.mov"]})
    (file,) = office.admin.find("File", entityid=collection["id"])
    files = {"files": [file["id"]]}
    assert session.delete_many(entitytype="Collection", entityid=collection["id"], data=files) is True
    assert session.delete_many("Collection", collection["id"], files) is False
