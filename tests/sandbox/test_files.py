"""Files on shares, over the wire and by the official client."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from accsyn_async.sandbox import Sandbox
from accsyn_async.sandbox.files.file_changes import delete, make_folder, move
from accsyn_async.sandbox.files.filters import NameFilter
from accsyn_async.sandbox.files.listing import Allowance, Listing, list_files, measure
from accsyn_async.sandbox.files.storage import StorageError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")


async def ask(wire: Any, operation: str, path: Any, **data: Any) -> Any:
    verb = {"mkdir": "POST", "delete": "POST", "rename": "PUT", "move": "PUT"}.get(operation, "GET")
    return await wire.call(verb, "workspace/file", {"op": operation, "path": path, **data})


def shape(rows: Any) -> Any:
    return {row["filename"]: shape(row["files"]) if "files" in row else row["type"] for row in rows}


@pytest.mark.parametrize(
    ("path", "options", "expected"),
    [
        ("share=projects", {}, {"a.mov": 1, "show": 0}),
        ("a.mov", {}, {"a.mov": 1}),
        ("projects/show/", {}, {"b.mov": 1, "deep": 0}),
        ("/Volumes/projects/show", {}, {"b.mov": 1, "deep": 0}),
        ("hq:volume=projects/show/deep", {}, {"c.mov": 1}),
        ({"share": "projects", "path": "/show/deep"}, {}, {"c.mov": 1}),
        ("share=projects", {"recursive": True},
         {"a.mov": 1, "show": {"b.mov": 1, "deep": {"c.mov": 1}}}),
        ("share=projects", {"recursive": True, "maxdepth": 1}, {"a.mov": 1, "show": 0}),
        ("share=projects", {"recursive": True, "maxdepth": 2}, {"a.mov": 1, "show": {"b.mov": 1, "deep": 0}}),
        ("share=projects", {"maxdepth": 2}, {"a.mov": 1, "show": 0}),
        ("share=projects", {"recursive": True, "files_only": True}, {"a.mov": 1}),
        ("share=projects", {"recursive": True, "directories_only": True}, {"show": {"deep": {}}}),
        ("share=projects", {"recursive": True, "include": "c.*"}, {"show": {"deep": {"c.mov": 1}}}),
        ("share=projects", {"recursive": True, "exclude": "DEEP home"}, {"a.mov": 1, "show": {"b.mov": 1}}),
        ("share=projects", {"include": ["a*", "re('^sh')"]}, {"a.mov": 1, "show": 0}),
        ("share=projects", {"include": "nothing"}, {}),
        ("home=admin@example.com", {}, {}),
        ("site=berlin:share=projects", {}, {}),
    ],
)  # fmt: skip
async def test_listing(start: Any, path: Any, options: Any, expected: Any) -> None:
    async with start() as (box, wire):
        (box.volume / "link").symlink_to(box.volume / "a.mov")
        (box.volume / "home" / "admin@example.com").mkdir(parents=True)
        reply = await ask(wire, "ls", path, exclude=[*options.pop("exclude", "home").split()], **options)
        assert shape(reply["result"]) == expected


async def test_sizes_and_times(start: Any) -> None:
    async with start() as (box, wire):
        os.utime(box.volume / "a.mov", (1_000_000_000, 1_000_000_000))
        (file, folder) = (await ask(wire, "ls", "share=projects", getsize=True))["result"]
        assert file == {"filename": "a.mov", "type": 1, "size": 100_000, "modified": "2001-09-09T01:46:40"}
        assert folder["size"] == 5000
        assert (await ask(wire, "ls", "share=projects"))["result"][1]["size"] == -1
        assert (await ask(wire, "getsize", "share=projects"))["result"] == 105_000
        assert (await ask(wire, "getsize", "share=projects", exclude="a*"))["result"] == 5000
        assert (await ask(wire, "getsize", "a.mov"))["result"] == 100_000
        reply = await ask(wire, "getsize", ["show/b.mov", "show"])
        assert reply["result"] == [
            {"path": "show/b.mov", "result": 2000},
            {"path": "show", "result": 5000},
        ]


@pytest.mark.parametrize(
    ("operation", "path", "options", "part"),
    [
        ("ls", "share=nothing", {}, "no share 'nothing'"),
        ("ls", "nothing", {}, "does not exist"),
        ("ls", "../x", {}, "must not climb"),
        ("ls", "share=projects/../../etc", {}, "must not climb"),
        ("ls", "/etc", {}, "lies on no volume"),
        ("ls", "C:\\work", {}, "lies on no volume"),
        ("ls", "links", {}, "link"),
        ("ls", "links/secret", {}, "link"),
        ("getsize", "link", {}, "link"),
        ("ls", "lisa@example.com:/x", {}, "on a user's machine"),
        ("ls", "site=rome:/x", {}, "no site 'rome'"),
        ("ls", "", {}, "names no path"),
        ("ls", [], {}, "names no path"),
        ("mkdir", ["a"] * 1001, {}, "more than 1000"),
        ("ls", [1], {}, "must be a text"),
        ("ls", {"share": 1}, {}, "must be a text"),
        ("ls", "a.mov", {"include": "re('(')"}, "not a regular expression"),
        ("ls", "a.mov", {"recursive": 1}, "'recursive' must be"),
        ("ls", "a.mov", {"maxdepth": -1}, "'maxdepth' must be"),
        ("mkdir", "show", {}, "exists"),
        ("mkdir", "new/deep", {}, "does not exist"),
        ("mkdir", "links/new", {}, "link"),
        ("mkdir", "share=projects", {}, "whole share"),
        ("delete", "show", {}, "Cannot delete non-empty directory 'show'!"),
        ("delete", "nothing", {}, "does not exist"),
        ("delete", "share=projects", {"force": True}, "whole share"),
        ("delete", "links/secret", {"force": True}, "link"),
        ("rename", "a.mov", {"path_to": "show/a.mov"}, "another folder"),
        ("rename", "a.mov", {"path_to": "show"}, "already exists"),
        ("rename", "nothing", {"path_to": "x"}, "does not exist"),
        ("rename", "link", {"path_to": "x"}, "link"),
        ("rename", ["a.mov"], {"path_to": ["x", "y"]}, "must be as many"),
        ("rename", "a.mov", {}, "'path_to' names no path"),
        ("move", "a.mov", {"path_to": "links/a.mov"}, "link"),
        ("move", "show", {"path_to": "show/deep/show"}, "nvalid"),
        ("move", "a.mov", {"path_to": "share=projects"}, "already exists"),
    ],
)
async def test_refusals(start: Any, operation: str, path: Any, options: Any, part: str) -> None:
    async with start() as (box, wire):
        outside = box.volume.parent / "outside"
        outside.mkdir()
        (outside / "secret").write_bytes(b"secret")
        (box.volume / "links").symlink_to(outside)
        (box.volume / "link").symlink_to(outside / "secret")
        reply = await ask(wire, operation, path, **options)
        assert part in reply["message"]
        assert [one.name for one in outside.iterdir()] == ["secret"]
        assert (box.volume / "a.mov").exists()
        assert (box.volume / "show" / "b.mov").exists()


async def test_an_unknown_operation_or_method_is_refused(wire: Any) -> None:
    assert "'op' must be ls" in (await ask(wire, "format", "a"))["message"]
    reply = await wire.call("PUT", "workspace/file", {"op": "ls", "path": "a"})
    assert "'op' must be rename" in reply["message"]
    assert "GET or POST or PUT" in (await wire.call("DELETE", "workspace/file", {}))["message"]


async def test_changes(start: Any) -> None:
    async with start() as (box, wire):
        volume: Path = box.volume
        assert (await ask(wire, "mkdir", "show/new"))["result"] is True
        assert (volume / "show" / "new").is_dir()
        assert (await ask(wire, "rename", "a.mov", path_to="b.mov"))["result"] is True
        assert (await ask(wire, "move", "b.mov", path_to="far/away/c.mov"))["result"] is True
        assert (await ask(wire, "move", "show/", path_to="far/"))["result"] is True
        assert (volume / "far" / "show" / "b.mov").is_file()
        assert (await ask(wire, "exists", ["a.mov", "far/away/c.mov"]))["result"] == [
            {"path": "a.mov", "result": False},
            {"path": "far/away/c.mov", "result": True},
        ]
        (volume / "far" / "show" / "link").symlink_to(box.local_root)
        reply = await ask(wire, "delete", ["far/show", "far/away/c.mov"], force=True)
        assert [row["result"] for row in reply["result"]] == [True, True]
        assert box.local_root.is_dir()
        assert (await ask(wire, "delete", "far/away"))["result"] is True
        assert [one.name for one in (volume / "far").iterdir()] == []


async def test_others_have_their_home_alone(start: Any, connect: Any) -> None:
    async with start() as (box, admin), connect(box, "standard") as wire:
        assert (await ask(wire, "mkdir", "in"))["result"] is True
        assert (box.volume / "home" / "standard@example.com" / "in").is_dir()
        assert shape((await ask(wire, "ls", "home=standard@example.com"))["result"]) == {"in": 0}
        for path in ("share=projects", "home=admin@example.com", "/projects/home/standard@example.com"):
            assert (await ask(wire, "ls", path))["message"].startswith(("E#F001", "E#F006"))
            assert (await ask(wire, "delete", f"{path}/x"))["message"].startswith(("E#F001", "E#F006"))
        assert (await ask(admin, "exists", "home=standard@example.com/in"))["result"] is True


async def test_what_was_granted_is_what_can_be_reached(box: Sandbox, connect: Any, wire: Any) -> None:
    for name in ("in/a.mov", "in/deep/b.mov", "out/c.mov", "top.mov"):
        path = box.volume / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    volume = next(iter((await wire.call("GET", "volume/find", {}))["result"]))
    user = box.user("standard")
    acl = {"entity": f"user:{user.id}", "target": f"share:{volume['id']}", "read": True, "path": "/in"}
    assert "result" in await wire.call("POST", "acl/create", acl)
    async with connect(box, "standard") as standard:
        rows = (await ask(standard, "ls", "share=projects", recursive=True))["result"]
        assert [row["filename"] for row in rows] == ["in"]
        assert sorted(row["filename"] for row in rows[0]["files"]) == ["a.mov", "deep"]
        assert (await ask(standard, "getsize", "share=projects/in"))["result"] == 10
        assert "may not read" in (await ask(standard, "getsize", "share=projects"))["message"]
        assert "There is no" in (await ask(standard, "ls", "share=projects/out"))["message"]
        assert "may not change" in (await ask(standard, "mkdir", "share=projects/in/x"))["message"]


async def test_the_official_client(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        assert [row["filename"] for row in session.ls("share=projects")] == ["a.mov", "show"]
        rows = session.ls(
            "share=projects", recursive=True, maxdepth=3, getsize=True, include="*.mov", exclude="x"
        )
        assert shape(rows) == {"a.mov": 1, "show": {"b.mov": 1}}
        assert abs(rows[0]["modified"].timestamp() - time.time()) < 60
        assert session.ls(["share=projects/show"], files_only=True)[0]["path"] == "share=projects/show"
        assert session.ls({"share": "projects", "path": "show"}, directories_only=True) == []
        assert session.getsize("share=projects/show", exclude="b*") == 0
        assert session.exists("share=projects/nothing") is False
        assert session.mkdir("share=projects/new") is True
        assert session.rename("share=projects/a.mov", "share=projects/z.mov") is True
        assert session.mv("share=projects/z.mov", "share=projects/new/z.mov") is True
        with pytest.raises(Exception, match="Cannot delete non-empty directory"):
            session.delete("share=projects/new")
        assert session.delete("share=projects/new", force=True) is True

    await judge(work)


def test_too_much_is_refused(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}").mkdir()
    for work in (
        lambda allowance: list_files(tmp_path, (), Listing(), allowance),
        lambda allowance: measure(tmp_path, (), NameFilter(), allowance),
        lambda allowance: delete(tmp_path.parent, (tmp_path.name,), allowance, force=True),
    ):
        with pytest.raises(StorageError, match="too many"):
            work(Allowance(4))
    deep = tmp_path.joinpath(*"d" * 120)
    deep.mkdir(parents=True)
    with pytest.raises(StorageError, match="nested more than"):
        list_files(tmp_path, (), Listing(recursive=True), Allowance())


@contextmanager
def swapping(root: Path, outside: Path) -> Iterator[list[int]]:
    """A thread that swaps a folder with a link that leads outside, and back."""
    stop = threading.Event()
    swaps = [0]

    def swap() -> None:
        for number in itertools.count():
            if stop.is_set():
                break
            # What moves may make the folder anew before this puts it back: then that one stays.
            aside = root / f"aside{number}"
            try:
                (root / "show").rename(aside)
                (root / "show").symlink_to(outside)
                swaps[0] += 1
                stop.wait(0.0003)
                (root / "show").unlink()
                aside.rename(root / "show")
            except OSError:
                (root / "show").mkdir(exist_ok=True)
            stop.wait(0.0003)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield swaps
    finally:
        stop.set()
        thread.join()


def test_a_race_leads_nowhere(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "show" / "deep").mkdir(parents=True)
    (outside / "deep").mkdir(parents=True)
    (outside / "deep" / "secret").write_bytes(b"secret")
    done = refused = 0
    with swapping(root, outside) as swaps:
        while (swaps[0] < 300 or not done or not refused) and done + refused < 100_000:
            name = f"{done + refused}"
            try:
                make_folder(root, ("show", name))
                move(root, ("show", name), root, ("show", "deep", name), make=True)
                assert "secret" not in str(list_files(root, (), Listing(recursive=True), Allowance()))
                assert measure(root, ("show",), NameFilter(), Allowance()) == 0
                delete(root, ("show", "deep"), Allowance(), force=True)
                done += 1
            except (StorageError, OSError):
                refused += 1
    assert done > 0
    assert refused > 0
    assert sorted(path.name for path in outside.rglob("*")) == ["deep", "secret"]
