"""The SQLite store's thread, lock and file: who may use it, and what it does not touch (guarantee 11)."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from accsyn_async import CheckpointError, SqliteStore
from accsyn_async.monitor import checkpoint_file
from accsyn_async.monitor.checkpoint_file import APPLICATION, CheckpointFile

HOLDER = """
import asyncio, sys
from accsyn_async import SqliteStore

async def main():
    store = SqliteStore(sys.argv[1])
    await store.load()
    await store.save({"held": "1"})
    print("held", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def fill(path: Path, texts: dict[str, str | None]) -> None:
    store = SqliteStore(path)
    await store.load()
    await store.save(texts)
    await store.aclose()


async def kept(path: Path) -> dict[str, str]:
    store = SqliteStore(path)
    try:
        return dict(await store.load())
    finally:
        await store.aclose()


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def modes(folder: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}


@contextlib.contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has it open."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(checkpoint_file.__file__).parents[2],
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def refusal_of_a_process(path: Path) -> str:
    """What a process says that tries to open it."""
    done = subprocess.run(
        [sys.executable, "-c", HOLDER, str(path)],
        capture_output=True,
        text=True,
        cwd=Path(checkpoint_file.__file__).parents[2],
        timeout=60,
    )
    return done.stderr


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """As a user who may not do everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Each save waits within its thread: set when one has begun, and to be set to let it go on."""
    began, go = threading.Event(), threading.Event()
    save = CheckpointFile.save

    def slow(self: CheckpointFile, changes: dict[str, str | None]) -> None:
        began.set()
        assert go.wait(30)
        save(self, changes)

    monkeypatch.setattr(CheckpointFile, "save", slow)
    yield began, go
    go.set()


async def begun(event: threading.Event) -> None:
    while not event.is_set():
        await asyncio.sleep(0)


async def test_a_process_that_has_it_keeps_others_out_until_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    with held(path) as process:
        for _ in range(2):
            with pytest.raises(CheckpointError, match=r"watch\.db' is in use by another watch or process"):
                await kept(path)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert await kept(path) == {"held": "1"}


async def test_one_that_is_in_use_is_not_set_aside_whatever_was_done_to_it(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    with held(path) as process:
        path.write_bytes(b"not a database" * 1000)
        with pytest.raises(CheckpointError, match="in use by another watch or process"):
            await kept(path)
        log = contents(tmp_path)["watch.db-wal"]
        assert names(tmp_path) == ["watch.db", "watch.db-wal"]
        process.kill()
        process.wait()
    assert await kept(path) == {}
    there, aside, aside_log = names(tmp_path)
    assert (there, aside_log) == ("watch.db", f"{aside}-wal")
    assert contents(tmp_path)[aside_log] == log


async def test_who_is_refused_does_not_let_other_processes_in(tmp_path: Path) -> None:
    """A descriptor that is closed takes all locks of its process on that file along."""
    path = tmp_path / "watch.db"
    store = SqliteStore(path)
    await store.load()
    with pytest.raises(CheckpointError):
        await kept(path)
    assert "in use by another watch or process" in refusal_of_a_process(path)
    await store.aclose()


async def test_two_names_of_one_file_are_one_checkpoint(tmp_path: Path) -> None:
    await fill(tmp_path / "watch.db", {"a": "1"})
    (tmp_path / "link").symlink_to("watch.db")
    store = SqliteStore(tmp_path / "link")
    assert await store.load() == {"a": "1"}
    with pytest.raises(CheckpointError, match="in use"):
        await kept(tmp_path / "watch.db")
    await store.aclose()


async def test_a_relative_path_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = SqliteStore("watch.db")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    await store.load()
    await store.aclose()
    assert names(tmp_path) == ["other", "watch.db"]


async def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    before = os.umask(0)
    try:
        store = SqliteStore(path)
        await store.load()
        await store.save({"a": "1"})
        while_open = modes(tmp_path)
        await store.aclose()
    finally:
        os.umask(before)
    assert while_open == {"watch.db": 0o600, "watch.db-wal": 0o600}
    assert names(tmp_path) == ["watch.db"]


async def test_what_was_saved_is_synced_to_the_disk(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "watch.db")
    file.open()
    with closing(file):
        assert file._database is not None
        run = file._database.execute
        assert run("PRAGMA journal_mode").fetchone() == ("wal",)
        assert run("PRAGMA synchronous").fetchone() == (2,)


async def test_the_loop_goes_on_while_it_is_written(
    tmp_path: Path, blocked: tuple[threading.Event, threading.Event]
) -> None:
    store = SqliteStore(tmp_path / "watch.db")
    await store.load()
    saving = asyncio.create_task(store.save({"a": "1"}))
    await begun(blocked[0])
    assert not saving.done()
    blocked[1].set()
    await saving
    await store.aclose()
    assert await kept(tmp_path / "watch.db") == {"a": "1"}


async def test_a_cancelled_save_is_whole_or_not_there_and_the_next_one_works(
    tmp_path: Path, blocked: tuple[threading.Event, threading.Event]
) -> None:
    store = SqliteStore(tmp_path / "watch.db")
    await store.load()
    changes: dict[str, str | None] = {"a": "1", "b": "1"}
    begun_one = asyncio.create_task(store.save(changes))
    await begun(blocked[0])
    behind = asyncio.create_task(store.save({"c": "1"}))
    await asyncio.sleep(0)
    for task in (begun_one, behind):
        task.cancel()
    outcomes = await asyncio.gather(begun_one, behind, return_exceptions=True)
    assert [type(each) for each in outcomes] == [asyncio.CancelledError] * 2
    changes["a"] = "changed by who was cancelled"
    blocked[1].set()
    await store.save({"d": "1"})
    await store.aclose()
    assert await kept(tmp_path / "watch.db") == {"a": "1", "b": "1", "d": "1"}


async def test_closing_waits_for_what_is_being_saved(
    tmp_path: Path, blocked: tuple[threading.Event, threading.Event]
) -> None:
    before = set(threading.enumerate())
    store = SqliteStore(tmp_path / "watch.db")
    await store.load()
    saving = asyncio.create_task(store.save({"a": "1"}))
    await begun(blocked[0])
    closing_it = asyncio.create_task(store.aclose())
    await asyncio.sleep(0)
    with pytest.raises(CheckpointError, match="load it first"):
        await store.save({"b": "1"})
    blocked[1].set()
    await asyncio.gather(saving, closing_it)
    assert set(threading.enumerate()) == before
    assert await kept(tmp_path / "watch.db") == {"a": "1"}


async def test_a_cancelled_close_closes_all_the_same(
    tmp_path: Path, blocked: tuple[threading.Event, threading.Event]
) -> None:
    before = set(threading.enumerate())
    store = SqliteStore(tmp_path / "watch.db")
    await store.load()
    saving = asyncio.create_task(store.save({"a": "1"}))
    await begun(blocked[0])
    closing_it = asyncio.create_task(store.aclose())
    await asyncio.sleep(0)
    closing_it.cancel()
    await asyncio.gather(closing_it, return_exceptions=True)
    blocked[1].set()
    await saving
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert await kept(tmp_path / "watch.db") == {"a": "1"}


async def test_a_load_that_fails_or_is_cancelled_leaves_no_thread_and_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(threading.enumerate())
    with pytest.raises(CheckpointError):
        await kept(tmp_path)
    assert set(threading.enumerate()) == before

    opened, go = threading.Event(), threading.Event()
    open_it = CheckpointFile.open

    def slow(self: CheckpointFile) -> dict[str, str]:
        texts = open_it(self)
        opened.set()
        assert go.wait(30)
        return texts

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointFile, "open", slow)
        loading = asyncio.create_task(SqliteStore(tmp_path / "watch.db").load())
        await begun(opened)
        loading.cancel()
        await asyncio.sleep(0)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await loading
    assert set(threading.enumerate()) == before
    assert await kept(tmp_path / "watch.db") == {}


async def test_a_load_that_waits_for_another_program_can_be_cancelled(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checkpoint_file, "_DOOR", 3600.0)
            loading = asyncio.create_task(SqliteStore(tmp_path / "watch.db").load())
            while set(threading.enumerate()) == before:
                await asyncio.sleep(0)
            loading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await loading
        assert set(threading.enumerate()) == before
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checkpoint_file, "_DOOR", 0.0)
            with pytest.raises(CheckpointError, match=r"watch\.db' cannot be opened: another program locks"):
                await kept(tmp_path / "watch.db")
    finally:
        os.close(folder)
    assert await kept(tmp_path / "watch.db") == {}


