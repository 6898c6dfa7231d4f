"""No two files of a job are saved as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox.rules.landing import keep_apart, landing
from accsyn_async.sandbox.state.jobs import End, Party, Task
from tests.sandbox.job_calls import edit, make, result, until_status
from tests.sandbox.lines import lines_of

STANDARD = "standard@example.com"


def fill(root: Path) -> None:
    for name in ("x/a.txt", "y/a.txt", "z/a.txt", "x/b.txt", "x/sub/deep", "y/sub/deep"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def contents(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


async def run(box: Any, wire: Any, *tasks: tuple[str, str]) -> dict[str, str]:
    """What arrives at ``/in`` of a job's own machine."""
    job = await wire.create({"tasks": [{"source": a, "destination": b} for a, b in tasks]})
    row = await wire.until(job["id"], "done", "failed")
    assert row["status"] == "done", await wire.tasks(job["id"])
    return contents(box.local_root / "in")


async def test_a_destination_that_several_tasks_name_is_a_folder(start: Any) -> None:
    async with start() as (box, wire):
        fill(box.volume)
        assert await run(box, wire, ("x/a.txt", "/in/one")) == {"one": "x/a.txt"}
        assert await run(
            box,
            wire,
            ("x/b.txt", "/in/two"),
            ("x/sub", "/in/two"),
            ("y/a.txt", "/in/two/"),
        ) == {"one": "x/a.txt", "two/b.txt": "x/b.txt", "two/sub/deep": "x/sub/deep", "two/a.txt": "y/a.txt"}


async def test_what_has_the_same_name_gets_a_number(start: Any) -> None:
    async with start() as (box, wire):
        fill(box.volume)
        assert await run(
            box,
            wire,
            ("x/a.txt", "/in/"),
            ("y/a.txt", "/in/"),
            ("z/a.txt", "/in"),
            ("x/sub", "/in/"),
            ("y/sub", "/in/"),
            ("x/b.txt", "/in/a.txt"),
        ) == {
            "a.txt": "x/a.txt",
            "a (2).txt": "y/a.txt",
            "a (3).txt": "z/a.txt",
            "a (4).txt": "x/b.txt",
            "sub/deep": "x/sub/deep",
            "sub (2)/deep": "y/sub/deep",
        }


async def test_sequences_of_one_name_get_folders_of_their_own(start: Any) -> None:
    async with start() as (box, wire):
        for name in ("p/m.01.jpg", "p/m.02.jpg", "p/m.05.jpg", "q/m.01.jpg"):
            (box.volume / name).parent.mkdir(exist_ok=True)
            (box.volume / name).write_text(name)
        assert await run(
            box,
            wire,
            ("p/m.%02d.jpg[1-2]", "/in"),
            ("p/m.%02d.jpg[5-5]", "/in"),
            ("q/m.%02d.jpg[1-9]", "/in"),
        ) == {"m.01.jpg": "p/m.01.jpg", "m.02.jpg": "p/m.02.jpg", "m.05.jpg": "p/m.05.jpg"} | {
            "q (2)/m.01.jpg": "q/m.01.jpg"
        }


async def test_tasks_that_are_added_later_are_kept_apart_too(start: Any) -> None:
    async with start() as (box, wire):
        fill(box.volume)
        job = await wire.create({"source": "x/a.txt", "destination": "/in/d", "status": "paused"})
        for source in ("y/a.txt", "x/a.txt", "x/b.txt"):
            data = {"tasks": {"source": source, "destination": "/in/d"}}
            await result(wire.call("POST", "task/create", data, id=job["id"]))
        finals = [task["destination"]["path_abs_final"] for task in await wire.tasks(job["id"])]
        into = box.local_root / "in" / "d"
        assert finals == [str(into / name) for name in ("a.txt", "a (2).txt", "b.txt")]
        await wire.edit(job["id"], status="waiting")
        await wire.until(job["id"], "done")
        assert contents(into) == {"a.txt": "x/a.txt", "a (2).txt": "y/a.txt", "b.txt": "x/b.txt"}
        # A file that was saved already is not replaced: there is no folder where it is.
        job = await wire.create({"source": "x/a.txt", "destination": "/in/f"})
        await wire.until(job["id"], "done")
        data = {"tasks": {"source": "y/a.txt", "destination": "/in/f"}}
        await result(wire.call("POST", "task/create", data, id=job["id"]))
        await wire.until(job["id"], "failed")
        assert (box.local_root / "in" / "f").read_text() == "x/a.txt"


