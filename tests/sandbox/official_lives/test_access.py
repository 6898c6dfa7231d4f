"""What access lists and roles leave open, and what they do not, from whichever side one comes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.official_lives.office import ADMIN, EMPLOYEE, STANDARD, Office, all_refused, refused

HOME = f"home/{ADMIN}"
ON_VOLUME = f"volume=projects/{HOME}"


def transfer(session: Any, source: str, destination: str, **data: Any) -> Any:
    return session.create("Transfer", {"source": source, "destination": destination, **data})


def names(rows: Any) -> set[str]:
    """All names of a listing, however deep."""
    return {name for row in rows for name in (row["filename"], *names(row.get("files") or ()))}


def files(folder: Path) -> set[str]:
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


def outcome(office: Office, job: Any) -> tuple[str, str]:
    """The status of a job and the first message of a task."""
    (task, *_) = office.admin.find("Task", entityid=job["id"])
    return office.admin.get_entity("Transfer", job["id"])["status"], task["message"]


@pytest.fixture
def homes(office: Office) -> Office:
    """Each home holds a file."""
    for user in (ADMIN, EMPLOYEE, STANDARD):
        office.put(f"home/{user}/of_{user.partition('@')[0]}", bytes(1000))
    return office


def test_a_home_that_is_closed_is_so_from_its_volume_too(homes: Office) -> None:
    a, e = homes.admin, homes.employee
    for path in (
        f"home={ADMIN}",
        ON_VOLUME,
        f"{ON_VOLUME}/of_admin",
        f"volume=projects/HOME/{ADMIN}",
        f"{HOME}/x",
    ):
        for call in (e.ls, e.getsize, e.exists, e.mkdir, e.delete):
            with refused("E#F001 There is no "):
                call(path)
        with refused("E#F001"):
            e.mv(path, "share=projects/mine")
        with refused("E#F001"):
            e.mv("a.mov", f"{path}/")
    with refused("E#P005"):
        transfer(e, f"{ON_VOLUME}/of_admin", "/in/")
    with refused("E#P005"):
        transfer(e, "/a.mov", f"{ON_VOLUME}/a.mov")
    with refused("E#P005"):
        transfer(e, f"site=berlin:{HOME}/of_admin", "/in/")
    assert names(a.ls(ON_VOLUME)) == {"of_admin"}
    assert names(e.ls(f"volume=projects/home/{STANDARD}")) == {"of_standard"}


def test_a_folder_above_a_closed_home_shows_all_but_that(homes: Office) -> None:
    a, e = homes.admin, homes.employee
    seen = {
        "a.mov",
        "show",
        "b.mov",
        "deep",
        "c.mov",
        "home",
        EMPLOYEE,
        "of_employee",
        STANDARD,
        "of_standard",
    }
    assert names(e.ls("share=projects", recursive=True)) == seen
    assert names(a.ls("share=projects", recursive=True)) == {*seen, ADMIN, "of_admin"}
    assert names(e.ls("share=projects/home")) == {EMPLOYEE, STANDARD}
    assert (a.getsize("share=projects/home"), e.getsize("share=projects/home")) == (3000, 2000)
    (row,) = [row for row in e.ls("share=projects", getsize=True) if row["filename"] == "home"]
    assert row["size"] == 2000
    for session, there in ((e, {EMPLOYEE, STANDARD}), (a, {EMPLOYEE, STANDARD, ADMIN})):
        role = session.find_one("user WHERE role!=standard")["role"]
        job = transfer(session, "share=projects/home", f"/{role}/")
        homes.advance()
        assert outcome(homes, job) == ("done", "")
        assert {one.name for one in homes.local(f"{role}/home").iterdir()} == there
    for user in (ADMIN, STANDARD):
        homes.put_remote(f"home/{user}/far", bytes(500))
    assert names(e.ls("site=berlin:share=projects", recursive=True)) == {"home", STANDARD, "far"}
    assert e.getsize("site=berlin:home") == 500
    transfer(e, "site=berlin:home", "/far/")
    homes.advance()
    assert files(homes.local("far")) == {f"home/{STANDARD}/far"}
    collection = {"name": "Kit", "files": ["share=projects/home"]}
    with refused("E#P002 You may not read"):
        e.create("Collection", collection)
    assert a.create("Collection", collection)["code"] == "kit"


def test_a_folder_above_a_closed_home_is_not_changed_as_a_whole(homes: Office) -> None:
    e = homes.employee
    all_refused(
        "E#F003 You may not change all that is in 'share=projects/home'",
        lambda: e.delete("share=projects/home", force=True),
        lambda: e.mv("share=projects/home", "share=projects/elsewhere"),
        lambda: e.rename("share=projects/home", "share=projects/other"),
    )
    e.mkdir("share=projects/x")
    e.mkdir(f"share=projects/x/{ADMIN}")
    homes.admin.delete(f"share=projects/{HOME}", force=True)
    with refused("E#F003"):
        e.mv(f"share=projects/x/{ADMIN}", "share=projects/home/")
    assert e.delete(f"share=projects/home/{STANDARD}/of_standard") is True
    homes.admin.delete("share=projects/home", force=True)
    with refused("E#F003"):
        e.mv("share=projects/x", "share=projects/home")


def test_nothing_is_written_into_a_closed_home_from_above(homes: Office) -> None:
    homes.put_local(f"up/{HOME}/bad", b"bad")
    inside = transfer(homes.employee, "/up", "share=projects/")
    above = transfer(homes.employee, "/up/home", "share=projects/")
    homes.advance(minutes=1)
    assert (homes.box.volume / "up" / HOME / "bad").exists()
    assert outcome(homes, inside) == ("done", "")
    assert files(homes.box.volume / HOME) == {"of_admin"}
    assert outcome(homes, above)[0] == "failed"
    assert "may not be written to" in outcome(homes, above)[1]
    transfer(homes.admin, "/up/home", "share=projects/")
    homes.advance()
    assert files(homes.box.volume / HOME) == {"of_admin", "bad"}


def test_a_closed_home_is_opened_by_name(homes: Office) -> None:
    a, e = homes.admin, homes.employee
    home = a.find_one(f"home WHERE code='{ADMIN}'")
    a.grant("User", EMPLOYEE, "Home", home["id"], {"read": True, "write": False})
    assert names(e.ls(f"home={ADMIN}")) == {"of_admin"}
    assert ADMIN not in names(e.ls("share=projects/home"))
    with refused("E#F003"):
        e.delete(f"home={ADMIN}/of_admin")
    assert a.revoke("User", EMPLOYEE, "Home", home["id"]) is True
    a.grant("User", EMPLOYEE, "Volume", home["parent"], {"read": True, "write": True, "path": HOME})
    assert names(e.ls(f"home={ADMIN}")) == names(e.ls(ON_VOLUME)) == {"of_admin"}


def test_a_share_in_a_closed_home_is_as_closed(homes: Office) -> None:
    a, e = homes.admin, homes.employee
    a.create("Folder", {"name": "Private", "path": f"{HOME}/private"})
    assert e.find("folder") == []
    with refused("E#F001 There is no share 'private'"):
        e.ls("share=private")
    with refused("E#P002 You may not share a folder"):
        e.create("Folder", {"name": "Mine", "path": HOME})


def test_between_sites_all_of_the_volume_is_needed(office: Office) -> None:
    a, e = office.admin, office.employee
    volume = a.find_one("volume WHERE default=true")
    office.put_remote("show/r.mov")
    jobs = (("share=projects/show/b.mov", "site=berlin"), ("site=berlin:show/r.mov", "hq"))
    paused = [transfer(e, *job, status="paused") for job in jobs]
    for acl in (
        {"read": True, "write": True, "path": "show"},
        {"read": True, "write": False},
        {"read": False, "write": True},
    ):
        a.grant("User", EMPLOYEE, "Volume", volume["id"], acl)
        for job in jobs:
            with refused("E#(J006 Only admins, and employees with full access|P005)"):
                transfer(e, *job)
    a.grant("User", EMPLOYEE, "Volume", volume["id"], {"read": True, "write": True, "path": "show"})
    with refused("E#J006"):
        transfer(e, *jobs[0])
    assert transfer(e, "share=projects/show/b.mov", "/in/")["status"] != "failed"
    for job in paused:
        e.update("Transfer", job["id"], {"status": "waiting"})
    office.advance(minutes=1)
    for job in paused:
        assert outcome(office, job)[0] == "failed"
        assert outcome(office, job)[1].startswith("E#J006 ")
    a.grant("User", EMPLOYEE, "Volume", volume["id"], {"read": True, "write": True})
    office.advance()
    assert [outcome(office, job)[0] for job in paused] == ["done", "done"]
    assert [outcome(office, transfer(e, *job))[0] for job in jobs] != []


def begin(office: Office, download: bool) -> tuple[Any, Any, str]:
    """A folder that the standard user may read and write, a transfer of theirs, and what denies it later."""
    folder = office.shared()
    office.put_local("up.mov")
    office.admin.grant("User", STANDARD, "Folder", folder["id"], {"read": True, "write": True})
    ends = ("share=show/b.mov", "/in/") if download else ("/up.mov", "share=show/up.mov")
    job = transfer(office.standard, *ends, status="paused")
    return folder, job, "read from folder=show/b.mov" if download else "write to folder=show/up.mov"


@pytest.mark.parametrize("download", [True, False])
def test_access_is_checked_again(office: Office, download: bool) -> None:
    folder, job, denial = begin(office, download)
    a, u = office.admin, office.standard

    def again(who: Any, status: str) -> None:
        who.update("Transfer", job["id"], {"status": status})
        office.advance(minutes=1)

    a.revoke("User", STANDARD, "Folder", folder["id"])
    again(u, "waiting")
    assert outcome(office, job) == ("failed", f"E#P005 You may not {denial}; ask for access to it.")
    (task,) = u.find("Task", entityid=job["id"])
    u.update_many("Task", job["id"], [{"id": task["id"], "status": "queued"}])
    office.advance(minutes=1)
    assert outcome(office, job)[0] == "failed"
    again(u, "aborted")
    again(u, "waiting")
    assert outcome(office, job)[0] == "failed"
    assert (
        files(office.local("in")) == set() if download else not (office.box.volume / "show/up.mov").exists()
    )
    again(a, "waiting")
    assert outcome(office, job) == ("done", "")


def test_a_done_job_is_not_revived_without_access(office: Office) -> None:
    folder, job, _ = begin(office, True)
    office.standard.update("Transfer", job["id"], {"status": "waiting"})
    office.advance()
    assert outcome(office, job)[0] == "done"
    office.local("in/b.mov").unlink()
    office.admin.revoke("User", STANDARD, "Folder", folder["id"])
    (task,) = office.standard.find("Task", entityid=job["id"])
    office.standard.update_many("Task", job["id"], [{"id": task["id"], "status": "queued"}])
    office.advance()
    assert outcome(office, job)[0] == "failed"
    assert not office.local("in/b.mov").exists()


def test_a_file_under_way_stops_when_access_is_gone_and_it_was_paused(office: Office) -> None:
    office.put("show/big.mov", bytes(100_000))
    folder, _, _ = begin(office, True)
    job = transfer(office.standard, "share=show/big.mov", "/in/")
    office.advance(seconds=10)
    office.standard.update("Transfer", job["id"], {"status": "paused"})
    office.admin.revoke("User", STANDARD, "Folder", folder["id"])
    office.standard.update("Transfer", job["id"], {"status": "waiting"})
    office.advance()
    assert outcome(office, job)[0] == "failed"
    assert files(office.local("in")) == set()


def test_what_another_with_access_changes_does_no_harm(office: Office) -> None:
    """Whoever owns the job or changed it last must have access, one of them."""
    folder, job, _ = begin(office, True)
    office.admin.create("User", {"code": "eva@example.com", "role": "employee"})
    office.admin.grant("User", "eva@example.com", "Folder", folder["id"], {"read": False, "write": True})
    eva = office.session("eva@example.com")
    eva.update("Transfer", job["id"], {"priority": 900, "status": "waiting"})
    office.advance()
    assert outcome(office, job) == ("done", "")


def test_a_recipient_needs_no_access_but_to_be_one(office: Office) -> None:
    delivery = office.employee.create(
        "Delivery", {"source": "share=projects/a.mov", "recipients": [STANDARD]}
    )
    (job,) = office.standard.find("Transfer")
    office.standard.update("Transfer", job["id"], {"destination": "/in/", "status": "paused"})
    assert office.employee.revoke("User", STANDARD, "Delivery", delivery["id"]) is True
    office.standard.update("Transfer", job["id"], {"status": "waiting"})
    office.advance()
    assert outcome(office, job) == ("failed", "E#P005 standard@example.com is no recipient any more.")
    assert not office.local("in/a.mov").exists()


def test_a_request_takes_what_its_maker_may_write(office: Office) -> None:
    office.put_local("up.mov")
    request = office.employee.create("Request", {"destination": "share=projects/in/"})
    assert office.employee.grant("User", STANDARD, "Request", request["id"]) is True
    office.employee.update("Request", request["id"], {"status": "pending"})
    (job,) = office.standard.find("Transfer")
    office.standard.create("Task", {"tasks": ["/up.mov"]}, job["id"])
    office.advance()
    assert outcome(office, job) == ("done", "")
    assert (office.box.volume / "in" / "up.mov").exists()


def test_users_who_are_hidden_hide_their_clients_and_logs(office: Office) -> None:
    a, e, u = office.admin, office.employee, office.standard
    admin = a.find_one("user WHERE role=admin")
    app = a.find_one(f"app WHERE user={admin['id']}")
    a.create("Queue", {"name": "Panic"})
    a.mkdir("share=projects/secret")
    for session in (e, u):
        assert session.find(f"client WHERE id={app['id']}") == []
        assert session.get_entity("client", app["id"]) is None
        with refused("E#N404 There is no client"):
            session.update("Client", app["id"], {"status": "offline"})
        with refused("E#N404 There is no client"):
            session.delete_one("Client", app["id"], {"force": True})
        assert session.logs("user", admin["id"])["result"] == []
        assert session.logs("client", app["id"])["result"] == []
    told = {row["message"] for row in e.logs("workspace")["result"] if row["user"] == ADMIN}
    assert told == {"queue/create name=Panic"} or told == {"queue/create"}
    assert {row["user"] for row in u.logs("workspace")["result"]} == {STANDARD}
    assert len(a.logs("user", admin["id"])["result"]) > 0
    own = e.find_one(f"app WHERE user={EMPLOYEE}")
    assert e.update("Client", own["id"], {"status": "offline"})["status"] == "offline"


def test_standard_users_are_not_told_of_what_they_may_not_see(office: Office) -> None:
    u = office.standard
    with refused("E#J019 There is no queue 'low'.$"):
        transfer(u, "~/a", "/in", queue="low")
    shares = f"(there are home={STANDARD})"
    for source, destination, text in (
        ("site=london:home=~/a", "/in", "E#J010 There is no site 'london'."),
        ("~/a", f"{ADMIN}:/x", f"E#J011 There is no user '{ADMIN}'."),
        ("~/a", f"{EMPLOYEE}:/x", f"E#J011 There is no user '{EMPLOYEE}'."),
        ("~/a", "nobody@example.com:/x", "E#J011 There is no user 'nobody@example.com'."),
        ("share=projects/a.mov", "/in", f"E#J015 There is no share 'projects' {shares}."),
        ("share=nothing/a.mov", "/in", f"E#J015 There is no share 'nothing' {shares}."),
        ("hq:a.mov", "/in", "E#J016 'a.mov' lies on no volume that you may reach."),
    ):
        with refused(f"{re.escape(text)}$"):
            transfer(u, source, destination)
    # A hidden volume is no volume: the path is one on the own machine, as any other.
    for place in ("/Volumes/projects/a.mov", "/Volumes/nothing/a.mov", str(office.box.volume / "a.mov")):
        with refused("E#J005 Both "):
            transfer(u, place, "/in/")
        with refused("E#J016 '.*' lies on no volume that you may reach.$"):
            transfer(u, f"hq:{place}", "/in/")
        with refused("E#F006"):
            u.ls(place)
    office.shared("secret")
    for name in ("secret", "nothing"):
        with refused(f"E#F001 There is no share '{name}'.$"):
            u.ls(f"share={name}")
    for session in (office.admin, office.employee):
        with refused("E#J019 There is no queue 'low' \\(there are medium\\)"):
            transfer(session, "a.mov", "/in", queue="low")
        with refused("E#J010 There is no site 'london' \\(there are hq, berlin\\)"):
            transfer(session, "a.mov", "site=london")
    with refused(f"E#J011 There is no user '{ADMIN}'"):
        transfer(office.employee, "a.mov", f"{ADMIN}:/x")


@pytest.mark.parametrize("kind", ["Delivery", "Request", "Stream"])
def test_a_draft_is_no_business_of_its_recipients(office: Office, kind: str) -> None:
    sent = {"destination": "share=projects/in/"} if kind == "Request" else {"tasks": ["share=projects/a.mov"]}
    job = office.admin.create(kind, {**sent, "recipients": [STANDARD], "status": "init"})
    u = office.standard
    assert (u.find(kind), u.get_entity(kind, job["id"]), u.find("Transfer")) == ([], None, [])
    with refused("E#J404"):
        u.access(kind, job["id"])
    with refused("E#J404"):
        u.create("Transfer", {"parent": job["id"], "destination": "/in/"})
    office.admin.update(kind, job["id"], {"status": "pending"})
    assert [row["id"] for row in u.find(kind)] == [job["id"]]
    assert len(u.find("Transfer")) == 1
    draft = office.admin.create(kind, {**sent, "recipients": [STANDARD], "status": "init"})
    office.admin.update(kind, draft["id"], {"status": "aborted"})
    assert u.get_entity(kind, draft["id"]) is None


def test_whoever_is_invited_comes_back(office: Office) -> None:
    """As accsyn's manual has it of a user who was deactivated and is invited again, in whatever way."""
    a, e = office.admin, office.employee
    user = a.find_one("user WHERE role=standard")
    a.deactivate_one("User", user["id"])
    with refused("E#D008"):
        e.create("Delivery", {"source": "a.mov", "recipients": [{"recipient": STANDARD, "invite": False}]})
    assert a.find("user WHERE role=standard") == []
    e.create("Delivery", {"source": "a.mov", "recipients": [STANDARD]})
    assert [row["id"] for row in a.find("user WHERE role=standard")] == [user["id"]]
    a.create("User", {"code": "eva@example.com", "role": "employee"})
    a.deactivate_one("User", "eva@example.com")
    with refused("E#P002 Your role, employee, may not invite eva@example.com again"):
        e.create("Delivery", {"source": "a.mov", "recipients": ["eva@example.com"]})
    assert a.find("user WHERE code='eva@example.com'") == []


