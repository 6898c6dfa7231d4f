"""Bars of rich and tqdm, moved by watches."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import tqdm.notebook
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TransferSpeedColumn
from rich.text import Text
from tqdm import tqdm as plain_tqdm

from accsyn_async import (
    AccsynError,
    ArgumentError,
    Degraded,
    Event,
    Job,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    JobStalled,
    Recovered,
    Synced,
    Task,
    TaskChanged,
)
from accsyn_async.progress import rich_progress, tqdm_progress
from accsyn_async.progress.places import Places
from accsyn_async.progress.rich_bars import RichBars
from accsyn_async.progress.rich_columns import as_markup
from accsyn_async.sandbox import Sandbox
from tests.support.backend import Backend
from tests.support.virtual import run as run_virtual

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def job(ident: str = "a", status: str = "running", **values: Any) -> Job:
    row = {"id": ident, "name": f"{ident}.mov", "status": status, "progress": 0, "size": 1000}
    return Job.from_row(row | values)


def found(ident: str = "a", status: str = "running", **values: Any) -> JobFound:
    return JobFound(at=NOW, job=job(ident, status, **values))


def changed(ident: str = "a", status: str = "running", **values: Any) -> JobChanged:
    new = job(ident, status, **values)
    return JobChanged(at=NOW, job=new, previous=new, changes={})


def finished(ident: str = "a", status: str = "done", **values: Any) -> JobFinished:
    return JobFinished(at=NOW, job=job(ident, status, **values))


async def told(*events: Event) -> AsyncIterator[Event]:
    for event in events:
        yield event


def silent(width: int = 120, height: int = 50) -> Console:
    return Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def last_frame(console: Console) -> list[str]:
    """The lines that stay."""
    lines = written(console).replace("\x1b[?25h", "").rstrip("\n").split("\n")
    start = max(number for number, line in enumerate(lines) if "\x1b[2K" in line or number == 0)
    return [line.rpartition("\x1b[2K")[2].strip() for line in lines[start:]]


def tasks(progress: Progress) -> list[tuple[str, float | None, float]]:
    return [(task.description, task.total, task.completed) for task in progress.tasks]


def own(console: Console | None = None) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), console=console or silent()
    )


# -- rich


async def test_rich_bars_follow_real_transfers_and_the_events_pass_through() -> None:
    async with Sandbox(speed=5) as box, box.session() as session:
        idents = []
        for name, size in (("a.mov", 4_000_000), ("[red]b.mov", 1_000_000)):
            (box.volume / name).write_bytes(bytes(size))
            row = await session.create("Transfer", {"source": name, "destination": "site=berlin"})
            idents.append(row["id"])
        console = silent()
        async with session.watch(idents) as watch:
            bars = rich_progress(watch, total=True, console=console)
            events = [event async for event in bars]
    assert {event.job.id for event in events if isinstance(event, JobFinished)} == set(idents)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert tasks(bars.progress) == [
        ("total", 5_000_000, 5_000_000),
        ("a.mov", 4_000_000, 4_000_000),
        (r"\[red]b.mov", 1_000_000, 1_000_000),
    ]
    assert "running" in written(console)
    frame = last_frame(console)
    assert [line.split()[0] for line in frame] == ["total", "a.mov", "[red]b.mov"]
    assert "100 % 4.0 MB / 4.0 MB" in frame[1]
    assert frame[0].endswith("2 of 2")
    assert frame[1].endswith("done")


def test_rich_bars_of_jobs_that_are_measured_fail_are_aborted_removed_and_live_again() -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number, status="init", size=-1, speed=-1.0) for number in range(3)]
        progress = own()
        names = [f"job{number}.mov" for number in range(3)]
        seen: list[list[tuple[str, float | None, float]]] = []
        async with backend.session() as session, session.watch("Transfer") as watch:
            bars = rich_progress(watch, progress=progress)

            async def until(kind: type[Event], status: str = "") -> list[tuple[str, float | None, float]]:
                """The tasks as they are after the next event of a kind."""
                async for event in bars:
                    if isinstance(event, kind) and (
                        not status or (isinstance(event, JobEvent) and event.job.status == status)
                    ):
                        break
                seen.append(tasks(progress))
                return seen[-1]

            assert await until(Synced) == [(f"{name} · init", None, 0) for name in names]
            backend.move(0, status="running", size=1000, progress=40)
            assert (await until(JobChanged))[0] == ("job0.mov", 1000, 400)
            backend.move(0, status="failed")
            assert (await until(JobChanged, "failed"))[0] == ("job0.mov · failed", 1000, 400)
            backend.end(0, "aborted")
            assert (await until(JobFinished))[0] == ("job0.mov · aborted", 1000, 400)
            backend.jobs[idents[0]] = backend.archive.pop(idents[0])
            backend.move(0, status="waiting", size=2000, progress=0, finished="1970-01-01T00:00:00")
            now = await until(JobRevived)
            assert (len(now), now[-1]) == (3, ("job0.mov · waiting", 2000, 0))
            backend.vanish(1)
            assert [name.partition(" ")[0] for name, *_ in await until(JobRemoved)] == [names[2], names[0]]
            backend.end(2)
            # It was never measured: its bar is full all the same.
            assert (await until(JobFinished))[0] == (names[2], 1, 1)

    run_virtual(main())


async def test_a_bar_of_rich_without_a_size_pulses_until_the_job_is_over() -> None:
    bars = rich_progress(told(found(size=None), finished(status="aborted", size=None)), console=silent())
    iterator = aiter(bars)
    await anext(iterator)
    assert tasks(bars.progress) == [("a.mov", None, 0)]
    await anext(iterator)
    assert tasks(bars.progress) == [("a.mov · aborted", 1, 0)]


async def test_a_total_of_rich_is_that_of_the_jobs_there_are() -> None:
    shown: list[tuple[float | None, float, float | None, str]] = []
    events = [
        found("a", size=None),
        found("b", progress=50, speed=2.0),
        changed("a", size=3000, progress=10, speed=1.0),
        Degraded(at=NOW, reason="no answer"),
        Recovered(at=NOW),
        finished("b", "aborted", progress=60),
        JobRemoved(at=NOW, job=job("a", size=3000, progress=10)),
    ]
    bars = rich_progress(told(*events), total="everything", console=silent())
    async for _ in bars:
        task = bars.progress.tasks[0]
        shown.append((task.total, task.completed, task.fields["speed"], task.fields["state"]))
    assert bars.progress.tasks[0].description == "everything"
    assert shown == [
        (None, 0, None, "0 of 1"),
        (1000, 500, 2.0, "0 of 2"),
        (4000, 800, 3.0, "0 of 2"),
        (4000, 800, 3.0, "degraded"),
        (4000, 800, 3.0, "0 of 2"),
        (3600, 900, 1.0, "1 of 2"),
        # Rich keeps a total when there is none to tell.
        (600, 600, None, "1 of 1"),
    ]


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (110, ["25 %", "250 B / 1.0 kB", "2.0 MB/s", "1 min 30 s", "running"]),
        (75, ["25 %", "2.0 MB/s", "1 min 30 s", "running"]),
        (60, ["25 %", "2.0 MB/s", "running"]),
    ],
)
async def test_a_line_of_rich_says_as_much_as_there_is_room_for(width: int, said: list[str]) -> None:
    console = silent(width)
    long = "a_shot_whose_name_goes_on_" * 4
    await rich_progress(
        told(found(name=long, progress=25, speed=2.0, etr="0h:1m:30s")), console=console, total=True
    ).run()
    total, line = last_frame(console)
    assert line.startswith("a_shot_w")
    assert "…" in line
    assert all(text in line for text in said)
    assert ("250 B" in line, "1 min" in line) == ("250 B / 1.0 kB" in said, "1 min 30 s" in said)
    assert total.endswith("0 of 1")
    assert max(len(total), len(line)) <= width


async def test_an_event_is_one_update_of_its_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    progress = own()
    updates: list[Any] = []
    real = progress.update

    def update(*given: Any, **named: Any) -> None:
        updates.append(given)
        real(*given, **named)

    monkeypatch.setattr(progress, "update", update)
    same = changed(progress=10)
    task = Task.from_row({"id": "t", "uri": "0", "job": "a", "status": "executing"})
    of_task = TaskChanged(at=NOW, job=same.job, task=task, previous=None, changes={})
    await rich_progress(
        told(found(), same, of_task, Synced(at=NOW), same, finished()), progress=progress
    ).run()
    assert len(updates) == 3


async def test_a_stalled_job_is_called_so() -> None:
    bars = rich_progress(told(found(), JobStalled(at=NOW, job=job())), progress=own())
    await bars.run()
    assert tasks(bars.progress) == [("a.mov · stalled", 1000, 0)]


async def test_only_so_many_bars_of_ended_jobs_stay() -> None:
    events = [found(ident, "done") for ident in "abcd"]
    for keep, left in ((2, "cd"), (0, ""), (None, "abcd")):
        bars = rich_progress(told(*events), console=silent(), keep=keep)
        await bars.run()
        assert [task.description for task in bars.progress.tasks] == [f"{ident}.mov" for ident in left]
    bars = rich_progress(told(*events, changed("e", progress=50)), console=silent(), keep=1, total=True)
    await bars.run()
    assert tasks(bars.progress)[0] == ("total", 5000, 4500)


@pytest.mark.parametrize(
    "name", ["[bold]a[/bold]", "[/]", "[red", r"a\[X]", "a\\", ":fire:", "[a:b]:", "\x1b[2J"]
)
async def test_hostile_names_are_shown_as_they_are(name: str) -> None:
    for mine in (True, False):
        console = silent()
        bars = (
            rich_progress(told(found(name=name)), progress=own(console))
            if mine
            else rich_progress(told(found(name=name)), console=console)
        )
        await bars.run()
        assert last_frame(console)[-1].split()[0] == name.replace("\x1b", r"\x1b")


@given(st.text(st.sampled_from("[]/\\:ab#@ \"'fire") | st.characters(), max_size=30), st.booleans())
def test_any_text_is_itself_as_markup(text: str, inside: bool) -> None:
    if inside:
        assert Text.from_markup(f"[bold]{as_markup(text)}[/bold]!").plain == text_of(f"{text}!")
    assert Text.from_markup(as_markup(text)).plain == text_of(text)


def text_of(text: str) -> str:
    """As rich keeps it: without the controls that it strips."""
    return Text(text).plain


async def test_a_progress_that_runs_already_is_left_running() -> None:
    progress = own()
    with progress:
        other = progress.add_task("other", total=2)
        await rich_progress(told(found(), finished()), progress=progress).run()
        assert progress.live.is_started
        progress.update(other, completed=2)
    assert tasks(progress) == [("other", 2, 2), ("a.mov", 1000, 1000)]


async def test_tasks_of_ones_own_have_a_place_among_the_bars() -> None:
    bars = rich_progress(told(found()), console=silent())
    bars.progress.add_task("[b]other[/b]", total=4, completed=1)
    await bars.run()
    assert "25 %" in written(bars.progress.console)


@pytest.mark.parametrize("mine", [False, True])
async def test_a_thousand_jobs_are_drawn_by_richs_thread_alone_and_no_more_than_there_is_room_for(
    mine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    rows: list[int] = []
    refresh, table = Live.refresh, Progress.make_tasks_table

    def counted(live: Live) -> None:
        drawn.append(threading.get_ident())
        refresh(live)

    def measured(progress: Progress, tasks: Any) -> Any:
        made = table(progress, tasks)
        rows.append(made.row_count)
        return made

    monkeypatch.setattr(Live, "refresh", counted)
    monkeypatch.setattr(Progress, "make_tasks_table", measured)
    console = silent(height=24)
    watch = told(
        *(found(str(number), "waiting") for number in range(600)),
        *(found(str(number)) for number in range(600, 1000)),
        *(changed(str(number), "running" if number % 2 else "failed", progress=50) for number in range(1000)),
        *(JobRevived(at=NOW, job=job(str(number))) for number in range(500)),
        *(finished(str(number)) for number in range(900)),
    )
    bars = (
        rich_progress(watch, progress=own(console), total=True)
        if mine
        else rich_progress(watch, console=console, total=True)
    )
    await bars.run()
    # Once as it starts, and once as it stops.
    assert drawn.count(threading.get_ident()) == 2
    assert 20 < max(rows) <= 23
    total, *others = bars.progress.tasks
    assert (total.completed, total.total) == (950_000, 1_000_000)
    assert {task.fields["job"].id for task in others} == {str(number) for number in range(901, 944, 2)}
    assert total.fields["more"] == 78
    assert last_frame(console)[-1].startswith("943.mov" if mine else "and 78 more")


async def test_running_jobs_come_first_and_places_that_fall_free_are_taken() -> None:
    seen: list[list[str]] = []
    events = [
        found("a", "waiting"),
        found("b", "waiting"),
        found("c", "waiting"),
        changed("c"),
        changed("b"),
        finished("c"),
        finished("b"),
        JobRemoved(at=NOW, job=job("a")),
        found("d", "done"),
        found("e", "done"),
    ]
    shown = ["a", "ab", "ab", "ac", "cb", "ba", "ab", "bc", "bd", "de"]
    async for _ in (bars := rich_progress(told(*events), console=silent(), most=2)):
        seen.append([str(task.fields["job"].id) for task in bars.progress.tasks])
    assert [set(each) for each in seen] == [set(each) for each in shown]
    made = list[Any]()
    places: list[set[str]] = []
    async for _ in tqdm_progress(
        told(*events), tqdm=recording(made), each=True, most=2, file=io.StringIO(), mininterval=0
    ):
        places.append({bar.desc.partition(".")[0] for bar in made if not bar.disable})
    assert places == [set(each) for each in shown]


RANKS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([None, 0, 1, 2]), st.integers(0, 4)))


@given(RANKS)
def test_whoever_has_a_place_deserves_it(puts: list[tuple[str, int | None, int]]) -> None:
    places, ranks, bars, ends = Places(), dict[str, int](), set[str](), list[str]()
    for ident, rank, room in puts:
        had = set(bars)
        gone, come = places.put(ident, rank, room)
        assert len(gone) == len(set(gone))
        assert bars >= set(gone)
        bars -= set(gone)
        assert not bars & set(come)
        bars |= set(come)
        if rank != ranks.get(ident):
            ends = [one for one in ends if one != ident] + [ident] * (rank == 2)
        if rank is None:
            ranks.pop(ident, None)
        else:
            ranks[ident] = rank
        assert set(places.shown()) == bars
        assert len(bars) == min(room, len(ranks))
        assert sorted(ranks[one] for one in bars) == sorted(ranks.values())[:room]
        shown = [one for one in ends if one in bars]
        assert shown == ends[len(ends) - len(shown) :]
        assert places.more == sum(rank < 2 for one, rank in ranks.items() if one not in bars)
        # Nobody loses a place to one who is no better, but for ends.
        for one in had - bars & ranks.keys():
            if one in ranks and one != ident and ranks[one] < 2 and len(had) <= room:
                assert any(ranks[new] < ranks[one] for new in bars - had)


async def test_bars_of_others_take_room_too_and_a_file_has_room_enough() -> None:
    events = [found(str(number)) for number in range(90)]
    bars = rich_progress(told(*events), console=silent(height=10))
    for _ in range(4):
        bars.progress.add_task("other")
    await bars.run()
    assert len(bars.progress.tasks) == 9
    file = Console(file=io.StringIO(), width=100, height=10)
    bars = rich_progress(told(*events), console=file)
    await bars.run()
    assert "and 40 more" in written(file)
    assert written(file).count(".mov") == 50


def test_bytes_that_were_there_already_are_no_speed_of_the_bar_of_all() -> None:
    now = 0.0
    progress = Progress(
        TextColumn("{task.description}"), TransferSpeedColumn(), console=silent(), get_time=lambda: now
    )
    bars = RichBars(progress, total=True, clock=lambda: now)
    bars.open()
    (total,) = progress.tasks
    size = 10**8

    def poll(progresses: dict[str, int]) -> float | None:
        nonlocal now
        now += 1.0
        for ident, progress in progresses.items():
            now += 0.0001
            bars.show(changed(ident, size=size, progress=progress))
        return total.speed

    for ident in "abcd":
        bars.show(found(ident, size=size, progress=20))
    # Four jobs move a hundredth of their 100 MB each second.
    speeds = [poll(dict.fromkeys("abcd", 20 + second)) for second in range(1, 11)]
    assert speeds[:2] == [None, None]
    assert speeds[2:] == pytest.approx([4e6] * 8, rel=0.01)
    for ident in "efgh":
        bars.show(found(ident, "paused", size=size, progress=90))
        assert total.speed == speeds[-1]
    bars.show(found("i", "init", size=None))
    bars.show(changed("i", "paused", size=size, progress=50))
    assert total.speed == speeds[-1]
    assert (total.completed, total.total) == (530_000_000, 900_000_000)
    bars.show(JobRemoved(at=NOW, job=job("e", size=size, progress=90)))
    assert poll(dict.fromkeys("abcd", 31)) == pytest.approx(4e6, rel=0.01)
    # They rest for longer than rich looks back.
    now += 60.0
    assert [poll(dict.fromkeys("abcd", 32 + second)) for second in range(3)] == [
        None,
        pytest.approx(4e6, rel=0.01),
        pytest.approx(4e6, rel=0.01),
    ]
    bars.close()


async def test_the_bar_of_all_is_at_its_end_until_another_job_comes() -> None:
    bars = rich_progress(told(found(), finished(), found("b"), finished("b")), console=silent(), total=True)
    ended = []
    async for _ in bars:
        ended.append(bars.progress.tasks[0].finished)
    assert ended == [False, True, False, True]


class Broken(Exception):
    pass


async def broken(*events: Event) -> AsyncIterator[Event]:
    for event in events:
        yield event
    raise Broken


async def _breaks(bars: Any) -> None:
    async for _ in bars:
        break


async def _raises(bars: Any) -> None:
    async for _ in bars:
        raise Broken


async def _runs(bars: Any) -> None:
    await bars.run()


@pytest.mark.parametrize("leave", [_breaks, _raises, _runs])
@pytest.mark.parametrize("kind", ["rich", "tqdm", "tqdm each"])
async def test_bars_end_however_the_iteration_is_left(leave: Callable[[Any], Any], kind: str) -> None:
    console, made = silent(), list[Any]()
    watch = broken(found("a"), found("b"))
    bars: Any = (
        rich_progress(watch, console=console)
        if kind == "rich"
        else tqdm_progress(watch, tqdm=recording(made), file=io.StringIO(), each=kind != "tqdm")
    )
    try:
        await leave(bars)
    except Broken:
        # The error is still alive, and with it the frames that it came through.
        assert leave is not _breaks
        assert_closed(bars, made)
    assert_closed(bars, made)
    assert made or kind == "rich"
    await watch.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["rich", "tqdm", "tqdm each"])
def test_bars_end_when_they_are_cancelled(kind: str) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        made = list[Any]()
        async with backend.session() as session, session.watch("Transfer") as watch:
            bars: Any = (
                rich_progress(watch, console=silent())
                if kind == "rich"
                else tqdm_progress(watch, tqdm=recording(made), file=io.StringIO(), each=kind != "tqdm")
            )
            running = asyncio.create_task(bars.run())
            await asyncio.sleep(30)
            assert not running.done()
            running.cancel()
            try:
                await running
            except asyncio.CancelledError:
                # The error is still alive, and with it the frames that it came through.
                assert_closed(bars, made)
            assert running.cancelled()
            assert watch.backlog == 0

    run_virtual(main())


def assert_closed(bars: Any, made: list[Any]) -> None:
    if hasattr(bars, "progress"):
        assert not bars.progress.live.is_started
    assert all(bar.disable for bar in made)


async def test_a_watch_can_be_iterated_over_again_after_a_break() -> None:
    watch = told(found(progress=10), changed(progress=20), finished())
    made = list[Any]()
    rich_bars = rich_progress(watch, console=silent())
    async for _ in rich_bars:
        break
    await rich_bars.run()
    assert tasks(rich_bars.progress) == [("a.mov", 1000, 1000)]
    watch = told(found(progress=10), changed(progress=20), finished())
    tqdm_bars = tqdm_progress(watch, tqdm=recording(made), file=io.StringIO())
    async for _ in tqdm_bars:
        break
    await tqdm_bars.run()
    assert [(bar.n, bar.total) for bar in made] == [(100, 1000), (1000, 1000)]


@pytest.mark.parametrize("kind", [rich_progress, tqdm_progress])
async def test_a_watch_that_was_not_entered_says_so(kind: Any) -> None:
    backend = Backend()
    async with backend.session() as session:
        with pytest.raises(AccsynError, match="enter the watch first"):
            await kind(session.watch("Transfer"), **quiet(kind)).run()


def quiet(kind: Any) -> dict[str, Any]:
    return {"console": silent()} if kind is rich_progress else {"file": io.StringIO()}


# -- tqdm


def recording(made: list[Any]) -> Callable[..., plain_tqdm[Any]]:
    """tqdm's class, whose bars are kept."""

    class Kept(plain_tqdm):  # type: ignore[type-arg]
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            made.append(self)

    return Kept


