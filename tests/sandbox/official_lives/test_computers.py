"""The computers that jobs run on: none, one, several, off, gone, and with shares mapped on them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.official_lives.office import ADMIN, EMPLOYEE, STANDARD, Office, all_refused, refused


def transfer(session: Any, source: str, destination: str, **data: Any) -> Any:
    return session.create("Transfer", {"source": source, "destination": destination, **data})


def status(office: Office, job: Any) -> str:
    return str(office.admin.get_entity("Transfer", job["id"])["status"])


def server(office: Office, site: str) -> Any:
    return office.admin.find_one(f"server WHERE site={site}")


def volume(office: Office) -> Any:
    return office.admin.find_one("volume WHERE default=true")


def test_a_site_needs_a_server_that_serves_the_volume(office: Office) -> None:
    site = office.admin.create("Site", {"name": "London"})
    for job in (("a.mov", "site=london"), ("site=london:a.mov", "hq"), ("site=london:a.mov", "site=berlin")):
        with refused("E#J036 No server at the site london serves the volume projects; start a server"):
            transfer(office.admin, *job)
    with refused("E#F004 No server at the site london"):
        office.admin.ls("site=london:share=projects")
    idle = office.box.add_client(site="london", volumes=[])
    with refused("E#J036"):
        transfer(office.admin, "a.mov", "site=london")
    assigned = {"volume": volume(office)["id"], "server": idle.id}
    assert office.admin.assign("volume", "server", assigned) is True
    job = transfer(office.admin, "a.mov", "site=london")
    office.advance()
    assert status(office, job) == "done"
    assert (office.box.site_root("london") / "projects" / "a.mov").exists()
    assert [row["filename"] for row in office.admin.ls("site=london:share=projects")] == ["a.mov"]
    assert [row["id"] for row in office.admin.find(f"server WHERE site={site['id']}")] == [idle.id]


def test_a_server_that_is_started_serves_what_nobody_does(office: Office) -> None:
    office.admin.create("Volume", {"name": "Assets"})
    office.box.add_client(site="berlin", hostname="second")
    shown = {
        name: [row["client_hr"] for row in office.admin.assignments("volume", row["id"])]
        for name, row in ((row["code"], row) for row in office.admin.find("volume"))
    }
    assert shown == {"projects": ["hq-server", "berlin-server"], "assets": ["hq-server", "second"]}


def test_a_volume_that_nobody_serves(office: Office) -> None:
    """Nothing begins any more; what has begun goes on, and what waits does when somebody serves it again."""
    ids = {"volume": volume(office)["id"], "server": server(office, "hq")["id"]}
    office.put("big.mov", bytes(100_000))
    begun = transfer(office.admin, "big.mov", "site=berlin")
    office.advance(seconds=10)
    assert status(office, begun) == "running"
    waiting = transfer(office.employee, "a.mov", "site=berlin")
    assert office.admin.deassign("volume", "server", ids) is True
    all_refused(
        "E#J036 No server at the site hq serves the ",
        lambda: transfer(office.admin, "a.mov", "/in/a.mov"),
        lambda: transfer(office.admin, "/x", "share=projects/x"),
        lambda: transfer(office.standard, "~/a", "/in/a"),
    )
    for path in ("share=projects", "a.mov", "home=standard@example.com"):
        with refused("E#F004 No server at the site hq"):
            office.admin.ls(path)
    assert volume(office)["status"] == "offline"
    office.advance()
    assert (status(office, begun), status(office, waiting)) == ("done", "waiting")
    assert office.admin.assign("volume", "server", ids) is True
    office.advance()
    assert status(office, waiting) == "done"


def test_another_server_takes_over_new_jobs_alone(office: Office) -> None:
    old = server(office, "hq")
    paused = transfer(office.admin, "a.mov", "site=berlin", status="paused")
    new = office.box.add_client(site="hq", hostname="new", volumes=["projects"])
    office.admin.update("Client", old["id"], {"status": "offline"})
    office.admin.update("Transfer", paused["id"], {"status": "waiting"})
    later = transfer(office.admin, "a.mov", "/in/a.mov")
    (task,) = office.admin.find("Task", entityid=later["id"])
    assert task["source"]["client"] == new.id
    office.advance()
    assert (status(office, paused), status(office, later)) == ("waiting", "done")
    office.box.switch_client(old["id"], online=True)
    office.advance()
    assert status(office, paused) == "done"


@pytest.mark.parametrize("who", ["server", "app"])
def test_a_client_that_is_deleted_leaves_its_jobs_waiting(office: Office, who: str) -> None:
    office.put("big.mov", bytes(100_000))
    job = transfer(office.admin, "big.mov", "/in/big.mov")
    office.advance(seconds=10)
    assert status(office, job) == "running"
    (task,) = office.admin.find("Task", entityid=job["id"])
    client = task["source" if who == "server" else "destination"]["client"]
    with refused("E#N422"):
        office.admin.delete_one("Client", client)
    assert office.admin.delete_one("Client", client, {"force": True}) is True
    office.advance()
    assert status(office, job) == "waiting"
    with refused("E#J036" if who == "server" else "E#J037 admin@example.com has no client"):
        transfer(office.admin, "a.mov", "/in/a.mov")
    if who == "app":
        new = office.box.add_client(user="admin", hostname="laptop")
        another = transfer(office.admin, "a.mov", "/in/a.mov")
        office.advance()
        assert status(office, another) == "done"
        assert status(office, job) == "waiting"
        assert office.admin.get_entity("Client", new.id)["code"] == "laptop"


def test_jobs_wait_for_a_client_that_is_off(office: Office) -> None:
    app = office.admin.find_one(f"app WHERE user={STANDARD}")
    office.put(f"home/{STANDARD}/a.mov")
    off = office.box.switch_client(app["id"], online=False)
    assert off.status == "offline"
    job = transfer(office.standard, "~/a.mov", "/in/a.mov")
    office.advance()
    assert status(office, job) == "waiting"
    office.box.switch_client(app["id"], online=True)
    office.advance()
    assert status(office, job) == "done"
    office.admin.update("Client", app["id"], {"status": "disabled"})
    assert office.box.switch_client(app["id"], online=False).status == "disabled-offline"
    assert office.box.switch_client(app["id"], online=True).status == "disabled"


def test_who_has_several_computers_names_one(office: Office) -> None:
    office.put(f"home/{STANDARD}/a.mov")
    first = office.standard.find_one("app")
    second = office.box.add_client(user=STANDARD, hostname="Edit-2", type="userserver")
    assert office.box.add_client(user=STANDARD, hostname="Edit-2", type="userserver") is second
    assert office.standard.find_one("userserver")["id"] == second.id
    with refused("E#J045 standard@example.com has several clients online; name one of") as caught:
        transfer(office.standard, "~/a.mov", "/in/a.mov")
    assert f"client={first['id']}" in str(caught.value)
    assert f"client={second.id} (Edit-2)" in str(caught.value)
    with refused("E#J045"):
        transfer(office.standard, "/in/a.mov", "~/b.mov")
    for party in (f"client={second.id}", f"{STANDARD}@edit-2"):
        job = transfer(office.standard, "~/a.mov", f"{party}:/in/{len(party)}.mov")
        (task,) = office.standard.find("Task", entityid=job["id"])
        assert (task["destination"]["client"], task["destination"]["user"]) == (second.id, job["user"])
        office.advance()
        assert status(office, job) == "done"
    # What was resolved stays: a task that is added goes where the others do.
    task = office.standard.create("Task", {"source": "~/a.mov", "destination": "/in/c.mov"}, job["id"])
    assert task["destination"]["client"] == second.id
    with refused("E#J012 standard@example.com has no client on 'edit-3'"):
        transfer(office.standard, "~/a.mov", f"{STANDARD}@Edit-3:/in/a.mov")
    office.box.switch_client(first["id"], online=False)
    job = transfer(office.standard, "~/a.mov", "/in/d.mov")
    (task,) = office.standard.find("Task", entityid=job["id"])
    assert task["destination"]["client"] == second.id
    office.box.switch_client(second.id, online=False)
    job = transfer(office.standard, "~/a.mov", "/in/e.mov")
    (task,) = office.standard.find("Task", entityid=job["id"])
    assert task["destination"]["client"] == first["id"]


def test_the_user_server_of_a_computer_goes_before_its_app(office: Office) -> None:
    app = office.admin.find_one(f"app WHERE user={EMPLOYEE}")
    own = office.box.add_client(user=EMPLOYEE, hostname=app["code"], type="userserver")
    job = transfer(office.employee, "a.mov", "/in/a.mov")
    (task,) = office.employee.find("Task", entityid=job["id"])
    assert task["destination"]["client"] == own.id


def test_a_server_can_be_named_too(office: Office) -> None:
    berlin, hq = server(office, "berlin"), server(office, "hq")
    office.put_remote("r.mov")
    job = transfer(office.admin, f"client={berlin['id']}:share=projects/r.mov", "hq")
    office.advance()
    assert status(office, job) == "done"
    assert (office.box.volume / "r.mov").exists()
    job = transfer(office.admin, f"client={hq['id']}:a.mov", f"client={berlin['id']}")
    office.advance()
    assert office.remote("a.mov").exists()
    other = office.box.add_client(site="berlin")
    with refused(f"E#J036 The server {other.code} at the site berlin does not serve the volume projects"):
        transfer(office.admin, "a.mov", f"client={other.id}:a.mov")
    with refused("E#J012"):
        transfer(office.standard, "/a", f"client={hq['id']}:home={STANDARD}/a")


def mapped(office: Office, path: str = "/work/film", who: str = STANDARD, **may: bool) -> str:
    """The id of a user's app, on which a shared folder is mapped that they may read."""
    folder = office.admin.find_one("folder WHERE code=film") or office.shared("film")
    office.admin.grant("User", who, "Folder", folder["id"], {"read": True, "write": True})
    app = office.admin.find_one(f"app WHERE user={who}")
    office.box.map_share(app["id"], "film", path, **may)
    return str(app["id"])


