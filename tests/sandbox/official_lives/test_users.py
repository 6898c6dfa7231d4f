"""Users: invited, with a home and volumes or without, disabled, promoted, away and back, deleted."""

from __future__ import annotations

from typing import Any

import accsyn_api

from tests.sandbox.official_lives.office import ADMIN, EMPLOYEE, STANDARD, Office, all_refused, refused

LISA = "lisa@example.com"


def ident(office: Office, email: str) -> str:
    return str(office.admin.find_one(f"User WHERE code={email}")["id"])


def test_an_invited_user_has_a_home_an_app_and_a_key(office: Office) -> None:
    lisa = office.admin.create("User", {"code": LISA, "name": "Lisa", "message": "Welcome", "mail": False})
    assert (lisa["role"], lisa["status"], lisa["logged_in"]) == ("standard", "enabled", None)
    hers = office.session(LISA)
    assert [row["code"] for row in hers.find("User")] == [LISA]
    assert hers.find_one("User")["logged_in"] is not None
    assert [row["code"] for row in hers.find("Home")] == [LISA]
    (app,) = hers.find("App")
    assert (app["user"], app["status"], app["type_hr"]) == (lisa["id"], "online", "app")
    assert hers.app_is_running() is True
    office.put(f"home/{LISA}/brief.pdf")
    assert [row["filename"] for row in hers.ls(f"home={LISA}")] == ["brief.pdf"]
    job = hers.create("Transfer", {"source": "brief.pdf", "destination": "/in/"})
    office.advance()
    assert hers.get_entity("Transfer", job["id"])["status"] == "done"
    assert office.local("in/brief.pdf").exists()


def test_what_an_invitation_may_say(office: Office) -> None:
    session = office.admin
    session.create("Volume", {"name": "Assets"})
    bare = session.create("User", {"code": LISA, "create_home_share": False})
    assert session.find(f"Home WHERE user={bare['id']}") == []
    invitations: list[tuple[dict[str, Any], list[str]]] = [
        ({"give_all_volumes_access": True}, ["assets", "projects"]),
        ({"give_default_volume_access": True}, ["projects"]),
        ({"volumes": ["assets"]}, ["assets"]),
        ({}, []),
    ]
    for number, (data, volumes) in enumerate(invitations):
        email = f"employee{number}@example.com"
        session.create("User", {"code": email, "role": "employee", **data})
        found = [row["code"] for row in office.session(email).find("Volume")]
        assert sorted(found) == volumes
    for wrong in (
        {"code": "lisa"},
        {"code": LISA, "role": "king"},
        {"name": "nobody"},
        {"code": "x@example.com", "give_all_volumes_access": True},
        {"code": "x@example.com", "role": "employee", "volumes": ["nowhere"]},
    ):
        with refused("E#N4"):
            session.create("User", wrong)
    with refused("E#N409"):
        session.create("User", {"code": LISA.upper()})


def test_a_disabled_user_cannot_log_in_and_jobs_wait(office: Office) -> None:
    office.put(f"home/{STANDARD}/brief.pdf")
    data = {"source": "brief.pdf", "destination": "/in/", "status": "paused"}
    job = office.standard.create("Transfer", data)
    user = ident(office, STANDARD)
    assert office.admin.update("User", user, {"status": "disabled"})["status"] == "disabled"
    with refused("E#A401"):
        office.standard.find("User")
    office.admin.update("Transfer", job["id"], {"status": "waiting"})
    office.advance()
    assert office.admin.get_entity("Transfer", job["id"])["status"] == "waiting"
    office.admin.update("User", user, {"status": "enabled"})
    office.advance()
    assert office.standard.get_entity("Transfer", job["id"])["status"] == "done"


def test_a_changed_role_takes_all_access_away(office: Office) -> None:
    (volume,) = office.admin.find("Volume")
    user = ident(office, EMPLOYEE)
    assert len(office.admin.access("Volume", volume["id"])) == 1
    assert office.admin.update("User", user, {"role": "standard"})["role"] == "standard"
    assert office.admin.access("Volume", volume["id"], recursive=True, entitytype="User", entityid=user) == []
    assert "volume" not in office.employee.find("entitytypes")
    with refused("E#N404"):
        office.employee.update("Volume", volume["id"], {"name": "x"})
    office.admin.update("User", user, {"role": "employee"})
    assert office.employee.find("Volume") == []
    assert office.admin.grant("User", EMPLOYEE, "Volume", "projects")["write"] is True
    assert [row["code"] for row in office.employee.find("Volume")] == ["projects"]