async def test_one_bar_of_tqdm_follows_real_transfers() -> None:
    out = io.StringIO()
    async with Sandbox(speed=5) as box, box.session() as session:
        (box.volume / "a.mov").write_bytes(bytes(3_000_000))
        rows = [
            await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
            for _ in range(2)
        ]
        async with session.watch(rows) as watch:
            events = [event async for event in tqdm_progress(watch, desc="to berlin", file=out, ncols=90)]
    assert sum(isinstance(event, JobFinished) for event in events) == 2
    last = out.getvalue().rstrip("\n").split("\r")[-1]
    assert last.startswith("to berlin: 100%|")
    assert "6.00M/6.00M" in last
    assert last.endswith("2 done]")
    assert out.getvalue().endswith("\n")


async def test_the_sums_of_one_bar() -> None:
    made, seen = list[Any](), list[tuple[int, int | None, int, str | None]]()
    events = [
        found("a", size=None),
        found("b", progress=50),
        Synced(at=NOW),
        changed("a", size=3000, progress=10),
        Degraded(at=NOW, reason="no answer"),
        Recovered(at=NOW),
        JobRevived(at=NOW, job=job("b")),
        JobRemoved(at=NOW, job=job("a", size=3000, progress=10)),
        finished("b", "aborted", progress=30),
    ]
    async for _ in tqdm_progress(told(*events), tqdm=recording(made), file=io.StringIO(), mininterval=0):
        (bar,) = made
        seen.append((bar.n, bar.total, bar.initial, bar.postfix))
    assert seen == [
        (0, None, 0, "1 running"),
        (500, 1000, 500, "2 running"),
        (500, 1000, 500, "2 running"),
        (800, 4000, 500, "2 running"),
        (800, 4000, 500, "2 running, degraded"),
        (800, 4000, 500, "2 running"),
        (300, 4000, 500, "2 running"),
        (0, 1000, 200, "1 running"),
        (300, 300, 200, "1 aborted"),
    ]


