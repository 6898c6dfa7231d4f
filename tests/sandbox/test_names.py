"""Names that the notation or JSON could not hold, places as users call them, and folders of any depth."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox import Sandbox
from accsyn_async.sandbox.files.clearing import remove
from accsyn_async.sandbox.rows.told import plainly, telling
from accsyn_async.sandbox.rules.names import real_name, shown_name
from accsyn_async.sandbox.rules.notation import read_place

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs names of bytes")

ODD = [
    b"caf\xe9.mov",
    b"back\\slash",
    b" a b ",
    b"\xff\xfe",
    b"tab\t",
    b"\xa0",
    b"\xed\xa0\x80",
    "é☃.mov".encode(),
    "\u00a0 a\u2003".encode(),
]


@given(st.sampled_from(ODD) | st.binary(min_size=1, max_size=20).filter(lambda name: not set(name) & {0, 47}))
def test_every_name_is_shown_and_found_again(name: bytes) -> None:
    text = os.fsdecode(name)
    shown = shown_name(text)
    shown.encode()
    if text not in (".", ".."):
        assert real_name(shown) == text
        assert read_place(f"share=projects/{shown}", "acme").parts == (shown,)


@given(st.text(max_size=10) | st.text(st.characters(min_codepoint=0x10FF00), max_size=4))
def test_what_is_shown_leads_nowhere_else(shown: str) -> None:
    name = real_name(shown)
    assert name is None or ("/" in name) == ("/" in shown)
    assert name not in (".", "..") or shown == name
    assert name is None or ("\0" in name) == ("\0" in shown)


async def test_a_name_that_looks_like_what_another_is_shown_as_is_left_out(start: Any) -> None:
    async with start() as (box, wire):
        (box.volume / "x").mkdir()
        (box.volume / "x" / "a\U0010ff20").write_bytes(b"1")
        (box.volume / "x" / "a ").write_bytes(b"22")
        reply = await wire.call("GET", "workspace/file", {"op": "ls", "path": "share=projects/x"})
        assert [(row["filename"], row["size"]) for row in reply["result"]] == [("a\U0010ff20", 2)]


@pytest.mark.parametrize(
    ("written", "parts", "names", "told"),
    [
        ("share=projects/a.mov", ("a.mov",), ("a.mov",), "share=projects/a.mov"),
        ("share=projects/a/b/", ("a", "b"), ("a", "b", "c"), "share=projects/a/b/c"),
        ("share=projects/a/b", ("a", "b"), ("a",), "share=projects/a"),
        ("home=x/a", ("home", "x", "a"), ("home", "x"), "home=x"),
        ("volume=projects", (), ("a",), "volume=projects/a"),
        ("C:\\work\\a.mov", ("C", "work", "a.mov"), ("C", "work"), "C:\\work"),
        ("/Users/lisa/", ("Users", "lisa"), ("Users", "lisa", "a"), "/Users/lisa/a"),
        ("s.%04d.jpg", ("s.%04d.jpg",), ("s.0001.jpg",), "s.%04d.jpg/s.0001.jpg"),
    ],
)
def test_how_a_place_is_told(written: str, parts: Any, names: Any, told: str) -> None:
    assert telling(written, parts)(names) == told
    assert plainly(names) == "/".join(names)


def below(box: Sandbox) -> Path:
    (box.volume / "odd").mkdir()
    for name in ODD:
        (Path(os.fsdecode(os.fsencode(box.volume / "odd") + b"/" + name))).write_bytes(name)
    return box.volume / "odd"


async def test_odd_names_are_listed_addressed_and_transferred(judge: Any) -> None:
    """All by the official client alone, which cannot print what is no proper Unicode."""

    def work(session: Any, box: Sandbox) -> None:
        below(box)
        names = [row["filename"] for row in session.ls("share=projects/odd")]
        assert len(names) == len(ODD)
        for name in names:
            path = f"share=projects/odd/{name}"
            assert session.exists(path) is True
            assert session.getsize(path) > 0
            assert session.rename(path, f"{path}.x") is True
            assert session.rename(f"{path}.x", path) is True
        assert session.getsize("share=projects/odd") == sum(map(len, ODD))
        jobs = [
            session.create("Transfer", {"source": f"share=projects/odd/{name}", "destination": "site=berlin"})
            for name in names
        ]
        jobs.append(
            session.create("Transfer", {"source": "share=projects/odd/", "destination": "site=berlin:x/"})
        )
        asyncio.run_coroutine_threadsafe(box.advance(hours=1), loop).result()
        for job in jobs:
            (task,) = session.find("Task", entityid=job["id"])
            assert (task["status"], task["message"]) == ("done", "")
        there = box.site_root("berlin") / "projects"
        assert sorted(os.listdir(os.fsencode(there / "odd"))) == sorted(ODD)
        assert sorted(os.listdir(os.fsencode(there / "x" / "odd"))) == sorted(ODD)
        assert session.delete("share=projects/odd", force=True) is True
        assert not (box.volume / "odd").exists()

    loop = asyncio.get_running_loop()
    await judge(work)


async def test_nobody_is_told_of_folders_of_this_machine(start: Any, connect: Any) -> None:
    said = []
    for _ in range(2):
        async with start() as (box, wire), connect(box, "standard") as standard:
            (box.volume / "link").symlink_to("a.mov")
            (box.volume / "home" / "standard@example.com").mkdir(parents=True)
            (box.volume / "home" / "standard@example.com" / "link").symlink_to("/")
            messages = [
                (await one.call(verb, "workspace/file", {"op": operation, "path": path, **more}))["message"]
                for one, path in (
                    (standard, "a.txt"), (standard, "link/x"), (wire, "share=projects/nothing/x"),
                    (wire, "site=berlin:share=projects/x"), (wire, "link/"),
                )
                for verb, operation, more in (
                    ("GET", "ls", {}), ("GET", "getsize", {}), ("POST", "delete", {}),
                    ("PUT", "move", {"path_to": "share=projects/y/"} if one is wire else {"path_to": "y"}),
                )
                if not (path == "link/" and operation == "delete")
            ]  # fmt: skip
            for source, one in (
                ("share=projects/nothing", wire),
                ("share=projects/link", wire),
                ("b.mov", standard),
            ):
                local = f"{one.user.username}:/Users/x/"
                job = (await one.call("POST", "transfer/create", {"source": source, "destination": local}))[
                    "result"
                ]
                await one.until(job[0]["id"], "failed")
                (task,) = await one.tasks(job[0]["id"])
                messages.append(task["message"])
            upload = {"source": f"{wire.user.username}:/Users/x/y.mov", "destination": "share=projects/"}
            job = await wire.create(upload)
            await wire.until(job["id"], "failed")
            messages.append((await wire.tasks(job["id"]))[0]["message"])
            for message in messages:
                assert str(box.volume.parent) not in message
            said.append(messages)
    assert said[0] == said[1]
    assert said[0][0] == "E#F012 home=standard@example.com/a.txt does not exist."
    assert "E#F012 volume=projects/nothing does not exist." in said[0]
    assert "volume=projects/nothing does not exist" in said[0]
    assert "home=standard@example.com/b.mov does not exist" in said[0]
    assert "/Users does not exist" in said[0]


async def test_one_bound_of_depth(start: Any) -> None:
    async with start() as (box, wire):

        async def ask(operation: str, path: str, **data: Any) -> Any:
            verb = {"mkdir": "POST", "delete": "POST", "move": "PUT"}.get(operation, "GET")
            reply = await wire.call(verb, "workspace/file", {"op": operation, "path": path, **data})
            return reply.get("result", reply.get("message"))

        async def ended(source: str, destination: str) -> str:
            job = await wire.create({"source": source, "destination": destination})
            row = await wire.until(job["id"], "done", "failed")
            return str(row["status"] + (await wire.tasks(job["id"]))[0]["message"])

        deepest = "share=projects/" + "d/" * 98
        (box.local_root / "in").mkdir()
        (box.local_root / "in" / "b.mov").write_bytes(b"b" * 2000)
        mine = f"{wire.user.username}:/in"
        assert await ended(f"{mine}/b.mov", deepest + "d/") == "done"
        assert "more than 100" in await ended(f"{mine}/b.mov", deepest + "d/d/")
        assert "more than 100" in await ended(mine, deepest + "d/")
        assert await ask("getsize", "share=projects") == 107_000
        assert "more than 100" in await ask("mkdir", deepest + "d/d/d")
        assert await ask("mkdir", deepest + "d/d") is True
        assert len(await ask("ls", "share=projects", recursive=True)) == 3
        assert await ask("ls", deepest + "d/d") == []
        assert "more than 100" in await ask("move", "show", path_to=deepest + "show")
        assert await ask("move", "show/deep", path_to=deepest + "deep") is True
        assert await ask("move", "show", path_to=deepest + "show") is True
        assert await ask("delete", "share=projects/d", force=True) is True
        assert [path.name for path in box.volume.iterdir()] == ["a.mov"]


async def test_volumes_are_named_by_their_own_folders(start: Any) -> None:
    async with start() as (box, wire):
        volume = (await wire.find("volume"))[0]
        other = (await wire.call("POST", "volume/create", {"name": "Assets"}))["result"][0]
        (Path(other["path"]) / "x.mov").write_bytes(b"xx")
        for path, size in (
            (f"{volume['path']}/show", 5000),
            (volume["path"], 105_000),
            ("/Volumes/projects/show", 5000),
            ("/projects/show/", 5000),
            (f"{other['path']}/x.mov", 2),
            ("/Assets/x.mov", 2),
        ):
            for operation, expected in (("getsize", size), ("exists", True)):
                reply = await wire.call("GET", "workspace/file", {"op": operation, "path": path})
                assert reply == {"result": expected}, path
        mine = f"{wire.user.username}:/in/"
        job = await wire.create({"source": f"{other['path']}/x.mov", "destination": mine})
        await wire.until(job["id"], "done")
        reply = await wire.call("GET", "workspace/file", {"op": "ls", "path": str(box.volume.parent)})
        assert "E#F006" in reply["message"]


def dig(folder: Path, levels: int) -> None:
    here = os.getcwd()
    try:
        os.chdir(folder)
        for _ in range(levels):
            os.mkdir("deeper" * 5)
            os.chdir("deeper" * 5)
            Path("file").write_bytes(b"x")
    finally:
        os.chdir(here)


async def test_folders_of_any_depth_are_cleared_away(tmp_path: Path, start: Any) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_bytes(b"")
    async with start() as (box, wire):
        folder = box.volume.parent
        dig(box.volume, 1500)
        reply = await wire.call("GET", "workspace/file", {"op": "getsize", "path": "share=projects"})
        assert "more than 100" in reply["message"]
        await box.reset()
        dig(box.local_root, 1500)
        (box.volume / "link").symlink_to(outside)
    assert not folder.exists()
    assert (outside / "kept").exists()
    remove(tmp_path / "nothing")


async def test_what_a_collection_or_a_delivery_holds_is_told_by_their_names(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        (collection,) = (await wire.call("POST", "collection/create", {"name": "Picks"}))["result"]
        files = {"files": ["share=projects/show"]}
        assert "result" in await wire.call("POST", "file/add", files, id=collection["id"])
        data = {"source": "share=projects/show", "recipients": ["standard@example.com"]}
        (delivery,) = (await wire.call("POST", "delivery/create", data))["result"]
        assert "result" in await wire.call("PUT", "delivery/edit", {"status": "waiting"}, id=delivery["id"])
        (box.volume / "show" / "link").symlink_to(box.volume)
        for one, path, told in (
            (wire, "collection=picks/show/x", "collection=picks/show/x does not exist"),
            (wire, "collection=picks/show/link/x", "collection=picks/show/link is a symbolic link"),
            (
                standard,
                f"delivery={delivery['id']}/show/x",
                f"delivery={delivery['id']}/show/x does not exist",
            ),
            (
                standard,
                f"delivery={delivery['id']}/show/link/x",
                f"{delivery['id']}/show/link is a symbolic link",
            ),
        ):
            reply = await one.call("GET", "workspace/file", {"op": "getsize", "path": path})
            assert told in reply["message"]
            assert str(box.volume) not in reply["message"]


async def test_only_admins_are_told_where_files_are_on_this_machine(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "employee") as employee:
        (box.local_root / "in").mkdir()
        (box.local_root / "in" / "b.mov").write_bytes(b"b")
        me = employee.user.username
        for data, source, destination in (
            ({"source": "share=projects/show/b.mov", "destination": "site=berlin"},
             "/Volumes/projects/show/b.mov", "/Volumes/projects/show/b.mov"),
            ({"source": "share=projects/a.mov", "destination": f"{me}:C:\\in\\"},
             "/Volumes/projects/a.mov", "C:\\in"),
            ({"source": f"{me}:/in/b.mov", "destination": "~/x/"}, "/in/b.mov",
             f"/Volumes/projects/home/{me}/x"),
        ):  # fmt: skip
            job = await employee.create(data)
            await employee.until(job["id"], "done")
            (row,) = await employee.tasks(job["id"])
            assert row["source"]["path_abs_final"] == source
            assert row["destination"]["path_abs_final"].startswith(destination)
            assert str(box.volume.parent) not in str(row)
            (row,) = await wire.tasks(job["id"])
            assert str(box.volume.parent) in row["source"]["path_abs_final"]
