"""What jobs and tasks are made with: what is known is kept, what is not is refused; duplicates, appending."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.job_calls import compute, edit, make, result, statuses, until_status

STANDARD = "standard@example.com"
TO_BERLIN = {"destination": "site=berlin"}


@pytest.mark.parametrize(
    ("kind", "data", "wrong"),
    [
        ("transfer", {"source": "a.mov", **TO_BERLIN, "bogus": 1, "priorty": 3}, "'bogus', 'priorty'"),
        ("transfer", {"tasks": [{"source": "a.mov", "stauts": "onhold"}], **TO_BERLIN}, "'stauts'"),
        ("transfer", {"source": "a.mov", **TO_BERLIN, "recipients": []}, "'recipients'"),
        ("delivery", {"source": "a.mov", "recipient": [STANDARD]}, "'recipient'"),
        ("delivery", {"tasks": [{"source": "a.mov", "x": None}], "recipients": [STANDARD]}, "'x'"),
        ("stream", {"source": "a.mov", "append": True}, "'append'"),
        ("request", {"recipient": [STANDARD]}, "'recipient'"),
        ("compute", {"engine": "pipeline", "ranges": "1-2"}, "'ranges'"),
        ("compute", {"engine": "pipeline", "tasks": [{"parameter": {}}]}, "'parameter'"),
        ("compute", {"engine": "pipeline", "tasks": {"a": {"tasks": {"b": {"dep": []}}}}}, "'dep'"),
    ],
)
async def test_what_nobody_knows_is_refused(wire: Any, kind: str, data: Any, wrong: str) -> None:
    message = (await wire.call("POST", f"{kind}/create", data))["message"]
    assert message.startswith("E#J038 ")
    assert f"has no {wrong};" in message
    assert "priority" in message
    assert await wire.find(kind) == []


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("compute", {"engine": "pipeline", "source": "a.mov"}, "E#J033"),
        ("compute", {"engine": "pipeline", "tasks": [{}], "destination": "x"}, "E#J033"),
        ("compute", {"engine": "pipeline", "filters": 3}, "E#N412"),
        ("compute", {"engine": "pipeline", "range": True}, "E#N412"),
        ("compute", {"engine": "pipeline", "description": ["x"]}, "E#J001"),
        ("delivery", {"destination": "/x"}, "E#D007"),
        ("delivery", {"source": "a.mov", "message": 3}, "E#N412"),
        *(
            ("compute", {"engine": "pipeline", "compute": {"parameters": {name: value}}}, "E#J039")
            for name, value in (("seconds", -1), ("seconds", "5"), ("seconds", []), ("seconds", True))
        ),
        ("compute", {"engine": "pipeline", "tasks": [{"compute": {"parameters": {"fail": 1}}}]}, "E#J039"),
        ("compute", {"engine": "pipeline", "tasks": [{"compute": {"parameters": "x"}}]}, "E#J001"),
        ("compute", {"engine": "pipeline", "parameters": {"seconds": -0.5}}, "E#J039"),
    ],
)
async def test_what_is_known_must_be_of_its_kind(wire: Any, kind: str, data: Any, code: str) -> None:
    assert (await wire.call("POST", f"{kind}/create", data))["message"].startswith(code + " ")
    assert await wire.find(kind) == []


RENDER = {
    "input": "C:\\projects\\nuke\\test_v002.nk",
    "parameters": {"input_conversion": "always", "arguments": "-txV", "seconds": 0.01},
    "range": "1001-1100",
    "dependencies": ["C:\\projects\\src\\grid.jpg"],
    "filters": "ram:>32g,site:sthlm",
    "output": "C:\\projects\\output",
    "envs": {"common": {"DEBUG": "true"}},
    "hooks": {"post-done-server": "x"},
    "description": "A comp.",
}


async def test_what_a_render_job_is_made_with_is_kept(start: Any) -> None:
    async with start() as (_, wire):
        data = {**RENDER, "settings": {"task_bucketsize": "5"}}
        for name in ("engine", "app"):
            (job,) = await result(wire.call("POST", "compute/create", {**data, name: "pipeline"}))
            assert {name: job[name] for name in RENDER} == RENDER
            assert (job["name"], job["engine"]) == ("test_v002.nk", "pipeline")
            done = await until_status(wire, job, "done")
            assert (await wire.tasks(job["id"]))[0]["time"] >= 10
        assert [row["id"] for row in await wire.find("compute", "range=1001-1100", finished=True)][
            -1
        ] == done["id"]
        reply = await wire.call("GET", "attributes", {"entitytype": "compute", "create": True})
        assert {*RENDER, "engine", "tasks", "allow_duplicates"} <= set(reply["result"])


async def test_descriptions_are_kept_and_changed(start: Any) -> None:
    async with start() as (_, wire):
        job = await wire.create({"source": "a.mov", **TO_BERLIN, "description": "One.", "status": "paused"})
        assert job["description"] == "One."
        (row,) = (await wire.edit(job["id"], description="Two."))["result"]
        assert (row["description"], row["status"]) == ("Two.", "paused")
        assert [row["id"] for row in await wire.find("transfer", "description=two.")] == [job["id"]]
        told = {"description": "Look.", "message": "Hi", "expires": "2026-12-24T00:00:00"}
        package = await make(wire, **told)
        assert {name: package[name] for name in told} == told


async def test_what_the_official_client_adds_is_known(wire: Any) -> None:
    flags = {"allow_duplicates": True, "replace_duplicates": False}
    assert "result" in await wire.call("POST", "transfer/create", {"source": "a", **TO_BERLIN, **flags})
    assert "result" in await wire.call("POST", "compute/create", {"engine": "pipeline", **flags})
    made_with: dict[str, Any] = {"delivery": {"source": "a"}, "request": {}, "stream": {"tasks": ["a"]}}
    for kind, data in made_with.items():
        made = await make(wire, kind, **data, **flags)
        if kind != "request":
            data = {"tasks": {"source": "b"}, **flags}
            assert "result" in await wire.call("POST", "task/create", data, id=made["id"])


async def test_what_is_sent_twice_is_there_once(start: Any) -> None:
    async with start() as (_, wire):
        twice: dict[str, Any] = {"tasks": ["a.mov", "show", "a.mov"], "status": "paused"}
        job = await wire.create({**twice, **TO_BERLIN})
        assert [task["uri"] for task in await wire.tasks(job["id"])] == ["0", "1"]
        added = await result(wire.call("POST", "task/create", {"tasks": ["x", "x"]}, id=job["id"]))
        assert [task["uri"] for task in added] == ["2"]
        package = await make(wire, tasks=twice["tasks"])
        again = {"tasks": ["show", "b.mov"]}
        added = await result(wire.call("POST", "task/create", again, id=package["id"]))
        assert [task["uri"] for task in added] == ["1", "2"]
        tasks = [{"source": "a.mov"}, {"source": "a.mov", "priority": 7, "status": "onhold"}]
        job = await wire.create({**twice, **TO_BERLIN, "tasks": tasks, "replace_duplicates": True})
        (task,) = await wire.tasks(job["id"])
        assert (task["priority"], task["status"]) == (7, "onhold")
        strict = {"tasks": twice["tasks"], "allow_duplicates": False}
        for kind, data in (("transfer", {**strict, **TO_BERLIN}), ("delivery", strict)):
            reply = await wire.call("POST", f"{kind}/create", data)
            assert reply["message"].startswith("E#J017 ")
        reply = await wire.call(
            "POST", "compute/create", {"engine": "pipeline", "tasks": [{"uri": "a"}, {"uri": "a"}]}
        )
        assert reply["message"].startswith("E#J018 ")


async def test_a_refused_addition_leaves_all_as_it_was(start: Any) -> None:
    async with start() as (_, wire):
        job = await wire.create({"tasks": {"a": {"source": "a.mov"}}, **TO_BERLIN, "status": "paused"})
        before = await wire.tasks(job["id"])
        tasks = [{"source": "new"}, {"source": "x", "uri": "b"}, {"source": "y", "uri": "b"}]
        reply = await wire.call("POST", "task/create", {"tasks": tasks}, id=job["id"])
        assert reply["message"].startswith("E#J018 ")
        assert await wire.tasks(job["id"]) == before
        job = await compute(wire, {"tasks": {"a": {}, "b": {}}, "status": "paused"})
        before = await wire.tasks(job["id"])
        data = {
            "tasks": {"a": {"deps": ["b"], "priority": 9}, "b": {"deps": ["a"]}},
            "replace_duplicates": True,
        }
        reply = await wire.call("POST", "task/create", data, id=job["id"])
        assert reply["message"].startswith("E#J031 ")
        assert await wire.tasks(job["id"]) == before


async def test_a_task_that_is_executed_holds_no_others(start: Any) -> None:
    async with start(time_factor=0) as (_, wire):
        job = await compute(wire, {"tasks": {"a": {}, "b": {"tasks": [{}, {}]}}})
        wrong: list[Any] = [{"a": {"tasks": {"z": {}}}}, {"b": {"tasks": {"0": {"tasks": [{}]}}}}]
        for tasks in wrong:
            reply = await wire.call("POST", "task/create", {"tasks": tasks}, id=job["id"])
            assert reply["message"].startswith("E#J035 ")
        assert set(await statuses(wire, job)) == {"a", "b", "b/0", "b/1"}
        data: Any = {"tasks": {"b": {"tasks": [{}]}}}
        await result(wire.call("POST", "task/create", data, id=job["id"]))
        assert set(await statuses(wire, job)) == {"a", "b", "b/0", "b/1", "b/2"}


async def test_appending_checks_and_applies_what_was_sent(start: Any) -> None:
    async with start() as (_, wire):
        (queue,) = await result(wire.call("POST", "queue/create", {"name": "low"}))
        data = {"name": "Daily", "source": "a.mov", **TO_BERLIN, "append": True, "metadata": {"day": 1}}
        job = await wire.create(data)
        await wire.until(job["id"], "done")
        more = {**data, "source": "show"}
        for wrong, code in (
            ({"queue": "nowhere"}, "E#J019"),
            ({"status": "done"}, "E#J020"),
            ({"settings": {"transfer_mode": "x"}}, "E#J028"),
            ({"priority": 0}, "E#J025"),
            ({"metadata": []}, "E#J001"),
            ({"description": 3}, "E#J001"),
            ({"bogus": 1}, "E#J038"),
        ):
            assert (await wire.call("POST", "transfer/create", {**more, **wrong}))["message"].startswith(code)
        assert (await wire.get(job["id"]))["status"] == "done"
        told = {"queue": queue["id"], "priority": 7, "status": "paused", "description": "d"}
        told |= {"settings": {"transfer_log": "info"}, "metadata": {"day": 2}}
        again = await wire.create({**more, **told})
        assert again["id"] == job["id"]
        row = await wire.get(job["id"])
        assert {**told, "queue": row["parent"]} == {**told, **{k: row[k] for k in told if k != "queue"}}
        assert [task["status"] for task in await wire.tasks(job["id"])] == ["done", "queued"]
        # What is not sent stays; so does a job whose engine is another.
        await wire.create({"name": "Daily", "source": "b", **TO_BERLIN, "append": True, "status": "waiting"})
        row = await wire.until(job["id"], "failed")
        assert (row["priority"], row["metadata"]) == (7, {"day": 2})


async def test_progress_is_whole_when_all_is_done(start: Any) -> None:
    async with start(time_factor=0) as (_, wire):
        job = await wire.create({"tasks": ["a.mov", "missing.mov"], **TO_BERLIN})
        row = await wire.until(job["id"], "failed")
        assert (row["size"], row["progress"]) == (100_000, 50)
        job = await wire.create({"source": "a.mov", **TO_BERLIN})
        await wire.until(job["id"], "done")
        (queue,) = await wire.find("queue")
        await wire.call("PUT", "queue/edit", {"status": "paused"}, id=queue["id"])
        await result(wire.call("POST", "task/create", {"tasks": ["show/b.mov"]}, id=job["id"]))
        assert (await wire.get(job["id"]))["progress"] < 100
        assert (await wire.until(job["id"], "waiting"))["progress"] < 100
        await wire.call("PUT", "queue/edit", {"status": "waiting"}, id=queue["id"])
        assert (await wire.until(job["id"], "done"))["progress"] == 100


@pytest.mark.parametrize(
    ("status", "becomes"), [("failed", "failed"), ("onhold", "paused"), ("excluded", "done")]
)
async def test_what_becomes_of_a_done_job(start: Any, status: str, becomes: str) -> None:
    async with start() as (box, wire):
        job = await wire.create({"tasks": ["a.mov", "show"], **TO_BERLIN})
        await wire.until(job["id"], "done")
        await wire.call("PUT", "task/edit", [{"uri": "0", "status": status}], id=job["id"])
        row = await wire.get(job["id"])
        assert (row["status"], row["finished"].startswith("1970")) == (becomes, becomes != "done")
        await box.advance(hours=10)
        assert (await wire.get(job["id"]))["status"] == becomes
        await wire.call("PUT", "task/edit", [{"uri": "0", "status": "queued"}], id=job["id"])
        await wire.until(job["id"], "done")
        data = {"tasks": {"source": "later.mov", "status": "onhold"}}
        await result(wire.call("POST", "task/create", data, id=job["id"]))
        assert (await wire.get(job["id"]))["status"] == "paused"


async def test_the_volume_and_the_share_of_a_task(start: Any) -> None:
    async with start() as (_, wire):
        (volume,) = await wire.find("volume")
        (folder,) = await result(wire.call("POST", "folder/create", {"name": "f", "path": "show"}))
        (collection,) = await result(wire.call("POST", "collection/create", {"name": "c"}))
        data = {"files": ["share=f/b.mov"]}
        await result(wire.call("POST", "file/add", data, id=collection["id"]))
        (home,) = await wire.find("home", "code=admin@example.com")
        paused = {"destination": "/in/", "status": "paused"}
        for source, share in (
            ("volume=projects/a.mov", None),
            ("folder=f/b.mov", folder),
            ("collection=c/b.mov", collection),
            ("home=admin@example.com/x", home),
        ):
            job = await wire.create({"source": source, **paused})
            (task,) = await wire.tasks(job["id"])
            assert (task["source"]["v"], task["source"].get("s")) == (volume["id"], share and share["id"])
            assert not {"v", "s"} & set(task["destination"])
        job = await wire.create({"source": "folder=f/b.mov", **TO_BERLIN, "status": "paused"})
        (task,) = await wire.tasks(job["id"])
        assert (task["destination"]["v"], task["destination"]["s"]) == (volume["id"], folder["id"])


@pytest.mark.parametrize(
    ("source", "destination", "code"),
    [
        ("/Volumes/projects/a.mov", "site=berlin:w2.mov", ""),
        ("/Volumes/projects/a.mov", "site=berlin", ""),
        ("/projects/a.mov", "/in/", ""),
        ("site=berlin:x", "/Volumes/projects/x", ""),
        ("/up", "/Volumes/projects/in/", ""),
        ("/Volumes/projects/a.mov", "share=projects/in/", ""),
        ("/elsewhere/a.mov", "site=berlin:w2.mov", ""),
        ("/elsewhere/a.mov", "/in/", "E#J005"),
    ],
)
async def test_an_absolute_path_without_a_party(start: Any, source: str, destination: str, code: str) -> None:
    mine = {("/up", "/Volumes/projects/in/"), ("/Volumes/projects/a.mov", "share=projects/in/")}
    async with start() as (_, wire):
        data = {"source": source, "destination": destination, "status": "paused"}
        reply = await wire.call("POST", "transfer/create", data)
        assert reply.get("message", "").startswith(code)
        if not code:
            (job,) = reply["result"]
            own = (source, destination) in mine or source.startswith("/elsewhere")
            kinds = (job["source"].partition(":")[0], job["destination"].partition(":")[0])
            assert kinds[0] == ("user" if own else "site" if "=" in source else "workspace")
            local = destination == "/in/"
            assert kinds[1] == ("user" if local else "site" if "=berlin" in destination else "workspace")


async def test_messages_name_what_they_are_about(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        job = await compute(wire, {"status": "paused"})
        assert "A compute's status" in (await edit(wire, job, status="init"))["message"]
        reply = await wire.call("PUT", "task/edit", [{"uri": "x", "status": "done"}], id=job["id"])
        assert "The compute has no task 'x'" in reply["message"]
        package = await make(wire, source="a.mov", recipients=[STANDARD])
        assert "change a delivery of another" in (await edit(standard, package, status="done"))["message"]
        reply = await wire.call("PUT", "delivery/edit", {"name": "x"}, id="0" * 24)
        assert "no delivery" in reply["message"]
        reply = await wire.call("POST", "transfer/create", {"source": "../a", **TO_BERLIN})
        assert reply["message"].endswith("must not climb with '..'.")
        (engine,) = await wire.find("engine")
        await result(wire.call("DELETE", "engine/delete", {}, id=engine["id"]))
        reply = await wire.call("POST", "compute/create", {"engine": "pipeline"})
        assert reply["message"].endswith("(there is none).")
