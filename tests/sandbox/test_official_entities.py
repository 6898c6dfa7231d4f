"""Lives of entities and what roles may do, as the official synchronous client goes through them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from accsyn_async.sandbox import Sandbox


def as_role(session: Any, box: Sandbox, name: str) -> Any:
    """Another session: of a role, or of a user by e-mail address."""
    user = next(one for one in box.users if name in (one.role, one.username))
    return type(session)(box.workspace, user.username, user.api_key)


LIVES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("User", {"code": "lisa@example.com"}, {"name": "Lisa"}),
    ("Site", {"name": "Stockholm", "description": "office"}, {"status": "disabled"}),
    ("Queue", {"name": "Panic", "priority": 1000}, {"status": "paused"}),
    ("Volume", {"name": "Assets", "paths": {"linux": "/assets"}}, {"name": "Assets 2"}),
    ("Folder", {"name": "Film", "path": "film"}, {"status": "disabled"}),
    ("Share", {"name": "Old", "path": "old"}, {"metadata": {"a": {"b": 1}}}),
    ("Collection", {"name": "Startup", "files": []}, {"description": "x"}),
    ("Engine", {"name": "Houdini"}, {"description": "x"}),
]


@pytest.mark.parametrize(("kind", "data", "change"), LIVES, ids=[life[0] for life in LIVES])
async def test_a_life(judge: Any, kind: str, data: dict[str, Any], change: dict[str, Any]) -> None:
    def work(session: Any, box: Sandbox) -> None:
        assert set(data) <= set(session.find(f"attributes WHERE entitytype={kind.lower()}", create=True))
        row = session.create(kind, data)
        assert session.find_one(f"{kind} WHERE code='{row['code']}'")["id"] == row["id"]
        row = session.update(kind, row["id"], change)
        assert {name: row[name] for name in change} == change
        assert row["modified"].tzinfo is not None
        if kind in ("User", "Volume", "Folder", "Share", "Collection"):
            assert session.deactivate_one(kind, row["id"]) is True
            assert session.find_one(f"{kind} WHERE id={row['id']}") is None
            assert session.find_one(f"{kind} WHERE id={row['id']}", inactive=True)["inactive"] is True
            assert session.activate_one(kind, row["code"]) is True
            assert session.find_one(f"{kind} WHERE id={row['id']}")["inactive"] is False
        else:
            with pytest.raises(Exception, match="E#N420"):
                session.deactivate_one(kind, row["id"])
        assert session.delete_one(kind, row["id"]) is True
        assert session.find_one(f"{kind} WHERE id={row['id']}") is None
        assert session.find_one(f"{kind} WHERE id={row['id']}", archived=True)["code"] == row["code"]
        assert session.get_entity(kind, row["id"])["code"] == row["code"]
        with pytest.raises(Exception, match="E#N410"):
            session.delete_one(kind, row["id"], {"force": True})

    await judge(work)


async def test_sharing_a_folder(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        folder = session.create("Folder", {"name": "Shared Folder", "path": "show"})
        acl = session.grant(
            "User", "new@example.com", "Folder", "shared_folder", {"read": True, "path": "in"}
        )
        assert (acl["read"], acl["write"], acl["path"], acl["acknowledged"]) == (True, False, "in", False)
        invited = session.find_one("User WHERE code='new@example.com'")
        assert invited["role"] == "standard"
        hers = as_role(session, box, "new@example.com")
        assert [row["id"] for row in hers.find("Folder")] == [folder["id"]]
        assert hers.find("Volume") == []
        with pytest.raises(Exception, match="E#P002"):
            hers.create("Folder", {"name": "Mine", "path": "x"})
        with pytest.raises(Exception, match="invite is not allowed"):
            session.grant(
                "User", "other@example.com", "Folder", folder["id"], {"read": True, "invite": False}
            )
        again = session.grant("User", invited["id"], "Folder", folder["id"], {"read": True, "write": True})
        assert again["id"] == acl["id"]
        (row,) = session.access("Folder", folder["id"], "User", invited["id"])
        assert row == {
            "user": invited["id"],
            "user_hr": "new@example.com",
            "share": folder["id"],
            "share_hr": "Shared Folder",
            "read": True,
            "write": True,
            "acknowledged": False,
            "path": "/",
        }
        assert session.access("Folder", folder["id"], "User") == [row]
        (volume,) = session.find("Volume")
        assert len(session.access("Volume", volume["id"])) == 1
        assert {one["share_hr"] for one in session.access("Volume", volume["id"], recursive=True)} == {
            "projects", "Shared Folder", "employee@example.com", "standard@example.com",
        }  # fmt: skip
        assert session.deactivate_one("Folder", folder["id"]) is True
        assert session.access("Folder", folder["id"]) == []
        assert hers.find("Folder") == []
        assert session.activate_one("Folder", folder["id"]) is True
        assert len(session.access("Folder", folder["id"])) == 1
        assert session.revoke("User", "new@example.com", "Folder", folder["id"]) is True
        assert session.revoke("User", "new@example.com", "Folder", folder["id"]) is False
        assert hers.find("Folder") == []

    await judge(work)


async def test_servers_of_a_volume(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        server = session.find_one("Client WHERE type=1 AND site=hq")
        volume = session.create("Volume", {"name": "Assets", "server": server["id"]})
        pair = {"volume": volume["id"], "server": server["id"]}
        for kind in ("Volume", "Share"):
            assert [row["client"] for row in session.assignments(kind, volume["id"])] == [server["id"]]
            assert session.deassign(kind, "server", pair) is True
            assert session.assignments(kind, volume["id"]) == []
            with pytest.raises(Exception, match="E#N404"):
                session.deassign(kind, "server", pair)
            assert session.assign(kind, "server", pair) is True
        employee = as_role(session, box, "employee")
        with pytest.raises(Exception, match="E#N404"):
            employee.assign("Volume", "server", pair)
        session.grant("User", "employee@example.com", "Volume", "assets")
        with pytest.raises(Exception, match="E#P002"):
            employee.assign("Volume", "server", pair)
        assert len(employee.assignments("Volume", volume["id"])) == 1

    await judge(work)


async def test_a_collection(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        collection = session.create(
            "Collection", {"name": "Project startup", "files": ["volume=projects/show"]}
        )
        added = session.create("File", {"files": ["share=projects/a.mov"]}, collection["id"])
        assert added["name"] == "a.mov"
        files = session.find("File", entityid=collection["id"])
        assert [file["name"] for file in files] == ["show", "a.mov"]
        assert all(re.fullmatch("[0-9a-f-]{36}", file["id"]) for file in files)
        gone = {"files": [files[0]["id"]]}
        assert session.delete_many("Collection", collection["id"], gone) is True
        assert session.delete_many("Collection", collection["id"], gone) is False
        standard = as_role(session, box, "standard")
        with pytest.raises(Exception, match="E#N404"):
            standard.find("File", entityid=collection["id"])
        session.grant("User", "standard@example.com", "Collection", collection["id"], {"read": True})
        assert len(standard.find("File", entityid=collection["id"])) == 1
        with pytest.raises(Exception, match="E#P002"):
            standard.create("File", {"files": ["home=standard@example.com/x"]}, collection["id"])

    await judge(work)


async def test_a_deleted_queue_leaves_its_jobs(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        queue = session.create("Queue", {"name": "Low prio", "priority": 1})
        data = {"source": "a.mov", "destination": "/in/", "status": "paused", "queue": "low_prio"}
        job = session.create("Transfer", data)
        assert job["parent"] == queue["id"]
        assert session.delete_one("Queue", queue["id"]) is True
        (default,) = session.find("Queue WHERE default=true")
        assert session.get_entity("Transfer", job["id"])["parent"] == default["id"]
        with pytest.raises(Exception, match="E#N424"):
            session.delete_one("Queue", default["id"])

    await judge(work)


async def test_what_roles_find_and_may_do(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        employee, standard = as_role(session, box, "employee"), as_role(session, box, "standard")
        (queue,) = employee.find("Queue")
        assert standard.find("Queue") == []
        assert standard.get_entity("Queue", queue["id"]) is None
        assert "queue" in employee.find("entitytypes")
        assert "queue" not in standard.find("entitytypes")
        assert employee.find("attributes WHERE entitytype=queue", update=True) == []
        with pytest.raises(Exception, match="E#P002"):
            employee.update("Queue", queue["id"], {"priority": 1})
        with pytest.raises(Exception, match="E#N404"):
            standard.update("Queue", queue["id"], {"priority": 1})
        assert session.update("Queue", queue["id"], {"priority": 1})["priority"] == 1
        assert standard.find_one("User")["code"] == "standard@example.com"
        assert session.revoke("User", "employee@example.com", "Volume", employee.find("Volume")[0]["id"])
        assert employee.find("Volume") == []
        assert [row["code"] for row in employee.find("Home")] == ["employee@example.com"]

    await judge(work)