def test_a_folder_without_a_path_has_one_of_its_own(office: Office) -> None:
    a, u = office.admin, office.standard
    folder = a.create("Folder", {"code": "x5"})
    assert folder["path"] == "x5"
    assert a.create("share", {"name": "The film!"})["path"] == "the_film"
    assert a.create("Folder", {"name": "Everything", "path": "/"})["path"] == ""
    a.grant("User", STANDARD, "Folder", folder["id"], {"read": True, "write": True})
    assert u.ls("share=x5") == []
    office.put("x5/in.mov")
    assert names(u.ls("share=x5")) == {"in.mov"}
    with refused("E#F001|E#F003"):
        u.ls("share=projects")


def test_who_is_deactivated_has_no_jobs_and_who_is_deleted_loses_them(office: Office) -> None:
    """As accsyn's manual has it: to delete a user aborts their jobs, to deactivate one is refused."""
    a = office.admin
    office.put(f"home/{STANDARD}/a.mov")
    user = a.find_one("user WHERE role=standard")
    job = transfer(office.standard, "~/a.mov", "/in/", status="paused")
    with refused(f"E#N422 1 active job involves the user '{STANDARD}'.$"):
        a.deactivate_one("User", user["id"])
    transfer(office.standard, "~/a.mov", "/in/", status="paused")
    with refused(f"E#N422 2 active jobs involve the user '{STANDARD}'.$"):
        a.deactivate_one("User", user["id"])
    assert a.delete_one("User", user["id"]) is True
    assert outcome(office, job)[0] == "aborted"


