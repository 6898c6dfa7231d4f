"""Calls of the official client on files, settings, records and the rest: see ``test_every_call``."""

from __future__ import annotations

import json
import socket
from datetime import datetime
from typing import Any

import accsyn_api
import pytest

from tests.sandbox.official_lives.office import ADMIN, Office


def job_of(office: Office, **data: Any) -> Any:
    return office.admin.create("Transfer", {"source": "a.mov", "destination": "site=berlin", **data})


def names_of(rows: Any) -> list[str]:
    return sorted(row["filename"] for row in rows)


def test_ls(session: Any) -> None:
    (file,) = session.ls("share=projects", files_only=True)
    assert (file["type"], file["filename"], file["size"]) == (1, "a.mov", 10_000)
    assert isinstance(file["modified"], datetime)
    (folder,) = session.ls("volume=projects", directories_only=True, getsize=True)
    assert (folder["type"], folder["filename"], folder["size"]) == (0, "show", 5000)
    (folder,) = session.ls(
        {"share": "projects", "path": ""}, recursive=True, include="*.mov", exclude="a.mov"
    )[-1:]
    assert names_of(folder["files"]) == ["b.mov", "deep"]
    (folder,) = session.ls("projects", recursive=True, maxdepth=2, exclude=["*.mov"])
    assert names_of(folder["files"]) == ["deep"]
    both = session.ls(path=["share=projects/show", "share=projects/show/deep"])
    assert [(one["path"], names_of(one["result"])) for one in both] == [
        ("share=projects/show", ["b.mov", "deep"]),
        ("share=projects/show/deep", ["c.mov"]),
    ]


def test_getsize(session: Any) -> None:
    assert session.getsize("share=projects") == 15_000
    assert session.getsize(path="share=projects", include="b*", exclude=["a.mov", "re('^c')"]) == 2000
    assert session.getsize(["a.mov", "show"]) == [
        {"path": "a.mov", "result": 10_000},
        {"path": "show", "result": 5000},
    ]


def test_exists(session: Any) -> None:
    assert session.exists(path="share=projects/show") is True
    assert session.exists("nothing.mov") is False


def test_mkdir(session: Any, office: Office) -> None:
    assert session.mkdir(path="share=projects/new") is True
    assert (office.box.volume / "new").is_dir()


def test_rename(session: Any, office: Office) -> None:
    assert session.rename(path="share=projects/a.mov", path_to="share=projects/z.mov") is True
    assert (office.box.volume / "z.mov").exists()


def test_mv(session: Any, office: Office) -> None:
    assert session.mv(path_src="share=projects/a.mov", path_dst="share=projects/show/new/a.mov") is True
    assert (office.box.volume / "show" / "new" / "a.mov").exists()


def test_delete(session: Any, office: Office) -> None:
    assert session.delete("a.mov") is True
    assert session.delete(path=["share=projects/show"], force=True) == [
        {"path": "share=projects/show", "result": True}
    ]
    assert list(office.box.volume.iterdir()) == []


def test_prepublish(session: Any) -> None:
    files = [
        {"id": "1", "filename": "a.mov", "size": 5},
        {
            "id": "2",
            "filename": "d",
            "is_dir": True,
            "files": [{"filename": "b", "size": 7}, {"filename": "c"}],
        },
    ]
    answer = session.prepublish(data=files)
    assert {"files", "time_report", "comment", "guidelines", "tasks"} <= set(answer)
    assert [(one["id"], one["size"], one["can_upload"]) for one in answer["files"]] == [
        ("1", 5, True),
        ("2", 7, True),
    ]


def test_get_setting(session: Any, office: Office) -> None:
    queue = office.admin.find_one("Queue")["id"]
    office.admin.set_setting("queue", "note", "slow", queue)
    assert session.get_setting("note", entitytype="Queue", entityid=queue, data={"a": 1}) == "slow"
    assert session.get_setting(name="note", integration="ftrack") is None
    office.admin.set_setting("integration", "server", "https://ftrack.example.com", "ftrack")
    assert session.get_setting("server", integration="ftrack") == "https://ftrack.example.com"
    assert session.get_setting() == {}