def test_pushing_to_a_share_that_a_user_has_mapped(office: Office) -> None:
    office.put("film/out/a.mov")
    app = mapped(office, write=True)
    for session in (office.admin, office.employee):
        for source, destination, arrives in (
            ("share=film/out/a.mov", STANDARD, "work/film/out/a.mov"),
            ("volume=projects/film/out/a.mov", f"client={app}", "work/film/out/a.mov"),
            ("share=film/out/a.mov", f"{STANDARD}:share=film/in/", "work/film/in/a.mov"),
            ("a.mov", f"{STANDARD}:share=film/b.mov", "work/film/b.mov"),
            ("a.mov", f"{STANDARD}:/work/film/c.mov", "work/film/c.mov"),
        ):
            job = transfer(session, source, destination)
            office.advance()
            assert status(office, job) == "done"
            assert office.local(arrives).exists(), destination
            office.local(arrives).unlink()
    mirrored = transfer(office.admin, "share=film/out/a.mov", STANDARD)
    office.put("film/out/b.mov")
    added = office.admin.create("Task", {"tasks": ["share=film/out/b.mov"]}, mirrored["id"])
    assert added["destination"]["client"] == app
    office.advance()
    assert office.local("work/film/out/b.mov").exists()
    (task,) = office.admin.find("Task", entityid=job["id"])
    share = office.admin.find_one("folder WHERE code=film")["id"]
    assert (task["destination"]["s"], task["destination"]["client"]) == (share, app)
    assert task["destination"]["path"] == "c.mov"
    assert task["destination"]["path_abs_final"] == str(office.local("work/film/c.mov"))
    for source, destination, code in (
        ("a.mov", STANDARD, "E#J014 standard@example.com has not mapped volume=projects/a.mov locally"),
        ("a.mov", f"{STANDARD}:share=projects/a.mov", "E#J014"),
        ("a.mov", f"{STANDARD}:/work/filmed/a.mov", "E#J013"),
        ("a.mov", f"{STANDARD}:/other/a.mov", "E#J013"),
        (f"{STANDARD}:share=film/in/a.mov", "hq", "E#J046 standard@example.com lets nobody read from"),
        (f"{STANDARD}:/work/film/a.mov", "share=projects/x.mov", "E#J046"),
    ):
        with refused(code):
            transfer(office.employee, source, destination)


