"""Making and finding transfers: rows, where files arrive, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ATTRIBUTES = {
    "code", "name", "created", "destination", "destination_hr", "etr", "finished", "id", "progress", "size",
    "source", "source_hr", "speed", "status", "user", "user_hr", "uri", "metadata", "parent", "parent_hr",
    "modified", "modifier",
}  # fmt: skip
EPOCH = "1970-01-01T00:00:00"


def write(path: Path, content: bytes = b"content") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


async def test_a_new_row(start: Any) -> None:
    async with start() as (box, wire):
        data = {
            "source": "a.mov",
            "destination": "/Volumes/EDIT/in",
            "status": "paused",
            "metadata": {"k": [1]},
        }
        row = await wire.create({**data, "priority": 700, "settings": {"transfer_ignore_existing": "file"}})
        assert set(row) >= ATTRIBUTES
        assert re.fullmatch("[0-9a-f]{24}", row["id"])
        assert (row["name"], row["code"], row["uri"]) == ("a.mov", "a.mov", "acme/medium")
        assert (row["status"], row["progress"], row["size"]) == ("paused", 0, -1)
        assert (row["speed"], row["etr"], row["finished"]) == (-1.0, "", EPOCH)
        assert row["created"] == row["modified"]
        assert row["source"].startswith("workspace:")
        user = box.user("admin")
        assert row["destination"] == f"user:{user.id}"
        assert row["destination_hr"] == f"user:{user.username}[admin]({user.id})"
        assert (row["user"], row["modifier"]) == (user.id, user.id)
        assert (row["metadata"], row["priority"]) == ({"k": [1]}, 700)
        assert row["settings"] == {"transfer_ignore_existing": "file"}
        (task,) = await wire.tasks(row["id"])
        assert (task["uri"], task["status"], task["size"], task["finished"]) == ("0", "queued", -1, EPOCH)
        assert (task["job"], task["job_hr"]) == (row["id"], f"a.mov[1]({row['id']})")
        assert task["source"]["path"] == "a.mov"
        assert task["source"]["path_abs_final"] == str(box.volume / "a.mov")
        assert set(task["source"]) == {"path", "path_abs_final", "client", "v"}
        assert task["destination"]["path_abs_final"] == str(box.local_root / "Volumes/EDIT/in")
        assert set(task["destination"]) == {"path", "path_abs_final", "client", "user"}


@pytest.mark.parametrize(
    ("source", "destination", "arrives"),
    [
        ("a.mov", "D:/work/lfm/a.jpg", "local/D/work/lfm/a.jpg"),
        ("acme:volume=projects/a.mov", "admin@example.com:D:/work/a.jpg", "local/D/work/a.jpg"),
        ("share=projects/a.mov", "C:\\Users\\John\\accsyn\\", "local/C/Users/John/accsyn/a.mov"),
        ("share=projects/a.mov", "admin@example.com/X:/in", "local/X/in"),
        ("hq:a.mov", "admin@example.com:in/b.mov", "local/in/b.mov"),
        ("/Volumes/projects/a.mov", "/Users/x/b.mov", "local/Users/x/b.mov"),
        ("acme:/projects/a.mov", "{local}/own/b.mov", "local/own/b.mov"),
        ("{volume}/a.mov", "/Users/x/", "local/Users/x/a.mov"),
        ("show", "/Users/x/", "local/Users/x/show/deep/c.mov"),
        ("a.mov", "client={client}:/in/", "local/in/a.mov"),
        ("/up/u.mov", "share=projects/new/", "volume/new/u.mov"),
        ("{local}/up/u.mov", "new/v.mov", "volume/new/v.mov"),
        ("C:\\work\\w.mov", "acme:share=projects\\UP\\w.mov", "volume/UP/w.mov"),
        ("/up", "share=admin@example.com", "volume/home/admin@example.com/up/u.mov"),
        ("/up/u.mov", "site=berlin:in/", "berlin/projects/in/u.mov"),
        ("share=projects/show/deep", "site=berlin", "berlin/projects/show/deep/c.mov"),
        ("show", "site=berlin", "berlin/projects/show/b.mov"),
        ("/Volumes/projects/a.mov", "site=berlin", "berlin/projects/a.mov"),
        ("{volume}/a.mov", "site=berlin", "berlin/projects/a.mov"),
        ("a.mov", "site=berlin:projects/x/y.mov", "berlin/projects/x/y.mov"),
        ("site=berlin:projects/s/s.mov", "acme", "volume/s/s.mov"),
        ("site=berlin:share=projects/s", "ACME", "volume/s/s.mov"),
        ("site=berlin:s/s.mov", "share=projects/t/", "volume/t/s.mov"),
        ("share=projects", "site=berlin", "berlin/projects/a.mov"),
    ],
)
async def test_where_files_arrive(start: Any, source: str, destination: str, arrives: str) -> None:
    async with start() as (box, wire):
        write(box.local_root / "up" / "u.mov")
        write(box.local_root / "C" / "work" / "w.mov")
        write(box.site_root("berlin") / "projects" / "s" / "s.mov")
        names = {
            "local": box.local_root,
            "volume": box.volume,
            "client": (await wire.find("client", "user=admin@example.com"))[0]["id"],
        }
        job = await wire.create(
            {"source": source.format(**names), "destination": destination.format(**names)}
        )
        row = await wire.until(job["id"], "done", "failed")
        assert row["status"] == "done", await wire.tasks(job["id"])
        assert row["progress"] == 100
        assert row["finished"] != EPOCH
        roots = {"local": box.local_root, "volume": box.volume, "berlin": box.site_root("berlin")}
        first, _, rest = arrives.partition("/")
        assert (roots[first] / rest).stat().st_size > 0


@pytest.mark.parametrize(
    ("data", "code", "part"),
    [
        ({}, "E#J001", "source"),
        ([], "E#J001", "object"),
        ({"destination": "site=berlin"}, "E#J001", "'source' is missing"),
        ({"source": "a.mov"}, "E#J007", "destination"),
        ({"source": 3, "destination": "site=berlin"}, "E#J001", "no text"),
        ({"source": "a.mov", "destination": "site=london"}, "E#J010", "no site 'london'"),
        ({"source": "nobody@example.com:/x", "destination": "b"}, "E#J011", "no user"),
        ({"source": "a.mov", "destination": "client=123:/x"}, "E#J012", "no client"),
        ({"source": "a.mov", "destination": "standard@example.com:/x"}, "E#J013", "delivery"),
        (
            {"source": "volume=other/a.mov", "destination": "/x"},
            "E#J015",
            "no volume 'other' (there are volume=projects, home=",
        ),
        (
            {"source": "share=other/a.mov", "destination": "/x"},
            "E#J015",
            "no share 'other' (there are volume=projects, home=",
        ),
        ({"source": "acme:/elsewhere/a.mov", "destination": "/x"}, "E#J016", "no volume"),
        ({"source": "a.mov", "destination": "b.mov"}, "E#J005", "same party"),
        ({"source": "/x", "destination": "/y"}, "E#J005", "own machine"),
        ({"source": "site=berlin:a", "destination": "site=berlin"}, "E#J005", "same party"),
        ({"source": "/x/a.mov", "destination": "site=berlin"}, "E#J007", "no path"),
        ({"source": "a.mov", "destination": "admin@example.com"}, "E#J014", "volume=projects/a.mov locally"),
        ({"source": "site=berlin", "destination": "acme"}, "E#J003", "no path"),
        ({"source": "../a.mov", "destination": "/x"}, "E#J002", ".."),
        ({"source": "a.%04d.exr[9-1]", "destination": "/x"}, "E#J002", "before it begins"),
        ({"source": "a.%04d.exr[1-9]", "destination": "/b.%04d.exr[2-9]"}, "E#J032", "numbered otherwise"),
        ({"source": "a.mov", "destination": "/x", "queue": "low"}, "E#J019", "medium"),
        ({"source": "a.mov", "destination": "/x", "priority": 0}, "E#J025", "1 to 1000"),
        ({"source": "a.mov", "destination": "/x", "priority": True}, "E#J025", "1 to 1000"),
        ({"source": "a.mov", "destination": "/x", "metadata": []}, "E#J001", "metadata"),
        ({"source": "a.mov", "destination": "/x", "status": "running"}, "E#J020", "waiting or paused"),
        ({"source": "a.mov", "destination": "/x", "status": "pending"}, "E#J020", "waiting or paused"),
        ({"tasks": []}, "E#J001", "tasks"),
        ({"tasks": [3]}, "E#J001", "task"),
        ({"engine": "x", "tasks": {"a": {}}}, "E#J034", "no engine 'x' (there are pipeline)"),
        ({"engine": 3, "tasks": {"a": {}}}, "E#J034", "engine"),
        ({"engine": "pipeline", "tasks": {"a": {"source": "a.mov"}}}, "E#J033", "source"),
        ({"engine": "pipeline", "tasks": {"a": {"deps": ["b"]}}}, "E#J030", "'b', which does not exist"),
        ({"engine": "pipeline", "tasks": {"a": {"deps": "b"}}}, "E#J030", "list of uris"),
        ({"engine": "pipeline", "tasks": {"a": {"deps": ["a"]}}}, "E#J031", "circle"),
        (
            {"engine": "pipeline", "tasks": {"a": {"deps": ["b/0"]}, "b": {"tasks": [{}], "deps": ["a"]}}},
            "E#J031",
            "circle",
        ),
        ({"engine": "pipeline", "tasks": {"a/b": {}}}, "E#J001", "without a slash"),
        ({"engine": "pipeline", "tasks": {"a": {"tasks": {}}}}, "E#J001", "at least one"),
        ({"tasks": ["a.mov", "a.mov"], "destination": "/x/", "allow_duplicates": False}, "E#J017", "twice"),
        ({"tasks": {"a": {"tasks": {"b": {}}}}}, "E#J008", "nested"),
        ({"tasks": [{"source": "a.mov", "destination": "/x", "status": "done"}]}, "E#J020", "queued"),
        (
            {
                "tasks": [
                    {"source": "a", "destination": "/x"},
                    {"source": "site=berlin:a", "destination": "/x"},
                ]
            },
            "E#J004",
            "one source party",
        ),
        (
            {"tasks": [{"source": "a", "destination": "/x"}, {"source": "a", "destination": "site=berlin"}]},
            "E#J004",
            "one destination party",
        ),
    ],
)
async def test_a_wrong_job_is_refused_with_a_reason(wire: Any, data: Any, code: str, part: str) -> None:
    reply = await wire.call("POST", "transfer/create", data)
    assert reply["message"].startswith(code + " ")
    assert part in reply["message"]
    assert await wire.find("transfer") == []
    assert await wire.find("transfer", finished=True) == []


async def test_tasks_by_uri_and_by_list(start: Any) -> None:
    async with start() as (box, wire):
        tasks = {
            "0": {"source": "a.mov", "destination": "C:\\in\\", "priority": 1, "metadata": {"app": "x"}},
            "one": {"source": "show/b.mov", "destination": "C:\\in\\", "status": "onhold"},
        }
        job = await wire.create({"tasks": tasks, "name": "Two", "status": "paused"})
        rows = await wire.tasks(job["id"])
        assert [(row["uri"], row["status"], row["priority"]) for row in rows] == [
            ("0", "queued", 1),
            ("one", "onhold", 500),
        ]
        assert job["name"] == "Two"
        job = await wire.create({"code": "List", "tasks": ["a.mov", "show"], "destination": "site=berlin"})
        assert [row["uri"] for row in await wire.tasks(job["id"])] == ["0", "1"]
        await wire.until(job["id"], "done")
        assert (box.site_root("berlin") / "projects" / "show" / "b.mov").exists()


async def test_a_placeholder_is_done_at_once(start: Any) -> None:
    async with start() as (_, wire):
        task = {"source": "site=berlin:share=projects/nofile", "destination": "site=hq", "status": "excluded"}
        job = await wire.create({"tasks": [task]})
        assert (job["status"], job["progress"], job["size"]) == ("done", 100, 0)
        assert job["finished"] != EPOCH
        assert await wire.find("transfer") == []


async def test_finding_and_projecting(start: Any) -> None:
    async with start() as (_, wire):
        ids = []
        for number in range(5):
            data = {
                "source": "a.mov",
                "destination": "site=berlin",
                "status": "paused",
                "name": f"Job {number}",
            }
            ids.append((await wire.create(data))["id"])

        async def found(query: str | None = None, **data: Any) -> list[str]:
            return [row["id"] for row in await wire.find("transfer", query, **data)]

        assert await found() == ids
        assert await found(limit=2, skip=1) == ids[1:3]
        assert await found('name="job 3"') == ids[3:4]
        assert await found(f'id in "{ids[1]},{ids[4]}"') == [ids[1], ids[4]]
        assert await found("source=hq AND destination=berlin") == ids
        assert await found("user=admin@example.com and user.role=admin") == ids
        assert await found("parent=medium AND status<>paused") == []
        assert await found("metadata.artist=malcolm") == []
        assert (await wire.find("transfer", limit=1, attributes=["status", "nonsense", "progress"])) == [
            {"id": ids[0], "status": "paused", "progress": 0}
        ]
        assert [row["id"] for row in await wire.find("job")] == ids
        assert (await wire.find("task", f"job.id={ids[0]}", attributes=["job"]))[0]["job"] == ids[0]
        assert (await wire.call("GET", "transfer/find", {}, id="0" * 24))["result"] == []
        for bad in ({"limit": -1}, {"skip": "x"}, {"attributes": [3]}, {"finished": "yes"}):
            assert "message" in await wire.call("GET", "transfer/find", bad)
        reply = await wire.call("GET", "transfer/find", {}, query="status=done ORDER")
        assert reply["message"].startswith("E#Q001")
        assert "position 12" in reply["message"]
        assert "message" in await wire.call("GET", "task/find", {})


async def test_the_ready_made_entities(wire: Any) -> None:
    def codes(rows: list[Any]) -> list[str]:
        return [row["code"] for row in rows]

    assert codes(await wire.find("user")) == [
        f"{role}@example.com" for role in ("admin", "employee", "standard")
    ]
    assert codes(await wire.find("user", "code='standard@example.com'")) == ["standard@example.com"]
    assert codes(await wire.find("workspace")) == ["acme"]
    assert codes(await wire.find("site")) == ["hq", "berlin"]
    assert codes(await wire.find("volume")) == ["projects"]
    assert codes(await wire.find("queue")) == ["medium"]
    assert len(await wire.find("client", "type=0")) == 3
    assert len(await wire.find("client", "type=1 AND site=berlin")) == 1
    assert await wire.find("delivery") == []
    assert "transfer" in (await wire.call("GET", "entitytypes", {}))["result"]
    reply = await wire.call("GET", "attributes", {"entitytype": "transfer", "create": False, "update": False})
    assert set(reply["result"]) >= ATTRIBUTES
    reply = await wire.call("GET", "attributes", {"entitytype": "task", "create": False, "update": True})
    assert set(reply["result"]) == {"status", "priority", "metadata"}
    assert "message" in await wire.call("GET", "attributes", {"entitytype": "nonsense"})


async def test_what_a_role_sees_and_does(start: Any, connect: Any) -> None:
    async with (
        start() as (box, admin),
        connect(box, "employee") as employee,
        connect(box, "standard") as standard,
    ):
        write(box.volume / "home" / "standard@example.com" / "h.mov")
        paused = {"status": "paused", "destination": "/in/"}
        theirs = await admin.create({"source": "a.mov", **paused})
        own = await standard.create({"source": "h.mov", **paused})
        assert [row["id"] for row in await employee.find("transfer")] == [theirs["id"], own["id"]]
        assert [row["id"] for row in await standard.find("transfer")] == [own["id"]]
        assert (await standard.call("GET", "transfer/find", {}, id=theirs["id"]))["result"] == []
        for method, uri, data in (
            ("PUT", "transfer/edit", {"status": "aborted"}),
            ("DELETE", "transfer/delete", {}),
            ("POST", "task/create", {"tasks": ["a.mov"]}),
            ("PUT", "task/edit", [{"uri": "0", "status": "done"}]),
            ("GET", "task/find", {"parent": theirs["id"]}),
        ):
            reply = await standard.call(method, uri, data, id=theirs["id"])
            assert reply["message"].startswith("E#J404")
        assert (await admin.get(theirs["id"]))["status"] == "paused"
        assert len(await standard.find("user")) == len(await standard.find("client")) == 1
        data = {"source": "share=projects/a.mov", "destination": "site=berlin"}
        reply = await standard.call("POST", "transfer/create", data)
        assert reply["message"].startswith("E#J006")
        for source in ("share=admin@example.com/x", "admin@example.com:/x"):
            reply = await standard.call("POST", "transfer/create", {"source": source, **paused})
            assert "message" in reply
        # Other users' machines are theirs alone, even for an admin.
        reply = await admin.call(
            "POST", "task/create", {"tasks": {"source": "a.mov", "destination": "/x"}}, id=own["id"]
        )
        assert reply["message"].startswith("E#J013")
        await standard.edit(own["id"], status="waiting")
        await admin.until(own["id"], "done")
        assert (box.local_root / "in" / "h.mov").read_bytes() == b"content"
        assert (await standard.call("DELETE", "transfer/delete", {}, id=own["id"]))["result"] is True
        assert (await admin.call("GET", "transfer/find", {}, id=own["id"]))["result"] == []


async def test_others_homes_are_not_listed_to_standard_users(box: Any, connect: Any) -> None:
    async with connect(box, "standard") as wire:
        data = {"source": "home=admin@example.com/a.mov", "destination": "/x"}
        reply = await wire.call("POST", "transfer/create", data)
        known = "(there are home=standard@example.com)"
        assert reply["message"] == f"E#J015 There is no home 'admin@example.com' {known}."


class Unwalked(dict[str, Any]):
    """What is looked up and not walked through."""

    def __iter__(self) -> Any:
        raise AssertionError("walked through")

    keys = values = items = __reversed__ = __iter__


async def test_what_is_asked_for_by_id_is_looked_up(start: Any) -> None:
    async with start() as (box, wire):
        workspace = box._started().workspace
        paused = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
        one, two = [await wire.create({**paused, "name": name}) for name in ("one", "two")]
        tasks = [(await wire.tasks(job["id"]))[0] for job in (one, two)]
        for task in tasks:
            assert (await wire.call("GET", "task/find", {}, id=task["id"]))["result"] == [task]
        workspace.jobs = Unwalked(workspace.jobs)
        for job, task in zip((one, two), tasks, strict=True):
            for uri in ("transfer", "job"):
                assert (await wire.call("GET", f"{uri}/find", {}, id=job["id"]))["result"] == [job]
            for id in (job["id"], task["id"]):
                assert (await wire.call("GET", "task/find", {}, id=id))["result"] == [task]
        assert "exception" in await wire.call("GET", "transfer/find", {})
        workspace.jobs = dict(dict.items(workspace.jobs))
        await wire.call("DELETE", "transfer/delete", {}, id=one["id"])
        assert (await wire.call("GET", "task/find", {}, id=tasks[0]["id"]))["result"] == []
        assert (await wire.call("GET", "task/find", {}, id=tasks[1]["id"]))["result"] == [tasks[1]]


async def test_slashes_in_the_uris_of_a_transfer_s_tasks_nest_nothing(start: Any) -> None:
    async with start() as (_, wire):
        ends = {"destination": "site=berlin"}
        tasks = {"late/a": {"source": "a.mov", **ends}, "show": {"source": "show", **ends}}
        job = await wire.create({"tasks": tasks})
        await wire.until(job["id"], "done")
        more = {"show/b": {"source": "show/b.mov", **ends}}
        reply = await wire.call("POST", "task/create", {"tasks": more}, id=job["id"])
        assert [row["uri"] for row in reply["result"]] == ["show/b"]
        await wire.until(job["id"], "done")
        assert {row["uri"]: row["status"] for row in await wire.tasks(job["id"])} == dict.fromkeys(
            ("late/a", "show", "show/b"), "done"
        )