def test_get_settings(session: Any, office: Office) -> None:
    queue = office.admin.find_one("Queue")["id"]
    folder = office.shared()["id"]
    office.admin.set_setting("workspace", "note", "all")
    office.admin.set_setting("queue", "own", "1", queue)
    office.admin.set_setting("folder", "shared", "2", folder)
    assert session.get_settings() == {"note": "all"}
    assert session.get_settings(entitytype="Queue", entityid=queue) == {"own": "1"}
    inherited = session.get_settings("queue", queue, upstream=True, share="show")
    assert inherited == {"own": "1", "shared": "2", "note": "all"}
    assert set(session.get_settings("queue", queue, omit_defaults=False)) > {"own"}
    below = session.get_settings("workspace", recursive=True)
    assert below[f"queue:{queue}"] == {"own": "1"}


def test_set_setting(session: Any, office: Office) -> None:
    queue = office.admin.find_one("Queue")["id"]
    assert session.set_setting("Workspace", "note", "x") is True
    assert (
        session.set_setting(entitytype="queue", name="note", value=json.dumps({"a": 1}), entityid=queue)
        is True
    )
    assert json.loads(office.admin.get_setting("note", "queue", queue)) == {"a": 1}


def test_delete_setting(session: Any, office: Office) -> None:
    queue = office.admin.find_one("Queue")["id"]
    office.admin.set_setting("queue", "note", "x", queue)
    assert session.delete_setting(entitytype="queue", name="note", entityid=queue) is True
    assert session.delete_setting("queue", "note", queue) is False


def test_logs(session: Any, office: Office) -> None:
    jobs = [job_of(office, name=name) for name in ("One", "Two", "Three")]
    office.advance()
    everything = session.logs()
    assert everything["result"]
    mine = session.logs(entitytype="Job", entityid=jobs[0]["id"])["result"]
    assert {row["entity"] for row in mine} == {jobs[0]["id"]}
    page = session.logs(
        "transfer", search="done", sort="date", sort_reverse=True,
        pagination_page=1, pagination_limit=2, pagination_skip=1,
    )  # fmt: skip
    assert len(page["result"]) == 2
    assert page["pagination"]["total"] == 3


def test_get_api_key(session: Any, office: Office) -> None:
    key = session.get_api_key()
    address = office.box.url.partition("://")[2]
    assert (
        accsyn_api.Session(office.box.workspace, ADMIN, key, proxy=address).find_one("User")["code"] == ADMIN
    )


def test_app_is_running(session: Any) -> None:
    assert session.app_is_running() is True
    app = session.find_one(f"App WHERE user={ADMIN}")["id"]
    for status, running in (("disabled", True), ("offline", False)):
        session.update("App", app, {"status": status})
        assert session.app_is_running() is running


def test_gui_is_running(session: Any) -> None:
    assert session.gui_is_running() is True


def test_daemon_is_running(session: Any) -> None:
    assert session.daemon_is_running() is None


def test_server_is_running(session: Any) -> None:
    assert session.server_is_running() is None


def test_integration(session: Any) -> None:
    answer = session.integration(name="ftrack", operation="sync", data={"a": [1]})
    assert (answer["integration"], answer["operation"], answer["data"]) == ("ftrack", "sync", {"a": [1]})


def test_username(session: Any) -> None:
    assert session.username == ADMIN


def test_timeout(session: Any) -> None:
    assert session.timeout == 120


def test_connect_timeout(session: Any) -> None:
    assert session.connect_timeout == 10


def test_get_hostname(session: Any) -> None:
    assert session.get_hostname() == socket.gethostname()


def test_get_last_message(session: Any) -> None:
    assert session.get_last_message() is None


def test_help(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    session.help()
    assert "readthedocs" in capsys.readouterr().out


def test_dump(session: Any, office: Office) -> None:
    shown = json.loads(session.dump(d=job_of(office), indent=1))
    assert datetime.fromisoformat(shown["created"]).date() == office.box.now.date()
    assert session.dump(None) == "None"


def test_str(session: Any, office: Office) -> None:
    assert json.loads(session.str(d=job_of(office), indent=1))["name"] == "a.mov"
