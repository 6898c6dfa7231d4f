"""A collection to test with."""

from __future__ import annotations

from typing import Any

from tests.sandbox.job_calls import result

FILES = ["folder=show/deep", "folder=show/b.mov", "x/a.txt", "m.%02d.jpg[2-3]"]


async def collect(box: Any, wire: Any, files: Any = FILES) -> Any:
    """A collection ``reel`` of a folder, files and a sequence."""
    for name, content in {"x/a.txt": "x", **{f"m.0{number}.jpg": str(number) for number in range(5)}}.items():
        (box.volume / name).parent.mkdir(exist_ok=True)
        (box.volume / name).write_text(content)
    await result(wire.call("POST", "folder/create", {"name": "Show", "path": "show"}))
    return (await result(wire.call("POST", "collection/create", {"name": "Reel", "files": files})))[0]


async def sources(wire: Any, job: Any) -> list[str]:
    return [task["source"]["path"] for task in await wire.tasks(job["id"])]