def test_a_user_away_takes_home_and_access_along_and_brings_them_back(office: Office) -> None:
    session = office.admin
    folder = office.shared()
    session.grant("User", STANDARD, "Folder", folder["id"], {"read": True, "path": "deep"})
    user = ident(office, STANDARD)
    job = office.standard.create("Transfer", {"source": "folder=show/deep/c.mov", "destination": "/in/"})
    with refused("E#N422"):
        session.deactivate_one("User", user)
    office.advance()
    assert session.get_entity("Transfer", job["id"])["status"] == "done"
    assert session.deactivate_one("User", user) is True
    assert session.find(f"Home WHERE code={STANDARD}") == []
    assert session.find_one(f"Home WHERE code={STANDARD}", inactive=True)["inactive"] is True
    assert session.access("Folder", folder["id"]) == []
    assert session.find(f"App WHERE user={user}") == []
    with refused("E#A401"):
        office.standard.find("User")
    with refused("E#N421"):
        session.activate_one("Home", STANDARD)
    assert session.activate_one("User", STANDARD) is True
    assert [row["path"] for row in session.access("Folder", folder["id"])] == ["deep"]
    assert [row["code"] for row in office.standard.find("Home")] == [STANDARD]
    # Inviting anew brings a user back as well.
    session.deactivate_one("User", user)
    assert session.create("User", {"code": STANDARD})["id"] == user
    assert len(session.access("Folder", folder["id"])) == 1
    session.deactivate_one("User", user)
    assert session.grant("User", STANDARD, "Folder", folder["id"], {"read": True})["entity"] == f"user:{user}"


def test_a_deleted_user_takes_jobs_and_home_along(office: Office) -> None:
    session = office.admin
    office.put(f"home/{STANDARD}/brief.pdf")
    user = ident(office, STANDARD)
    job = office.standard.create(
        "Transfer", {"source": "brief.pdf", "destination": "/in/", "status": "paused"}
    )
    assert session.delete_one("User", user) is True
    assert session.get_entity("Transfer", job["id"])["status"] == "aborted"
    assert session.find(f"Home WHERE code={STANDARD}") == []
    assert session.find_one(f"User WHERE code={STANDARD}", archived=True)["id"] == user
    with refused("No user found"):
        session.revoke("User", STANDARD, "Folder", "0" * 24)
    again = session.create("User", {"code": STANDARD})
    assert again["id"] != user
    key = next(one for one in office.box.users if one.id == again["id"]).api_key
    address = office.box.url.partition("://")[2]
    hers = accsyn_api.Session(office.box.workspace, STANDARD, key, proxy=address)
    # The files on disk have stayed.
    assert hers.exists("brief.pdf") is True
    assert hers.find("Transfer", finished=True) == []


def test_there_is_always_an_admin(office: Office) -> None:
    admin = ident(office, ADMIN)
    all_refused(
        "E#N423",
        lambda: office.admin.delete_one("User", admin),
        lambda: office.admin.deactivate_one("User", admin),
        lambda: office.admin.update("User", admin, {"role": "employee"}),
        lambda: office.admin.update("User", admin, {"status": "disabled"}),
    )
    office.admin.update("User", ident(office, EMPLOYEE), {"role": "admin"})
    assert office.admin.update("User", admin, {"role": "standard"})["role"] == "standard"
    assert len(office.employee.find("User")) == 3
    assert [row["code"] for row in office.admin.find("User")] == [ADMIN]


def test_a_queue_of_one_s_own(office: Office) -> None:
    queue = office.admin.create("Queue", {"name": "Lisa"})
    office.admin.create("User", {"code": LISA, "queue": "lisa"})
    assert office.admin.find_one(f"User WHERE queue={queue['id']}")["code"] == LISA
    with refused("E#N412"):
        office.admin.update("User", LISA, {"queue": "nowhere"})
