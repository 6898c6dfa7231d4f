"""Settings that a transfer inherits: which hold, and that they are obeyed."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox import Sandbox
from accsyn_async.sandbox.rules import jobs
from accsyn_async.sandbox.rules.inheritance import FILTERS, Inheritance, holding, inherited, over, value_of
from accsyn_async.sandbox.rules.settings import SEPARATOR, SPEED_LIMITS
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.entities import Share
from accsyn_async.sandbox.state.furnishing import furnished
from accsyn_async.sandbox.state.jobs import Job
from accsyn_async.sandbox.state.setting_store import Scope, SettingStore
from accsyn_async.sandbox.state.workspace import Workspace

STATEMENTS = st.lists(st.sampled_from(["*.tmp", "a", "b", "re('[0-9]')"]), max_size=3).map(SEPARATOR.join)
LEVELS = st.lists(
    st.dictionaries(st.sampled_from(FILTERS), STATEMENTS)
    | st.dictionaries(st.sampled_from(SPEED_LIMITS), st.sampled_from(["", "1", "2"])),
    max_size=4,
)


@given(LEVELS)
def test_filters_add_up_and_the_nearest_speed_limit_decides(levels: list[dict[str, str]]) -> None:
    result = inherited(levels)
    for name in FILTERS:
        values = [level[name] for level in levels if name in level]
        assert (name in result) is bool(values)
        every = {one for value in values if value for one in value.split(SEPARATOR)}
        assert set(result.get(name, "").split(SEPARATOR)) - {""} == every
    limits = [level for level in levels if any(name in level for name in SPEED_LIMITS)]
    nearest = limits[0] if limits else {}
    assert {name: result[name] for name in SPEED_LIMITS if name in result} == nearest
    for name in SPEED_LIMITS:
        expected = nearest.get(name, next(iter(nearest.values()), None))
        assert value_of(result, name) in (expected, *nearest.values())
        assert (value_of(result, name) is None) is (not nearest)


@given(LEVELS, LEVELS)
def test_filters_of_one_that_stands_alone_do_not_add_up(
    own: list[dict[str, str]], above: list[dict[str, str]]
) -> None:
    mine = inherited(own)
    result = holding(mine, above, alone=True)
    assert {name: result[name] for name in mine} == mine
    assert result == over(mine, inherited(above))
    assert holding(mine, above) == inherited([mine, *above])


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return furnished("acme", tmp_path, {"berlin": tmp_path / "berlin"}, tmp_path / "local", Clock())


def places(workspace: Workspace, job: Job, store: SettingStore) -> dict[str, Any]:
    """What sets one setting at each place that a download from a folder inherits from, the nearest first."""
    (task,) = job.tasks.values()
    start, end = task.source, task.destination
    assert start.share is not None
    assert start.share.parent is not None
    assert start.client is not None
    assert end.client is not None

    def own(holder: Any) -> Any:
        return lambda value: setattr(holder, "settings", {"n": value})

    def stored(kind: str, id: str) -> Any:
        return lambda value: store.set(Scope(kind, id), "n", value)

    return {
        "task": own(task),
        "job": own(job),
        "queue": stored("queue", job.queue.id),
        "folder": stored("folder", start.share.id),
        "volume": stored("volume", start.share.parent.id),
        "server": stored("server", start.client.id),
        "app": stored("app", end.client.id),
        "site": stored("site", workspace.main_site.id),
        "user": stored("user", workspace.users[0].id),
        "workspace": stored("workspace", workspace.id),
    }


NAMES = ("task", "job", "queue", "folder", "volume", "server", "app", "site", "user", "workspace")


@pytest.mark.parametrize(("near", "far"), list(combinations(NAMES, 2)))
def test_of_two_places_the_nearer_decides(workspace: Workspace, near: str, far: str) -> None:
    volume = workspace.default_volume
    workspace.add(Share(code="film", kind="folder", parent=volume, volume="projects", parts=("film",)))
    data = {"source": "folder=film/a.mov", "destination": "/in/"}
    job = jobs.create_job(workspace, workspace.users[0], data)
    (task,) = job.tasks.values()
    store = SettingStore()
    known = places(workspace, job, store)
    assert tuple(known) == NAMES
    known[far]("far")
    inheritance = Inheritance(store, workspace.id)
    assert inheritance.of(job, task) == {"n": "far"}
    assert inheritance.of(job) == ({} if far == "task" else {"n": "far"})
    known[near]("near")
    assert inheritance.of(job, task) == {"n": "near"}
    assert inheritance.of(job) == {"n": "far" if near == "task" else "near"}


def test_a_job_inherits_what_all_its_tasks_do(workspace: Workspace) -> None:
    one, other = (
        workspace.add(Share(code=code, kind="folder", parent=workspace.default_volume, parts=(code,)))
        for code in ("one", "other")
    )
    sources = [f"folder={share.code}/{name}" for share in (one, other) for name in "ab"]
    job = jobs.create_job(workspace, workspace.users[0], {"tasks": sources, "destination": "/in/"})
    store = SettingStore()
    store.set(Scope("folder", one.id), "n", "one")
    inheritance = Inheritance(store, workspace.id)
    assert [inheritance.of(job, task) for task in job.tasks.values()] == [{"n": "one"}] * 2 + [{}] * 2
    assert inheritance.of(job) == {}
    store.set(Scope("volume", workspace.default_volume.id), "n", "volume")
    assert inheritance.of(job) == {"n": "volume"}
    assert inheritance.of(job, job.tasks["0"]) == {"n": "one"}


async def put(wire: Any, kind: str, id: str | None, name: str, value: str) -> Any:
    fields = {} if id is None else {"id": id}
    return await wire.call("PUT", "setting", {"entitytype": kind, "name": name, "value": value}, **fields)


async def get(wire: Any, kind: str, id: str, name: str) -> Any:
    return (await wire.call("GET", "setting", {"entitytype": kind, "name": name}, id=id))["result"]


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("workspace", None),
        ("queue", "code=medium"),
        ("volume", "code=projects"),
        ("share", "code=projects"),
        ("site", "code=hq"),
        ("site", "code=berlin"),
        ("client", "site=berlin"),
    ],
)
async def test_what_is_inherited_is_obeyed_and_answered(start: Any, kind: str, query: str | None) -> None:
    async with start() as (box, wire):
        id = None if query is None else (await wire.find(kind, query))[0]["id"]
        assert await put(wire, kind, id, "transfer_exclude", "DEEP") == {"result": True}
        job = await wire.create({"source": "show", "destination": "site=berlin", "status": "paused"})
        (task,) = await wire.tasks(job["id"])
        assert job["settings"] == task["settings"] == {}
        for asked in (("transfer", job["id"]), ("job", job["id"]), ("task", task["id"])):
            assert await get(wire, *asked, "transfer_exclude") == "DEEP"
        await wire.edit(job["id"], status="waiting")
        row = await wire.until(job["id"], "done")
        assert row["size"] == 2000
        there = box.site_root("berlin") / "projects" / "show"
        assert {path.name for path in there.iterdir()} == {"b.mov"}


async def test_those_of_a_user_and_of_a_delivery_are_obeyed(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        assert "result" in await put(wire, "user", box.user("standard").id, "transfer_exclude", "deep")
        data = {"source": "show", "recipients": ["standard@example.com"], "status": "waiting"}
        (delivery,) = (await wire.call("POST", "delivery/create", data))["result"]
        assert "result" in await put(wire, "delivery", delivery["id"], "transfer_exclude", "b.mov")
        (transfer,) = await standard.find("transfer", f"delivery={delivery['id']}")
        assert await get(wire, "transfer", transfer["id"], "transfer_exclude") == "b.mov\\,deep"
        await standard.edit(transfer["id"], destination="/in/")
        await standard.until(transfer["id"], "done")
        assert list((box.local_root / "in" / "show").iterdir()) == []


async def test_a_bucket_and_a_speed_limit_are_inherited(start: Any) -> None:
    async with start() as (_, wire):
        (queue,) = await wire.find("queue")
        assert "result" in await put(wire, "queue", queue["id"], "task_bucketsize", "0")
        assert "result" in await put(wire, "workspace", None, "transfer_speedlimit", "0.001")
        job = await wire.create({"tasks": ["a.mov", "show", "show/b.mov"], "destination": "site=berlin"})
        row = await wire.until(job["id"], "running")
        assert row["speed"] <= 0.001
        assert [task["status"] for task in await wire.tasks(job["id"])][1:] == ["booting", "booting"]
        for name in SPEED_LIMITS:
            assert await get(wire, "job", job["id"], name) == "0.001"
        # The nearest decides by whichever name.
        assert "result" in await put(wire, "job", job["id"], "job_speed_limit", "400")
        assert await get(wire, "job", job["id"], "transfer_speedlimit") == "400"
        await wire.edit(job["id"], status="paused")
        await wire.edit(job["id"], status="waiting")
        await wire.until(job["id"], "done")


async def test_a_change_counts_for_tasks_that_have_not_begun(start: Any) -> None:
    async with start(speed=0.001, time_factor=0) as (box, wire):
        job = await wire.create({"tasks": ["a.mov", "show"], "destination": "site=berlin"})
        await wire.until(job["id"], "running")
        (queue,) = await wire.find("queue")
        assert "result" in await put(wire, "queue", queue["id"], "transfer_exclude", "*.mov")
        await box.advance(hours=1)
        assert (await wire.get(job["id"]))["status"] == "done"
        there = box.site_root("berlin") / "projects"
        assert {path.name for path in there.rglob("*.mov")} == {"a.mov"}
        assert (await wire.get(job["id"]))["size"] == 100_000


async def test_those_of_a_task_are_its_own(start: Any) -> None:
    async with start() as (_, wire):
        data = {"source": "show", "destination": "site=berlin", "settings": {"transfer_exclude": "b.mov"}}
        job = await wire.create({"tasks": [{**data, "settings": {}}], **data, "status": "paused"})
        (task,) = await wire.tasks(job["id"])
        assert await get(wire, "task", task["id"], "transfer_exclude") == "b.mov"
        assert "result" in await put(wire, "task", task["id"], "transfer_exclude", "deep")
        assert await get(wire, "task", task["id"], "transfer_exclude") == "deep"
        assert await get(wire, "job", job["id"], "transfer_exclude") == "b.mov"
        assert (await wire.tasks(job["id"]))[0]["settings"] == {"transfer_exclude": "deep"}
        await wire.edit(job["id"], status="waiting")
        assert (await wire.until(job["id"], "done"))["size"] == 2000
        data = {"entitytype": "task", "name": "transfer_exclude"}
        for there in (True, False):
            assert await wire.call("DELETE", "setting", data, id=task["id"]) == {"result": there}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("transfer_exclude", "re('[')", "E#J028"),
        ("transfer_include", "*.mov\\,", "E#J028"),
        ("transfer_speedlimit", "fast", "E#J029"),
        ("task_bucketsize", "-1", "E#J029"),
        ("task_bucketsize", "1.5", "E#J029"),
        ("transfer_exlude", "*", "E#J027"),
        ("transfer_ignore_existing", "never", "E#J028"),
        ("transfer_mode", "onewaysync", "E#J028"),
    ],
)
async def test_what_could_not_be_obeyed_is_refused_wherever_it_is_set(
    wire: Any, name: str, value: str, code: str
) -> None:
    for kind in ("workspace", "queue", "volume", "site", "user"):
        id = None if kind == "workspace" else (await wire.find(kind))[0]["id"]
        assert (await put(wire, kind, id, name, value))["message"].startswith(f"{code} ")
        data = {"entitytype": kind}
        assert await wire.call("GET", "setting", data, **({} if id is None else {"id": id})) == {"result": {}}
    assert await put(wire, "integration", "ftrack", name, value) == {"result": True}


@pytest.mark.parametrize(
    "name", ["transfer_comparison", "transfer_concurrent", "transfer_encryption", "transfer_mode"]
)
async def test_what_accsyn_documents_is_accepted(start: Any, name: str) -> None:
    async with start() as (_, wire):
        value = "copy" if name == "transfer_mode" else "1"
        assert await put(wire, "workspace", None, name, value) == {"result": True}
        job = await wire.create({"source": "a.mov", "destination": "site=berlin", "settings": {name: value}})
        await wire.until(job["id"], "done")


async def test_the_official_client_sets_what_its_transfers_obey(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        queue = session.create("Queue", {"code": "slow"})
        session.set_setting("queue", "transfer_speedlimit", "0.001", queue["id"])
        data = {"source": "a.mov", "destination": "site=berlin", "queue": "slow"}
        job = session.create("Transfer", data)
        assert session.get_setting("transfer_speedlimit", "job", job["id"]) == "0.001"
        assert session.get_settings("job", job["id"], upstream=True) == {"transfer_speedlimit": "0.001"}
        while (row := session.find_one(f"Transfer WHERE id={job['id']}"))["status"] != "running":
            assert row["status"] in ("init", "waiting")
        assert row["speed"] <= 0.001
        with pytest.raises(Exception, match="above 0"):
            session.set_setting("queue", "transfer_speedlimit", "0", queue["id"])

    await judge(work)
