"""What accsyn's job specification says beside its examples, which are all tried in ``tests/jobs``."""

from __future__ import annotations

from typing import Any

import pytest

from accsyn_async.sandbox import Sandbox
from tests.sandbox.wire_client import until, wire_to

COMPANY = "mycompany"
TAKE = "EP000_SC0110_SL02_PS01_TK01"


async def test_without_the_trailing_slash_a_file_has_the_name_of_the_folder() -> None:
    async with Sandbox(rate_limit=False, speed=500, workspace=COMPANY) as box, wire_to(box) as wire:
        (box.volume / "lfm_114_290.jpg").write_bytes(b"frame")
        job = await wire.create({"source": "lfm_114_290.jpg", "destination": "/Volumes/nas/TEMP"})
        await wire.until(job["id"], "done")
        assert (box.local_root / "Volumes/nas/TEMP").read_bytes() == b"frame"


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
    async with Sandbox(rate_limit=False, workspace=COMPANY) as box, wire_to(box) as wire:
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
