"""The files and transfers of the demo."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Shot", "make_files", "shots", "specifications", "write_files"]

_BLOCK = 1_000_000


class Shot(NamedTuple):
    """A file, and where it goes.

    Attributes:
        path: beneath the sender's folder.
        megabytes: its size.
        route: ``site``, ``download`` or ``upload``.
    """

    path: str
    megabytes: int
    route: str


def shots() -> tuple[Shot, ...]:
    """What a small film sends around on a day."""
    return (
        Shot("sc010/sc010_sh0040_comp_v012.mov", 36, "site"),
        Shot("sc010/sc010_sh0050_plate_bg01.exr", 14, "site"),
        Shot("sc020/sc020_sh0010_anim_v007.abc", 25, "download"),
        Shot("dailies/dailies_reel_03_h264.mp4", 42, "download"),
        Shot("audio/mix_stems_v004.wav", 8, "site"),
        Shot("incoming/grade_lut_final.cube", 4, "upload"),
        Shot("incoming/sc030_sh0120_roto_v003.zip", 20, "upload"),
    )


async def write_files(volume: Path, machine: Path) -> int:
    """Write the files in a thread: what is sent from the volume, and what is uploaded from a machine.

    When it is cancelled nothing is written any more by the time that it ends: the folders can go.

    Returns:
        Bytes written.
    """
    stop = threading.Event()
    writing = asyncio.create_task(asyncio.to_thread(make_files, volume, machine, stop))
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        stop.set()
        await writing
        raise


def make_files(volume: Path, machine: Path, stop: threading.Event) -> int:
    """Write the files, until told to stop; returns bytes written."""
    block = os.urandom(_BLOCK)
    written = 0
    for shot in shots():
        path = (machine if shot.route == "upload" else volume) / shot.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for _ in range(shot.megabytes):
                if stop.is_set():
                    return written
                written += file.write(block)
    return written


def specifications(username: str) -> list[dict[str, Any]]:
    """What to submit, for files on a volume ``projects`` and on the machine of a user."""
    return [_specification(shot, username) for shot in shots()]


def _specification(shot: Shot, username: str) -> dict[str, Any]:
    name = shot.path.rpartition("/")[2]
    on_volume = f"share=projects/{shot.path}"
    on_machine = f"{username}:/edit/{shot.path}"
    match shot.route:
        case "site":
            ends = on_volume, "site=berlin"
        case "download":
            ends = on_volume, on_machine
        case _:
            ends = on_machine, on_volume
    return {"name": name, "source": ends[0], "destination": ends[1]}