def test_pulling_from_a_share_that_a_user_has_mapped(office: Office) -> None:
    office.put_local("work/film/wip/a.mov")
    mapped(office, read=True)
    for number, session in enumerate((office.admin, office.employee)):
        for source, destination, arrives in (
            (f"{STANDARD}:share=film/wip/a.mov", "hq", "film/wip/a.mov"),
            (f"{STANDARD}:share=projects/film/wip/a.mov", f"share=film/{number}.mov", f"film/{number}.mov"),
            (f"{STANDARD}:/work/film/wip/a.mov", f"share=projects/got/{number}.mov", f"got/{number}.mov"),
        ):
            job = transfer(session, source, destination)
            office.advance()
            assert status(office, job) == "done"
            (office.box.volume / arrives).unlink()
    with refused("E#J046 standard@example.com lets nobody write to this locally mapped share"):
        transfer(office.admin, "share=film/x.mov", STANDARD)
    with refused("E#J006"):
        transfer(office.admin, f"{STANDARD}:share=film/wip/a.mov", "/in/a.mov")


def test_who_may_not_use_what_others_have_mapped(office: Office) -> None:
    mapped(office, read=True, write=True)
    mapped(office, "/mine", EMPLOYEE)
    other = office.admin.create("User", {"code": "lisa@example.com"})
    folder = office.admin.find_one("folder WHERE code=film")
    office.admin.grant("User", "lisa@example.com", "Folder", folder["id"], {"read": True, "write": True})
    for party in (STANDARD, EMPLOYEE, ADMIN):
        with refused("E#J011 There is no user"):
            transfer(office.session("lisa@example.com"), "share=film/a.mov", party)
    client = office.admin.find_one(f"app WHERE user={STANDARD}")
    with refused("E#J012 There is no client"):
        transfer(office.session("lisa@example.com"), "share=film/a.mov", f"client={client['id']}")
    assert other["role"] == "standard"
    eva_id = office.admin.create("User", {"code": "eva@example.com", "role": "employee"})["id"]
    for source, destination in (("share=film/a", STANDARD), (f"{STANDARD}:share=film/a", "hq")):
        with refused("E#J015 There is no share 'film'"):
            transfer(office.session("eva@example.com"), source, destination)
    eva = office.session("eva@example.com")
    with refused("E#J013"):
        transfer(eva, "~/a.mov", f"{STANDARD}:/work/film/a.mov")
    office.admin.grant(
        "User", "eva@example.com", "Folder", folder["id"], {"path": "in", "write": True, "read": False}
    )
    with refused("E#P005 You may not reach folder=film/out"):
        transfer(eva, "~/a.mov", f"{STANDARD}:share=film/out")
    pushed = transfer(eva, "~/a.mov", f"{STANDARD}:share=film/in/a.mov", status="paused")
    office.put("home/eva@example.com/a.mov")
    office.admin.update("User", eva_id, {"role": "standard"})
    eva.update("Transfer", pushed["id"], {"status": "waiting"})
    office.advance(minutes=1)
    assert status(office, pushed) == "failed"
    with refused("E#J046 employee@example.com lets nobody write to"):
        transfer(office.admin, "share=film/a.mov", EMPLOYEE)


