"""One task for each folder."""

from __future__ import annotations

from typing import Any

import pytest

from accsyn_async import ArgumentError, BackendError, JobSettings, Location, NotFoundError
from accsyn_async.sandbox import Sandbox
from accsyn_async.submission.folders import folder_tasks

ROWS = [
    {"filename": "b.txt", "type": 1, "size": 5},
    {"filename": "PROJ002", "type": 0},
    {"filename": "PROJ001", "type": 0},
]


@pytest.mark.parametrize(
    ("top", "files", "sources"),
    [
        ("share=raid01/projects", True, ["PROJ001", "PROJ002", "b.txt"]),
        ("share=raid01/projects", False, ["PROJ001", "PROJ002"]),
    ],
)
def test_in_the_order_of_their_names(top: str, files: bool, sources: list[str]) -> None:
    tasks = folder_tasks(Location.parse(top), ROWS, "site=backup", files=files)
    assert [str(task.source) for task in tasks] == [f"{top}/{name}" for name in sources]
    assert {task.destination for task in tasks} == {"site=backup"}


def test_a_slash_of_the_kind_that_is_there() -> None:
    (task,) = folder_tasks(Location.parse("share=projects\\a"), ROWS[1:2], None, files=True)
    assert str(task.source) == "share=projects\\a\\PROJ002"
    (task,) = folder_tasks(Location.parse("site=berlin:share=projects/"), ROWS[1:2], None, files=True)
    assert str(task.source) == "site=berlin:share=projects/PROJ002"


@pytest.mark.parametrize("listing", [None, {}, "x", [None], [{}], [{"filename": 5}], [*ROWS, "x"]])
def test_what_is_no_listing(listing: Any) -> None:
    with pytest.raises(BackendError, match="cannot be read"):
        folder_tasks(Location.parse("share=a"), listing, None, files=True)


async def test_the_backup_of_the_manual() -> None:
    async with Sandbox(speed=500) as box, box.session("admin") as session:
        for name in ("PROJ001", "PROJ002"):
            (box.volume / "raid" / name / "deep").mkdir(parents=True)
            (box.volume / "raid" / name / "deep" / "a.mov").write_bytes(name.encode())
        (box.volume / "raid" / "list.txt").write_bytes(b"both")

        backup = await session.split_folders(
            "share=projects/raid", destination="site=berlin", name="Daily backup"
        )
        assert backup.to_json() == {
            "name": "Daily backup",
            "settings": {"task_bucketsize": "1"},
            "tasks": [
                {"source": f"share=projects/raid/{name}", "destination": "site=berlin"}
                for name in ("PROJ001", "PROJ002", "list.txt")
            ],
        }
        handle = await session.submit(backup)
        await handle.wait(timeout=60)
        assert {task.uri: task.status for task in await handle.tasks()} == dict.fromkeys("012", "done")
        berlin = box.site_root("berlin") / "projects" / "raid"
        assert (berlin / "PROJ002" / "deep" / "a.mov").read_bytes() == b"PROJ002"
        assert (berlin / "list.txt").read_bytes() == b"both"

        only = await session.split_folders(
            Location.parse("share=projects/raid"),
            2,
            files=False,
            settings=JobSettings(transfer_exclude=["*.tmp"]),
        )
        assert only.to_json() == {
            "settings": {"transfer_exclude": "*.tmp", "task_bucketsize": "2"},
            "tasks": [{"source": f"share=projects/raid/{name}"} for name in ("PROJ001", "PROJ002")],
        }

        with pytest.raises(ArgumentError, match="there is nothing in share=projects/raid/PROJ001/deep"):
            await session.split_folders("share=projects/raid/PROJ001/deep", files=False)
        with pytest.raises(ArgumentError, match="is a file, and no folder"):
            await session.split_folders("share=projects/raid/list.txt")
        (box.volume / "raid" / "same" / "x").mkdir(parents=True)
        (box.volume / "raid" / "same" / "x" / "x").write_bytes(b"1")
        inner = await session.split_folders("share=projects/raid/same/x")
        assert [task["source"] for task in inner.to_json()["tasks"]] == ["share=projects/raid/same/x/x"]
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"bucketsize": -1}, "bucketsize is a whole number from 0, not -1"),
            ({"bucketsize": "2"}, "bucketsize is a whole number"),
            ({"settings": {"task_bucketsize": 5}}, "is told by bucketsize="),
        ]
        for options, part in wrong:
            with pytest.raises(ArgumentError, match=part):
                await session.split_folders("share=projects/raid", **options)
        with pytest.raises(ArgumentError, match="site=berlin names no folder"):
            await session.split_folders("site=berlin")
        with pytest.raises((NotFoundError, BackendError)):
            await session.split_folders("share=projects/nowhere")
