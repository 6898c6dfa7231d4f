"""Both stores keep what they are given, for one user at a time (guarantee 11)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from accsyn_async import ArgumentError, CheckpointError, MemoryStore, SqliteStore, StateStore

TEXTS = {
    "a": "1",
    "empty": "",
    "": "no key",
    "nul": "a\0b",
    "key\0nul": "x",
    "ünï": "日本 🎬",
    "quote'\"": "'; DROP TABLE kept; --",
    "long": "x" * 100_000,
}


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], StateStore]:
    """Gives the store of one and the same content each time."""
    if request.param == "memory":
        memory = MemoryStore()
        return lambda: memory
    return lambda: SqliteStore(tmp_path / "watch.db")


async def kept(store: StateStore) -> dict[str, str]:
    """What a store holds for who comes next."""
    try:
        return dict(await store.load())
    finally:
        await store.aclose()


Make = Callable[[], StateStore]


async def test_a_new_one_is_empty(make: Make) -> None:
    assert await kept(make()) == {}
    assert await kept(make()) == {}


async def test_texts_of_all_kinds_come_back(make: Make) -> None:
    store = make()
    assert await store.load() == {}
    await store.save(TEXTS)
    await store.aclose()
    assert await kept(make()) == TEXTS


async def test_saves_add_up_and_none_forgets(make: Make) -> None:
    store = make()
    await store.load()
    await store.save({"a": "1", "b": "1"})
    await store.save({})
    await store.save({"a": "2", "c": "3", "b": None, "never there": None})
    await store.aclose()
    assert await kept(make()) == {"a": "2", "c": "3"}


async def test_what_was_handed_out_and_in_is_a_copy(make: Make) -> None:
    store = make()
    loaded = await store.load()
    changes: dict[str, str | None] = {"a": "1"}
    await store.save(changes)
    changes["a"] = "changed"
    assert loaded == {}
    assert isinstance(loaded, dict)
    loaded["b"] = "2"
    await store.aclose()
    assert await kept(make()) == {"a": "1"}


async def test_one_user_at_a_time_and_the_refused_one_takes_nothing_away(make: Make) -> None:
    first, second = make(), make()
    await first.load()
    for _ in range(3):
        with pytest.raises(CheckpointError, match="in use by another watch"):
            await second.load()
    await first.save({"a": "1"})
    await first.aclose()
    assert await second.load() == {"a": "1"}
    await second.aclose()


async def test_the_same_object_goes_on_after_it_was_closed(make: Make) -> None:
    store = make()
    for n in range(3):
        assert len(await store.load()) == n
        with pytest.raises(CheckpointError, match="in use by another watch"):
            await store.load()
        await store.save({str(n): "x"})
        await store.aclose()
        await store.aclose()


async def test_it_is_loaded_first_and_closed_last(make: Make) -> None:
    store = make()
    await store.aclose()
    with pytest.raises(CheckpointError, match="load it first"):
        await store.save({"a": "1"})
    await store.load()
    await store.aclose()
    with pytest.raises(CheckpointError, match="load it first"):
        await store.save({"a": "1"})
    assert await kept(make()) == {}


async def test_saves_at_once_come_in_order(make: Make) -> None:
    store = make()
    await store.load()
    await asyncio.gather(*(store.save({"last": str(n), str(n): "x"}) for n in range(50)))
    await store.aclose()
    assert await kept(make()) == {"last": "49", **{str(n): "x" for n in range(50)}}


async def test_it_serves_one_loop_after_another(make: Make) -> None:
    def use(n: int) -> None:
        async def main() -> None:
            assert len(await store.load()) == n
            await store.save({str(n): "x"})
            await store.aclose()

        asyncio.run(main())

    store = make()
    for n in range(2):
        thread = threading.Thread(target=use, args=(n,))
        thread.start()
        thread.join()
    assert await kept(make()) == {"0": "x", "1": "x"}


async def test_nothing_runs_on_after_it_was_closed(make: Make) -> None:
    before = set(threading.enumerate())
    store = make()
    await store.load()
    await store.save({"a": "1"})
    await asyncio.gather(store.aclose(), store.aclose())
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize("path", ["", ":memory:", "a\0b"])
def test_a_path_of_no_file_is_refused_at_once(path: str) -> None:
    with pytest.raises(ArgumentError, match=r"MemoryStore\(\)"):
        SqliteStore(path)


def test_they_say_what_they_are(tmp_path: Path) -> None:
    assert repr(MemoryStore()) == "MemoryStore(0 kept)"
    assert repr(SqliteStore(tmp_path / "watch.db")) == f"SqliteStore({str(tmp_path / 'watch.db')!r})"
