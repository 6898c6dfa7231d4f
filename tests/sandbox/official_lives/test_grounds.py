"""Sites, queues, engines and clients: what jobs run on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.official_lives.office import ADMIN, EMPLOYEE, STANDARD, Office, refused


def job_of(office: Office, **data: Any) -> Any:
    return office.admin.create("Transfer", {"source": "a.mov", "destination": "site=berlin", **data})


def status(office: Office, job: Any) -> str:
    return str(office.admin.get_entity("Transfer", job["id"])["status"])


def test_sites(office: Office) -> None:
    session = office.admin
    hq, berlin = session.find("Site")
    assert (hq["code"], hq["main"], berlin["code"], berlin["main"]) == ("hq", True, "berlin", False)
    with refused("E#N424"):
        session.delete_one("Site", hq["id"], {"force": True})
    with refused("E#N422"):
        session.delete_one("Site", "berlin")
    server = session.find_one("Server WHERE site=berlin")
    stockholm = session.create("Site", {"name": "Stockholm", "description": "office"})
    assert session.update("Server", server["id"], {"site": "stockholm"})["site"] == stockholm["id"]
    job = job_of(office, destination="site=stockholm", status="paused")
    with refused("E#N422"):
        session.delete_one("Site", stockholm["id"])
    assert session.delete_one("Site", berlin["id"]) is True
    with refused("E#J010"):
        job_of(office)
    session.update("Site", "stockholm", {"status": "disabled"})
    session.update("Transfer", job["id"], {"status": "waiting"})
    office.advance()
    assert status(office, job) == "waiting"
    session.update("Site", "stockholm", {"status": "enabled"})
    office.advance()
    assert status(office, job) == "done"
    assert session.find_one("Transfer WHERE destination=stockholm", finished=True)["id"] == job["id"]
    assert session.delete_one("Site", stockholm["id"], {"force": True}) is True
    assert session.get_entity("Server", server["id"])["site"] is None


def test_queues(office: Office) -> None:
    session = office.admin
    default = session.find_one("Queue WHERE default=True")
    assert (default["code"], default["compute_default"], default["creator"]) == ("medium", True, "accsyn")
    with refused("E#N424"):
        session.delete_one("Queue", default["id"])
    low = session.create("Queue", {"name": "Low prio", "priority": 1})
    jobs = [
        job_of(office, queue="low_prio", status="paused"),
        job_of(office, queue=low["id"], status="paused", source="show"),
        job_of(office, parent=low["id"], status="paused", destination="/in/"),
    ]
    assert [row["id"] for row in session.find(f"Transfer WHERE parent={low['id']}")] == [
        job["id"] for job in jobs
    ]
    assert jobs[0]["uri"] == "acme/low_prio"
    with refused("E#J019"):
        job_of(office, queue="nowhere")
    with refused("E#J404"):
        job_of(office, parent="0" * 24)
    moved = session.update("Transfer", jobs[0]["id"], {"queue": "medium", "priority": 7, "name": "Moved"})
    assert (moved["parent"], moved["priority"], moved["name"]) == (default["id"], 7, "Moved")
    session.update("Queue", "low_prio", {"status": "paused"})
    session.update("Transfer", jobs[2]["id"], {"status": "waiting"})
    office.advance()
    assert status(office, jobs[2]) == "waiting"
    # Those of a deleted queue go on in the default one.
    assert session.delete_one("Queue", low["id"]) is True
    office.advance()
    assert status(office, jobs[2]) == "done"
    assert session.get_entity("Transfer", jobs[1]["id"])["parent"] == default["id"]
    panic = session.create("Queue", {"name": "Panic", "default": True})
    assert [row["code"] for row in session.find("Queue WHERE default=true")] == ["panic"]
    assert job_of(office, source="show/b.mov")["parent"] == panic["id"]
    with refused("E#N424"):
        session.delete_one("Queue", default["id"])
    session.update("Queue", "panic", {"compute_default": True})
    assert session.delete_one("Queue", default["id"]) is True


def test_queues_of_users_and_shares(office: Office) -> None:
    """A job that names no queue goes to that of a share that it touches, or else of a user involved."""
    session = office.admin
    for name in ("Lisa", "Film", "Assets", "Farm"):
        session.create("Queue", {"name": name, "compute_default": name == "Farm"})
    office.put(f"home/{STANDARD}/a.pdf")
    folder = office.shared(code="film", queue="film")
    session.update("User", STANDARD, {"queue": "lisa"})
    session.update("Folder", folder["id"], {"queue": session.find_one("Queue WHERE code=film")["id"]})
    session.grant("User", STANDARD, "Folder", "film", {"read": True})
    places: list[tuple[Any, dict[str, Any], str]] = [
        (session, {"source": "a.mov"}, "medium"),
        (session, {"source": "folder=film/b.mov"}, "film"),
        (office.standard, {"source": "~/a.pdf"}, "lisa"),
        (office.standard, {"source": "folder=film/b.mov"}, "film"),
        (office.standard, {"source": "folder=film/b.mov", "queue": "medium"}, "medium"),
    ]
    for who, data, queue in places:
        made = who.create("Transfer", {"destination": "/in/", "status": "paused", **data})
        assert made["uri"] == f"acme/{queue}"
    session.update("Volume", "projects", {"queue": "assets"})
    assert job_of(office)["uri"] == "acme/assets"
    assert (
        office.standard.create("Transfer", {"source": "~/a.pdf", "destination": "/x/"})["uri"]
        == "acme/assets"
    )
    assert session.create("Compute", {"engine": "pipeline"})["uri"] == "acme/farm"
    assert session.create("Compute", {"engine": "pipeline", "queue": "medium"})["uri"] == "acme/medium"
    # A queue that is gone is nobody's any more.
    for code in ("lisa", "film", "assets"):
        session.delete_one("Queue", code)
    rows = (session.get_entity("Folder", folder["id"]), *session.find("User"), *session.find("Volume"))
    assert [row["queue"] for row in rows] == [None] * 5
    assert session.create("Transfer", {"source": "folder=film", "destination": "/z/"})["uri"] == "acme/medium"


def test_engines(office: Office) -> None:
    session = office.admin
    (pipeline,) = session.find("Engine")
    assert pipeline["code"] == "pipeline"
    houdini = session.create("Engine", {"name": "Houdini"})
    assert session.create("Compute", {"engine": "houdini", "status": "paused"})["engine"] == "houdini"
    assert session.delete_one("Engine", houdini["id"]) is True
    with refused("E#J034"):
        session.create("Compute", {"engine": "houdini"})


CLIENTS = {
    "Server": (1, ["berlin-server", "hq-server"]),
    "App": (0, [ADMIN, EMPLOYEE, STANDARD]),
    "Userserver": (2, []),
    "Browser": (3, []),
    "Lane": (4, []),
}


@pytest.mark.parametrize("kind", CLIENTS)
def test_clients_of_a_type(office: Office, kind: str) -> None:
    session, (number, expected) = office.admin, CLIENTS[kind]
    rows = session.find(kind)
    assert (
        sorted(row["user_hr"].partition(":")[2].partition("[")[0] or row["code"] for row in rows) == expected
    )
    assert session.find(f"Client WHERE type={number}") == rows
    names = session.find(f"attributes WHERE entitytype={kind}")
    documented = "benchmark host_id last_checkin metrics os parent roles site_hr type_hr user_hr version"
    assert set(documented.split()) <= set(names)
    assert session.find(f"attributes WHERE entitytype={kind}", create=True) == []
    assert "status" in session.find(f"attributes WHERE entitytype={kind}", update=True)
    with refused("E#N420"):
        session.create(kind, {"code": "host"})
    for row in rows:
        assert session.get_entity(kind, row["id"]) == session.get_entity("Client", row["id"]) == row
        changed = session.update(kind, row["id"], {"description": "x", "metadata": {"rack": 3}})
        assert (changed["description"], changed["metadata"]) == ("x", {"rack": 3})
        with refused("E#N420"):
            session.deactivate_one(kind, row["id"])


def test_the_life_of_an_app(office: Office) -> None:
    session, standard = office.admin, office.standard
    (app,) = standard.find("App")
    office.put(f"home/{STANDARD}/a.pdf")
    job = standard.create("Transfer", {"source": "a.pdf", "destination": "/in/", "status": "paused"})
    states = (
        ("disabled", "disabled", True), ("enabled", "online", True), ("offline", "offline", False),
        ("disabled", "disabled-offline", False), ("enabled", "offline", False),
    )  # fmt: skip
    for given, shown, running in states:
        assert standard.update("App", app["id"], {"status": given})["status"] == shown
        assert standard.app_is_running() is running
    standard.update("Transfer", job["id"], {"status": "waiting"})
    office.advance()
    assert status(office, job) == "waiting"
    standard.update("Client", app["id"], {"status": "online"})
    with refused("E#N422"):
        standard.delete_one("App", app["id"])
    office.advance()
    assert status(office, job) == "done"
    standard.update("App", app["id"], {"status": "offline"})
    assert standard.delete_one("App", app["id"]) is True
    assert standard.app_is_running() is None
    assert session.find_one(f"App WHERE id={app['id']}") is None
    assert session.find_one(f"App WHERE id={app['id']}", archived=True)["user"] == app["user"]
    with refused("E#J037"):
        standard.create("Transfer", {"source": "a.pdf", "destination": "/in/"})


def test_the_life_of_a_server(office: Office) -> None:
    session = office.admin
    server = session.find_one("Server WHERE roles CONTAINS storage AND site=berlin")
    assert (server["status"], server["type_hr"]) == ("online", "server")
    admin = session.find_one("User")["id"]
    assert session.find_one(f"Client WHERE user={admin} AND type in 0,2")["status"] == "online"
    with refused("E#N422"):
        session.delete_one("Server", server["id"])
    session.update("Server", server["id"], {"status": "offline"})
    with refused("E#F004"):
        session.ls("site=berlin:share=projects")
    job = job_of(office)
    office.advance()
    assert status(office, job) == "waiting"
    session.update("Server", server["id"], {"status": "online"})
    office.advance()
    assert status(office, job) == "done"
    session.update("Server", server["id"], {"status": "offline"})
    assert session.delete_one("Server", server["id"]) is True
    (volume,) = session.find("Volume")
    assert [row["site_hr"] for row in session.assignments("Volume", volume["id"])] == ["hq"]
    with refused("E#J036"):
        job_of(office)
    for wrong in ({"site": "nowhere"}, {"status": "asleep"}, {"code": "x"}):
        with refused("E#N41"):
            session.update("Server", "hq-server", wrong)
