"""The files of the demo: they are written beside the event loop, and not behind its back."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from accsyn_async.cli import demo_files
from accsyn_async.cli.demo_files import Shot, shots, write_files


async def test_they_are_as_large_as_they_are_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_files, "_BLOCK", 10)
    assert await write_files(tmp_path / "v", tmp_path / "m") == 10 * sum(shot.megabytes for shot in shots())
    for shot in shots():
        folder = tmp_path / ("m" if shot.route == "upload" else "v")
        assert (folder / shot.path).stat().st_size == 10 * shot.megabytes


async def test_who_is_interrupted_writes_nothing_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the folder that is removed thereupon comes back, and stays."""
    begun, ended, make_files = threading.Event(), threading.Event(), demo_files.make_files

    def watched(volume: Path, machine: Path, stop: threading.Event) -> int:
        try:
            return make_files(volume, machine, stop)
        finally:
            ended.set()

    def endless() -> tuple[Shot, ...]:
        begun.set()
        return (Shot("a.mov", 10**9, "site"),)

    monkeypatch.setattr(demo_files, "make_files", watched)
    monkeypatch.setattr(demo_files, "shots", endless)
    monkeypatch.setattr(demo_files, "_BLOCK", 1)
    writing = asyncio.create_task(write_files(tmp_path, tmp_path))
    await asyncio.to_thread(begun.wait)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert ended.is_set()