async def test_a_bar_of_tqdm_for_each_job() -> None:
    made, out = list[Any](), io.StringIO()
    events = [
        found("a", size=None, name="{a} [red]\x1b[2J<b>.mov"),
        found("b", progress=50),
        changed("a", size=1000, progress=10, name="{a} [red]\x1b[2J<b>.mov"),
        found("c"),
        finished("b", "aborted", progress=60),
        JobRemoved(at=NOW, job=job("a")),
        found("d", "failed"),
        JobRevived(at=NOW, job=job("b")),
        finished("b"),
    ]
    places: list[list[int]] = []
    options: dict[str, Any] = {"file": out, "mininterval": 0, "ncols": 100, "position": 2}
    async for _ in tqdm_progress(told(*events), tqdm=recording(made), each=True, **options):
        places.append([abs(bar.pos) for bar in made if not bar.disable])
    assert [(bar.desc, bar.n, bar.total, bar.postfix) for bar in made] == [
        (r"{a} [red]\x1b[2J<b>.mov", 100, 1000, None),
        ("b.mov", 600, 1000, "aborted"),
        ("c.mov", 0, 1000, None),
        ("d.mov", 0, 1000, "failed"),
        ("b.mov", 1000, 1000, "done"),
    ]
    assert places[4:] == [[2, 3, 4], [3, 4], [3, 4, 2], [4, 2, 3], [4, 2, 3]]
    # Those that stay are left in their order, with nothing of the others between them.
    assert [line.split(":")[0] for line in screen(out.getvalue()) if line] == ["d.mov", "b.mov", "c.mov"]


