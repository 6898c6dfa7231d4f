"""Making, changing, finding and removing entities, as an admin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.server.calls import Calls
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.furnishing import furnished
from accsyn_async.sandbox.topics.entities import EntityTopic
from accsyn_async.sandbox.topics.event import Event
from tests.sandbox.entity_calls import codes, done, edited, made

LIVES = [
    ("user", {"code": "lisa@example.com"}, {"name": "Lisa", "metadata": {"a": [1]}}),
    ("site", {"name": "Stockholm"}, {"status": "disabled", "code": "sthlm"}),
    ("queue", {"name": "Panic", "priority": 1000}, {"status": "paused", "priority": 7}),
    ("engine", {"name": "Houdini"}, {"description": "renders"}),
    ("volume", {"name": "Assets", "paths": {"linux": "/assets"}}, {"name": "Assets 2"}),
    ("folder", {"name": "The film", "path": "/thefilm/"}, {"email": "b@example.com", "queue": "medium"}),
    ("collection", {"name": "Startup", "files": ["volume=projects/a"]}, {"description": "x"}),
]


@pytest.mark.parametrize(("kind", "data", "change"), LIVES, ids=[life[0] for life in LIVES])
async def test_a_life(box: Any, wire: Any, kind: str, data: Any, change: Any) -> None:
    row = await made(wire, kind, **data)
    attributes = (await wire.call("GET", "attributes", {"entitytype": kind}))["result"]
    assert set(row) == set(attributes)
    assert {"id", "code", "name", "created", "creator", "modified", "modifier", "metadata", "status"} <= set(
        row
    )
    assert (row["creator"], row["modifier"]) == ("admin@example.com", "")
    assert await wire.find(kind, f"code='{row['code'].upper()}'") == [row]
    row = await edited(wire, kind, row["id"], **change)
    queue = (await wire.find("queue"))[0]["id"]
    assert {name: row[name] for name in change} == {
        **change,
        **({"queue": queue} if "queue" in change else {}),
    }
    assert row["modifier"] == "admin@example.com"
    assert await wire.find(kind, f"id={row['id']}", single_entity_query=True) == [row]
    reply = await wire.call("PUT", f"{kind}/edit", {"colour": "red"}, id=row["id"])
    assert reply["message"].startswith("E#N411")
    await done(wire, "DELETE", f"{kind}/delete", row["id"])
    assert await wire.find(kind, f"id={row['id']}") == []
    assert codes(await wire.find(kind, f"id={row['id']}", archived=True)) == [row["code"]]
    reply = await wire.call("GET", f"{kind}/find", {}, id=row["id"])
    assert codes(reply["result"]) == [row["code"]]
    for method, uri in (("PUT", "edit"), ("DELETE", "delete"), ("POST", "activate")):
        reply = await wire.call(method, f"{kind}/{uri}", {"name": "x"}, id=row["id"])
        assert reply["message"].startswith("E#N410")
    again = await made(wire, kind, **data)
    assert again["id"] != row["id"]


@pytest.mark.parametrize("kind", ["site", "queue", "engine", "volume", "folder", "collection"])
async def test_codes_are_made_of_names_and_refused_when_taken(wire: Any, kind: str) -> None:
    first = await made(wire, kind, name="Low prio – Åsa")
    assert first["code"] == "low_prio_åsa"
    assert (await made(wire, kind, name="Low prio – Åsa"))["code"] == "low_prio_åsa_2"
    assert (await made(wire, kind, name="Other", code="O-1"))["code"] == "O-1"
    for data in ({"code": "o-1"}, {"name": "Any", "code": "LOW_PRIO_ÅSA"}):
        reply = await wire.call("POST", f"{kind}/create", data)
        assert reply["message"].startswith("E#N409")
    reply = await wire.call("PUT", f"{kind}/edit", {"code": "O-1"}, id=first["id"])
    assert reply["message"].startswith("E#N409")
    assert (await edited(wire, kind, first["id"], code=first["code"]))["code"] == first["code"]


EMPTY: list[Any] = [{}, [], {"name": 3}, {"metadata": []}]
WRONG: list[tuple[str, Any]] = [
    *((kind, data) for kind in ("user", "queue", "volume") for data in EMPTY),
    *(("user", {"code": code}) for code in ("lisa", "a b@example.com", "x@example.com/..", 3)),
    ("user", {"code": "l@example.com", "role": "support"}),
    ("user", {"code": "l@example.com", "volumes": ["nowhere"]}),
    ("user", {"code": "l@example.com", "give_all_volumes_access": True}),
    ("user", {"code": "admin@example.com"}),
    *(("queue", {"name": "Q", "priority": priority}) for priority in (-1, 1001, 1.5, True, "1")),
    *(("site", {"code": code}) for code in ("", "a/b", "..", "-a", "a b", "0" * 24, "a" * 200)),
    ("site", {"name": "!?"}),
    ("site", {"description": "no name"}),
    ("volume", {"name": "V", "paths": {"amiga": "x"}}),
    ("volume", {"name": "V", "server": "0" * 24}),
    ("folder", {"name": "F", "path": "../x"}),
    ("folder", {"name": "F", "parent": "0" * 24}),
    ("home", {"user": "nobody@example.com"}),
    ("home", {"user": "admin@example.com"}),
    ("collection", {"name": "C", "files": ["/Volumes/projects/a"]}),
    ("collection", {"name": "C", "files": ["share=nowhere/a"]}),
    ("collection", {"name": "C", "files": ["share=projects/a", "share=projects/b/a"]}),
    ("client", {"code": "host"}),
    ("server", {"code": "host"}),
]


@pytest.mark.parametrize(("kind", "data"), WRONG)
async def test_what_is_wrong_is_refused_and_changes_nothing(wire: Any, kind: str, data: Any) -> None:
    before = await wire.find(kind)
    reply = await wire.call("POST", f"{kind}/create", data)
    assert reply["message"].startswith("E#N4")
    assert await wire.find(kind) == before


async def test_what_stays(wire: Any) -> None:
    force: list[dict[str, Any]] = [{}, {"force": True}]
    for kind in ("site", "queue", "volume"):
        row = (await wire.find(kind))[0]
        for data in force:
            reply = await wire.call("DELETE", f"{kind}/delete", data, id=row["id"])
            assert reply["message"].startswith("E#N424")
    for method in ("delete", "deactivate"):
        reply = await wire.call("DELETE", f"user/{method}", {}, id=wire.user.id)
        assert reply["message"].startswith("E#N423")
    for change in ({"role": "standard"}, {"status": "disabled"}):
        reply = await wire.call("PUT", "user/edit", change, id=wire.user.id)
        assert reply["message"].startswith("E#N423")
    for kind in ("queue", "volume"):
        reply = await wire.call(
            "PUT", f"{kind}/edit", {"default": False}, id=(await wire.find(kind))[0]["id"]
        )
        assert reply["message"].startswith("E#N424")


async def test_another_default_lets_the_first_go(wire: Any) -> None:
    old = (await wire.find("queue"))[0]
    job = await wire.create({"source": "a", "destination": "/in/", "status": "paused", "queue": "medium"})
    new = await made(wire, "queue", name="New", default=True, compute_default=True)
    assert codes(await wire.find("queue", "default=true")) == ["new"]
    await done(wire, "DELETE", "queue/delete", old["id"])
    assert (await wire.get(job["id"]))["parent"] == new["id"]
    volume = (await wire.find("volume"))[0]
    await made(wire, "volume", name="More", default=True)
    await done(wire, "DELETE", "volume/delete", volume["id"])
    assert codes(await wire.find("volume")) == ["more"]
    assert await wire.find("home") == []
    assert len(await wire.find("home", archived=True)) == 3
    assert (await wire.get(job["id"]))["status"] == "aborted"


async def test_a_site_with_servers_or_transfers_stays(box: Any, wire: Any) -> None:
    berlin = (await wire.find("site", "code=berlin"))[0]
    assert (
        "servers (berlin-server)"
        in (await wire.call("DELETE", "site/delete", {}, id=berlin["id"]))["message"]
    )
    (server,) = await wire.find("server", "site=berlin")
    hq = (await wire.find("site", "main=true"))[0]
    job = await wire.create({"source": "a", "destination": "site=berlin", "status": "paused"})
    assert (await edited(wire, "server", server["id"], site=hq["id"]))["site_hr"] == "hq"
    assert (
        "1 active job involves" in (await wire.call("DELETE", "site/delete", {}, id=berlin["id"]))["message"]
    )
    await done(wire, "DELETE", "site/delete", berlin["id"], {"force": True})
    assert (await wire.get(job["id"]))["status"] == "aborted"


async def test_clients(wire: Any) -> None:
    (app,) = await wire.find("app", "user=standard@example.com")
    assert (app["type"], app["type_hr"], app["status"]) == (0, "app", "online")
    assert codes(await wire.find("server")) == ["hq-server", "berlin-server"]
    for kind in ("userserver", "browser", "lane"):
        assert await wire.find(kind) == []
    reply = await wire.call("DELETE", "client/delete", {}, id=app["id"])
    assert "online" in reply["message"]
    for status, becomes in (
        ("disabled", "disabled"), ("enabled", "online"), ("offline", "offline"),
        ("disabled", "disabled-offline"), ("enabled", "offline"),
    ):  # fmt: skip
        assert (await edited(wire, "client", app["id"], status=status))["status"] == becomes
    await done(wire, "DELETE", "app/delete", app["id"])
    assert await wire.find("client", f"id={app['id']}") == []


async def test_shares_go_and_come_with_what_is_theirs(box: Any, wire: Any) -> None:
    volume = await made(wire, "volume", name="Assets")
    folder = await made(wire, "folder", name="Kit", parent=volume["id"], path="a/b")
    assert (folder["path"], folder["parent_hr"]) == ("a/b", f"share:Assets[volume]({volume['id']})")
    for share in (volume, folder):
        grant = {"entity": "user:employee@example.com", "target": f"share:{share['id']}", "read": True}
        await made(wire, "acl", **grant)
    query = f"target=share:{volume['id']}"
    assert len(await wire.find("acl", query, recursive=True)) == 2
    await done(wire, "DELETE", "volume/deactivate", volume["id"])
    for kind, row in (("volume", volume), ("folder", folder), ("share", folder)):
        assert await wire.find(kind, f"id={row['id']}") == []
        (found,) = await wire.find(kind, f"id={row['id']}", inactive=True)
        assert found["inactive"] is True
    assert await wire.find("acl", query, recursive=True) == []
    assert len(await wire.find("acl", query, recursive=True, inactive=True)) == 2
    reply = await wire.call("POST", "folder/activate", {}, id=folder["id"])
    assert reply["message"].startswith("E#N421")
    reply = await wire.call("POST", "volume/create", {"name": "Assets", "code": "assets"})
    assert "deactivated" in reply["message"]
    assert (await wire.call("POST", "volume/activate", {}, query="ASSETS"))["result"] is True
    assert len(await wire.find("acl", query, recursive=True)) == 2
    await done(wire, "DELETE", "share/delete", folder["id"])
    assert len(await wire.find("acl", query, recursive=True)) == 1
    assert len(await wire.find("acl", query, recursive=True, archived=True)) == 1


async def test_a_share_in_use_is_not_taken_away(wire: Any) -> None:
    folder = await made(wire, "folder", name="Kit", path="kit")
    job = await wire.create({"source": "folder=kit/a", "destination": "/in/", "status": "paused"})
    for method in ("delete", "deactivate"):
        reply = await wire.call("DELETE", f"folder/{method}", {}, id=folder["id"])
        assert reply["message"].startswith("E#N422")
    await wire.edit(job["id"], status="aborted")
    await done(wire, "DELETE", "folder/deactivate", folder["id"])


async def test_users(box: Any, wire: Any, connect: Any) -> None:
    lisa = await made(wire, "user", code="Lisa@Example.com", role="employee", give_default_volume_access=True)
    assert (lisa["code"], lisa["name"], lisa["role"]) == ("lisa@example.com", "lisa@example.com", "employee")
    (home,) = await wire.find("home", "code=lisa@example.com")
    assert home["user"] == lisa["id"]
    assert len(await wire.find("app", f"user={lisa['id']}")) == 1
    mine = f"entity=user:{lisa['id']}"
    assert {row["target_hr"] for row in await wire.find("acl", mine)} == {"projects", "lisa@example.com"}
    assert (await edited(wire, "user", lisa["id"], role="standard"))["role"] == "standard"
    assert await wire.find("acl", mine) == []
    reply = await wire.call("DELETE", "home/deactivate", {}, id=home["id"])
    assert reply["message"].startswith("E#N420")
    await done(wire, "DELETE", "user/deactivate", lisa["id"])
    assert codes(await wire.find("user", inactive=True)) == ["lisa@example.com"]
    assert codes(await wire.find("home", inactive=True)) == ["lisa@example.com"]
    assert (await made(wire, "user", code="lisa@example.com"))["id"] == lisa["id"]
    assert (await wire.find("home", "user=lisa@example.com"))[0]["id"] == home["id"]
    user = next(one for one in box.users if one.username == "lisa@example.com")
    async with connect(box, "standard") as hers:
        hers.user = user
        await hers.log_in()
        (row,) = await hers.find("user")
        assert row["code"] == "lisa@example.com"
        assert row["logged_in"] >= row["created"]
        await edited(wire, "user", lisa["id"], status="disabled")
        assert (await hers.call("GET", "user/find", {}))["message"].startswith("E#A401")
        await edited(wire, "user", lisa["id"], status="enabled")
        await done(wire, "DELETE", "user/delete", lisa["id"])
        assert (await hers.call("GET", "user/find", {}))["message"].startswith("E#A401")
    assert await wire.find("home", "user=lisa@example.com") == []
    await made(wire, "user", code="lisa@example.com", create_home_share=False)
    await made(wire, "home", user="lisa@example.com")


async def test_servers_of_volumes(wire: Any) -> None:
    (volume,) = await wire.find("volume")
    hq, berlin = await wire.find("server")
    listed = (await wire.call("GET", "volume/servers", {}, id=volume["id"]))["result"]
    assert [(row["client"], row["site_hr"]) for row in listed] == [(hq["id"], "hq"), (berlin["id"], "berlin")]
    assert volume["status"] == "enabled"
    for method, uri, status in (("DELETE", "volume/server", "offline"), ("PUT", "share/server", "enabled")):
        await done(wire, method, uri, volume["id"], {"client": hq["id"]})
        assert [row["status"] for row in await wire.find("volume")] == [status]
    app = (await wire.find("app"))[0]
    folder = await made(wire, "folder", name="Kit", path="kit")
    for ident, client in ((volume["id"], app["id"]), (volume["id"], "0" * 24), (folder["id"], hq["id"])):
        reply = await wire.call("PUT", "share/server", {"client": client}, id=ident)
        assert reply["message"].startswith("E#N4")


async def test_files_of_a_collection(wire: Any) -> None:
    files = ["share=projects/assets/kit", "b.mov"]
    collection = await made(wire, "collection", name="Startup", files=files)
    rows = await wire.find("file", parent=collection["id"])
    assert [row["path"] for row in rows] == ["volume=projects/assets/kit", "volume=projects/b.mov"]
    reply = await wire.call("POST", "file/add", {"files": ["ref/mp.tif", "b.mov"]}, id=collection["id"])
    assert [row["name"] for row in reply["result"]] == ["mp.tif", "b.mov"]
    assert len(await wire.find("file", parent=collection["id"])) == 3
    gone = {"files": [rows[0]["id"], "unknown"]}
    await done(wire, "DELETE", "collection/file/remove", collection["id"], gone)
    reply = await wire.call("DELETE", "collection/file/remove", gone, id=collection["id"])
    assert reply == {"result": False}
    assert "message" in await wire.call("GET", "file/find", {"parent": "0" * 24})
    assert "message" in await wire.call("POST", "file/add", {"files": []}, id=collection["id"])


async def test_a_transfer_to_another_volume(start: Any) -> None:
    async with start() as (box, wire):
        (server,) = await wire.find("server", "site=berlin")
        await made(wire, "volume", name="Assets", siteservers=[server["id"]])
        (box.local_root / "u.mov").write_bytes(b"u")
        job = await wire.create({"source": "/u.mov", "destination": "volume=assets/in/"})
        await wire.until(job["id"], "done")
        job = await wire.create({"source": "volume=assets/in/u.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "done")
        assert (box.site_root("berlin") / "assets" / "in" / "u.mov").read_bytes() == b"u"
        assert not (box.volume / "in").exists()


async def test_the_workspace(wire: Any) -> None:
    (row,) = await wire.find("workspace")
    assert (await edited(wire, "workspace", row["id"], name="Acme Film"))["name"] == "Acme Film"
    assert "message" in await wire.call("PUT", "workspace/edit", {"code": "x"}, id=row["id"])
    assert "message" in await wire.call("PUT", "workspace/edit", {"name": "x"}, id="0" * 24)


@pytest.mark.parametrize("kind", ["site", "volume"])
async def test_nowhere_to_keep_files(tmp_path: Path, kind: str) -> None:
    workspace = furnished("acme", tmp_path, {}, tmp_path, Clock())
    calls = Calls([EntityTopic(workspace)])
    event = Event(f"{kind}/create", "acme", "s", "admin@example.com", {"name": "N"}, None, None)
    with pytest.raises(Refusal, match="E#N426"):
        await calls.answer("POST", event, workspace.users[0])
    assert len(workspace.sites) == len(workspace.volumes) == 1
