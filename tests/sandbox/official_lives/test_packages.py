"""Deliveries, requests and streams: drafted, filled, sent, received in each role, sent again, ended."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.sandbox.official_lives.office import ADMIN, EMPLOYEE, STANDARD, Office, all_refused, refused

NEW = "new@example.com"


def row(office: Office, job: Any) -> Any:
    return office.admin.get_entity("Job", job["id"])


def who(office: Office, kind: str, job: Any) -> list[str]:
    return [one["user_hr"] for one in office.admin.access(kind, job["id"])]


@pytest.mark.parametrize("kind", ["Delivery", "Stream"])
def test_from_draft_to_done(office: Office, kind: str) -> None:
    session, standard = office.admin, office.standard
    job = session.create(kind, {"name": "Dailies"})
    assert set(job) == set(session.find(f"attributes WHERE entitytype={kind}"))
    assert (job["status"], job["name"], job["public"], job["destination"]) == ("init", "Dailies", False, "")
    assert [one["id"] for one in session.find(kind)] == [job["id"]]
    assert session.find_one(f"{kind} WHERE name=dailies AND status=init") == job
    assert standard.get_entity(kind, job["id"]) is None
    with refused("E#D002"):
        session.update(kind, job["id"], {"status": "pending"})
    with refused(f"No user found with code '{NEW}', and invite is not allowed"):
        session.grant("User", NEW, kind, job["id"], {"invite": False})
    assert session.grant("User", STANDARD, kind, job["id"]) is True
    assert session.grant("User", STANDARD, kind, job["id"]) is True
    assert session.grant("User", NEW, kind, job["id"]) is True
    assert who(office, kind, job) == [STANDARD, NEW]
    assert session.find(f"User WHERE code={NEW}") == []
    with refused("E#D003"):
        session.update(kind, job["id"], {"status": "pending"})
    tasks = session.create("Task", {"tasks": ["a.mov", {"source": "share=projects/show"}]}, job["id"])
    assert [task["status"] for task in tasks] == ["pending", "pending"]
    assert session.create("Task", {"source": "show/b.mov"}, job["id"])["uri"] == "2"
    session.update_many("Task", job["id"], [{"uri": "2", "status": "excluded"}])
    assert (
        session.update(kind, job["id"], {"name": "Dailies 7", "metadata": {"day": 7}})["name"] == "Dailies 7"
    )
    all_refused(
        "E#D0",
        lambda: session.create("Task", {"source": "a.mov", "destination": "/in/"}, job["id"]),
        lambda: session.update(kind, job["id"], {"status": "running"}),
    )

    sent = session.update(kind, job["id"], {"status": "pending"})
    assert sent["status"] == "pending"
    office.advance(seconds=1)
    assert (row(office, job)["status"], row(office, job)["size"]) == ("waiting", 15_000)
    assert session.find_one(f"User WHERE code={NEW}")["role"] == "standard"
    assert len(session.find(f"Transfer WHERE delivery={job['id']}")) == 2
    (mine,) = standard.find(f"Transfer WHERE delivery={job['id']}")
    assert (mine["status"], mine["name"]) == ("pending", "Dailies 7")
    assert standard.find_one(kind)["id"] == job["id"]
    (access,) = standard.access(kind, job["id"])
    assert (access["user_hr"], access["actioned"], access["transfer"]) == (STANDARD, False, mine["id"])
    all_refused(
        "E#(P|D012|J013|D013)",
        lambda: standard.update(kind, job["id"], {"status": "aborted"}),
        lambda: standard.delete_one(kind, job["id"]),
        lambda: standard.grant("User", EMPLOYEE, kind, job["id"]),
        lambda: standard.update("Transfer", mine["id"], {"status": "waiting"}),
        lambda: session.update("Transfer", mine["id"], {"destination": "/in/"}),
        lambda: standard.create("Task", {"source": "a.mov"}, mine["id"]),
    )
    assert session.grant("User", EMPLOYEE, kind, job["id"])["user_hr"] == EMPLOYEE
    assert session.revoke("User", NEW, kind, job["id"]) is True
    assert session.revoke("User", NEW, kind, job["id"]) is False
    assert who(office, kind, job) == [STANDARD, EMPLOYEE]

    # Each receives it in a way of their own.
    chosen = standard.update("Transfer", mine["id"], {"destination": "/std/"})
    assert chosen["status"] == "waiting"
    theirs = office.employee.create("Transfer", {"parent": job["id"], "destination": "/emp/", "name": "Mine"})
    assert (theirs["delivery"], theirs["name"], theirs["user"]) == (
        job["id"],
        "Mine",
        access_of(office, kind, job, 1),
    )
    office.advance()
    assert [one["actioned"] for one in session.access(kind, job["id"])] == [True, True]
    for folder in ("std", "emp"):
        assert office.local(f"{folder}/a.mov").exists()
        assert office.local(f"{folder}/show/deep/c.mov").exists()
        assert not office.local(f"{folder}/b.mov").exists()
    done = row(office, job)
    assert (done["status"], done["progress"]) == ("done", 100)
    assert session.find(kind) == []
    assert [one["id"] for one in session.find(kind, finished=True)] == [job["id"]]
    with refused("E#D010"):
        session.create("Task", {"source": "a.mov"}, job["id"])

    assert session.update(kind, job["id"], {"status": "pending"})["status"] == "pending"
    office.advance(seconds=1)
    assert standard.get_entity("Transfer", mine["id"])["status"] == "pending"
    assert session.update(kind, job["id"], {"status": "aborted"})["status"] == "aborted"
    assert standard.get_entity("Transfer", mine["id"])["status"] == "aborted"
    assert session.delete_one(kind, job["id"], {"force": True}) is True
    assert session.get_entity(kind, job["id"]) is session.get_entity("Transfer", mine["id"]) is None
    all_refused("E#J404", lambda: session.access(kind, job["id"]), lambda: standard.access(kind, job["id"]))


def access_of(office: Office, kind: str, job: Any, number: int) -> Any:
    return office.admin.access(kind, job["id"])[number]["user"]


def test_one_with_files_and_recipients_is_sent_at_once(office: Office) -> None:
    session = office.admin
    package = {"name": "References", "tasks": ["a.mov", "show"], "recipients": [STANDARD]}
    job = session.create("Delivery", package)
    assert job["status"] == "pending"
    office.advance(seconds=1)
    assert row(office, job)["status"] == "waiting"
    data = {"parent": job["id"], "destination": "/tmp", "status": "paused"}
    transfer = office.standard.create("Transfer", data)
    assert transfer["status"] == "paused"
    office.standard.update("Transfer", transfer["id"], {"status": "waiting"})
    office.advance()
    assert office.standard.get_entity("Transfer", transfer["id"])["status"] == "done"
    assert office.local("tmp/a.mov").exists()
    with refused("E#D017"):
        office.standard.create("Transfer", {"parent": job["id"], "destination": "/tmp"})
    draft = session.create("Delivery", {**package, "status": "init"})
    assert draft["status"] == "init"
    all_refused(
        "E#",
        lambda: session.create("Delivery", {**package, "tasks": ["share=nowhere/x"]}),
        lambda: session.create("Delivery", {**package, "recipients": ["nobody"]}),
        lambda: session.create("Delivery", {**package, "recipients": STANDARD}),
        lambda: session.create("Delivery", {**package, "status": "done"}),
        lambda: session.create("Transfer", {"parent": job["id"], "destination": "/tmp"}),
        lambda: office.standard.create("Transfer", {"parent": draft["id"], "destination": "/tmp"}),
        lambda: office.standard.create("Transfer", {"parent": job["id"], "name": "Whereto"}),
        lambda: office.session(STANDARD).create("Transfer", {"parent": job["id"], "source": "/x"}),
    )


def test_files_are_uploaded_to_a_draft(office: Office) -> None:
    session = office.admin
    office.put_local("Users/bunny.png", b"bunny")
    office.put_local("Users/cut/x.mov", b"x")
    job = session.create("Delivery", {"name": "Temp"})
    upload = session.create(
        "Transfer", {"parent": job["id"], "source": "/Users/bunny.png", "status": "paused"}
    )
    assert upload["name"] == "bunny.png"
    session.create("Transfer", {"parent": job["id"], "tasks": ["/Users/cut"]})
    again = session.create("Transfer", {"parent": job["id"], "source": "/Users/bunny.png"})
    assert again["id"] != upload["id"]
    session.grant("User", EMPLOYEE, "Delivery", job["id"])
    office.advance()
    with refused("E#D018"):
        session.update("Delivery", job["id"], {"status": "pending"})
    session.update("Transfer", upload["id"], {"status": "waiting"})
    office.advance()
    assert session.find_one(f"Transfer WHERE id={upload['id']}")["status"] == "done"
    assert len(session.find("Task", entityid=job["id"])) == 2
    session.grant("User", STANDARD, "Delivery", job["id"])
    session.update("Delivery", job["id"], {"status": "pending"})
    office.advance(seconds=1)
    assert (row(office, job)["status"], row(office, job)["size"]) == ("waiting", 6)
    office.standard.create("Transfer", {"parent": job["id"], "destination": "/in/"})
    office.advance()
    assert office.local("in/bunny.png").read_bytes() == b"bunny"
    assert office.local("in/cut/x.mov").exists()
    all_refused(
        "E#(D010|J404|P)",
        lambda: session.create("Transfer", {"parent": job["id"], "source": "/Users/bunny.png"}),
        lambda: office.standard.create("Transfer", {"parent": job["id"], "source": "/Users/bunny.png"}),
        lambda: session.create("Transfer", {"parent": "0" * 24, "source": "/Users/bunny.png"}),
    )


def test_what_is_in_a_delivery(office: Office) -> None:
    session = office.admin
    job = session.create("Delivery", {"name": "D", "tasks": ["a.mov", "show", "nothing.mov"]})
    place = f"delivery={job['id']}"
    with refused("E#F001"):
        office.standard.ls(place)
    session.grant("User", STANDARD, "Delivery", job["id"])

    def look(who: Any) -> None:
        rows = who.ls(place, recursive=True, getsize=True)
        assert [(one["filename"], one["size"]) for one in rows] == [("a.mov", 10_000), ("show", 5000)]
        assert [one["filename"] for one in rows[1]["files"]] == ["b.mov", "deep"]
        assert [one["filename"] for one in who.ls(f"{place}/show/deep")] == ["c.mov"]
        assert who.getsize(place) == 15_000
        assert (who.exists(f"{place}/show/b.mov"), who.exists(f"{place}/show/x.mov")) == (True, False)
        all_refused(
            "E#F0",
            lambda: who.ls(f"{place}/elsewhere"),
            lambda: who.ls(f"{place}/show/../../secret"),
            lambda: who.ls(f"{place}/hq:share=projects"),
            lambda: who.mkdir(f"{place}/show/new"),
            lambda: who.delete(f"{place}/a.mov"),
        )

    look(session)
    with refused("E#F001"):
        office.standard.ls(place)
    session.update("Delivery", job["id"], {"status": "pending"})
    look(office.standard)
    with refused("E#F001"):
        session.ls(f"delivery={'0' * 24}")


def test_a_request(office: Office) -> None:
    session, standard = office.admin, office.standard
    office.put_local("Users/x.mov", b"x")
    office.put_local("Users/y.mov", b"y")
    job = session.create("Request", {"name": "Plates", "destination": "share=projects/plates"})
    assert (job["status"], job["source"]) == ("init", "")
    with refused("E#D009"):
        session.create("Task", {"source": "a.mov"}, job["id"])
    with refused("E#D002"):
        session.update("Request", job["id"], {"status": "pending"})
    for name in (STANDARD, EMPLOYEE):
        session.grant("User", name, "Request", job["id"])
    session.update("Request", job["id"], {"status": "waiting"})
    office.advance(seconds=1)
    assert row(office, job)["status"] == "waiting"
    (mine,) = standard.find(f"Transfer WHERE delivery={job['id']}")
    assert (mine["status"], mine["source"]) == ("pending", f"user:{mine['user']}")
    with refused("E#D012"):
        standard.update("Transfer", mine["id"], {"status": "waiting"})
    with refused("E#J015"):
        standard.create("Task", {"source": "share=projects/a.mov"}, mine["id"])
    with refused("E#J014"):
        standard.create("Task", {"source": "~/a.mov"}, mine["id"])
    added = standard.create("Task", {"tasks": ["/Users/x.mov"]}, mine["id"])
    assert added["status"] == "queued"
    theirs = office.employee.create("Transfer", {"parent": job["id"], "source": "/Users/y.mov"})
    assert theirs["delivery"] == job["id"]
    office.advance()
    assert standard.get_entity("Transfer", mine["id"])["status"] == "done"
    assert {path.name for path in (office.box.volume / "plates").iterdir()} == {"x.mov", "y.mov"}
    assert row(office, job)["status"] == "done"
    assert [one["status"] for one in session.access("Request", job["id"])] == ["done", "done"]
    home = session.create("Request", {"name": "To me"})
    assert home["destination"] == job["destination"]
    assert session.delete_one("Request", home["id"]) is True


def test_a_recipient_who_is_deleted_holds_nobody_up(office: Office) -> None:
    session = office.admin
    data = {"tasks": ["show/b.mov"], "recipients": [STANDARD, EMPLOYEE]}
    alone, both = (
        session.create("Delivery", {**data, "recipients": data["recipients"][:count]}) for count in (1, 2)
    )
    office.advance(seconds=1)
    office.employee.create("Transfer", {"parent": both["id"], "destination": "/in/"})
    office.advance()
    assert row(office, both)["status"] == "waiting"
    assert session.delete_one("User", STANDARD) is True
    assert [row(office, one)["status"] for one in (alone, both)] == ["aborted", "done"]


def test_each_job_goes_by_its_own_type(office: Office) -> None:
    session = office.admin
    transfer = session.create("Transfer", {"source": "a.mov", "destination": "/in/", "status": "paused"})
    delivery = session.create("Delivery", {"tasks": ["a.mov"]})
    for kind, other in (
        ("Delivery", transfer),
        ("Compute", transfer),
        ("Transfer", delivery),
        ("Stream", delivery),
    ):
        assert session.get_entity(kind, other["id"]) is None
        all_refused(
            "E#J404",
            partial(session.update, kind, other["id"], {"name": "x"}),
            partial(session.delete_one, kind, other["id"]),
        )
    # By their old name all are jobs.
    for job in (transfer, delivery):
        assert session.get_entity("Job", job["id"])["id"] == job["id"]
        assert session.update("Job", job["id"], {"name": "x"})["name"] == "x"
        assert session.delete_one("Job", job["id"]) is True


def test_senders_in_each_role(office: Office) -> None:
    for sender in (ADMIN, EMPLOYEE):
        session = office.session(sender)
        job = session.create("Delivery", {"name": sender, "tasks": ["show/b.mov"], "recipients": [STANDARD]})
        office.advance(seconds=1)
        office.standard.create("Transfer", {"parent": job["id"], "destination": f"/{sender}/"})
        office.advance()
        assert office.local(f"{sender}/b.mov").exists()
        assert session.find_one(f"Delivery WHERE id={job['id']}")["status"] == "done"
    assert len(office.standard.find("Delivery", finished=True)) == 2
    for kind in ("Delivery", "Request", "Stream"):
        with refused("E#P004"):
            office.standard.create(kind, {"name": "x"})


@pytest.mark.parametrize("kind", ["Delivery", "Stream"])
def test_a_whole_collection(office: Office, kind: str) -> None:
    session, standard = office.admin, office.standard
    office.put("other/a.mov", b"other")
    with refused("E#J015"):
        session.create(kind, {"source": "collection=reel"})
    session.create("Collection", {"name": "Reel", "files": ["show/b.mov", "share=projects/other/a.mov"]})
    job = session.create(kind, {"source": "collection=reel", "recipients": [STANDARD]})
    assert job["name"] == "reel"
    assert sorted(task["source"]["path"] for task in session.find("Task", entityid=job["id"])) == [
        "a.mov",
        "b.mov",
    ]
    office.advance()
    (transfer,) = standard.find(f"Transfer WHERE delivery={job['id']}")
    standard.update("Transfer", transfer["id"], {"destination": "/got/"})
    office.advance()
    assert row(office, job)["status"] == "done"
    assert office.local("got/a.mov").read_bytes() == b"other"
    assert office.local("got/b.mov").exists()


@pytest.mark.parametrize("kind", ["Delivery", "Request", "Stream"])
def test_the_last_recipient_is_revoked(office: Office, kind: str) -> None:
    session = office.admin
    own = {"destination": "share=projects/in"} if kind == "Request" else {"source": "a.mov"}
    job = session.create(kind, {"name": "D", "recipients": [STANDARD], **own})
    office.advance()
    assert row(office, job)["status"] == "waiting"
    assert session.revoke("User", STANDARD, kind, job["id"]) is True
    assert row(office, job)["status"] == "aborted"
    assert session.grant("User", EMPLOYEE, kind, job["id"])["user_hr"] == EMPLOYEE
    assert row(office, job)["status"] == "waiting"
    assert who(office, kind, job) == [EMPLOYEE]
    (employee,) = session.find(f"User WHERE code={EMPLOYEE}")
    assert session.delete_one("User", employee["id"]) is True
    assert row(office, job)["status"] == "aborted"
