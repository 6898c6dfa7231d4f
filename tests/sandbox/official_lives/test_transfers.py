"""Transfers from beginning to end: of each sort, held, aborted, failed and tried again, appended to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sandbox.official_lives.office import ADMIN, EMPLOYEE, STANDARD, Office, all_refused, refused

PAUSED = {"status": "paused"}


def row(office: Office, job: Any) -> Any:
    return office.admin.get_entity("Transfer", job["id"])


def states(office: Office, job: Any) -> list[tuple[str, str]]:
    return [(task["uri"], task["status"]) for task in office.admin.find("Task", entityid=job["id"])]


def test_from_paused_to_archived(office: Office) -> None:
    session = office.admin
    job = session.create(
        "Transfer", {"source": "a.mov", "destination": "/in/", "metadata": {"shot": 7}, **PAUSED}
    )
    documented = (
        "code created destination destination_hr etr finished id metadata modified modifier name parent"
    )
    documented += " parent_hr progress size source source_hr speed status uri user user_hr"
    assert set(documented.split()) <= set(job)
    assert (job["status"], job["name"], job["code"], job["progress"]) == ("paused", "a.mov", "a.mov", 0)
    assert (job["size"], job["speed"], job["etr"]) == (-1, -1.0, "")
    assert job["finished"] == datetime.fromtimestamp(0, UTC)
    assert job["source_hr"].startswith("workspace:acme(")
    assert job["destination_hr"].startswith(f"user:{ADMIN}[admin](")
    for query in (
        "source=hq",
        f"destination={ADMIN}",
        f"user={ADMIN}",
        "metadata.shot=7",
        'name="A.MOV"',
        "uri=acme/medium",
    ):
        assert session.find_one(f"Transfer WHERE {query}")["id"] == job["id"]
    assert session.find("Transfer WHERE source=berlin") == []
    office.advance()
    assert row(office, job)["status"] == "paused"

    assert session.update("Transfer", job["id"], {"status": "waiting"})["status"] == "waiting"
    office.advance(seconds=4)
    now = row(office, job)
    assert (now["status"], now["size"]) == ("running", 10_000)
    assert 30 <= now["progress"] <= 45
    assert now["speed"] == 0.001
    assert now["etr"] in ("0h:0m:6s", "0h:0m:7s")
    (task,) = session.find("Task WHERE status=executing", entityid=job["id"])
    assert task["size"] == 10_000
    assert session.update("Transfer", job["id"], PAUSED)["status"] == "paused"
    office.advance()
    assert row(office, job)["progress"] == now["progress"]
    session.update("Transfer", job["id"], {"status": "waiting"})
    office.advance(seconds=7)
    done = row(office, job)
    assert (done["status"], done["progress"], done["speed"]) == ("done", 100, -1.0)
    assert done["finished"].astimezone(UTC) <= office.box.now
    assert office.local("in/a.mov").read_bytes() == (office.box.volume / "a.mov").read_bytes()

    (task,) = session.find("Task", entityid=job["id"])
    documented = "created destination finished id job job_hr priority size source status time uri"
    assert set(documented.split()) <= set(task)
    assert (task["status"], task["uri"], task["job"], task["source"]["path"]) == (
        "done",
        "0",
        job["id"],
        "a.mov",
    )
    assert task["destination"]["user"] == session.find_one("User")["id"]
    assert {"client", "path_abs_final", "v"} <= set(task["source"])

    assert session.find("Transfer") == []
    assert [one["id"] for one in session.find("Transfer WHERE status=done", finished=True)] == [job["id"]]
    assert (
        session.find("Transfer WHERE status=aborted", finished=True)
        == session.find("Transfer", archived=True)
        == []
    )
    for status in ("aborted", "paused"):
        with refused("E#J021"):
            session.update("Transfer", job["id"], {"status": status})
    office.advance(days=14, hours=1)
    assert session.find("Transfer", finished=True) == []
    assert [one["id"] for one in session.find("Transfer", archived=True)] == [job["id"]]
    assert session.delete_one("Transfer", job["id"]) is True
    assert row(office, job) is session.find_one(f"Transfer WHERE id={job['id']}", archived=True) is None
    all_refused(
        "E#J404",
        lambda: session.delete_one("Transfer", job["id"]),
        lambda: session.update("Transfer", job["id"], {"status": "waiting"}),
        lambda: session.find("Task", entityid=job["id"]),
    )


PLACES: dict[str, tuple[str, str, str]] = {
    "upload": ("/Users/u.mov", "share=projects/in/u.mov", "hq:in/u.mov"),
    "upload of a folder": ("C:\\Users\\cut", "volume=projects/in", "hq:in"),
    "upload into a folder": ("C:\\Users\\cut", "volume=projects/in/", "hq:in/cut"),
    "download": ("acme:volume=projects/show/b.mov", f"{ADMIN}:D:/work/b.mov", "local:D/work/b.mov"),
    "download by an absolute path": ("/Volumes/projects/show/b.mov", "/in/", "local:in/b.mov"),
    "download of a folder": ("show", "/in/", "local:in/show/deep/c.mov"),
    "download to home": ("show/b.mov", "admin@example.com:in/", "local:in/b.mov"),
    "mirrored": ("share=projects/show", "site=berlin", "berlin:show/deep/c.mov"),
    "to a site": ("show/b.mov", "site=berlin:share=projects/other/", "berlin:other/b.mov"),
    "from a site": ("site=berlin:projects/far/r.mov", "acme", "hq:far/r.mov"),
    "from a site to a machine": ("site=berlin:share=projects/far", "/in/", "local:in/far/r.mov"),
    "to a site's shared folder": ("/Users/u.mov", "site=berlin:folder=film/in/", "berlin:show/in/u.mov"),
    "some of a sequence": ("seq/m.%04d.jpg[2-3]", "/in/", "local:in/m.0003.jpg"),
    "renumbered folder": ("seq/m.%04d.jpg[2-3]", "site=berlin", "berlin:seq/m.0002.jpg"),
}  # fmt: skip


@pytest.mark.parametrize("what", PLACES)
def test_from_here_to_there(office: Office, what: str) -> None:
    source, destination, arrives = PLACES[what]
    office.put_local("Users/u.mov")
    office.put_local("C/Users/cut/x.mov")
    office.put_remote("far/r.mov")
    office.shared(code="film")
    for number in range(1, 5):
        office.put(f"seq/m.{number:04d}.jpg")
    job = office.admin.create("Transfer", {"source": source, "destination": destination})
    office.advance()
    assert row(office, job)["status"] == "done", office.admin.find("Task", entityid=job["id"])
    where, _, path = arrives.partition(":")
    root = {"hq": office.box.volume, "local": office.local(""), "berlin": office.remote("")}[where]
    assert (root / path).exists()
    if "sequence" in what:
        assert sorted(one.name for one in office.local("in").iterdir()) == ["m.0002.jpg", "m.0003.jpg"]


def test_what_settings_leave_out(office: Office) -> None:
    for name in ("a.tmp", "b.tmp", "1", "a1.mov", "deep/x.mov"):
        office.put(f"big/{name}")
    office.put_local("in/show/b.mov", b"mine")

    def sent(source: str, destination: str, **settings: str) -> list[str]:
        task = {"source": source, "destination": destination, "settings": settings}
        job = office.admin.create("Transfer", [task])
        office.advance()
        assert row(office, job)["status"] == "done"
        folder = office.local(destination[1:])
        return sorted(path.name for path in folder.rglob("*") if path.is_file())

    assert sent("big", "/one", transfer_exclude="*tmp\\,re('^[0-9]+$')") == ["a1.mov", "x.mov"]
    assert sent("big", "/two", transfer_include="*.mov") == ["a1.mov", "x.mov"]
    assert sent("big", "/three", transfer_include="a*", transfer_exclude="*.tmp") == ["a1.mov"]
    sent("show", "/in/", transfer_ignore_existing="file")
    assert office.local("in/show/b.mov").read_bytes() == b"mine"
    assert office.local("in/show/deep/c.mov").exists()
    sent("show", "/in/")
    assert office.local("in/show/b.mov").read_bytes() != b"mine"
    with refused("E#J0"):
        sent("big", "/four", transfer_nonsense="1")


def test_first_what_matters_most(office: Office) -> None:
    session = office.admin
    tasks = [
        {"source": "show/deep/c.mov", "destination": "/in/"},
        {"source": "show/b.mov", "destination": "/in/", "priority": 999},
    ]
    job = session.create("Transfer", {"tasks": tasks, "settings": {"task_bucketsize": "1"}})
    office.advance(seconds=2.5)
    assert states(office, job) == [("0", "executing"), ("1", "done")]
    # One runs between two endpoints at a time; the next is that of the greatest priority.
    later = [
        session.create("Transfer", {"source": "a.mov", "destination": f"/{priority}/", "priority": priority})
        for priority in (1, 900)
    ]
    other = session.create("Transfer", {"source": "show/b.mov", "destination": "site=berlin"})
    office.advance(seconds=4)
    assert [row(office, one)["status"] for one in (job, *later, other)] == [
        "done",
        "waiting",
        "running",
        "done",
    ]
    office.advance()
    assert {row(office, one)["status"] for one in later} == {"done"}


def test_aborted_and_taken_up_again(office: Office) -> None:
    session = office.admin
    job = session.create("Transfer", {"source": "a.mov", "destination": "/in/"})
    office.advance(seconds=3)
    assert session.update("Transfer", job["id"], {"status": "aborted"})["status"] == "aborted"
    office.advance()
    assert not office.local("in/a.mov").exists()
    assert session.find("Transfer") == []
    assert [one["id"] for one in session.find("Transfer WHERE status=aborted", finished=True)] == [job["id"]]
    again = session.update("Transfer", job["id"], {"status": "waiting"})
    assert (again["status"], again["finished"]) == ("waiting", datetime.fromtimestamp(0, UTC))
    office.advance()
    assert row(office, job)["status"] == "done"
    # Whoever has enough of it calls it done.
    other = session.create("Transfer", {"source": "a.mov", "destination": "/other/"})
    assert session.update("Transfer", other["id"], {"status": "done"})["status"] == "done"
    assert states(office, other) == [("0", "excluded")]


def test_what_fails_is_tried_again(office: Office) -> None:
    session = office.admin
    job = session.create("Transfer", {"source": "late.mov", "destination": "/in/"})
    office.advance(seconds=1)
    assert row(office, job)["status"] == "failed"
    (task,) = session.find("Task WHERE status=failed", entityid=job["id"])
    assert "late.mov" in task["message"]
    assert [one["id"] for one in session.find("Transfer WHERE status=failed")] == [job["id"]]
    office.put("late.mov")
    office.advance(minutes=1)
    assert row(office, job)["status"] == "done"
    # By hand it is tried again at once.
    job = session.create("Transfer", {"source": "later.mov", "destination": "/in/"})
    office.advance()
    assert row(office, job)["status"] == "failed"
    office.put("later.mov")
    assert session.update("Transfer", job["id"], {"status": "waiting"})["status"] == "waiting"
    office.advance(seconds=1)
    assert row(office, job)["status"] == "done"


def test_appended_to_the_same_job(office: Office) -> None:
    session = office.admin
    for name in ("x.jpg", "y.jpg", "z.jpg"):
        office.put_local(f"Users/{name}")
    data = {"source": "/Users/x.jpg", "destination": "x.jpg", "name": "Dailies", **PAUSED}
    job = session.create("Transfer", data)
    session.update("Transfer", job["id"], {"status": "waiting"})
    office.advance()
    again = session.create("Job", {"source": "/Users/y.jpg", "destination": "y.jpg", "append": True})
    assert (again["id"], again["finished"]) == (job["id"], datetime.fromtimestamp(0, UTC))
    assert again["status"] == "waiting"
    office.advance()
    assert (office.box.volume / "y.jpg").exists()
    named = session.create(
        "Transfer", {"source": "/Users/z.jpg", "destination": "z.jpg", "append": True, "name": "Dailies"}
    )
    assert named["id"] == job["id"]
    elsewhere = {"source": "/Users/z.jpg", "destination": "site=berlin:projects/z.jpg", "append": True}
    assert session.create("Transfer", elsewhere)["id"] != job["id"]
    theirs = office.employee.create(
        "Transfer", {"source": "/Users/x.jpg", "destination": "x.jpg", "append": True}
    )
    assert theirs["id"] != job["id"]


def test_wrong_ones_are_refused(office: Office) -> None:
    session = office.admin
    app = office.employee.find_one(f"App WHERE user={EMPLOYEE}")["id"]
    wrong: list[tuple[str, Any]] = [
        ("J001", {"name": "nothing"}),
        ("J001", {"tasks": []}),
        ("J002", {"source": "../a.mov", "destination": "/in/"}),
        ("J005", {"source": "/a", "destination": "/b"}),
        ("J005", {"source": "a.mov", "destination": "hq:share=projects/b.mov"}),
        ("J007", {"source": "a.mov"}),
        ("J010", {"source": "a.mov", "destination": "site=london"}),
        ("J011", {"source": "a.mov", "destination": "nobody@example.com:/in/"}),
        ("J013", {"source": "a.mov", "destination": f"{EMPLOYEE}:/in/"}),
        ("J013", {"source": "a.mov", "destination": f"client={app}:/in/"}),
        ("J015", {"source": "share=nowhere/a", "destination": "/in/"}),
        ("J019", {"source": "a.mov", "destination": "/in/", "queue": "nowhere"}),
        ("J020", {"source": "a.mov", "destination": "/in/", "status": "running"}),
        ("J025", {"source": "a.mov", "destination": "/in/", "priority": 1001}),
        ("J032", {"source": "seq/m.%04d.jpg[2-3]", "destination": "/in/m.%04d.jpg[3-4]"}),
        (
            "J004",
            [{"source": "a.mov", "destination": "/in/"}, {"source": "a.mov", "destination": "site=berlin"}],
        ),
        ("J001", {"source": "a.mov", "destination": "/in/", "metadata": "text"}),
    ]
    for code, data in wrong:
        with refused(f"E#{code} .{{10,}}"):
            session.create("Transfer", data)
    assert session.find("Transfer") == []
    job = session.create("Transfer", {"source": "a.mov", "destination": "/in/", **PAUSED})
    for data in (
        {"status": "running"},
        {"status": "failed"},
        {"source": "b.mov"},
        {"destination": "/x"},
        {"queue": "x"},
    ):
        with refused("E#J0"):
            session.update("Transfer", job["id"], data)
    assert row(office, job) == job


def test_the_placeholder_job(office: Office) -> None:
    task = {"source": "site=berlin:share=projects/nofile", "destination": "site=hq", "status": "excluded"}
    job = office.admin.create("job", {"tasks": [task]})
    assert (job["status"], job["size"]) == ("done", 0)
    office.put_remote("far/r.mov")
    added = office.admin.create("Task", {"tasks": ["site=berlin:projects/far/r.mov"]}, job["id"])
    assert added["uri"] == "1"
    office.advance()
    assert row(office, job)["status"] == "done"
    assert (office.box.volume / "far" / "r.mov").exists()


def test_in_each_role(office: Office) -> None:
    for who in (ADMIN, EMPLOYEE, STANDARD):
        session = office.session(who)
        office.put_local(f"{who}/u.mov")
        up = session.create("Transfer", {"source": f"/{who}/u.mov", "destination": "~/UPLOAD/"})
        office.advance()
        assert session.find_one(f"Transfer WHERE id={up['id']}")["status"] == "done"
        assert [one["filename"] for one in session.ls("~/UPLOAD")] == ["u.mov"]
        down = session.create(
            "Transfer", {"source": "~/UPLOAD/u.mov", "destination": f"/{who}/back/", **PAUSED}
        )
        (task,) = session.update_many("Task", down["id"], [{"uri": "0", "priority": 9}])
        assert task["priority"] == 9
        session.update("Transfer", down["id"], {"status": "waiting"})
        office.advance()
        assert office.local(f"{who}/back/u.mov").exists()
        assert len(session.find(f"Transfer WHERE user={who}", finished=True)) == 2
        assert session.delete_one("Transfer", down["id"]) is True
    assert len(office.standard.find("Transfer", finished=True)) == 1
