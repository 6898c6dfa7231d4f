"""A damaged checkpoint is set aside with a warning, never read wrongly, never overwritten (guarantee 11)."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from accsyn_async import CheckpointError, SqliteStore
from accsyn_async.monitor import checkpoint_file
from accsyn_async.monitor.checkpoint_file import CheckpointFile

TEXTS = {f"job {n}": f"{n} " * n for n in range(60)}


def write(path: Path, texts: dict[str, str]) -> None:
    file = CheckpointFile(path)
    file.open()
    file.save(texts)
    file.close()


def read(path: Path) -> dict[str, str]:
    file = CheckpointFile(path)
    try:
        return file.open()
    finally:
        file.close()


def left_by_a_kill(folder: Path) -> Path:
    """A file beside which there is still its log, of two saves."""
    file = CheckpointFile(folder / "living.db")
    file.open()
    file.save(TEXTS)
    file.save({"job 0": "changed", "job 1": None})
    path = folder / "watch.db"
    for side in ("", "-wal"):
        shutil.copy(f"{folder}/living.db{side}", f"{path}{side}")
    file.close()
    return path


def aside(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if ".damaged-" in each.name)


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    write(tmp_path / "whole.db", TEXTS)
    content = (tmp_path / "whole.db").read_bytes()
    os.remove(tmp_path / "whole.db")
    return content


def no_database(_whole: bytes) -> bytes:
    return b"these are my notes\n" * 300


def one_byte(_whole: bytes) -> bytes:
    return b"S"


def zeros(whole: bytes) -> bytes:
    return bytes(len(whole))


def without_header(whole: bytes) -> bytes:
    return bytes(100) + whole[100:]


def of_no_version(whole: bytes) -> bytes:
    return whole[:60] + bytes(4) + whole[64:]


def checksum_wrong(whole: bytes) -> bytes:
    assert b"59 59" in whole
    return whole.replace(b"59 59", b"59 58", 1)


@pytest.mark.parametrize(
    "damage", [no_database, one_byte, zeros, without_header, of_no_version, checksum_wrong]
)
async def test_it_is_set_aside_and_a_new_one_begun(
    tmp_path: Path, whole: bytes, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "watch.db"
    path.write_bytes(damage(whole))
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    store = SqliteStore(path)
    assert await store.load() == {}
    await store.save({"a": "1"})
    await store.aclose()
    [there] = aside(tmp_path)
    assert there.read_bytes() == damage(whole)
    when = dt.datetime.strptime(there.name, "watch.db.damaged-%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    assert before <= when <= dt.datetime.now(dt.UTC)
    [record] = caplog.records
    assert (record.name, record.levelno) == ("accsyn_async.monitor", logging.WARNING)
    assert f"the checkpoint {path} is damaged (" in record.message
    assert f"set aside as {there.name}, and a new one begun" in record.message
    assert read(path) == {"a": "1"}


def table_gone(database: sqlite3.Connection) -> None:
    database.execute("DROP TABLE kept")


def table_of_other_columns(database: sqlite3.Connection) -> None:
    database.execute("ALTER TABLE kept ADD COLUMN more")


def value_of_other_kind(database: sqlite3.Connection) -> None:
    database.execute("UPDATE kept SET text = 'x' WHERE key = 'job 7'")


@pytest.mark.parametrize("change", [table_gone, table_of_other_columns, value_of_other_kind])
def test_what_another_program_changed_is_damaged(
    tmp_path: Path, change: Callable[[sqlite3.Connection], None]
) -> None:
    path = tmp_path / "watch.db"
    write(path, TEXTS)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        change(database)
    assert read(path) == {}
    assert len(aside(tmp_path)) == 1


def test_cut_at_any_length_it_is_set_aside(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "watch.db"
    lengths = {*range(1, 130), *range(512, len(whole), 512), len(whole) - 1}
    assert len(lengths) > 150
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        assert read(path) == {}, length
        [there] = aside(tmp_path)
        assert there.read_bytes() == whole[:length]
        os.remove(there)
        os.remove(path)


def test_of_no_length_it_is_new(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "watch.db").touch()
    assert read(tmp_path / "watch.db") == {}
    assert caplog.records == []
    assert [each.name for each in tmp_path.iterdir()] == ["watch.db"]


def test_of_no_length_with_a_log_it_is_damaged_and_the_log_goes_along(tmp_path: Path) -> None:
    path = left_by_a_kill(tmp_path)
    log = Path(f"{path}-wal").read_bytes()
    path.write_bytes(b"")
    assert read(path) == {}
    database, beside = aside(tmp_path)
    assert beside.name == f"{database.name}-wal"
    assert (database.read_bytes(), beside.read_bytes()) == (b"", log)
    assert not os.path.exists(f"{path}-wal")


@pytest.mark.parametrize("part", ["header", "pages"])
def test_whatever_bytes_change_it_is_never_read_wrongly(tmp_path: Path, whole: bytes, part: str) -> None:
    """Exactly what was kept, or set aside unchanged, or refused and left as it is."""
    rng = random.Random(11)
    path = tmp_path / "watch.db"
    outcomes: set[str] = set()
    places = range(100) if part == "header" else sorted(rng.sample(range(100, len(whole)), 300))
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        try:
            texts = read(path)
        except CheckpointError:
            outcomes.add("refused")
            assert path.read_bytes() == changed, place
        else:
            there = aside(tmp_path)
            outcomes.add("aside" if there else "read")
            assert texts == ({} if there else TEXTS), place
            for each in there:
                assert each.read_bytes() == changed, place
        for each in tmp_path.iterdir():
            os.remove(each)
    assert outcomes >= {"aside", "read"}


@pytest.mark.parametrize("kind", ["flipped", "cut"])
def test_with_a_damaged_log_it_is_as_it_was_after_one_of_the_saves(tmp_path: Path, kind: str) -> None:
    rng = random.Random(12)
    path = left_by_a_kill(tmp_path)
    database, log = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    after: dict[str, str] = {**TEXTS, "job 0": "changed"}
    del after["job 1"]
    seen = []
    for place in sorted(rng.sample(range(len(log)), 120)):
        path.write_bytes(database)
        changed = bytearray(log)
        changed[place] ^= 1 << rng.randrange(8)
        Path(f"{path}-wal").write_bytes(changed if kind == "flipped" else log[:place])
        texts = read(path)
        assert aside(tmp_path) == []
        seen.append([{}, TEXTS, after].index(texts))
    assert {0, 1} <= set(seen)
    path.write_bytes(database)
    Path(f"{path}-wal").write_bytes(log)
    assert read(path) == after


def test_killed_at_any_moment_of_its_making_it_is_new(tmp_path: Path, whole: bytes) -> None:
    """While it is made there is a journal beside it, which says that there was nothing before."""
    path = tmp_path / "watch.db"
    journal = Path(f"{path}-journal")
    magic, records, nonce, pages = bytes.fromhex("d9d505f920a163d7"), bytes(4), b"\1\2\3\4", bytes(4)
    sector, page = (512).to_bytes(4, "big"), (4096).to_bytes(4, "big")
    head = (magic + records + nonce + pages + sector + page).ljust(512, b"\0")
    for length in (0, 4096, 8192):
        path.write_bytes(whole[:length])
        journal.write_bytes(head)
        assert read(path) == {}
        assert aside(tmp_path) == []
        write(path, {"a": "1"})
        assert read(path) == {"a": "1"}
        os.remove(path)


def test_nothing_that_was_set_aside_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_file, "_now", lambda: dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC))
    path = tmp_path / "watch.db"
    (tmp_path / "watch.db.damaged-20260102T030405Z-2-wal").write_bytes(b"a log of somebody's")
    for n in range(3):
        path.write_bytes(b"damaged %d" % n)
        assert read(path) == {}
    assert {each.name: each.read_bytes() for each in aside(tmp_path)} == {
        "watch.db.damaged-20260102T030405Z": b"damaged 0",
        "watch.db.damaged-20260102T030405Z-2-wal": b"a log of somebody's",
        "watch.db.damaged-20260102T030405Z-3": b"damaged 1",
        "watch.db.damaged-20260102T030405Z-4": b"damaged 2",
    }


async def test_many_that_find_it_damaged_at_once_set_it_aside_once(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    path.write_bytes(b"damaged")
    stores = [SqliteStore(path) for _ in range(8)]
    outcomes = await asyncio.gather(*(store.load() for store in stores), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, CheckpointError)]
    assert len(refused) == 7
    assert all("is in use by another watch" in str(error) for error in refused)
    assert {} in outcomes
    for store in stores:
        await store.aclose()
    assert [each.read_bytes() for each in aside(tmp_path)] == [b"damaged"]
