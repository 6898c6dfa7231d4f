"""The lives of what can be created: made, found, changed, away and back, deleted, and found after that."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.official_lives.office import ADMIN, Office, all_refused, refused


@dataclass(frozen=True)
class Life:
    """What one entity type is made of, what is changed, and attributes that its documentation shows."""

    kind: str
    data: dict[str, Any]
    change: dict[str, Any]
    code: str
    shown: str
    rests: bool = True
    """Whether it can be deactivated."""
    wrong: dict[str, Any] = field(default_factory=lambda: {"colour": "red"})


ELSEWHERE = {
    "workspace": "test_lives",
    **dict.fromkeys(("server", "userserver", "client", "app", "lane", "browser"), "test_grounds"),
    **dict.fromkeys(("home", "file", "acl"), "test_shares"),
    **dict.fromkeys(("transfer", "job"), "test_transfers"),
    **dict.fromkeys(("delivery", "request", "stream"), "test_packages"),
    "task": "test_tasks",
    "compute": "test_compute",
}
"""The modules in which the other types of entities live."""

SHARE = "email path queue status_hr type"
LIVES = [
    Life("User", {"code": "Lisa@Example.com"}, {"name": "Lisa"}, "lisa@example.com", "role logged_in queue"),
    Life("Site", {"name": "Malmö – Ö"}, {"status": "disabled"}, "malmö_ö", "main accsyn", False),
    Life(
        "Queue", {"name": "Panic", "priority": 1000}, {"priority": 0, "status": "paused"}, "panic",
        "default compute_default uri priority", False, {"priority": 1001},
    ),
    Life("Engine", {"name": "Houdini 20.5"}, {"description": "renders"}, "houdini_20_5", "name", False),
    Life(
        "Volume", {"name": "Assets", "paths": {"linux": "/assets", "windows_vpn": "\\\\10.0.0.1\\a"}},
        {"name": "Assets 2", "paths": {"mac": "/Volumes/b"}}, "assets", f"default licensed paths {SHARE}",
        wrong={"paths": {"amiga": "dh0:"}},
    ),
    Life("Folder", {"name": "The Film", "path": "/show"}, {"code": "film2"}, "the_film", f"parent {SHARE}"),
    Life("Share", {"name": "Old Name", "path": "show"}, {"metadata": {"a": {"b": 1}}}, "old_name", SHARE),
    Life(
        "Collection", {"name": "Project startup", "files": ["volume=projects/show"]}, {"description": "x"},
        "project_startup", SHARE,
    ),
]  # fmt: skip


def test_every_type_lives(office: Office) -> None:
    lived = {life.kind.lower() for life in LIVES} | set(ELSEWHERE)
    assert lived == {*office.admin.find("entitytypes"), "job", "share"}
    for kind, module in ELSEWHERE.items():
        assert f'"{kind.capitalize()}"' in Path(__file__).with_name(f"{module}.py").read_text()


@pytest.mark.parametrize("life", LIVES, ids=[life.kind for life in LIVES])
def test_a_life(office: Office, life: Life) -> None:
    session, kind = office.admin, life.kind
    names = session.find(f"attributes WHERE entitytype={kind}")
    assert set(life.data) <= set(session.find(f"attributes WHERE entitytype={kind}", create=True))
    assert set(life.change) <= set(session.find(f"attributes WHERE entitytype={kind}", update=True))
    before = {row["id"] for row in session.find(kind)}

    row = session.create(kind, life.data)
    assert set(row) == set(names)
    assert set(life.shown.split()) <= set(row)
    assert (row["code"], row["creator"], row["modifier"], row["inactive"]) == (life.code, ADMIN, "", False)
    assert row["created"].astimezone(UTC) <= office.box.now

    assert {one["id"] for one in session.find(kind)} - before == {row["id"]}
    one = f"{kind} WHERE code='{life.code.upper()}'"
    assert session.find(one) == [row]
    assert session.find_one(one, attributes=["code"]) == {"id": row["id"], "code": life.code}
    assert session.get_entity(kind, row["id"]) == row

    changed = session.update(kind, row["id"], life.change)
    assert {name: changed[name] for name in life.change} == life.change
    assert changed["modifier"] == ADMIN
    assert session.update(kind, changed["code"], {"description": "by its code"})["id"] == row["id"]
    for wrong in (life.wrong, {"id": "0" * 24}, {"created": "2020-01-01"}, {"name": 3}):
        with refused("E#N41"):
            session.update(kind, row["id"], wrong)
    with refused("E#N404"):
        session.update(kind, "0" * 24, life.change)

    one = f"{kind} WHERE id={row['id']}"
    if life.rests:
        assert session.deactivate_one(kind, row["id"]) is True
        assert session.find(one) == []
        assert session.find_one(one) is None
        assert session.find_one(one, inactive=True)["inactive"] is True
        assert session.get_entity(kind, row["id"])["inactive"] is True
        for forbidden in (session.deactivate_one, lambda *names: session.update(*names, life.change)):
            with refused("E#N410"):
                forbidden(kind, row["id"])
        assert session.activate_one(kind, changed["code"]) is True
        assert session.find_one(one)["inactive"] is False
        with refused("E#N410"):
            session.activate_one(kind, row["id"])
    else:
        with refused("E#N420"):
            session.deactivate_one(kind, row["id"])

    assert session.delete_one(kind, row["id"]) is True
    assert session.find(one) == session.find(one, inactive=True) == []
    assert session.find_one(one, archived=True)["id"] == row["id"]
    assert session.get_entity(kind, row["id"])["code"] == changed["code"]
    for forbidden in (session.delete_one, session.activate_one, session.deactivate_one):
        with refused("E#N410"):
            forbidden(kind, row["id"])
    assert session.create(kind, life.data)["code"] == life.code


@pytest.mark.parametrize("life", LIVES[1:], ids=[life.kind for life in LIVES[1:]])
def test_codes_are_unique(office: Office, life: Life) -> None:
    session, kind = office.admin, life.kind
    first, second = session.create(kind, life.data), session.create(kind, life.data)
    assert second["code"] == f"{first['code']}_2"
    with refused("E#N409"):
        session.create(kind, {**life.data, "code": first["code"].upper()})
    with refused("E#N409"):
        session.update(kind, second["id"], {"code": first["code"]})
    with refused("E#N411"):
        session.create(kind, {"description": "neither name nor code"})
    for wrong in ("a/b", "a b", "..", ""):
        with refused("E#N412"):
            session.create(kind, {**life.data, "code": wrong})


def test_shares_of_all_kinds_have_codes_of_their_own(office: Office) -> None:
    session = office.admin
    session.create("Folder", {"name": "Kit", "path": "show"})
    for kind, data in (("Volume", {}), ("Collection", {"files": ["a.mov"]}), ("Share", {"path": "show"})):
        with refused("E#N409"):
            session.create(kind, {"code": "KIT", **data})
        assert session.create(kind, {"name": "Kit", **data})["code"].startswith("kit_")


def test_the_workspace(office: Office) -> None:
    session = office.admin
    (row,) = session.find("Workspace")
    assert (row["code"], row["main_site"]) == ("acme", session.find_one("Site WHERE main=true")["id"])
    assert session.get_entity("Workspace", row["id"]) == row
    change = {"name": "Acme Post", "description": "x", "metadata": {"a": 1}}
    assert set(change) <= set(session.find("attributes WHERE entitytype=workspace", update=True))
    changed = session.update("Workspace", row["id"], change)
    assert {name: changed[name] for name in change} == change
    assert session.find_one('Workspace WHERE name="acme post"')["id"] == row["id"]
    assert session.find("Workspace", inactive=True) == session.find("Workspace", archived=True) == []
    all_refused(
        "E#",
        lambda: session.create("Workspace", {"name": "x"}),
        lambda: session.delete_one("Workspace", row["id"]),
        lambda: session.deactivate_one("Workspace", row["id"]),
    )
