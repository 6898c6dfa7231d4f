from __future__ import annotations

import gc
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace

import pytest

from benchmarks import contenders
from benchmarks.backend import running
from benchmarks.contenders import AT_ONCE, Floor, Match, Official, bare, logged_in, take_turns, tasks


# The official client checks no certificate.
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_all_contenders_read_the_same_jobs(tls: bool) -> None:
    with running(tls=tls) as backend, ThreadPoolExecutor(AT_ONCE) as pool:
        assert backend.url.startswith("https:" if tls else "http:")
        official = Official(backend)
        async with bare(backend) as http, logged_in(backend) as session:
            found = await session.find("Transfer", limit=3)
            assert len(found) == 3
            floor = Floor(http, backend.url)
            assert await floor.dicts(3) == found
            ids = [row["id"] for row in found]
            assert [row.id for row in await floor.structs(3)] == ids
            assert [row["id"] for row in await official.find(3)] == ids
            each = await official.find_each(3, pool)
            assert [[row["id"] for row in rows] for rows in each] == [ids] * AT_ONCE
            assert await tasks(partial(session.find, "Transfer", limit=3)) == [found] * AT_ONCE


@pytest.mark.parametrize("frozen", [False, True])
async def test_what_collectors_are_to_walk_is_left_as_it_was(frozen: bool) -> None:
    gc.unfreeze()
    if frozen:
        gc.freeze()
    await take_turns({"match": Match({}, rounds=1)})
    assert bool(gc.get_freeze_count()) == frozen
    gc.freeze()


async def test_contenders_take_turns() -> None:
    asked: list[str] = []

    async def ask(name: str) -> None:
        asked.append(name)

    match = Match({name: partial(ask, name) for name in "ab"}, rounds=20, calls=2)
    times = (await take_turns({"match": match, "other": Match({}, rounds=1)}, spells=3))["match"]
    assert {name: (len(taken.cpu), len(taken.elapsed)) for name, taken in times.items()} == {
        "a": (60, 60),
        "b": (60, 60),
    }
    # One call to warm up, two that are measured.
    turns = [asked[place : place + 3] for place in range(0, len(asked), 3)]
    assert all(len(set(turn)) == 1 for turn in turns)
    pairs = [turns[place][0] + turns[place + 1][0] for place in range(0, len(turns), 2)]
    assert set(pairs) == {"ab", "ba"}


async def test_each_is_warm_however_long_the_others_take(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    clock = 0.0

    async def ask(name: str, seconds: float) -> None:
        nonlocal clock
        asked.append(name)
        clock += seconds

    monkeypatch.setattr(
        contenders, "time", SimpleNamespace(perf_counter=lambda: clock, process_time=lambda: clock)
    )
    match = Match({"ours": partial(ask, "ours", 0.01), "rival": partial(ask, "rival", 0.2)}, rounds=5)
    times = (await take_turns({"": match}))[""]
    assert times["rival"].elapsed == pytest.approx([0.2] * 5)
    assert Counter(asked) == {"ours": 10, "rival": 10}
