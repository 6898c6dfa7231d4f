"""The sandbox's time: factors, moving on, and what comes of that for transfers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accsyn_async.sandbox.state.clock import Clock


class Real:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("factor", "passed", "real"), [(1, 10.0, 3.0), (60, 600.0, 0.05), (0, 0.0, None), (0.5, 5.0, 6.0)]
)
def test_factors(factor: float, passed: float, real: float | None) -> None:
    source = Real()
    clock = Clock(source, factor=factor, monotonic=source)
    begin, monotonic = clock.now(), clock.monotonic()
    source.now += 10
    assert clock.now() - begin == pytest.approx(passed)
    assert clock.monotonic() - monotonic == pytest.approx(passed)
    assert clock.real(3.0) == (None if real is None else pytest.approx(real))
    assert clock.real(None) is None
    assert clock.real(0.0) == 0.0


def test_another_factor_from_now_on() -> None:
    source, steady = Real(), Real()
    steady.now = 5.0
    clock = Clock(source, factor=2, monotonic=steady)
    for one in (source, steady):
        one.now += 10
    clock.advance(100)
    now, monotonic = clock.now(), clock.monotonic()
    for factor in (60, 0, 1):
        clock.run_at(factor)
        assert [clock.now(), clock.monotonic()] == pytest.approx([now, monotonic])
        assert clock.advanced == 100
        source.now += 3
        steady.now += 3
        now, monotonic = now + 3 * factor, monotonic + 3 * factor
        assert [clock.now(), clock.monotonic()] == pytest.approx([now, monotonic])
    clock.restart()
    assert (clock.now(), clock.monotonic()) == (source.now, steady.now)


def test_moving_on_being_wrong_and_starting_again() -> None:
    source = Real()
    clock = Clock(source, monotonic=source)
    assert clock.http_date() is None
    clock.advance(3600)
    assert clock.text() == "1970-01-12T14:46:40"
    assert clock.http_date() == "Mon, 12 Jan 1970 14:46:40 GMT"
    assert clock.http_date(-3600) is None
    assert clock.http_date(-7200) == "Mon, 12 Jan 1970 12:46:40 GMT"
    assert clock.text() == "1970-01-12T14:46:40"
    assert clock.now() == source.now + 3600
    for seconds in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="moved on"):
            clock.advance(seconds)
    clock.restart()
    assert (clock.now(), clock.text(), clock.advanced) == (source.now, "1970-01-12T13:46:40", 0.0)


SIZE = 1_000_000


async def test_a_long_transfer_is_finished_at_once(start: Any) -> None:
    async with start(speed=0.0001) as (box, wire):
        (box.volume / "long.mov").write_bytes(bytes(SIZE))
        before = box.now
        job = await wire.create({"source": "long.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "running")
        await box.advance(hours=1)
        row = await wire.get(job["id"])
        assert (row["status"], row["progress"]) == ("running", 36)
        await box.advance(hours=6)
        assert (await wire.get(job["id"]))["status"] == "done"
        assert box.now - before >= timedelta(hours=7)
        assert (box.site_root("berlin") / "projects" / "long.mov").stat().st_size == SIZE
        with pytest.raises(ValueError, match="moved on"):
            await box.advance(hours=-1)


async def test_a_clock_that_stands_still(start: Any) -> None:
    async with start(speed=0.1, time_factor=0) as (box, wire):
        before = box.now
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "running")
        assert (await wire.get(job["id"]))["status"] == "running"
        assert box.now == before
        await box.advance(seconds=2)
        assert (await wire.get(job["id"]))["status"] == "done"


async def test_a_day_in_no_time(start: Any) -> None:
    async with start(speed=0.0001, time_factor=36_000) as (_, wire):
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        row = await wire.until(job["id"], "done")
        assert row["progress"] == 100
