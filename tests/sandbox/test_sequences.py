"""Numbered files that are named together."""

from __future__ import annotations

from typing import Any

import pytest

from accsyn_async.sandbox.rules.sequences import Numbered


@pytest.mark.parametrize(
    ("pattern", "name", "number"),
    [
        ("m.%04d.jpg", "m.0100.jpg", 100),
        ("m.%04d.jpg", "m.100.jpg", None),
        ("m.%04d.jpg", "m.00100.jpg", None),
        ("m.%04d.jpg", "m.12345.jpg", 12345),
        ("m.%04d.jpg", "m.0100.png", None),
        ("m.%d.jpg", "m.7.jpg", 7),
        ("m.%d.jpg", "m.07.jpg", None),
        ("m.%d.jpg", "m..jpg", None),
        ("a%d_%02d", "a%d_03", 3),
        ("m.%04d.jpg", "m.١٢٣٤.jpg", None),
        ("%d", "9" * 200, None),
        ("aa%da", "aa", None),
    ],
)
def test_names_and_numbers(pattern: str, name: str, number: int | None) -> None:
    numbered = Numbered.read(pattern)
    assert numbered is not None
    assert numbered.number(name) == number
    if number is not None:
        assert numbered.name(number) == name


def test_a_name_without_a_number_is_no_sequence() -> None:
    assert Numbered.read("m.%s.jpg") is None


@pytest.mark.parametrize(
    ("source", "destination", "arrive"),
    [
        ("seq/m.%04d.jpg[100-101]", "site=berlin",
         {"berlin/projects/seq/m.0100.jpg", "berlin/projects/seq/m.0101.jpg"}),
        ("seq/m.%04d.jpg[102-110]", "/in/", {"local/in/m.0102.jpg", "local/in/m.0103.jpg"}),
        ("seq/m.%04d.jpg[103-103]", "/in", {"local/in/m.0103.jpg"}),
        ("seq/m.%04d.jpg[99-100]", "C:\\in\\n.%02d.jpg", {"local/C/in/n.99.jpg", "local/C/in/n.100.jpg"}),
        ("volume=projects/seq/m.%04d.jpg[99-99]", "/in/n_%d.jpg[99-99]", {"local/in/n_99.jpg"}),
        ("site=berlin:x/m.%d.exr[1-9]", "hq", {"volume/x/m.8.exr"}),
        ("/up/m.%d.exr[1-9]", "share=projects/to/", {"volume/to/m.9.exr"}),
    ],
)  # fmt: skip
async def test_a_part_of_a_sequence_arrives(
    start: Any, source: str, destination: str, arrive: set[str]
) -> None:
    async with start() as (box, wire):
        roots = {"local": box.local_root, "volume": box.volume, "berlin": box.site_root("berlin")}
        for name in (
            *(f"volume/seq/m.{number:04d}.jpg" for number in range(99, 104)),
            "volume/seq/m.100.jpg", "volume/seq/m.0100.png", "berlin/projects/x/m.8.exr", "local/up/m.9.exr",
        ):  # fmt: skip
            first, _, rest = name.partition("/")
            (roots[first] / rest).parent.mkdir(parents=True, exist_ok=True)
            (roots[first] / rest).write_bytes(b"1234")

        def files() -> set[str]:
            return {
                f"{name}/{path.relative_to(root).as_posix()}"
                for name, root in roots.items()
                for path in root.rglob("*")
                if path.is_file()
            }

        before = files()
        job = await wire.create({"source": source, "destination": destination})
        row = await wire.until(job["id"], "done", "failed")
        assert row["status"] == "done", await wire.tasks(job["id"])
        assert files() - before == arrive
        assert row["size"] == 4 * len(arrive)
        (task,) = await wire.tasks(job["id"])
        assert task["source"]["path"].endswith("]")
        with_none = {"source": "seq/m.%04d.jpg[500-600]", "destination": "site=berlin"}
        job = await wire.create(with_none)
        await wire.until(job["id"], "failed")
        assert "from 500 to 600" in (await wire.tasks(job["id"]))[0]["message"]
