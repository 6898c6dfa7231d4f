"""Who may do what: a table of roles, entity types and operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from accsyn_api.session import AccsynException

from tests.sandbox.official_lives.office import ADMIN, EMPLOYEE, ROLES, STANDARD, Office, all_refused, refused

Make = Callable[[Office], Any]


def one(kind: str, **data: Any) -> Make:
    """Something new that the admin makes."""
    return lambda office: office.admin.create(kind, data)


def found(query: str) -> Make:
    """Something that is there from the beginning."""
    return lambda office: office.admin.find_one(query)


def granted(**access: Any) -> Make:
    """A folder that the standard user was given access to."""

    def make(office: Office) -> Any:
        folder = office.shared()
        office.admin.grant("User", STANDARD, "Folder", folder["id"], access)
        return folder

    return make


def sent_to(recipient: str, kind: str = "Delivery", *, draft: bool = False, **data: Any) -> Make:
    def make(office: Office) -> Any:
        job = office.admin.create(kind, {"name": "Dailies", "status": "init", **data})
        office.admin.grant("User", recipient, kind, job["id"])
        if not draft:
            office.admin.update(kind, job["id"], {"status": "pending"})
        return office.admin.get_entity(kind, job["id"])

    return make


def app_of(code: str) -> Make:
    """The app of a new employee."""

    def make(office: Office) -> Any:
        office.admin.create("User", {"code": code, "role": "employee"})
        return office.admin.find_one(f"App WHERE user={code}")

    return make


def upload(who: str) -> Make:
    """A transfer from a user's machine to the user's home."""

    def make(office: Office) -> Any:
        office.put_local("u.mov")
        data = {"source": "/u.mov", "destination": "~", "status": "paused"}
        return office.session(who).create("Transfer", data)

    return make


DOWN = {"source": "share=projects/a.mov", "destination": "/in/", "status": "paused"}
KIT = {"name": "Kit", "files": ["a.mov"]}
NEW, IN, FILES, ENGINE = "new@example.com", "share=projects/in", ["a.mov"], "pipeline"

# What is done to it, in this order: find it, change it, deactivate it, delete it. Each is done (y), not found
# (n), not allowed (r), or nothing that can be done to it at all (-).
CHANGES: dict[str, tuple[str, str, Make]] = {
    #                            admin empl standard
    "a standard user":          ("yyyy yyyy nnnn", "User", one("User", code=NEW)),
    "an employee":              ("yyyy yrrr nnnn", "User", one("User", code=NEW, role="employee")),
    "the workspace":            ("yy-- yr-- nn--", "Workspace", found("Workspace")),
    "a queue":                  ("yy-y yrrr nnnn", "Queue", one("Queue", name="Low")),
    "a site":                   ("yy-y yrrr nnnn", "Site", one("Site", name="London")),
    "an engine":                ("yy-y yrrr nnnn", "Engine", one("Engine", name="Nuke")),
    "the volume":               ("yy-- yrrr nnnn", "Volume", found("Volume")),
    "another volume":           ("yyyy nnnn nnnn", "Volume", one("Volume", name="Assets")),
    "a folder":                 ("yyyy yyyy nnnn", "Folder", one("Folder", path="show")),
    "a share":                  ("yyyy yyyy nnnn", "Share", one("Share", path="show")),
    "a folder to read":         ("yyyy yyyy yrrr", "Folder", granted(read=True)),
    "a folder to write":        ("yyyy yyyy yyrr", "Folder", granted(write=True)),
    "a folder to write a path": ("yyyy yyyy yrrr", "Folder", granted(write=True, path="in")),
    "a collection":             ("yyyy yyyy nnnn", "Collection", one("Collection", **KIT)),
    "the standard user's home": ("yy-y yy-y yyrr", "Home", found(f"Home WHERE code={STANDARD}")),
    "the employee's home":      ("yy-y yy-y nnnn", "Home", found(f"Home WHERE code={EMPLOYEE}")),
    "the admin's home":         ("yy-y nnnn nnnn", "Home", found(f"Home WHERE code={ADMIN}")),
    "a server":                 ("yy-- yrrr nnnn", "Server", found("Server")),
    "the standard user's app":  ("yy-- yy-- yy--", "App", found(f"App WHERE user={STANDARD}")),
    "another employee's app":   ("yy-- yrrr nnnn", "App", app_of(NEW)),
    "the admin's app":          ("yy-- nnnn nnnn", "Client", found(f"App WHERE user={ADMIN}")),
    "a transfer":               ("yy-y yy-y nn-n", "Transfer", one("Transfer", **DOWN)),
    "a job":                    ("yy-y yy-y nn-n", "Job", one("Job", **DOWN)),
    "a standard user's upload": ("yy-y yy-y yy-y", "Transfer", upload(STANDARD)),
    "an employee's upload":     ("yy-y yy-y nn-n", "Transfer", upload(EMPLOYEE)),
    "an admin's upload":        ("yy-y nn-n nn-n", "Transfer", upload(ADMIN)),
    "a compute job":            ("yy-y yy-y nn-n", "Compute", one("Compute", engine=ENGINE, status="paused")),
    "a delivery":               ("yy-y yy-y nn-n", "Delivery", one("Delivery", tasks=FILES)),
    "a stream":                 ("yy-y yy-y nn-n", "Stream", one("Stream", tasks=FILES)),
    "a request":                ("yy-y yy-y nn-n", "Request", one("Request", name="R", destination=IN)),
    "a request to a home":      ("yy-y nn-n nn-n", "Request", one("Request", name="R")),
    "a delivery to oneself":    ("yy-y yy-y yr-r", "Delivery", sent_to(STANDARD, tasks=["a.mov"])),
    "a request to oneself":     ("yy-y nn-n yr-r", "Request", sent_to(STANDARD, "Request")),
    "a draft to oneself":       ("yy-y yy-y nn-n", "Delivery", sent_to(STANDARD, draft=True, tasks=FILES)),
    "a request's draft":        ("yy-y nn-n nn-n", "Request", sent_to(STANDARD, "Request", draft=True)),
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("what", CHANGES)
def test_changes(office: Office, what: str, role: str) -> None:
    expected, kind, make = CHANGES[what]
    row, session = make(office), office.session(role)
    ident = row["id"]
    seen = session.get_entity(kind, ident)
    assert (session.find_one(f"{kind} WHERE id={ident}") is None) is (seen is None)
    results = [
        "n" if seen is None else "y",
        outcome(lambda: session.update(kind, ident, {"metadata": {"note": role}})),
        outcome(lambda: session.deactivate_one(kind, ident)),
        outcome(lambda: session.delete_one(kind, ident)),
    ]
    assert "".join(results) == expected.split()[ROLES.index(role)]
    changed = office.admin.get_entity(kind, ident)
    if results[1] != "y":
        assert changed["metadata"] == row.get("metadata")
        assert changed["modified"] == row["modified"]
    elif changed is not None:
        assert changed["metadata"] == {"note": role}


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except AccsynException as error:
        code, _, text = str(error).partition(" ")
        assert text
        if code in ("E#N404", "E#J404"):
            return "n"
        return "r" if code.startswith("E#P") else "-"
    return "y"


GRANT = {"entity": f"user:{STANDARD}", "target": "share:projects", "read": True}
# What may be made: by whom it is (y), and by whom not (n).
MADE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a standard user":        ("yyn", "User", {"code": NEW}),
    "an employee":            ("ynn", "User", {"code": NEW, "role": "employee"}),
    "an admin":               ("ynn", "User", {"code": NEW, "role": "admin"}),
    "a workspace":            ("nnn", "Workspace", {"name": "x"}),
    "a queue":                ("ynn", "Queue", {"name": "Low"}),
    "a site":                 ("ynn", "Site", {"name": "London"}),
    "an engine":              ("ynn", "Engine", {"name": "Nuke"}),
    "a volume":               ("ynn", "Volume", {"name": "Assets"}),
    "a folder":               ("yyn", "Folder", {"path": "show"}),
    "a share":                ("yyn", "Share", {"path": "show"}),
    "a collection":           ("yyn", "Collection", KIT),
    "access":                 ("ynn", "Acl", GRANT),
    "a server":               ("nnn", "Server", {"code": "host"}),
    "a userserver":           ("nnn", "Userserver", {"code": "host"}),
    "a client":               ("nnn", "Client", {"code": "host"}),
    "a lane":                 ("nnn", "Lane", {"code": "host"}),
    "a browser":              ("nnn", "Browser", {"code": "host"}),
    "a download":             ("yyn", "Transfer", DOWN),
    "a download from home":   ("yyy", "Transfer", {"source": "~/a.pdf", "destination": "/in/"}),
    "an upload":              ("yyn", "Transfer", {"source": "/u.mov", "destination": "volume=projects/in/"}),
    "an upload home":         ("yyy", "Job", {"source": "/u.mov", "destination": "~"}),
    "between sites":          ("yyn", "Transfer", {"source": "a.mov", "destination": "site=berlin"}),
    "from another's machine": ("ynn", "Transfer", {"source": f"{ADMIN}:/u.mov", "destination": "~"}),
    "a compute job":          ("yyn", "Compute", {"engine": ENGINE}),
    "a delivery":             ("yyn", "Delivery", {"name": "D", "tasks": ["a.mov"]}),
    "a stream":               ("yyn", "Stream", {"name": "S", "tasks": ["a.mov"]}),
    "a request":              ("yyn", "Request", {"name": "R"}),
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("what", MADE)
def test_what_may_be_made(office: Office, what: str, role: str) -> None:
    expected, kind, data = MADE[what]
    session = office.session(role)
    may = expected[ROLES.index(role)] == "y"
    made = outcome(lambda: session.create(kind, data))
    assert (made == "y") is may
    if not may:
        rows = office.admin.find(kind)
        assert not [row for row in rows if row.get("modifier") == session.username]


TYPES_OF_STAFF = {"workspace", "queue", "site", "server", "engine", "volume", "lane"}


def test_types_and_attributes(office: Office) -> None:
    everything = set(office.admin.find("entitytypes"))
    assert set(office.employee.find("entitytypes")) == everything
    assert set(office.standard.find("entitytypes")) == everything - TYPES_OF_STAFF
    for kind in everything:
        query = f"attributes WHERE entitytype={kind}"
        names = set(office.admin.find(query))
        assert {"id", "name"} - {"name" if kind in ("acl", "task") else ""} <= names
        assert set(office.admin.find(query, update=True)) <= names | {"queue"}  # of jobs, shown as the parent
        if kind in TYPES_OF_STAFF:
            assert office.employee.find(query, create=True) == office.employee.find(query, update=True) == []
            with refused("E#E406"):
                office.standard.find(query)
    for kind in ("user", "folder", "collection", "home", "compute", "delivery", "request", "stream", "file"):
        assert office.standard.find(f"attributes WHERE entitytype={kind}", create=True) == []
    for kind in ("delivery", "request", "stream"):
        names = set(office.admin.find(f"attributes WHERE entitytype={kind}"))
        assert {"code", "name", "public", "status", "user"} <= names
        assert not names & {"data", "config", "tasks"}
    assert "role" not in office.standard.find("attributes WHERE entitytype=user", update=True)


def test_an_employee_without_the_volume(office: Office) -> None:
    """Sees no job that touches it, and makes none."""
    admin, employee = office.admin, office.employee
    (volume,) = admin.find("Volume")
    folder = office.shared()
    job = admin.create("Transfer", DOWN)
    delivery = admin.create("Delivery", {"name": "D", "tasks": ["a.mov"]})
    assert [row["id"] for row in employee.find("Transfer")] == [job["id"]]
    assert admin.revoke("User", EMPLOYEE, "Volume", volume["id"]) is True
    assert employee.find("Volume") == employee.find("Folder") == employee.find("Transfer") == []
    assert (
        employee.get_entity("Transfer", job["id"]) is employee.get_entity("Delivery", delivery["id"]) is None
    )
    assert [row["code"] for row in employee.find("Home")] == [EMPLOYEE]
    all_refused(
        "E#(J404|N404|F001|J015|J016|N412)",
        lambda: employee.update("Delivery", delivery["id"], {"status": "aborted"}),
        lambda: employee.grant("User", STANDARD, "Delivery", delivery["id"]),
        lambda: employee.delete_one("Transfer", job["id"]),
        lambda: employee.find("Task", entityid=job["id"]),
        lambda: employee.update_many("Task", job["id"], [{"uri": "0", "status": "excluded"}]),
        lambda: employee.update("Folder", folder["id"], {"name": "x"}),
        lambda: employee.ls("share=projects"),
        lambda: employee.create("Transfer", DOWN),
        lambda: employee.create("Delivery", {"name": "D", "tasks": ["a.mov"]}),
        lambda: employee.create("Folder", {"path": "show"}),
    )
    admin.grant("User", EMPLOYEE, "Folder", folder["id"], {"read": True})
    shown = admin.create("Transfer", {**DOWN, "source": "folder=show/b.mov"})
    assert [row["id"] for row in employee.find("Transfer")] == [shown["id"]]
    assert employee.update("Transfer", shown["id"], {"status": "aborted"})["status"] == "aborted"


def test_what_everybody_sees_of_files_tasks_and_records(office: Office) -> None:
    admin, standard = office.admin, office.standard
    kit = admin.create("Collection", KIT)
    job = admin.create("Transfer", DOWN)
    server, volume = admin.find_one("Server"), admin.find_one("Volume")
    queue = admin.find_one("Queue")["id"]
    pair = {"volume": volume["id"], "server": server["id"]}
    all_refused(
        "E#(N404|J404|F001|E406|E408|S001|S002)",
        lambda: standard.find("File", entityid=kit["id"]),
        lambda: standard.create("File", {"files": ["a.mov"]}, kit["id"]),
        lambda: standard.delete_many("Collection", kit["id"], {"files": ["x"]}),
        lambda: standard.find("Task", entityid=job["id"]),
        lambda: standard.create("Task", {"source": "a.mov"}, job["id"]),
        lambda: standard.update_many("Task", job["id"], [{"uri": "0", "status": "done"}]),
        lambda: standard.ls("share=projects"),
        lambda: standard.mkdir("share=projects/x"),
        lambda: standard.assignments("Volume", volume["id"]),
        lambda: standard.assign("Volume", "server", pair),
        lambda: standard.deassign("Volume", "server", pair),
        lambda: standard.report(f"Transfer WHERE id={job['id']}"),
        lambda: standard.metrics(f"Transfer WHERE id={job['id']}"),
        lambda: standard.get_settings("queue", queue),
        lambda: standard.set_setting("queue", "note", "x", queue),
        lambda: standard.set_setting("workspace", "note", "x"),
        lambda: office.employee.set_setting("workspace", "note", "x"),
    )
    all_refused(
        "E#P002",
        lambda: office.employee.assign("Volume", "server", pair),
        lambda: office.employee.deassign("Volume", "server", pair),
        lambda: office.employee.create(
            "Acl", {"entity": f"user:{STANDARD}", "target": "share:projects", "read": True}
        ),
    )
    assert len(office.employee.assignments("Volume", volume["id"])) == 2
    assert office.employee.set_setting("queue", "note", "x", queue) is True
    assert office.employee.find("File", entityid=kit["id"])[0]["name"] == "a.mov"
    mine = standard.logs()["result"]
    assert {row["user"] for row in mine} <= {STANDARD}
    assert len(office.employee.logs()["result"]) > len(mine)