def test_one_s_own_mapped_shares_need_no_leave(office: Office) -> None:
    office.put("film/a.mov")
    mapped(office)
    for source, destination, arrives in (
        ("share=film/a.mov", STANDARD, office.local("work/film/a.mov")),
        (f"{STANDARD}:share=film/a.mov", "share=film/b.mov", office.box.volume / "film/b.mov"),
    ):
        job = transfer(office.standard, source, destination)
        office.advance()
        assert status(office, job) == "done"
        assert arrives.exists()
    with refused("E#J014"):
        transfer(office.employee, "share=film/a.mov", EMPLOYEE)


def test_what_a_user_maps_ends_with_the_mapping(office: Office) -> None:
    office.put("film/a.mov")
    app = mapped(office, write=True)
    job = transfer(office.employee, "share=film/a.mov", STANDARD, status="paused")
    office.box.map_share(app, "film", "/work/film", read=True)
    office.employee.update("Transfer", job["id"], {"status": "waiting"})
    office.advance()
    (task,) = office.employee.find("Task", entityid=job["id"])
    assert (status(office, job), task["message"][:7]) == ("failed", "E#J046 ")
    office.box.map_share(app, "film", None)
    with refused("E#J014"):
        transfer(office.employee, "share=film/a.mov", STANDARD)


def test_a_volume_is_mapped_for_all_that_lies_on_it(office: Office) -> None:
    office.put("film/a.mov")
    mapped(office)
    app = office.admin.find_one(f"app WHERE user={STANDARD}")
    office.box.map_share(app["id"], "film", None)
    office.box.map_share(app["id"], "projects", "D:\\storage", write=True)
    job = transfer(office.admin, "share=film/a.mov", f"{STANDARD}")
    office.advance()
    assert status(office, job) == "done"
    assert office.local("D/storage/film/a.mov").exists()


def test_wrong_computers(office: Office) -> None:
    box = office.box
    app = office.admin.find_one(f"app WHERE user={STANDARD}")
    hq = server(office, "hq")
    office.shared("film")
    for call, error, text in (
        (lambda: box.add_client(), ValueError, "one of user= and site="),
        (lambda: box.add_client(user=ADMIN, site="hq"), ValueError, "one of user= and site="),
        (lambda: box.add_client(user=ADMIN, type="lane"), ValueError, "app or userserver"),
        (lambda: box.add_client(user=ADMIN, volumes=["projects"]), ValueError, "server at a site"),
        (lambda: box.add_client(user="nobody@example.com"), KeyError, "no user"),
        (lambda: box.add_client(site="paris"), KeyError, "no site 'paris' \\(hq, berlin\\)"),
        (lambda: box.add_client(site="hq", volumes=["x"]), KeyError, "no volume 'x'"),
        (lambda: box.switch_client("x", online=False), KeyError, "no client 'x'"),
        (lambda: box.map_share(app["id"], "film", "/a"), KeyError, "no volume, folder or home 'film'"),
        (lambda: box.map_share(app["id"], "projects", "a/b"), ValueError, "absolute"),
        (lambda: box.map_share(app["id"], "projects", "site=berlin:/b"), ValueError, "absolute"),
        (lambda: box.map_share(hq["id"], "projects", "/a"), ValueError, "only users"),
    ):
        with pytest.raises(error, match=text):
            call()
    assert len(office.admin.find("client")) == 5