@pytest.mark.parametrize("kind", ["Folder", "Volume", "Collection"])
def test_what_was_deactivated_is_not_enabled(office: Office, kind: str) -> None:
    a = office.admin
    row = a.create(
        kind, {"name": "X", **({"files": ["share=projects/a.mov"]} if kind == "Collection" else {})}
    )
    assert row["status"] == "enabled"
    a.deactivate_one(kind, row["id"])
    (gone,) = a.find(kind, inactive=True)
    assert (gone["status"], gone["inactive"]) == ("offline", True)
    a.activate_one(kind, row["id"])
    assert a.find_one(f"{kind} WHERE code=x")["status"] == "enabled"


def test_nobody_gives_more_than_they_have(office: Office) -> None:
    a = office.admin
    folder = office.shared()
    a.create("User", {"code": "eva@example.com", "role": "employee"})
    eva = office.session("eva@example.com")
    a.grant("User", "eva@example.com", "Folder", folder["id"], {"read": True, "write": False})
    for who, access in (
        ("eva@example.com", {"read": True, "write": True}),
        (STANDARD, {"read": False, "write": True}),
    ):
        with refused("E#P002 You may not give more access to 'show' than you have"):
            eva.grant("User", who, "Folder", folder["id"], access)
    assert eva.grant("User", STANDARD, "Folder", folder["id"], {"read": True, "write": False})
    a.grant("User", "eva@example.com", "Folder", folder["id"], {"read": True, "write": True, "path": "deep"})
    with refused("E#P002 You may not give more"):
        eva.grant("User", STANDARD, "Folder", folder["id"], {"read": True, "write": True})
    assert eva.grant("User", STANDARD, "Folder", folder["id"], {"read": True, "write": True, "path": "deep"})


