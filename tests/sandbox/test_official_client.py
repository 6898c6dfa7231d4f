"""The official synchronous client is the judge: it must not tell the sandbox from the real thing."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from accsyn_async.sandbox import Sandbox


def follow(session: Any, job: str, *statuses: str) -> Any:
    end = time.monotonic() + 15
    while True:
        row = session.get_entity("Transfer", job)
        if row["status"] in statuses:
            return row
        assert time.monotonic() < end, row
        time.sleep(0.05)


async def test_a_transfer_from_beginning_to_end(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        data = {
            "source": "share=projects/a.mov",
            "destination": "/Volumes/EDIT/from_client",
            "status": "paused",
        }
        job = session.create("Transfer", data)
        assert job["status"] == "paused"
        assert abs((datetime.now(UTC) - job["created"]).total_seconds()) < 60
        assert job["finished"] == datetime.fromtimestamp(0, UTC)
        assert [row["id"] for row in session.find("Transfer")] == [job["id"]]
        assert (
            session.find_one('Transfer WHERE name="A.MOV" AND destination=admin@example.com')["id"]
            == job["id"]
        )
        assert session.find_one("Transfer WHERE source=hq")["id"] == job["id"]
        assert session.find_one("Transfer WHERE source=berlin") is None
        assert session.update("Transfer", job["id"], {"status": "waiting"})["status"] == "waiting"
        follow(session, job["id"], "running")
        assert session.update("Transfer", job["id"], {"status": "paused"})["status"] == "paused"
        row = follow(session, job["id"], "paused")
        assert row["speed"] == -1.0
        # What is being copied is finished first, a moment later.
        end = time.monotonic() + 30
        while session.find("Task WHERE status=executing", entityid=job["id"]):
            assert time.monotonic() < end
        session.update("Transfer", job["id"], {"status": "waiting"})
        row = follow(session, job["id"], "done")
        assert row["progress"] == 100
        copy = box.local_root / "Volumes" / "EDIT" / "from_client"
        assert copy.read_bytes() == (box.volume / "a.mov").read_bytes()
        assert session.find("Transfer") == []
        assert session.find("Transfer WHERE status=aborted", finished=True) == []
        (row,) = session.find("Transfer WHERE status=done", finished=True, attributes=["status", "progress"])
        assert row == {"id": job["id"], "status": "done", "progress": 100}
        assert session.find("Transfer WHERE status=done", archived=True) == []
        (task,) = session.find("Task", entityid=job["id"])
        assert (task["status"], task["uri"], task["size"]) == ("done", "0", 100_000)
        session.delete_one("Transfer", job["id"])
        assert session.get_entity("Transfer", job["id"]) is None

    await judge(work, speed=0.08)


async def test_tasks(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        tasks = {
            "0": {"source": "a.mov", "destination": "C:\\Users\\John\\accsyn\\"},
            "1": {"source": "show", "destination": "C:\\Users\\John\\accsyn\\", "status": "onhold"},
        }
        job = session.create("Transfer", {"tasks": tasks, "metadata": {"artist": "malcolm"}})
        first, second = session.find("Task", entityid=job["id"])
        assert session.find_one("Task WHERE status=onhold", entityid=job["id"])["id"] == second["id"]
        (row,) = session.update_many("Task", job["id"], [{"id": second["id"], "status": "excluded"}])
        assert row["status"] == "excluded"
        follow(session, job["id"], "done")
        row = session.create("Task", {"source": "show/b.mov", "destination": "/in/"}, entityid=job["id"])
        assert row["uri"] == "2"
        follow(session, job["id"], "done")
        rows = session.create(
            "Task", {"tasks": [{"source": "show", "destination": f"/in/{name}/"} for name in "xy"]}, job["id"]
        )
        assert [row["uri"] for row in rows] == ["3", "4"]
        follow(session, job["id"], "done")
        assert (box.local_root / "in" / "y" / "show" / "b.mov").exists()
        again = {"source": "show/b.mov", "destination": "/in/"}
        with pytest.raises(Exception, match="E#J017"):
            session.create("Task", again, entityid=job["id"], allow_duplicates=False)
        assert session.create("Task", again, entityid=job["id"], replace_duplicates=True)["uri"] == "2"
        follow(session, job["id"], "done")
        assert session.find_one("Transfer WHERE metadata.artist=malcolm")["id"] == job["id"]
        assert first["job"] == job["id"]

    await judge(work)


async def test_the_notation_of_the_product_s_documents(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        up = box.local_root / "Users" / "john" / "Desktop" / "delivery"
        up.mkdir(parents=True)
        (up / "u.mov").write_bytes(b"u" * 10)
        remote = box.site_root("berlin") / "projects" / "racing" / "files"
        remote.mkdir(parents=True)
        (remote / "r.mov").write_bytes(b"r" * 10)
        for data, arrives in (
            ({"source": "a.mov", "destination": "D:/work/a.mov"}, box.local_root / "D/work/a.mov"),
            (
                {
                    "tasks": [
                        {"source": "/Users/john/Desktop/delivery", "destination": "share=admin@example.com"}
                    ]
                },
                box.volume / "home/admin@example.com/delivery/u.mov",
            ),
            (
                {
                    "source": "/Users/john/Desktop/delivery",
                    "destination": "share=projects/from_john/20180413/",
                },
                box.volume / "from_john/20180413/delivery/u.mov",
            ),
            (
                {"source": "share=projects/show", "destination": "site=berlin"},
                box.site_root("berlin") / "projects/show/b.mov",
            ),
            (
                {
                    "tasks": [{"source": "site=berlin:projects/racing/files", "destination": "acme"}],
                    "metadata": {"artist": "malcolm"},
                },
                box.volume / "racing/files/r.mov",
            ),
        ):
            job = session.create("Transfer", data)
            assert follow(session, job["id"], "done", "failed")["status"] == "done"
            assert arrives.exists()
        task = {"source": "site=berlin:share=projects/nofile", "destination": "site=hq", "status": "excluded"}
        assert session.create("job", {"tasks": [task]})["status"] == "done"
        assert len(session.find("Job", finished=True)) == 6

    await judge(work)


async def test_entities_refusals_and_a_big_job(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        assert "transfer" in session.find("entitytypes")
        assert "status" in session.find("attributes WHERE entitytype=transfer")
        assert session.find("attributes WHERE entitytype=task", update=True)
        assert session.find_one("User WHERE code='standard@example.com'")["role"] == "standard"
        assert [row["code"] for row in session.find("Site", limit=1, skip=1)] == ["berlin"]
        assert session.find("Delivery") == []
        assert session.app_is_running() is True
        assert not session.daemon_is_running()
        for query in ("Transfer WHERE colour=red", "Transfer WHERE (status=done", "Nonsense"):
            with pytest.raises(Exception, match="E#"):
                session.find(query)
        for data in ({"source": "a.mov", "destination": "site=london"}, {"source": "a.mov"}):
            with pytest.raises(Exception, match="E#J0"):
                session.create("Transfer", data)
        # Above 100 KiB the client compresses what it sends.
        tasks = [{"source": f"a{number}.mov", "destination": f"/in/{number}"} for number in range(4000)]
        job = session.create("Transfer", {"tasks": tasks, "status": "paused", "name": "Big"})
        assert len(session.find("Task", entityid=job["id"])) == 4000
        assert session.find("Transfer WHERE code=big AND status=paused")[0]["id"] == job["id"]

    await judge(work)


async def test_a_standard_user(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        home = box.volume / "home" / "standard@example.com" / "20180413"
        home.mkdir(parents=True)
        (home / "script.pdf").write_bytes(b"pdf")
        job = session.create(
            "Transfer",
            {"source": "20180413/script.pdf", "destination": "C:\\Users\\John\\Download\\accsyn\\"},
        )
        follow(session, job["id"], "done")
        assert (box.local_root / "C/Users/John/Download/accsyn/script.pdf").read_bytes() == b"pdf"
        with pytest.raises(Exception, match="E#J006"):
            session.create("Transfer", {"source": "share=projects/a.mov", "destination": "site=berlin"})

    await judge(work, role="standard")


async def test_logging_in(official: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Sandbox() as box:
        place = box.url.removeprefix("http://")
        user = box.user("employee")
        port = int(place.rpartition(":")[2])

        def direct() -> Any:
            session = official.Session(
                box.workspace, user.username, user.api_key, hostname="127.0.0.1", port=port, proxy=place
            )
            box.expire_sessions()
            with pytest.raises(Exception, match="expired"):
                session.find("Transfer")

        def wrong(workspace: str, key: str) -> None:
            with pytest.raises(Exception, match="E#"):
                official.Session(workspace, user.username, key, proxy=place)

        await asyncio.to_thread(direct)
        await asyncio.to_thread(wrong, box.workspace, "wrong")
        await asyncio.to_thread(wrong, "elsewhere", user.api_key)
        assert box.statistics().logins == 1


async def test_a_delivery_and_its_recipients(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        job = session.create("Delivery", {"name": "Dailies", "tasks": ["share=projects/a.mov"]})
        assert job["status"] == "init"
        assert session.grant("user", "standard@example.com", "delivery", job["id"]) is True
        assert session.grant("user", "new@example.com", "delivery", job["id"]) is True
        with pytest.raises(Exception, match="invite is not allowed"):
            session.grant("user", "other@example.com", "delivery", job["id"], {"invite": False})
        names = [row["user_hr"] for row in session.access("delivery", job["id"])]
        assert names == ["standard@example.com", "new@example.com"]
        assert session.revoke("user", "new@example.com", "delivery", job["id"]) is True
        assert session.revoke("user", "new@example.com", "delivery", job["id"]) is False
        assert session.update("Delivery", job["id"], {"status": "waiting"})["status"] == "pending"
        assert session.grant("user", "employee@example.com", "delivery", job["id"])["actioned"] is False
        assert len(session.find(f"Transfer WHERE delivery={job['id']}")) == 2
        employee = box.user("employee")
        other = type(session)(box.workspace, employee.username, employee.api_key)
        transfer = other.find_one(f"Transfer WHERE delivery={job['id']} AND user=employee@example.com")
        other.update("Transfer", transfer["id"], {"destination": "/in/"})
        follow(other, transfer["id"], "done")
        assert (box.local_root / "in" / "a.mov").exists()
        assert session.revoke("user", "standard@example.com", "delivery", job["id"]) is True
        assert session.get_entity("Delivery", job["id"])["status"] == "done"
        session.delete_one("Delivery", job["id"])
        assert session.get_entity("Delivery", job["id"]) is None

    await judge(work)


async def test_a_compute_job(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        tasks = {"a": {"tasks": {"0": {}, "1": {}}}, "b": {"deps": ["a"]}}
        job = session.create("Compute", {"engine": "pipeline", "name": "Render", "tasks": tasks})
        end = time.monotonic() + 15
        while session.get_entity("Compute", job["id"])["status"] != "done":
            assert time.monotonic() < end
            time.sleep(0.05)
        rows = session.find("Task", entityid=job["id"])
        assert [(row["uri"], row["status"]) for row in rows] == [
            (uri, "done") for uri in ("a", "a/0", "a/1", "b")
        ]
        with pytest.raises(Exception, match="E#J031"):
            session.create("Compute", {"engine": "pipeline", "tasks": {"a": {"deps": ["a"]}}})

    await judge(work)
