"""What older clients (v1) get, and the words in which they ask, as accsyn's documents of then have them."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox import Sandbox
from accsyn_async.sandbox.server.v1_rows import attributes_to_v1, to_v1
from accsyn_async.sandbox.server.v1_words import data_from_v1, query_from_v1
from tests.sandbox.old_wire import Old

W, U, Q, V, F = (letter * 24 for letter in "01234")

ROWS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "job/find",
        {
            "source": f"workspace:{W}",
            "source_hr": f"workspace:acmevfx({W})",
            "destination": f"user:{U}",
            "destination_hr": f"user:lars@edit.com[standard]({U})",
            "parent_hr": f"queue:acmevfx/medium({Q})",
            "user_hr": f"user:employee@acmevfx.com[employee]({U})",
            "etr": "",
            "speed": -1.0,
            "metadata": {"source": f"workspace:{W}", "user_hr": f"user:x[standard]({U})"},
        },
        {
            "source": f"organization:{W}",
            "source_hr": "organization:acmevfx",
            "destination": f"user:{U}",
            "destination_hr": "user:lars@edit.com(user)",
            "parent_hr": f"job:acmevfx/medium({Q})",
            "user_hr": "user:employee@acmevfx.com(employee)",
            "etr": "",
            "speed": 0.0,
            "metadata": {"source": f"workspace:{W}", "user_hr": f"user:x[standard]({U})"},
        },
    ),
    (
        "transfer/create",
        {"destination": f"site:{F}", "destination_hr": f"site:berlin({F})", "speed": 3.5, "source_hr": ""},
        {"destination": f"site:{F}", "destination_hr": "site:berlin", "speed": 3.5, "source_hr": ""},
    ),
    (
        "task/find",
        {"source": {"path": "a.mov", "v": V, "client": F}, "destination": {"path": "/a.mov", "user": U}},
        {
            "source": {"path": "a.mov", "r_s": V, "client": F, "o": W, "slave": True},
            "destination": {"path": "/a.mov", "user": U, "master": True},
        },
    ),
    (
        "task/edit",
        {"source": {"path": "a.mov", "s": F}, "destination": {"path": "a.mov", "v": V, "site": Q}},
        {
            "source": {"path": "a.mov", "s": F, "o": W, "r_s": V, "slave": True},
            "destination": {"path": "a.mov", "r_s": V, "site": Q, "master": True},
        },
    ),
    (
        "user/find",
        {"role": "standard", "inactive": False, "queue": None, "logged_in": None},
        {
            "role": "user",
            "offline": False,
            "queue": "",
            "logged_in": "1970-01-01T00:00:00",
            "clearance": "client",
            "phase": "joined",
        },
    ),
    ("user/edit", {"role": "admin"}, {"role": "admin", "clearance": "admin"}),
    (
        "share/find",
        {"type": "folder", "queue": None, "parent_hr": f"share:projects[volume]({V})"},
        {"type": "standard", "queue": "", "parent_hr": f"share:projects[root]({V})"},
    ),
    ("volume/create", {"type": "volume", "default": True}, {"type": "root", "default": True}),
    ("home/find", {"type": "home"}, {"type": "user"}),
    ("queue/find", {"status": "paused", "priority": 5}, {"status": "disabled", "priority": 5}),
    ("queue/find", {"status": "waiting"}, {"status": "waiting"}),
    (
        "acl/find",
        {"entity": f"user:{U}", "entity_hr": "lars@edit.com"},
        {
            "entity": f"user:{U}",
            "entity_hr": "lars@edit.com",
            "ident": f"user:{U}",
            "ident_hr": "lars@edit.com",
        },
    ),
    (
        "client/find",
        {"user_hr": f"user:lars@edit.com[standard]({U})", "inactive": True},
        {"user_hr": "user:lars@edit.com(user)", "offline": True},
    ),
]


@pytest.mark.parametrize(("uri", "today", "then"), ROWS)
def test_rows(uri: str, today: dict[str, Any], then: dict[str, Any]) -> None:
    before = repr(today)
    reply = to_v1(uri, {"result": [today]}, W, {F: V}.get)
    assert reply == {"result": [then]}
    assert repr(today) == before
    assert to_v1(f"{uri.partition('/')[0]}/delete", {"result": True}, W) == {"result": True}
    assert to_v1(uri, {"message": "no"}, W) == {"message": "no"}


def test_types_attributes_and_tasks_added() -> None:
    types = ["user", "workspace", "transfer", "compute", "task", "folder", "volume", "home", "engine"]
    assert to_v1("entitytypes", {"result": types}, W) == {
        "result": ["user", "organization", "job", "task", "share"]
    }
    assert attributes_to_v1("User", ["role", "inactive"]) == ["role", "offline", "clearance"]
    assert attributes_to_v1("acl", ["entity"]) == ["entity", "ident"]
    assert attributes_to_v1("stream", ["id"]) == ["id"]
    assert to_v1("task/create", {"result": [{"id": 1}]}, W) == {"success": True}


@pytest.mark.parametrize(
    ("kind", "then", "today"),
    [
        ("job", "source=organization", "source=workspace"),
        ("job", f"source=organization:{W}", f"source={W}"),
        ("job", "destination!='Organization:acmevfx'", "destination!='acmevfx'"),
        ("job", "source=organization:*", "source=workspace:*"),
        ("job", "source = organ*", "source = organ*"),
        ("job", 'source in "hq, organization:acmevfx"', 'source in "hq,acmevfx"'),
        ("job", "source contains organization", "source contains workspace"),
        ("job", "source_hr='organization:acmevfx'", "source_hr='workspace:acmevfx(*'"),
        ("job", "destination_hr=site:berlin", "destination_hr=site:berlin(*"),
        ("job", "user_hr='user:x@y.z(user)'", "user_hr='user:x@y.z[standard]*'"),
        ("job", f"parent_hr='job:acme/m({Q})'", f"parent_hr='*:acme/m({Q})'"),
        ("job", "code=organization:x AND offline=true", "code=organization:x AND inactive=true"),
        ("user", "role=user OR (clearance=CLIENT AND name=x)", "role=standard OR (role=standard AND name=x)"),
        ("user", "user WHERE role=employee", "user WHERE role=employee"),
        ("share", "type=root", "type=volume"),
        ("share", 'type in "user,standard"', 'type in "home,folder"'),
        ("queue", "status=disabled", "status=paused"),
        ("client", "status=disabled AND type=1", "status=disabled AND type=1"),
        ("acl", "acl WHERE (ident=user:1 OR target=share:2)", "acl WHERE (entity=user:1 OR target=share:2)"),
        ("task", f"job.id={Q} and source.r_s={V}", f"job.id={Q} and source.v={V}"),
        ("job", "source=organization AND", "source=organization AND"),
    ],
)  # fmt: skip
def test_queries(kind: str, then: str, today: str) -> None:
    assert query_from_v1(kind, then) == today


@given(st.sampled_from(["job", "user", "share", "acl", "x"]), st.text(max_size=30))
def test_any_query_is_read(kind: str, query: str) -> None:
    assert isinstance(query_from_v1(kind, query), str)


def test_data() -> None:
    assert data_from_v1("user", {"clearance": "client", "attributes": ["clearance", 1]}) == {
        "role": "standard",
        "attributes": ["role", 1],
    }
    assert data_from_v1("queue", {"status": "disabled"}) == {"status": "paused"}
    assert data_from_v1("job", {"status": "disabled", "role": "user"}) == {
        "status": "disabled",
        "role": "user",
    }


async def test_a_studio_of_then(box: Sandbox) -> None:
    """Shares, ACLs, users, queues, jobs and tasks as the documents of 2021 and 2022 make and show them."""
    (box.volume / "a.mov").write_bytes(bytes(1000))
    (box.volume / "_SHARED").mkdir()
    async with aiohttp.ClientSession() as http:
        old = Old(http, box)
        assert (await old.log_in(old.told("ASCredentials", api_key=old.user.api_key)))["clearance"] == "admin"

        async def ask(verb: str, uri: str, data: Any = None, **fields: Any) -> Any:
            reply = await old.call(verb, uri, data, **fields)
            assert "result" in reply, reply
            return reply["result"]

        types = await ask("GET", "entitytypes", {})
        assert types == [
            *("user", "organization", "queue", "job", "task", "share", "site", "client", "acl"),
        ]
        for kind in types:
            names = await ask("GET", "attributes", {"entitytype": kind, "create": False, "update": False})
            assert "inactive" not in names
        assert "clearance" in await ask("GET", "attributes", {"entitytype": "user"})

        (organization,) = await ask("GET", "organization/find", {})
        (root,) = await ask("GET", "share/find", {}, query="type=root")
        assert root["type"] == "root"
        made = {"type": "standard", "parent": root["id"], "code": "shared", "path": "_SHARED"}
        (share,) = await ask("POST", "share/create", made)
        assert (share["type"], share["parent"]) == ("standard", root["id"])
        (assets,) = await ask("POST", "share/create", {"type": "root", "code": "assets"})
        assert assets["type"] == "root"
        assert "standard, user" in (await old.call("POST", "share/create", {"type": "odd"}))["message"]
        assert {row["type"] for row in await ask("GET", "share/find", {})} >= {"root", "standard", "user"}

        (user,) = await ask("GET", "user/find", {"attributes": ["code", "clearance"]}, query="role=user")
        assert user == {"id": box.user("standard").id, "code": "standard@example.com", "clearance": "client"}
        (user,) = await ask("PUT", "user/edit", {"role": "employee"}, id=user["id"])
        assert (user["role"], user["clearance"]) == ("employee", "employee")
        (user,) = await ask("PUT", "user/edit", {"clearance": "client"}, id=user["id"])
        assert (user["role"], user["clearance"]) == ("user", "client")
        ident, target = f"user:{user['id']}", f"share:{share['id']}"
        grant = {"ident": ident, "target": target, "read": True, "write": False}
        await ask("POST", "acl/create", grant)
        (acl,) = await ask("GET", "acl/find", {}, query=f"acl where (ident={ident} and target={target})")
        assert (acl["ident"], acl["read"], acl["write"]) == (ident, True, False)

        (queue,) = await ask("POST", "job/create", {"type": 2, "code": "high_prio", "priority": 999})
        (queue,) = await ask("PUT", "job/edit", {"status": "disabled"}, id=queue["id"])
        assert queue["status"] == "disabled"
        found = await ask("GET", "job/find", {"type": 2}, query="status=disabled")
        assert [row["code"] for row in found] == ["high_prio"]

        data = {"source": "share=projects/a.mov", "destination": "site=berlin", "queue": "high_prio"}
        (job,) = await ask("POST", "job/create", data)
        assert (job["source"], job["source_hr"]) == (
            f"organization:{organization['id']}",
            "organization:acme",
        )
        assert job["destination_hr"] == "site:berlin"
        assert job["parent_hr"] == f"job:acme/high_prio({queue['id']})"
        assert job["user_hr"] == "user:admin@example.com(admin)"
        assert job["speed"] == 0.0
        for query in (
            f"source={job['source']}",
            "source=organization:acme",
            "source=organization:*",
            "source=hq",
            f"source_hr='{job['source_hr']}'",
            f"destination_hr='{job['destination_hr']}'",
            f"user_hr='{job['user_hr']}'",
            f"parent_hr='{job['parent_hr']}'",
        ):
            found = await ask("GET", "job/find", {"type": 1}, query=query)
            assert [row["id"] for row in found] == [job["id"]], query
        (task,) = await ask("GET", "job/task/find", {}, query=f"job.id={job['id']}")
        source, destination = task["source"], task["destination"]
        assert (source["o"], source["r_s"], source["slave"]) == (organization["id"], root["id"], True)
        assert (destination["r_s"], destination["master"], "o" in destination) == (root["id"], True, False)
        query = f"job.id={job['id']} and source.r_s={root['id']}"
        assert [row["id"] for row in await ask("GET", "job/task/find", {}, query=query)] == [task["id"]]
        added = await old.call(
            "POST", "job/task/create", {"tasks": ["share=projects/_SHARED"]}, query=job["id"]
        )
        assert added == {"success": True}
        await ask("DELETE", "share/offline", {}, id=share["id"])
        (gone,) = await ask("GET", "share/find", {"offline": True})
        assert (gone["code"], gone["offline"]) == ("shared", True)