def test_a_home_closes_nothing_that_was_open(office: Office) -> None:
    a, e = office.admin, office.employee
    a.create("User", {"code": "eva@example.com", "role": "employee", "create_home_share": False})
    a.create("User", {"code": "lisa@example.com", "create_home_share": False})
    with refused("E#P002 Your role, employee, may not make a home for eva@example.com"):
        e.create("Home", {"user": "eva@example.com"})
    with refused("E#P002 Only admins make a home elsewhere than at home/lisa@example.com"):
        e.create("Home", {"user": "lisa@example.com", "path": "show"})
    assert e.create("Home", {"user": "lisa@example.com"})["path"] == "home/lisa@example.com"
    assert e.delete_one("Home", e.find_one(f"home WHERE code='{EMPLOYEE}'")["id"]) is True
    with refused("E#P002 Only admins make a home elsewhere"):
        e.create("Home", {"user": EMPLOYEE, "path": "show"})
    assert e.create("Home", {"user": EMPLOYEE})["path"] == f"home/{EMPLOYEE}"
    assert a.create("Home", {"user": "eva@example.com", "path": "show"})["path"] == "show"
    with refused("E#F001"):
        e.ls("share=projects/show")


def test_what_is_delivered_is_listed_without_closed_homes_and_while_it_is_there(homes: Office) -> None:
    delivery = homes.employee.create("Delivery", {"source": "share=projects/home", "recipients": [STANDARD]})
    place = f"delivery={delivery['id']}"
    assert names(homes.standard.ls(place, recursive=True)) == {
        *("home", EMPLOYEE, "of_employee", STANDARD, "of_standard")
    }
    assert homes.standard.getsize(place) == 2000
    hq = homes.admin.find_one("server WHERE site=hq")
    homes.box.switch_client(hq["id"], online=False)
    with refused("E#F004 The client hq-server is offline"):
        homes.standard.ls(place)
