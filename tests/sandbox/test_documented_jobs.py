"""The examples of accsyn's job specification: each is accepted, and does what the text beside it says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from accsyn_async.sandbox import Sandbox
from tests.sandbox.wire_client import Wire, until, wire_to

COMPANY = "mycompany"
TAKE = "EP000_SC0110_SL02_PS01_TK01"


@asynccontextmanager
async def company() -> AsyncIterator[tuple[Sandbox, Wire, dict[str, Path]]]:
    """The workspace that the examples are about, with the files that they name."""
    async with (
        Sandbox(rate_limit=False, speed=500, workspace=COMPANY) as box,
        wire_to(box) as wire,
    ):

        async def make(kind: str, **data: Any) -> dict[str, Any]:
            reply = await wire.call("POST", f"{kind}/create", data)
            assert "result" in reply, (kind, data, reply)
            return dict(reply["result"][0])

        roots = {"local": box.local_root, "projects": box.volume, "berlin": box.site_root("berlin")}
        for code in ("london", "cloud", "google", "backup"):
            await make("site", code=code)
            box.hosts.start(site=code)
            roots[code] = box.site_root(code)
        (projects,) = await wire.find("volume", "code=projects")
        for code in ("thefilm", "racing2019_grade", "bidding", "share1", "share2"):
            await make("folder", code=code, parent=projects["id"], path=f"/{code}")
        await make("queue", code="low_prio", priority=100)
        for name in FILES:
            root, _, rest = name.partition("/")
            path = roots[root] / rest
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
        yield box, wire, roots


FILES = (
    "projects/lfm/114/290/lfm_114_290.jpg",
    "projects/home/admin@example.com/20180413/script_v001.pdf",
    "projects/home/admin@example.com/20180413/offline_v001.mp4",
    "projects/thefilm/010/plate.exr",
    "projects/bidding/LFM/brief_v001.pdf",
    "projects/bidding/LFM/material.rar",
    "projects/share1/file.001",
    "projects/share2/file.002",
    "projects/racing2019_grade/FROM_EDIT/final_export.mov",
    "projects/PROJ001/a",
    "projects/PROJ002/b",
    "local/Users/john/Desktop/delivery/a.mov",
    "local/Users/john/Desktop/references/b.mov",
    "local/Users/john/Desktop/new_scans/c.tif",
    "local/E/racing2019_grade/davinci_files/final_export.mov",
    "local/F/BIGGIE/keep.mov",
    "local/F/BIGGIE/leave.tmp",
    "local/F/BIGGIE/2024",
    "google/projects/got/sc01/sh01/render/got_sc01_sh01_comp_v012/1.exr",
    "cloud/projects/got/sc01/sh01/render/got_sc01_sh01_comp_v012/2.exr",
    "berlin/projects/racing2019_grade/davinci_files/grade.drp",
    *(f"berlin/projects/myproj/images/movie.{number:04d}.jpg" for number in (99, 100, 167, 168)),
)
"""What is there; each holds its own name."""

GOT = "projects/got/sc01/sh01/render/got_sc01_sh01_comp_v012"

EXAMPLES: list[tuple[str, Any, dict[str, str]]] = [
    (
        "a download, simplified",
        {"source": "lfm/114/290/lfm_114_290.jpg", "destination": "D:/work/lfm/114/290/lfm_114_290.jpg"},
        {"local/D/work/lfm/114/290/lfm_114_290.jpg": FILES[0]},
    ),
    (
        "a download, in full",
        {
            "source": "mycompany:volume=projects/lfm/114/290/lfm_114_290.jpg",
            "destination": "admin@example.com:D:/work/lfm/114/290/lfm_114_290.jpg",
        },
        {"local/D/work/lfm/114/290/lfm_114_290.jpg": FILES[0]},
    ),
    (
        "folders to a home, in a queue",
        {
            "tasks": [
                {"source": "/Users/john/Desktop/delivery", "destination": "share=admin@example.com"},
                {"source": "/Users/john/Desktop/references", "destination": "share=admin@example.com"},
            ],
            "queue": "low_prio",
        },
        {
            "projects/home/admin@example.com/delivery/a.mov": "local/Users/john/Desktop/delivery/a.mov",
            "projects/home/admin@example.com/references/b.mov": "local/Users/john/Desktop/references/b.mov",
        },
    ),
    (
        "from a home, tasks by uri, a trailing backslash",
        {
            "tasks": {
                "0": {
                    "source": "home=admin@example.com/20180413/script_v001.pdf",
                    "destination": "C:\\Users\\John\\Download\\accsyn\\",
                },
                "1": {
                    "source": "home=admin@example.com/20180413/offline_v001.mp4",
                    "destination": "C:\\Users\\John\\Download\\accsyn\\",
                },
            }
        },
        {
            "local/C/Users/John/Download/accsyn/script_v001.pdf": FILES[1],
            "local/C/Users/John/Download/accsyn/offline_v001.mp4": FILES[2],
        },
    ),
    (
        "without the trailing slash the file has the folder's name",
        {"source": "lfm/114/290/lfm_114_290.jpg", "destination": "/Volumes/nas/TEMP"},
        {"local/Volumes/nas/TEMP": FILES[0]},
    ),
    (
        "a folder to a shared folder",
        {"source": "/Users/john/Desktop/new_scans", "destination": "share=thefilm/from_john/20180413/"},
        {"projects/thefilm/from_john/20180413/new_scans/c.tif": "local/Users/john/Desktop/new_scans/c.tif"},
    ),
    (
        "to a site, mirrored",
        {"source": "share=projects/thefilm/010", "destination": "site=berlin"},
        {"berlin/projects/thefilm/010/plate.exr": "projects/thefilm/010/plate.exr"},
    ),
    (
        "from a site to the main one",
        {"source": f"site=google:share={GOT}", "destination": COMPANY},
        {f"{GOT}/1.exr": f"google/{GOT}/1.exr"},
    ),
    (
        "from a site to another",
        {"source": f"site=cloud:share={GOT}", "destination": "site=berlin"},
        {f"berlin/{GOT}/2.exr": f"cloud/{GOT}/2.exr"},
    ),
    (
        "back from a site, with metadata",
        {
            "tasks": [
                {
                    "source": "site=berlin:projects/racing2019_grade/davinci_files",
                    "destination": COMPANY,
                    "metadata": {"app": "davinci_resolve"},
                }
            ],
            "metadata": {"artist": "malcolm"},
        },
        {
            "projects/racing2019_grade/davinci_files/grade.drp": (
                "berlin/projects/racing2019_grade/davinci_files/grade.drp"
            )
        },
    ),
    (
        "not over what exists",
        {
            "tasks": [
                {
                    "source": "E:\\racing2019_grade\\davinci_files\\final_export.mov",
                    "destination": "mycompany:share=racing2019_grade/FROM_EDIT/final_export.mov",
                    "settings": {"transfer_ignore_existing": "file"},
                }
            ]
        },
        {
            "projects/racing2019_grade/FROM_EDIT/final_export.mov": (
                "projects/racing2019_grade/FROM_EDIT/final_export.mov"
            )
        },
    ),
    (
        "without temporary files and numbers",
        {
            "tasks": [
                {
                    "source": "F:\\BIGGIE",
                    "destination": "mycompany:share=projects\\__UPLOADS\\BIGGIE",
                    "settings": {"transfer_exclude": "*tmp\\,re('[0-9]')"},
                }
            ]
        },
        {"projects/__UPLOADS/BIGGIE/keep.mov": "local/F/BIGGIE/keep.mov"},
    ),
    (
        "the more important first",
        {
            "tasks": [
                {
                    "source": "share=bidding/LFM/brief_v001.pdf",
                    "destination": "admin@example.com:/Volumes/media/_TO_BID",
                    "priority": 999,
                },
                {
                    "source": "share=bidding/LFM/material.rar",
                    "destination": "admin@example.com:/Volumes/media/_TO_BID",
                },
            ]
        },
        {
            "local/Volumes/media/_TO_BID/brief_v001.pdf": "projects/bidding/LFM/brief_v001.pdf",
            "local/Volumes/media/_TO_BID/material.rar": "projects/bidding/LFM/material.rar",
        },
    ),
    (
        "a part of a sequence",
        {
            "tasks": [
                {
                    "source": "site=berlin:myproj/images/movie.%04d.jpg[100-167]",
                    "destination": "site=london",
                }
            ]
        },
        {
            f"london/projects/myproj/images/movie.{number:04d}.jpg": (
                f"berlin/projects/myproj/images/movie.{number:04d}.jpg"
            )
            for number in (100, 167)
        },
    ),
    (
        "from two shares",
        {
            "code": "My download",
            "tasks": [
                {"source": "share=share1/file.001", "destination": "admin@example.com/X:/download"},
                {"source": "share=share2/file.002", "destination": "admin@example.com/X:/download"},
            ],
        },
        {
            "local/X/download/file.001": "projects/share1/file.001",
            "local/X/download/file.002": "projects/share2/file.002",
        },
    ),
    (
        "a backup in buckets",
        {
            "code": "Daily backup",
            "tasks": [
                {"source": "share=projects/PROJ001", "destination": "site=backup"},
                {"source": "share=projects/PROJ002", "destination": "site=backup"},
            ],
            "settings": {"task_bucketsize": "1"},
        },
        {
            "backup/projects/PROJ001/a": "projects/PROJ001/a",
            "backup/projects/PROJ002/b": "projects/PROJ002/b",
        },
    ),
    (
        "a placeholder",
        {
            "tasks": [
                {"source": "site=cloud:share=projects/nofile", "destination": "site=hq", "status": "excluded"}
            ]
        },
        {},
    ),
]


def contents(roots: dict[str, Path]) -> dict[str, str]:
    return {
        f"{name}/{path.relative_to(root).as_posix()}": path.read_text()
        for name, root in roots.items()
        for path in root.rglob("*")
        if path.is_file()
    }


async def test_transfers_do_what_the_text_beside_them_says() -> None:
    for what, data, arrive in EXAMPLES:
        async with company() as (_, wire, roots):
            before = contents(roots)
            job = await wire.create(data)
            row = await wire.until(job["id"], "done", "failed")
            assert row["status"] == "done", (what, await wire.tasks(job["id"]))
            after = contents(roots)
            changed = {name: text for name, text in after.items() if before.get(name) != text}
            assert changed == {name: text for name, text in arrive.items() if name not in before}, what
            assert row["metadata"] == data.get("metadata", {})
            assert row["uri"].endswith(data.get("queue", "medium"))
            assert row["name"] == data.get("code", row["name"])


async def test_the_pipeline_job_runs_in_its_order() -> None:
    leaves = [
        {"compute": {"parameters": {"file": file, "seconds": 0}}, "description": f"Name {file}."}
        for file in ("mocap.tak", "ref-camera.mov", "sound.wav")
    ]
    data = {
        "name": "Mocap shoot pipeline job - 260217",
        "engine": "pipeline",
        "settings": {"task_bucketsize": 1},
        "filters": "",
        "description": "Daily shoot post processing pipeline job.",
        "tasks": {
            TAKE: {
                "tasks": {
                    "pickup": {
                        "compute": {"parameters": {"action": "shoot-pickup"}},
                        "tasks": {str(number): leaf for number, leaf in enumerate(leaves)},
                        "description": f"Pickup and name files for take: {TAKE}",
                    },
                    "notify-pickup-done": {"description": "Notify someone.", "deps": [f"{TAKE}/pickup"]},
                },
                "metadata": {"take_name": TAKE},
                "description": f"Post process take: {TAKE}",
            }
        },
        "metadata": {"daily_path": "Z:\\HFSUR\\06_Harvest\\260217"},
    }
    async with company() as (_, wire, _roots):
        job = await wire.create(data)
        told = ("name", "description", "filters", "metadata", "settings", "engine")
        assert {name: job[name] for name in told} == {name: data[name] for name in told}

        async def done() -> bool:
            return [row["id"] for row in await wire.find("compute", finished=True)] == [job["id"]]

        await until(done)
        rows = {row["uri"]: row for row in await wire.tasks(job["id"])}
        assert set(rows) == {TAKE, f"{TAKE}/notify-pickup-done", f"{TAKE}/pickup"} | {
            f"{TAKE}/pickup/{number}" for number in range(3)
        }
        assert rows[f"{TAKE}/pickup/0"]["compute"]["parameters"]["file"] == "mocap.tak"
        assert rows[f"{TAKE}/notify-pickup-done"]["finished"] >= rows[f"{TAKE}/pickup/2"]["finished"]


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"source": "lfm/114", "destination": "site=nowhere"}, "no site 'nowhere'"),
        ({"source": "share=nothing/x", "destination": "/in/"}, "no share 'nothing'"),
        ({"source": "lfm/114", "destination": "standard@example.com:/in/"}, "make a delivery"),
        ({"source": "lfm/114", "destination": "lfm/115"}, "same party"),
        ({"source": "lfm/114", "destination": "/in/", "queue": "high"}, "no queue 'high'"),
        ({"source": "m.%04d.jpg[9-1]", "destination": "/in/"}, "ends before it begins"),
        ({"tasks": [{"source": "lfm", "destination": "/in/", "priority": 1001}]}, "1 to 1000"),
        ({"source": "F:\\X", "destination": "hq:x", "settings": {"transfer_exclude": "re('[')"}}, "regular"),
        ({"source": "lfm", "destination": "/in/", "settings": {"task_bucketsize": "many"}}, "whole number"),
        ({"engine": "pipeline", "tasks": {"a": {"deps": ["b"]}}}, "does not exist"),
    ],
)
async def test_wrong_ones_say_why(data: Any, part: str) -> None:
    async with Sandbox(rate_limit=False) as box, wire_to(box) as wire:
        reply = await wire.call("POST", "transfer/create", data)
        assert part in reply["message"]
