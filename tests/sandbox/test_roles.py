"""Who sees and may change what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accsyn_async.sandbox.rules import roles
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.entities import Share, State
from accsyn_async.sandbox.state.furnishing import furnished
from accsyn_async.sandbox.state.workspace import Workspace
from tests.sandbox.entity_calls import codes, done, made

MAY = {"r": roles.may_read, "w": roles.may_write, "l": roles.may_list, "s": roles.shows}
ROLES = ("admin", "employee", "standard")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return furnished("acme", tmp_path / "v", {"berlin": tmp_path / "b"}, tmp_path / "l", Clock())


def folder(workspace: Workspace, *parts: str) -> Share:
    volume = workspace.default_volume
    return workspace.add(Share(code="/".join(parts), kind="folder", parent=volume, parts=parts))


def rights(workspace: Workspace, share: Share, *parts: str) -> list[str]:
    """What each role may do at a path: read, write, list it, or see it in a listing."""
    return [
        "".join(letter for letter, may in MAY.items() if may(user, share, parts)) for user in workspace.users
    ]


def test_what_the_workspace_grants_from_the_beginning(workspace: Workspace) -> None:
    homes = dict(zip(ROLES, workspace.homes, strict=True))
    assert rights(workspace, workspace.default_volume, "any") == ["rwls", "rwls", ""]
    assert rights(workspace, homes["admin"], "a") == ["rwls", "", ""]
    assert rights(workspace, homes["employee"], "a") == ["rwls", "rwls", ""]
    assert rights(workspace, homes["standard"], "a") == ["rwls", "rwls", "rwls"]
    assert rights(workspace, folder(workspace, "film"), "a") == ["rwls", "rwls", ""]


def test_access_to_a_path_of_a_folder(workspace: Workspace) -> None:
    share = folder(workspace, "film")
    standard = workspace.users[2]
    acl = workspace.grant(standard, share, ("in", "acme"), read=False)
    for parts, may in (
        ((), "ls"),
        (("in",), "ls"),
        (("in", "acme"), "ws"),
        (("in", "acme", "a", "b"), "w"),
        (("in", "acmes"), ""),
        (("out",), ""),
    ):
        assert rights(workspace, share, *parts)[2] == may
    assert rights(workspace, workspace.default_volume, "film", "in", "acme")[2] == ""
    assert rights(workspace, folder(workspace, "film", "in", "acme"))[2] == ""
    workspace.grant(standard, share, ("out",), write=False)
    assert rights(workspace, share, "in", "acme")[2] == ""
    assert rights(workspace, share, "out", "x")[2] == "rls"
    workspace.revoke(acl)
    assert rights(workspace, share, "out")[2] == ""


def test_access_to_a_part_of_a_volume_reaches_the_folders_there(workspace: Workspace) -> None:
    volume, employee = workspace.default_volume, workspace.users[1]
    film, deep, other = folder(workspace, "film"), folder(workspace, "film", "x"), folder(workspace, "other")
    workspace.grant(employee, volume, ("film", "x"))
    for share, parts, may in (
        (volume, (), "ls"),
        (volume, ("film",), "ls"),
        (volume, ("film", "x", "y"), "rwls"),
        (film, (), ""),
        (film, ("x",), "rwls"),
        (deep, (), "rwls"),
        (other, (), ""),
    ):
        assert rights(workspace, share, *parts)[1] == may


def test_access_from_above_leaves_closed_homes_out(workspace: Workspace) -> None:
    volume, (admin, employee, standard) = workspace.default_volume, workspace.users
    home, own, open_home = (("home", one.code) for one in (admin, employee, standard))
    at: list[tuple[tuple[str, ...], str]] = [
        (("home",), "rwls"),
        (home, ""),
        ((*home, "a"), ""),
        (("HOME", "Admin@Example.com", "a"), ""),
        ((*home[:1], "admin@example.comx"), "rwls"),
        (own, "rwls"),
        (open_home, "rwls"),
    ]
    for parts, may in at:
        assert rights(workspace, volume, *parts)[1] == may, parts
        assert rights(workspace, volume, *parts)[0] == "rwls"
    expected: list[tuple[tuple[str, ...], set[tuple[str, str]]]] = [((), {home}), (("home",), {home})]
    for parts, closed in [*expected, (home, set()), (("film",), set())]:
        assert roles.closed_below(employee, volume, parts) == closed
        assert roles.closed_below(admin, volume, parts) == frozenset()
    inside, around = folder(workspace, *home, "x"), folder(workspace, "home")
    workspace.grant(standard, around)
    workspace.grant(employee, around)
    assert roles.closed_below(standard, around) == {home, own}
    assert rights(workspace, around, "admin@example.com") == ["rwls", "", ""]
    assert rights(workspace, around, "employee@example.com") == ["rwls", "rwls", ""]
    assert rights(workspace, inside) == ["rwls", "", ""]
    assert not roles.may_see(employee, inside)
    workspace.grant(employee, inside, write=False)
    assert rights(workspace, inside, "a")[1] == "rls"
    workspace.grant(employee, volume, home)
    assert rights(workspace, volume, *home, "a")[1] == "rwls"
    workspace.grant(employee, volume)
    admin_home = workspace.homes[0]
    admin_home.own_state = State.ARCHIVED
    assert rights(workspace, volume, *home)[1] == "rwls"


def test_who_has_all_of_a_volume(workspace: Workspace) -> None:
    volume, film = workspace.default_volume, folder(workspace, "film")
    admin, employee, standard = workspace.users
    for share in (volume, film):
        assert [roles.has_all(user, share) for user in (admin, employee, standard)] == [True, True, False]
    for path, read, write in ((("film",), True, True), ((), False, True), ((), True, False)):
        acl = workspace.grant(employee, volume, path, read=read, write=write)
        assert not roles.has_all(employee, film)
    workspace.grant(employee, film)
    assert not roles.has_all(employee, film)
    workspace.revoke(acl)
    assert not roles.has_all(employee, volume)
    volume.own_state = State.INACTIVE
    assert not roles.has_all(admin, volume)


@pytest.mark.parametrize("what", ["share", "volume", "user"])
def test_what_was_deactivated_gives_nothing(workspace: Workspace, what: str) -> None:
    share, standard = folder(workspace, "film"), workspace.users[2]
    workspace.grant(standard, share)
    assert roles.may_read(standard, share)
    gone = {"share": share, "volume": workspace.default_volume, "user": standard}[what]
    gone.own_state = State.INACTIVE
    assert not any(may(standard, share, ()) for may in MAY.values())
    assert roles.may_read(workspace.users[0], share) is (what == "user")


SEEN = {
    "user": (3, 2, 1),
    "workspace": (1, 1, 0),
    "queue": (1, 1, 0),
    "site": (2, 2, 0),
    "engine": (1, 1, 0),
    "volume": (1, 1, 0),
    "home": (3, 2, 1),
    "folder": (2, 2, 1),
    "collection": (1, 1, 0),
    "share": (7, 6, 2),
    "server": (2, 2, 0),
    "app": (3, 2, 1),
    "acl": (4, 4, 2),
}


@pytest.mark.parametrize("kind", SEEN)
async def test_what_a_role_sees(box: Any, wire: Any, connect: Any, kind: str) -> None:
    await made(wire, "folder", name="One", path="one")
    two = await made(wire, "folder", name="Two", path="two")
    await made(wire, "acl", entity="user:standard@example.com", target=f"share:{two['id']}", read=True)
    await made(wire, "collection", name="Kit", files=["share=one/a"])
    everything = (await wire.call("GET", f"{kind}/find", {}))["result"]
    for role, number in zip(ROLES, SEEN[kind], strict=True):
        async with connect(box, role) as other:
            rows = await other.find(kind)
            assert len(rows) == number
            hidden = [row for row in everything if row["id"] not in {one["id"] for one in rows}]
            for row in hidden:
                reply = await other.call("GET", f"{kind}/find", {}, id=row["id"])
                assert reply == {"result": []}
            if hidden and kind != "workspace":
                reply = await other.call("PUT", f"{kind}/edit", {"name": "x"}, id=hidden[0]["id"])
                assert reply["message"].startswith("E#N4")


CREATES: dict[str, tuple[dict[str, Any], str]] = {
    "user": ({"code": "new@example.com"}, "yyn"),
    "site": ({"name": "New"}, "ynn"),
    "queue": ({"name": "New"}, "ynn"),
    "engine": ({"name": "New"}, "ynn"),
    "volume": ({"name": "New"}, "ynn"),
    "folder": ({"name": "New", "path": "new"}, "yyn"),
    "collection": ({"name": "New", "files": ["share=projects/a"]}, "yyn"),
}


@pytest.mark.parametrize("kind", CREATES)
async def test_what_a_role_makes_and_changes(box: Any, connect: Any, kind: str) -> None:
    data, allowed = CREATES[kind]
    for number, (role, may) in enumerate(zip(ROLES, allowed, strict=True)):
        async with connect(box, role) as other:
            mine = {**data, **({"code": f"{number}{data['code']}"} if "code" in data else {})}
            reply = await other.call("POST", f"{kind}/create", mine)
            attributes = await other.call("GET", "attributes", {"entitytype": kind, "create": True})
            if may == "n":
                assert reply["message"].startswith("E#P002")
                assert attributes.get("result", []) == []
                continue
            assert set(attributes["result"]) >= set(mine)
            attributes = await other.call("GET", "attributes", {"entitytype": kind, "update": True})
            assert "name" in attributes["result"]
            ident = reply["result"][0]["id"]
            assert "result" in await other.call("PUT", f"{kind}/edit", {"description": "d"}, id=ident)
            await done(other, "DELETE", f"{kind}/delete", ident)


async def test_what_is_seen_may_yet_not_be_changed(box: Any, wire: Any, connect: Any) -> None:
    async with connect(box, "employee") as employee, connect(box, "standard") as standard:
        for kind in ("workspace", "queue", "site", "engine", "volume", "server"):
            (row, *_) = await employee.find(kind)
            reply = await employee.call("PUT", f"{kind}/edit", {"description": "x"}, id=row["id"])
            assert reply["message"].startswith("E#P002")
            if kind != "workspace":
                reply = await employee.call("DELETE", f"{kind}/delete", {}, id=row["id"])
                assert reply["message"].startswith("E#P002")
        (volume,) = await employee.find("volume")
        server = (await employee.find("server"))[0]
        reply = await employee.call("PUT", "share/server", {"client": server["id"]}, id=volume["id"])
        assert reply["message"].startswith("E#P002")
        reply = await employee.call("POST", "user/create", {"code": "x@example.com", "role": "employee"})
        assert reply["message"].startswith("E#P002")
        reply = await employee.call("PUT", "user/edit", {"role": "admin"}, id=employee.user.id)
        assert reply["message"] == "E#P002 Only admins change roles."
        mine = standard.user.id
        assert (await standard.call("PUT", "user/edit", {"name": "Me"}, id=mine))["result"][0]["name"] == "Me"
        for data in ({"role": "admin"}, {"status": "disabled"}, {"queue": "medium"}):
            assert (await standard.call("PUT", "user/edit", data, id=mine))["message"].startswith("E#N411")
        for method in ("delete", "deactivate"):
            reply = await standard.call("DELETE", f"user/{method}", {}, id=mine)
            assert reply["message"].startswith("E#P002")
        (home,) = await standard.find("home")
        assert "result" in await standard.call("PUT", "home/edit", {"description": "x"}, id=home["id"])
        reply = await standard.call("DELETE", "home/delete", {}, id=home["id"])
        assert reply["message"].startswith("E#P002")


async def test_entity_types_by_role(box: Any, connect: Any) -> None:
    for role, missing in (
        ("admin", set()),
        ("employee", set()),
        ("standard", {"workspace", "queue", "volume", "site", "server", "lane", "engine"}),
    ):
        async with connect(box, role) as other:
            known = (await other.call("GET", "entitytypes", {}))["result"]
            assert not set(known) & missing
            assert len(known) + len(missing) == 23
            for name in missing:
                reply = await other.call("GET", "attributes", {"entitytype": name})
                assert reply["message"].startswith("E#E406")


async def test_granting(box: Any, wire: Any, connect: Any) -> None:
    (volume,) = await wire.find("volume")
    folder = await made(wire, "folder", name="Film", path="film")
    target = f"share:{folder['id']}"
    wrong: list[Any] = [
        {"entity": "user:standard@example.com", "target": target},
        {"entity": "user:standard@example.com", "target": target, "read": True, "path": "../x"},
        {"entity": "user:standard@example.com", "target": "share:nowhere", "read": True},
        {"entity": "user:standard@example.com", "target": folder["id"], "read": True},
        {"entity": "site:berlin", "target": target, "read": True},
        {"entity": "user:nobody", "target": target, "read": True},
        {"entity": f"user:{'0' * 24}", "target": target, "read": True},
        {"entity": "user:new@example.com", "target": target, "read": True, "invite": False},
        {},
    ]
    for data in wrong:
        assert (await wire.call("POST", "acl/create", data))["message"].startswith("E#N4")
    assert len(await wire.find("user")) == 3
    async with connect(box, "employee") as employee, connect(box, "standard") as standard:
        grant = {"entity": "user:new@example.com", "target": target, "read": True, "path": "/out/"}
        first = await made(employee, "acl", **grant)
        assert (first["path"], first["creator"]) == ("out", "employee@example.com")
        known = codes(await employee.find("user", "role=standard"))
        assert known == ["standard@example.com", "new@example.com"]
        again = await made(wire, "acl", **{**grant, "path": "/", "write": True})
        assert (again["id"], again["path"], again["write"]) == (first["id"], "/", True)
        assert len(await wire.find("acl", f"target={target} AND entity=user:*")) == 1
        reply = await employee.call("POST", "acl/create", {**grant, "target": f"share:{volume['id']}"})
        assert reply["message"].startswith("E#P002")
        assert (await standard.call("POST", "acl/create", grant))["message"].startswith("E#P002")
        reply = await standard.call("DELETE", "acl/delete", {}, id=first["id"])
        assert reply["message"].startswith("E#N404")
        await done(employee, "DELETE", "acl/delete", first["id"])
        reply = await wire.call("PUT", "acl/edit", {"read": True}, id=first["id"])
        assert reply["message"].startswith("E#N420")
        (own,) = await standard.find("acl")
        await done(standard, "DELETE", "acl/delete", own["id"])
        assert await standard.find("acl") == []