async def test_a_delivery_brings_all_files_of_one_name(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        fill(box.volume)
        job = await make(wire, tasks=["x/a.txt", "y/a.txt", "z"], recipients=[STANDARD])
        await until_status(wire, job, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        await edit(standard, transfer, destination="/in")
        await until_status(standard, transfer, "done")
        assert contents(box.local_root / "in") == {
            "a.txt": "x/a.txt",
            "a (2).txt": "y/a.txt",
            "z/a.txt": "z/a.txt",
        }


async def test_files_of_one_name_are_uploaded_to_a_delivery_and_to_a_request(
    start: Any, connect: Any
) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        fill(box.local_root)
        job = await make(wire, recipients=[STANDARD], status="init")
        for tasks in (["/x/a.txt", "/y/a.txt"], ["/z/a.txt"]):
            (sent,) = await result(
                wire.call("POST", "transfer/create", {"parent": job["id"], "tasks": tasks})
            )
            await wire.until(sent["id"], "done")
        rows = await wire.tasks(job["id"])
        kept = contents(box.volume / "accsyn_deliveries" / job["id"])
        names = [task["source"]["path"].rpartition("/")[2] for task in rows]
        assert [kept[name] for name in names] == ["x/a.txt", "y/a.txt", "z/a.txt"]
        asked = await make(wire, "request", destination="share=projects/inbox", recipients=[STANDARD])
        await until_status(wire, asked, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={asked['id']}")
        data = {"tasks": ["/x/a.txt", "/y/a.txt"]}
        await result(standard.call("POST", "task/create", data, id=transfer["id"]))
        await until_status(wire, asked, "done")
        assert contents(box.volume / "inbox") == {"a.txt": "x/a.txt", "a (2).txt": "y/a.txt"}


PARTY = Party("site", "s", "s", ())
NAMES = st.sampled_from(["a.txt", "b", "c.%d.exr", ".x"])


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    source = (draw(st.sampled_from("xyz")), draw(NAMES))
    frames = (1, 2) if "%" in source[1] else None
    target = tuple(draw(st.lists(NAMES, max_size=2)))
    folder = draw(st.booleans()) or not target
    return Task(
        "0",
        End(PARTY, Path("/from"), source, False, "", None, None, frames=frames),
        End(PARTY, Path("/to"), target, folder, "", None, None),
        "",
        status=draw(st.sampled_from(["queued", "pending", "onhold", "failed"])),
    )


@given(st.lists(tasks(), max_size=6), st.lists(tasks(), max_size=3))
def test_no_two_land_on_the_same(first: list[Task], more: list[Task]) -> None:
    keep_apart(first)
    landed = [landing(task) for task in first]
    for task in first:
        task.status = "done"
    keep_apart([*first, *more])
    assert [landing(task) for task in first] == landed
    owners: dict[Any, Any] = {}
    for task in [*first, *more]:
        owner = task.source.root, task.source.parts
        assert owners.setdefault(landing(task), owner) == owner


def one_name(count: int) -> Iterator[None]:
    """Many files of one name go to one folder."""
    sources = [End(PARTY, Path("/from"), (str(one), "a.txt"), False, "", None, None) for one in range(count)]
    target = End(PARTY, Path("/to"), ("in",), True, "", None, None)
    job = [Task(str(number), source, target, "") for number, source in enumerate(sources)]
    yield
    keep_apart(job)
    assert landing(job[-1])[1] == ("in", f"a ({count}).txt")
    yield


def test_twice_the_files_of_one_name_are_twice_the_work() -> None:
    few, many = (lines_of(one_name(count)) for count in (50, 100))
    assert many < 2.2 * few
