"""What holds of volumes, folders, homes, collections and the access to them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.official_lives.office import ADMIN, EMPLOYEE, STANDARD, Office, all_refused, refused


def names(rows: Any) -> list[str]:
    return sorted(row["filename"] for row in rows)


def status(office: Office, job: Any) -> str:
    return str(office.admin.get_entity("Transfer", job["id"])["status"])


def servers(office: Office) -> list[Any]:
    return [office.admin.find_one(f"Server WHERE site={site}") for site in ("hq", "berlin")]


def test_the_default_volume_stays(office: Office) -> None:
    session = office.admin
    volume = session.find_one("Volume WHERE default=True")
    assert (volume["code"], volume["status"], volume["path"]) == (
        "projects",
        "enabled",
        str(office.box.volume),
    )
    all_refused(
        "E#N424",
        lambda: session.delete_one("Volume", volume["id"], {"force": True}),
        lambda: session.deactivate_one("Volume", volume["id"]),
        lambda: session.update("Volume", volume["id"], {"default": False}),
    )
    other = session.create("Volume", {"name": "Assets", "default": True})
    assert [row["code"] for row in session.find("Volume WHERE default=true")] == ["assets"]
    assert session.mkdir("new") is True
    assert names(session.ls("volume=assets")) == ["new"]
    assert session.delete_one("Volume", volume["id"]) is True
    with refused("E#N424"):
        session.delete_one("Volume", other["id"])


def test_a_deleted_volume_takes_all_along_but_the_files(office: Office) -> None:
    session = office.admin
    volume = session.create("Volume", {"name": "Assets"})
    session.mkdir("volume=assets/kit")
    folder = session.create("Folder", {"name": "Kit", "parent": volume["id"], "path": "kit"})
    assert folder["parent_hr"] == f"share:Assets[volume]({volume['id']})"
    session.grant("User", EMPLOYEE, "Volume", "assets")
    session.grant("User", STANDARD, "Folder", "kit", {"read": True})
    assert {row["share_hr"] for row in session.access("Volume", volume["id"], recursive=True)} == {
        "Assets",
        "Kit",
    }
    data = {"source": "folder=kit", "destination": "/in/", "status": "paused"}
    with refused("E#J0"):
        session.create("Transfer", {**data, "source": "folder=nowhere"})
    job = session.create("Transfer", {**data, "source": "folder=kit/"})
    path = session.get_entity("Volume", volume["id"])["path"]
    assert session.delete_one("Volume", volume["id"]) is True
    assert status(office, job) == "aborted"
    assert session.find("Folder") == office.standard.find("Folder") == []
    assert session.find_one("Folder WHERE code=kit", archived=True)["id"] == folder["id"]
    assert session.access("Volume", volume["id"], recursive=True) == []
    assert [row["target"] for row in session.find("Acl", archived=True)] == [
        f"share:{one['id']}" for one in (volume, folder)
    ]
    assert (office.box.volume.parent / path / "kit").is_dir()


@pytest.mark.parametrize("kind", ["Folder", "Collection", "Share"])
def test_a_share_away_takes_its_access_along_and_brings_it_back(office: Office, kind: str) -> None:
    session = office.admin
    more = {"files": ["show"]} if kind == "Collection" else {"path": "show"}
    share = session.create(kind, {"name": "Kit", **more})
    target = "Collection" if kind == "Collection" else "Folder"
    session.grant("User", STANDARD, target, "kit", {"read": True})
    path = f"{target.lower()}=kit/show/b.mov" if kind == "Collection" else "folder=kit/b.mov"
    job = office.standard.create("Transfer", {"source": path, "destination": "/in/", "status": "paused"})
    with refused("E#N422"):
        session.deactivate_one(kind, share["id"])
    session.update("Transfer", job["id"], {"status": "aborted"})
    assert session.deactivate_one(kind, share["id"]) is True
    assert session.access(kind, share["id"]) == office.standard.find(f"{kind} WHERE code=kit") == []
    assert office.standard.find(f"{kind} WHERE code=kit", inactive=True) != []
    assert [row["target"] for row in session.find("Acl", inactive=True)] == [f"share:{share['id']}"]
    all_refused(
        "E#",
        lambda: office.standard.exists(path),
        lambda: office.standard.create("Transfer", {"source": path, "destination": "/in/"}),
        lambda: session.grant("User", STANDARD, target, share["id"], {"read": True}),
    )
    assert session.activate_one(kind, "KIT") is True
    assert [row["read"] for row in session.access(kind, share["id"])] == [True]
    assert office.standard.exists(path) is True


def test_a_volume_away_takes_its_shares_along(office: Office) -> None:
    session = office.admin
    volume = session.create("Volume", {"name": "Assets"})
    session.create("Folder", {"name": "Kit", "parent": volume["id"], "path": "kit"})
    session.grant("User", EMPLOYEE, "Volume", "assets")
    assert session.deactivate_one("Volume", volume["id"]) is True
    assert session.find("Folder") == []
    assert [row["code"] for row in office.employee.find("Volume")] == ["projects"]
    with refused("E#N421"):
        session.activate_one("Folder", "kit")
    assert session.activate_one("Volume", "assets") is True
    assert [row["code"] for row in session.find("Folder")] == ["kit"]
    assert [row["code"] for row in office.employee.find("Volume")] == ["projects", "assets"]


@pytest.mark.parametrize("kind", ["Volume", "Folder", "Home", "Collection"])
def test_a_disabled_share_holds_its_jobs(office: Office, kind: str) -> None:
    session = office.admin
    if kind in ("Folder", "Collection"):
        more = {"files": ["show"]} if kind == "Collection" else {"path": "/"}
        session.create(kind, {"name": "kit", **more})
    code = {"Volume": "projects", "Home": ADMIN}.get(kind, "kit")
    office.put(f"home/{ADMIN}/show/b.mov", b"b" * 2000)
    data = {"source": f"{kind.lower()}={code}/show/b.mov", "destination": "/in/", "status": "paused"}
    job = session.create("Transfer", data)
    assert session.update(kind, code, {"status": "disabled"})["status"] == "disabled"
    assert session.find_one(f"{kind} WHERE status=disabled")["status_hr"] == "Disabled"
    session.update("Transfer", job["id"], {"status": "waiting"})
    office.advance()
    assert status(office, job) == "waiting"
    session.update(kind, code, {"status": "enabled"})
    office.advance(seconds=1)
    assert status(office, job) == "running"
    # And holds one that is under way, which goes on from there.
    session.update(kind, code, {"status": "disabled"})
    office.advance()
    held = session.get_entity("Transfer", job["id"])
    assert (held["status"], held["speed"]) == ("waiting", -1.0)
    assert 0 < held["progress"] < 100
    session.update(kind, code, {"status": "enabled"})
    office.advance()
    assert status(office, job) == "done"


def test_a_volume_is_served_where_servers_are_assigned(office: Office) -> None:
    session, (main, berlin) = office.admin, servers(office)
    volume = session.create("Volume", {"name": "Assets"})
    assert [row["client"] for row in session.assignments("Volume", volume["id"])] == [main["id"]]
    session.mkdir("volume=assets/kit")
    mirrored = {"source": "volume=assets/kit", "destination": "site=berlin"}
    all_refused(
        "E#(J036|F004) No server at the site berlin serves the volume assets",
        lambda: session.create("Transfer", mirrored),
        lambda: session.ls("site=berlin:volume=assets"),
    )
    pair = {"volume": volume["id"], "server": berlin["id"]}
    assert session.assign("Volume", "server", pair) is True
    assert [row["site_hr"] for row in session.assignments("Volume", volume["id"])] == ["hq", "berlin"]
    job = session.create("Transfer", mirrored)
    office.advance()
    assert status(office, job) == "done"
    assert names(session.ls("site=berlin:volume=assets")) == ["kit"]
    assert session.deassign("Volume", "server", {"volume": volume["id"], "server": main["id"]}) is True
    assert session.get_entity("Volume", volume["id"])["status"] == "offline"
    assert session.find_one("Volume WHERE status=offline")["status_hr"] == "Offline"
    with refused("E#J036"):
        session.create("Transfer", {"source": "volume=assets/kit", "destination": "/in/"})
    with refused("E#F004"):
        session.mkdir("volume=assets/more")
    both = session.create("Volume", {"name": "Both", "siteservers": [berlin["id"]]})
    assert len(session.assignments("Volume", both["id"])) == 2
    all_refused(
        "Unsupported assignment",
        lambda: session.assignments("Folder", volume["id"]),
        lambda: session.assign("Site", "server", pair),
    )
    app = session.find_one("App")["id"]
    with refused("E#N425"):
        session.assign("Volume", "server", {"volume": volume["id"], "server": app})
    with refused("E#N425"):
        session.assign("Share", "server", {"share": office.shared()["id"], "server": main["id"]})


def test_homes(office: Office) -> None:
    session = office.admin
    home = session.find_one(f"Home WHERE code={ADMIN}")
    all_refused(
        "E#N4",
        lambda: session.deactivate_one("Home", home["id"]),
        lambda: session.create("Home", {"user": ADMIN}),
        lambda: session.create("Home", {"code": ADMIN}),
        lambda: session.create("Home", {"user": "nobody@example.com"}),
        lambda: session.create("Home", {"name": "Whose"}),
        lambda: session.update("Home", home["id"], {"code": "mine"}),
    )
    assert session.update("Home", home["id"], {"description": "mine"})["description"] == "mine"
    assert session.delete_one("Home", home["id"]) is True
    assert session.find_one(f"Home WHERE code={ADMIN}") is None
    assert session.find_one(f"Home WHERE code={ADMIN}", archived=True)["id"] == home["id"]
    office.put_local("Users/f.jpg", b"f")
    for place in ("~/f.jpg", "~", f"home={ADMIN}/f.jpg"):
        with refused("E#J015"):
            session.create("Transfer", {"source": "/Users/f.jpg", "destination": place})
    with refused("E#F001"):
        session.ls("~")
    again = session.create("Home", {"code": ADMIN, "description": "Home share", "path": "people/admin"})
    assert (again["code"], again["path"], again["user"]) == (ADMIN, "people/admin", home["user"])
    for place, arrives in (("~", "f.jpg"), ("~/in/g.jpg", "in/g.jpg"), ("~\\in\\", "in/f.jpg")):
        session.create("Transfer", {"source": "/Users/f.jpg", "destination": place})
        office.advance()
        assert (office.box.volume / "people" / "admin" / arrives).read_bytes() == b"f"
    assert names(session.ls("~")) == ["f.jpg", "in"]
    # Whoever gives somebody a home has not yet given access to it.
    session.delete_one("Home", STANDARD)
    given = session.create("Home", {"user": session.find_one(f"User WHERE code={STANDARD}")["id"]})
    assert session.access("Home", given["id"]) == []
    with refused("E#F0"):
        office.standard.ls(f"home={STANDARD}")
    session.grant("User", STANDARD, "Home", STANDARD, {"read": True, "write": True})
    assert office.standard.ls("~") == []


def test_a_collection(office: Office) -> None:
    session = office.admin
    session.create("Volume", {"name": "Assets"})
    session.mkdir(["volume=assets/kit", "volume=assets/kit/deep"])
    office.shared("show")
    files = ["share=assets/kit", "folder=show/b.mov", "a.mov"]
    kit = session.create("Collection", {"name": "Kit", "files": files})
    rows = session.find("File", entityid=kit["id"])
    assert [(row["name"], row["path"]) for row in rows] == [
        ("kit", "volume=assets/kit"), ("b.mov", "folder=show/b.mov"), ("a.mov", "volume=projects/a.mov"),
    ]  # fmt: skip
    assert session.find_one('File WHERE name="B.MOV"', entityid=kit["id"])["id"] == rows[1]["id"]
    shown = session.ls("collection=kit", recursive=True, getsize=True)
    assert [(row["filename"], row["size"]) for row in shown] == [
        ("kit", 0),
        ("b.mov", 2000),
        ("a.mov", 10_000),
    ]
    assert names(shown[0]["files"]) == ["deep"]
    assert names(session.ls("collection=kit", files_only=True, include="*.mov", exclude="kit")) == [
        "a.mov",
        "b.mov",
    ]
    assert names(session.ls("collection=kit", directories_only=True)) == ["kit"]
    assert session.getsize("collection=kit") == 12_000
    assert session.exists("collection=kit") is True
    assert names(session.ls("collection=kit/kit")) == ["deep"]
    with refused("E#F007"):
        session.ls("collection=kit/elsewhere")
    job = session.create("Transfer", {"source": "collection=kit", "destination": "/out/"})
    office.advance()
    assert status(office, job) == "done"
    assert sorted(path.name for path in office.local("out").iterdir()) == ["a.mov", "b.mov", "kit"]
    (office.box.volume / "a.mov").unlink()
    assert names(session.ls("collection=kit")) == ["b.mov", "kit"]
    assert session.getsize("collection=kit") == 2000
    added = session.create("File", {"files": ["show/deep", "share=show/b.mov"]}, kit["id"])
    assert [row["name"] for row in added] == ["deep", "b.mov"]
    assert added[1]["id"] == rows[1]["id"]
    for wrong in (
        "/Volumes/projects/a.mov",
        "share=nowhere/a",
        "client=x:/a",
        "collection=kit/b.mov",
        "../a",
    ):
        with refused("E#N412"):
            session.create("File", {"files": [wrong]}, kit["id"])
    with refused("E#N409"):
        session.create("File", {"files": ["projects/other/a.mov"]}, kit["id"])
    gone = {"files": [rows[0]["id"], rows[2]["id"]]}
    assert session.delete_many("Collection", kit["id"], gone) is True
    assert session.delete_many("Collection", kit["id"], gone) is False
    assert [row["name"] for row in session.find("File", entityid=kit["id"])] == ["b.mov", "deep"]
    all_refused(
        "E#N404",
        lambda: session.find("File"),
        lambda: session.create("File", {"files": ["a"]}, "0" * 24),
    )
    session.grant("User", STANDARD, "Collection", "kit", {"read": True})
    assert names(office.standard.ls("collection=kit")) == ["b.mov", "deep"]
    job = office.standard.create("Transfer", {"source": "collection=kit/deep", "destination": "/in/"})
    office.advance()
    assert status(office, job) == "done"
    assert office.local("in/deep/c.mov").exists()


def test_access_to_a_path_of_a_folder(office: Office) -> None:
    session, standard = office.admin, office.standard
    folder = office.shared()
    office.put("show/in/x.mov")
    acl = session.grant("User", STANDARD, "Folder", "show", {"path": "deep", "read": True, "write": False})
    assert {"acknowledged", "entity", "path", "read", "role", "status", "target", "token", "write"} <= set(
        acl
    )
    assert names(standard.ls("folder=show")) == ["deep"]
    assert names(standard.ls("folder=show/deep")) == ["c.mov"]
    job = standard.create("Transfer", {"source": "folder=show/deep/c.mov", "destination": "/tmp/c.mov"})
    office.advance()
    assert status(office, job) == "done"
    office.put_local("up.mov")
    upload = {"source": "/up.mov", "destination": "folder=show/deep/up.mov"}
    all_refused(
        "E#(P005|F00[13])",
        lambda: standard.create("Transfer", upload),
        lambda: standard.mkdir("folder=show/deep/new"),
        lambda: standard.rename("folder=show/deep/c.mov", "folder=show/deep/d.mov"),
        lambda: standard.mv("folder=show/deep/c.mov", "folder=show/deep/new/c.mov"),
        lambda: standard.delete("folder=show/deep/c.mov"),
        lambda: standard.ls("folder=show/in"),
        lambda: standard.getsize("folder=show"),
    )
    # Granting anew replaces what was granted.
    again = session.grant(
        "User", STANDARD, "Folder", folder["id"], {"path": "in", "read": False, "write": True}
    )
    assert (again["id"], again["path"], again["read"], again["write"]) == (acl["id"], "in", False, True)
    assert len(session.access("Folder", folder["id"])) == 1
    job = standard.create("Transfer", {**upload, "destination": "folder=show/in/"})
    office.advance()
    assert status(office, job) == "done"
    with refused("E#F003"):
        standard.ls("folder=show/in")
    with refused("E#F0"):
        standard.mv("folder=show/in/up.mov", "folder=show/up.mov")
    assert standard.rename("folder=show/in/up.mov", "folder=show/in/v2.mov") is True
    assert standard.mkdir("folder=show/in/sub") is True
    assert standard.mv("folder=show/in/v2.mov", "folder=show/in/sub/v2.mov") is True
    assert standard.delete("folder=show/in/sub/v2.mov") is True
    for wrong in ({"read": False, "write": False}, {"read": True, "path": "../x"}):
        with refused("E#N412"):
            session.grant("User", STANDARD, "Folder", "show", wrong)


def test_an_acl(office: Office) -> None:
    session = office.admin
    folder = office.shared()
    acl = session.create(
        "Acl", {"entity": f"user:{STANDARD}", "target": f"share:{folder['id']}", "read": True}
    )
    assert set(acl) == set(session.find("attributes WHERE entitytype=acl"))
    assert session.get_entity("Acl", acl["id"]) == acl
    assert session.find_one(f"Acl WHERE entity=user:{STANDARD} AND target=share:show") == acl
    assert [row["id"] for row in office.standard.find("Acl WHERE target=share:show")] == [acl["id"]]
    all_refused(
        "ACLs cannot be",
        lambda: session.update("Acl", acl["id"], {"write": True}),
        lambda: session.delete_one("Acl", acl["id"]),
    )
    with refused("E#"):
        session.deactivate_one("Acl", acl["id"])
    # Everybody may give up what was given to them.
    assert office.standard.revoke("User", STANDARD, "Folder", folder["id"]) is True
    assert session.find_one(f"Acl WHERE id={acl['id']}") is None
    assert session.find_one(f"Acl WHERE id={acl['id']}", archived=True)["target_hr"] == "show"
    assert office.standard.find("Folder") == []
    with refused(".*invite is not allowed"):
        session.grant("User", "new@example.com", "Folder", "show", {"read": True, "invite": False})
    with refused("No folder found"):
        session.grant("User", STANDARD, "Folder", "nowhere")
    invited = session.grant("User", "New@Example.com", "Folder", "show", {"read": True, "message": "Hi"})
    assert invited["entity_hr"] == "new@example.com"
    assert office.session("new@example.com").find("Folder") != []
