"""The settings of transfers: what is left out, left alone, and refused."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules.settings import read_settings

NAMES = ("a.mov", "b.tmp", "7", "2024", "0012.exr", "shot01.mov", "deep/c.mov", "deep/d.tmp", "old.tmp/e.mov")


def fill(folder: Path) -> None:
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    (folder / "empty").mkdir()


def content(root: Path) -> dict[str, Any]:
    return {path.name: content(path) if path.is_dir() else path.read_text() for path in root.iterdir()}


def tree(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() + "/" * path.is_dir() for path in root.rglob("*")}


@pytest.mark.parametrize(
    ("statements", "name", "expected"),
    [
        ("*tmp", "a.tmp", True),
        ("*tmp", "tmp.a", False),
        ("*.MOV", "a.mov", True),
        ("?.mov", "a.mov", True),
        ("[ab].mov", "c.mov", False),
        ("a,b", "a,b", True),
        ("*tmp\\,*.bak", "a.bak", True),
        ("*tmp\\, *.bak ", "a.bak", True),
        ("re('[0-9]')", "7", True),
        ("re('[0-9]')", "2024", True),
        ("re('[0-9]')", "0012.exr", True),
        ("re('[0-9]')", "shot01.mov", False),
        ("re('[0-9]')", "01x", False),
        ("re('^[0-9]$')", "12", False),
        ("re('[0-9]+')", "0" * 250 + "x", False),
        ("re('a|ab')", "ab", True),
        ('re(".*\\.exr")', "a.exr", True),
        ("re('.*MOV')", "a.mov", False),
        ("re('.*MOV','I')", "a.mov", True),
        ("re('(?i).*MOV' , 'i')", "a.mov", True),
        ("*tmp\\,re('[0-9]')", "3", True),
        ("", "a.mov", False),
        (None, "a.mov", False),
    ],
)  # fmt: skip
def test_statements_match_names(statements: str | None, name: str, expected: bool) -> None:
    assert read_settings({"transfer_exclude": statements}).excludes(name) is expected
    included = read_settings({"transfer_include": statements}).includes(name)
    assert included is (expected if statements else True)


def test_a_repeated_expression_takes_no_exponential_time() -> None:
    began = time.monotonic()
    for pattern in ("[0-9]+", "(0+)+", "(0|0)*"):
        assert not read_settings({"transfer_exclude": f"re('{pattern}')"}).excludes("0" * 254 + "x")
    assert time.monotonic() - began < 1


WRONG = [
    ({"transfer_exclude": "re('[')"}, "E#J028", "transfer_exclude"),
    ({"transfer_include": "*.mov\\,re('(')"}, "E#J028", "transfer_include"),
    ({"transfer_exclude": "re('a{99999999999999999999}')"}, "E#J028", "no regular expression"),
    ({"transfer_exclude": "re('" + "(" * 100_000 + "')"}, "E#J028", "no regular expression"),
    ({"transfer_exclude": "re([0-9])"}, "E#J028", "write re('…')"),
    ({"transfer_exclude": "re('a','Q')"}, "E#J028", "write re('…')"),
    ({"transfer_exclude": "re('it's')"}, "E#J028", "write re('…')"),
    ({"transfer_exclude": "re('')"}, "E#J028", "write re('…')"),
    ({"transfer_exclude": "*tmp\\,"}, "E#J028", "empty statement"),
    ({"transfer_exclude": ["*tmp"]}, "E#J028", "must be a text"),
    ({"transfer_exlude": "*tmp"}, "E#J027", "'transfer_exlude' is not supported by this sandbox"),
    ({"transfer_speed": 3}, "E#J027", "'transfer_speed' is not supported by this sandbox"),
]


@pytest.mark.parametrize(("settings", "code", "part"), WRONG)
def test_settings_that_cannot_be_obeyed_say_why(settings: dict[str, Any], code: str, part: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_settings(settings)
    assert caught.value.code == code
    assert part in caught.value.text


async def test_wrong_settings_are_refused_wherever_they_are_sent(start: Any) -> None:
    async with start() as (_, wire):
        ends = {"source": "a.mov", "destination": "/in/"}
        wrong, fine = {"transfer_exclude": "re('[')"}, {"task_bucketsize": "1", "other": {"x": []}}
        for data in ({**ends, "settings": wrong}, {"tasks": [{**ends, "settings": wrong}]}):
            reply = await wire.call("POST", "transfer/create", data)
            assert reply["message"].startswith("E#J028 ")
        assert await wire.find("transfer", finished=True) == []
        job = await wire.create({"tasks": [{**ends, "settings": fine}], "settings": fine, "status": "paused"})
        assert job["settings"] == fine
        data = {"tasks": [{"source": "show", "destination": "/in/", "settings": wrong}]}
        assert (await wire.call("POST", "task/create", data, id=job["id"]))["message"].startswith("E#J028 ")
        assert (await wire.edit(job["id"], settings=wrong))["message"].startswith("E#J028 ")
        assert (await wire.get(job["id"]))["settings"] == fine
        assert len(await wire.tasks(job["id"])) == 1


@pytest.mark.parametrize(
    ("job", "task", "source", "expected"),
    [
        ({}, {}, "big", {*NAMES, "deep/", "old.tmp/", "empty/"}),
        ({"transfer_exclude": "*tmp\\,re('[0-9]')"}, {}, "big",
         {"a.mov", "shot01.mov", "deep/", "deep/c.mov", "empty/"}),
        ({}, {"transfer_exclude": "*tmp\\,re('[0-9]')\\,deep"}, "big", {"a.mov", "shot01.mov", "empty/"}),
        ({"transfer_exclude": "*"}, {"transfer_exclude": "[!dc]*\\,*.tmp"}, "big", {"deep/", "deep/c.mov"}),
        ({"transfer_exclude": "*"}, {"transfer_exclude": ""}, "big/deep", {"c.mov", "d.tmp"}),
        ({"transfer_exclude": "*"}, {"task_bucketsize": 1}, "big", set()),
        ({"transfer_include": "*.mov"}, {}, "big",
         {"a.mov", "shot01.mov", "deep/", "deep/c.mov", "old.tmp/", "old.tmp/e.mov"}),
        ({"transfer_include": "deep\\,empty\\,7"}, {}, "big",
         {"7", "deep/", "deep/c.mov", "deep/d.tmp", "empty/"}),
        ({"transfer_include": "*.mov"}, {"transfer_exclude": "*.tmp\\,s*"}, "big",
         {"a.mov", "deep/", "deep/c.mov"}),
        ({"transfer_exclude": "big"}, {}, "big/deep/", {"c.mov", "d.tmp"}),
        ({"transfer_exclude": "DEEP/c*\\,old.tmp"}, {}, "big",
         {"a.mov", "b.tmp", "7", "2024", "0012.exr", "shot01.mov", "deep/", "deep/d.tmp", "empty/"}),
        ({"transfer_exclude": "big/deep\\,deep/*/c.mov"}, {}, "big/deep", {"c.mov", "d.tmp"}),
        ({"transfer_include": "*.tmp/*.mov"}, {}, "big", {"old.tmp/", "old.tmp/e.mov"}),
    ],
)  # fmt: skip
async def test_what_is_left_out_neither_arrives_nor_counts(
    start: Any, job: dict[str, Any], task: dict[str, Any], source: str, expected: set[str]
) -> None:
    async with start() as (box, wire):
        fill(box.volume / "big")
        tasks = [{"source": source, "destination": "/in", "settings": task}]
        row = await wire.create({"tasks": tasks, "settings": job})
        row = await wire.until(row["id"], "done", "failed")
        there = box.local_root / "in"
        assert (row["status"], row["progress"]) == ("done", 100)
        assert tree(there) == expected
        assert row["size"] == sum(path.stat().st_size for path in there.rglob("*") if path.is_file())


@pytest.mark.parametrize("settings", [{"transfer_exclude": "*.mov"}, {"transfer_include": "*.exr"}])
async def test_a_lone_file_can_be_left_out(start: Any, settings: dict[str, Any]) -> None:
    async with start() as (box, wire):
        tasks = [{"source": "a.mov", "destination": "/in/", "settings": settings}]
        row = await wire.create({"tasks": [*tasks, {"source": "show/b.mov", "destination": "/out/b"}]})
        row = await wire.until(row["id"], "done", "failed")
        assert (row["status"], row["progress"], row["size"]) == ("done", 100, 2000)
        assert tree(box.local_root) == {"out/", "out/b"}


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
@pytest.mark.parametrize("settings", [{"transfer_exclude": "link\\,pipe"}, {"transfer_include": "*.mov"}])
async def test_links_and_special_files_can_be_left_out(start: Any, settings: dict[str, Any]) -> None:
    async with start() as (box, wire):
        (box.volume / "show" / "link").symlink_to("/etc/hostname")
        os.mkfifo(box.volume / "show" / "pipe")
        job = await wire.create({"source": "show", "destination": "/in"})
        await wire.until(job["id"], "failed")
        assert "message" not in await wire.edit(job["id"], settings=settings, status="waiting")
        row = await wire.until(job["id"], "done", "failed")
        assert (row["status"], row["size"]) == ("done", 5000)
        assert tree(box.local_root / "in") == {"b.mov", "deep/", "deep/c.mov"}


@pytest.mark.parametrize(
    ("job", "task", "kept"),
    [
        ({"transfer_ignore_existing": "file"}, {}, True),
        ({}, {"transfer_ignore_existing": "file"}, True),
        ({}, {"transfer_ignore_existing": True}, True),
        ({"transfer_ignore_existing": "file"}, {"transfer_ignore_existing": ""}, False),
        ({"transfer_ignore_existing": None}, {}, False),
    ],
)
async def test_existing_files_are_left_alone(
    start: Any, job: dict[str, Any], task: dict[str, Any], kept: bool
) -> None:
    async with start() as (box, wire):
        there = box.local_root / "in"
        there.mkdir()
        (there / "a.mov").write_bytes(b"mine")
        (there / "b.mov").write_bytes(b"mine")
        sources = {"a.mov": "/in/a.mov", "show": "/in"}
        tasks = [{"source": one, "destination": to, "settings": task} for one, to in sources.items()]
        row = await wire.create({"tasks": tasks, "settings": job})
        row = await wire.until(row["id"], "done", "failed")
        assert (row["status"], row["progress"], row["size"]) == ("done", 100, 105_000)
        assert [(there / name).read_bytes() == b"mine" for name in ("a.mov", "b.mov")] == [kept, kept]
        assert (there / "deep" / "c.mov").read_bytes() == b"c" * 3000


@pytest.mark.parametrize(
    ("value", "filters", "expected"),
    [
        ("directory", {}, {"b.mov": "b", "deep": {"mine": "mine"}, "new": {"e": "e"}}),
        ("file+directory", {}, {"b.mov": "mine", "deep": {"mine": "mine"}, "new": {"e": "e"}}),
        ("directory+file", {}, {"b.mov": "mine", "deep": {"mine": "mine"}, "new": {"e": "e"}}),
        ("file", {}, {"b.mov": "mine", "deep": {"mine": "mine", "low": {"d": "d"}}, "new": {"e": "e"}}),
        ("directory", {"transfer_include": "d\\,e"},
         {"b.mov": "mine", "deep": {"mine": "mine"}, "new": {"e": "e"}}),
        ("", {}, {"b.mov": "b", "deep": {"mine": "mine", "low": {"d": "d"}}, "new": {"e": "e"}}),
    ],
)  # fmt: skip
async def test_existing_folders_are_left_alone(
    start: Any, value: str, filters: dict[str, str], expected: Any
) -> None:
    async with start() as (box, wire):
        for path in ("b.mov", "deep/low/d", "new/e"):
            (box.volume / "big" / path).parent.mkdir(parents=True, exist_ok=True)
            (box.volume / "big" / path).write_text(path[-1] if path != "b.mov" else "b")
        there = box.local_root / "in"
        (there / "deep").mkdir(parents=True)
        for path in ("b.mov", "deep/mine"):
            (there / path).write_text("mine")
        settings = {"transfer_ignore_existing": value, **filters}
        row = await wire.create({"source": "big", "destination": "/in", "settings": settings})
        row = await wire.until(row["id"], "done", "failed")
        assert (row["status"], row["progress"]) == ("done", 100)
        assert content(there) == expected


async def test_what_is_left_alone_takes_no_time(start: Any) -> None:
    async with start(speed=0.01) as (box, wire):
        (box.local_root / "a.mov").write_bytes(b"mine")
        data = {"source": "a.mov", "destination": "/", "settings": {"transfer_ignore_existing": "file"}}
        began = time.monotonic()
        await wire.until((await wire.create(data))["id"], "done")
        assert time.monotonic() - began < 5