def screen(text: str) -> list[str]:
    """What a terminal shows of it."""
    lines: list[str] = [""]
    row = column = 0
    for part in re.split("(\r|\n|\x1b\\[A)", text):
        match part:
            case "\r":
                column = 0
            case "\n":
                row, column = row + 1, 0
                lines += [""] * (row + 1 - len(lines))
            case "\x1b[A":
                row -= 1
            case _:
                lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part) :]
                column += len(part)
    return [line.rstrip() for line in lines]


async def test_only_so_many_bars_of_tqdm_stay() -> None:
    made = list[Any]()
    bars = tqdm_progress(
        told(*(found(ident, "done") for ident in "abc")),
        tqdm=recording(made),
        each=True,
        keep=1,
        file=io.StringIO(),
    )
    async for _ in bars:
        assert sum(not bar.disable for bar in made) == 1


class Terminal(io.StringIO):
    def fileno(self) -> int:
        return 7


@pytest.mark.parametrize(
    ("options", "most"),
    [
        ({"file": io.StringIO()}, 20),
        ({"file": Terminal()}, 11),
        ({"file": Terminal(), "position": 4}, 7),
        ({"file": Terminal(), "nrows": 10}, 9),
        ({"file": Terminal(), "most": 3}, 3),
    ],
)
async def test_there_are_as_many_bars_of_tqdm_as_the_terminal_is_high(
    options: dict[str, Any], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def size(number: int) -> os.terminal_size:
        assert number == 7
        return os.terminal_size((80, 12))

    monkeypatch.setattr(os, "get_terminal_size", size)
    made = list[Any]()
    events = [found(str(number)) for number in range(60)]
    async for _ in tqdm_progress(told(*events), tqdm=recording(made), each=True, **options):
        pass
    assert len(made) == most


def test_a_bar_of_tqdm_is_not_left_behind_by_a_burst() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(50):
            backend.add(number)
        out = io.StringIO()
        async with backend.session() as session, session.watch("Transfer") as watch:
            bars = tqdm_progress(watch, file=out, mininterval=0.1, ncols=80)
            running = asyncio.create_task(bars.run())
            await asyncio.sleep(1)
            for number in range(50):
                backend.move(number, progress=50)
            await asyncio.sleep(5)
            # Drawn as it is now, before anything else happens.
            assert "25.0M/50.0M" in out.getvalue().split("\r")[-1]
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    run_virtual(main())


async def test_a_tqdm_that_is_switched_off_lets_events_through() -> None:
    for each in (False, True):
        out = io.StringIO()
        bars = tqdm_progress(
            told(found(), changed(progress=9), finished()), disable=True, file=out, each=each
        )
        assert len([event async for event in bars]) == 3
        assert out.getvalue() == ""


async def test_the_class_and_options_of_ones_own() -> None:
    out = io.StringIO()
    partial = functools.partial(plain_tqdm, ascii=True, file=out, ncols=80)
    await tqdm_progress(told(found(), finished()), tqdm=partial, unit="byte", unit_scale=False).run()
    assert "1000/1000" in out.getvalue()
    assert "byte/s" in out.getvalue()


async def test_a_notebooks_bar_learns_its_size_and_shows_names_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The widgets are stand-ins: what is looked at is what tqdm does to them."""
    shown: list[Any] = []
    texts: list[str] = []

    class Text(SimpleNamespace):
        def __setattr__(self, name: str, value: Any) -> None:
            texts.append(value)
            super().__setattr__(name, value)

    def gauge(**values: Any) -> SimpleNamespace:
        return SimpleNamespace(
            layout=SimpleNamespace(width=None), style=SimpleNamespace(), bar_style="", **values
        )

    def box(children: list[Any]) -> SimpleNamespace:
        return SimpleNamespace(children=children, layout=SimpleNamespace(), close=lambda: None)

    monkeypatch.setattr(tqdm.notebook, "IProgress", gauge, raising=False)
    monkeypatch.setattr(tqdm.notebook, "HTML", Text, raising=False)
    monkeypatch.setattr(tqdm.notebook, "TqdmHBox", box)
    monkeypatch.setattr(tqdm.notebook, "display", shown.append, raising=False)
    events = [
        found(size=None, name="<img src=x>"),
        changed(progress=25, name="<img src=x>"),
        finished(name="<img src=x>"),
    ]
    for each in (False, True):
        await tqdm_progress(told(*events), tqdm=tqdm.notebook.tqdm, each=each).run()
        bar = shown[-1].children[1]
        assert (bar.max, bar.value, bar.bar_style) == (1000, 1000, "success")
    assert any("&lt;img" in text for text in texts)
    assert not any("<img" in text for text in texts)


# -- both


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (rich_progress, {"progress": own(), "console": silent()}, "pass one of the two"),
        (rich_progress, {"keep": -1}, "0 or more"),
        (rich_progress, {"most": -1}, "most is a number of bars, 0 or more"),
        (tqdm_progress, {"keep": -1}, "0 or more"),
        (tqdm_progress, {"most": -1}, "0 or more"),
        (tqdm_progress, {"total": 5}, "total is what the jobs say"),
        (tqdm_progress, {"each": True, "desc": "a"}, "desc is what the jobs say"),
    ],
)
def test_what_cannot_be_asked_for(kind: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        kind(told(), **options)


MISSING = """
import sys
from accsyn_async.progress import rich_progress, tqdm_progress
heavy = {'rich', 'tqdm', 'aiohttp'} & set(sys.modules)
assert not heavy, heavy
sys.modules.update({'rich': None, 'tqdm': None})
async def watch():
    yield
for kind, name in ((rich_progress, 'rich'), (tqdm_progress, 'tqdm')):
    try:
        kind(watch())
    except ImportError as error:
        assert error.name == name
        assert f'pip install {name}' in str(error), error
    else:
        raise AssertionError(name)
tqdm_progress(watch(), tqdm=dict)
assert 'accsyn_async.board.board' in sys.modules
"""


def test_neither_library_is_imported_before_it_is_needed_and_a_missing_one_is_named() -> None:
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", MISSING], check=True, cwd=root)