async def test_a_folder_that_is_missing_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none/watch\.db' cannot be used: there is no folder '.*none'"):
        await kept(tmp_path / "none" / "watch.db")
    assert names(tmp_path) == []


def a_folder(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_circle(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [a_folder, a_pipe, a_circle])
async def test_what_is_no_file_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "watch.db"
    make(path)
    with pytest.raises(CheckpointError, match=r"watch\.db' cannot be used"):
        await kept(path)
    assert names(tmp_path) == ["watch.db"]


async def test_a_folder_or_a_file_that_may_not_be_written_is_refused() -> None:
    # Not below pytest's own folder: others may not enter that.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await fill(folder / "there.db", {"a": "1"})
        os.chmod(folder / "there.db", 0o644)
        content = (folder / "there.db").read_bytes()
        os.chmod(folder, 0o555)
        with nobody():
            for path in ("new.db", "there.db"):
                with pytest.raises(CheckpointError, match=rf"{path}' cannot be used"):
                    await kept(folder / path)
        os.chmod(folder, 0o777)
        os.chmod(folder / "there.db", 0o444)
        with nobody():
            with pytest.raises(CheckpointError, match=r"there\.db' cannot be used"):
                await kept(folder / "there.db")
        assert (folder / "there.db").read_bytes() == content
        assert names(folder) == ["there.db"]


async def test_a_disk_that_is_full_loses_nothing_and_is_forgotten_when_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    store = SqliteStore(path)
    await store.load()
    await store.save({"a": "1"})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for big in (100_000, 3_000_000):  # more than SQLite holds in memory writes before it commits
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        try:
            with pytest.raises(CheckpointError, match=r"watch\.db' could not be written"):
                await store.save({"a": None, "small": "1", "big": "x" * big})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await store.save({str(big): "x"})
    await store.aclose()
    assert await kept(path) == {"a": "1", "100000": "x", "3000000": "x"}


async def test_a_disk_that_is_full_from_the_start(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(CheckpointError, match=r"watch\.db' cannot be used"):
            await kept(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert await kept(path) == {}


def tables_of_another(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE kept (key TEXT, text TEXT)")


def other_application(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA application_id = 7")
    database.execute("CREATE TABLE kept (key TEXT, text TEXT)")


def newer(database: sqlite3.Connection) -> None:
    database.execute(f"PRAGMA application_id = {APPLICATION}")
    database.execute("PRAGMA user_version = 2")
    database.execute("CREATE TABLE better (key TEXT, text TEXT)")


@pytest.mark.parametrize("mode", ["delete", "wal", "left open"])
@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (tables_of_another, "is the database of something else, no checkpoint"),
        (other_application, "is the database of something else, no checkpoint"),
        (newer, r"is of version 2, written by a newer accsyn_async; this one reads up to 1"),
    ],
)
async def test_what_belongs_to_others_is_refused_and_left_as_it_is(
    tmp_path: Path, begin: Callable[[sqlite3.Connection], None], said: str, mode: str
) -> None:
    path = tmp_path / "watch.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        begin(database)
        if mode != "delete":
            database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE more (a)")
        if mode == "left open":
            before = contents(tmp_path)
            assert before["watch.db-wal"]
            with pytest.raises(CheckpointError, match=rf"watch\.db' {said}"):
                await kept(path)
            assert contents(tmp_path) == before
    before = contents(tmp_path)
    with pytest.raises(CheckpointError, match=rf"watch\.db' {said}"):
        await kept(path)
    assert contents(tmp_path) == before
