"""The parts of the page that need no page, run where they will run: in a browser."""

from __future__ import annotations

import importlib.resources
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Page, Route

from accsyn_async.board.quantities import duration_text, percent_text, size_text, speed_text
from tests.dashboard.page.opening import Opener

STATIC = Path(str(importlib.resources.files("accsyn_async.dashboard").joinpath("static")))


@pytest_asyncio.fixture(loop_scope="session")
async def bare(pages: Opener) -> Page:
    """A page that is empty, beside the modules."""

    async def serve(route: Route) -> None:
        _, _, path = route.request.url.partition("modules.test/")
        if path:
            await route.fulfill(path=STATIC / path, content_type="text/javascript")
        else:
            await route.fulfill(body="<!doctype html><title>modules</title>", content_type="text/html")

    context = await pages.context()
    await context.route("http://modules.test/**", serve)
    return await pages.open("http://modules.test/", context)


async def run(page: Page, module: str, script: str, argument: object = None) -> Any:
    """Run a function body with a module's names at hand as ``m``, and ``x``."""
    return await page.evaluate(
        f"async (x) => {{ const m = await import('/js/{module}.js'); {script} }}", argument
    )


def job(ident: str, **facts: object) -> dict[str, object]:
    row: dict[str, object] = {"id": ident, "name": ident, "word": "running", "progress": 0, "speed": None}
    return (
        row
        | {"size": None, "source": "hq", "destination": "berlin", "user": None, "queue": "medium"}
        | {"eta_s": None, "etaAt": 0}
        | facts
    )


async def test_quantities_are_told_in_the_words_of_the_command_line(bare: Page) -> None:
    sizes = [
        None,
        -1,
        0,
        0.5,
        1,
        1.5,
        999,
        999.4,
        999.5,
        1000,
        1249,
        1250,
        1350,
        999_949,
        999_950,
        24e6,
        3e12,
        7e20,
    ]
    sizes += [10**exponent * factor for exponent in range(20) for factor in (1.05, 1.25, 2.55, 9.9949, 9.995)]
    seconds = [None, -3, 0, 0.2, 12, 59.1, 60, 200, 3599, 3599.5, 3600, 3900, 86_399, 86_400, 270_000, 9e7]
    progress = [-1, 0, 0.9, 50, 99.99, 100, 250]
    said = await run(
        bare,
        "format",
        "return [x[0].map(m.sizeText), x[0].map((s) => m.speedText(s === null ? s : s / 1e6)),"
        " x[1].map(m.durationText), x[2].map(m.percentText)]",
        [sizes, seconds, progress],
    )
    assert said[0] == [size_text(size) for size in sizes]
    assert said[1] == [speed_text(None if size is None else size / 1e6) for size in sizes]
    assert said[2] == [duration_text(each) for each in seconds]
    assert said[3] == [percent_text(each) for each in progress]


async def test_a_filter_takes_words_fields_and_quotes(bare: Page) -> None:
    rows = [
        job("shot_010.exr", user="lisa@example.com", word="failed"),
        job("shot_020.exr", user="omar@example.com", destination="montreal"),
        job("Dailies Monday.mov", user=None, source="lisa@example.com"),
    ]

    async def found(text: str) -> list[str]:
        script = "const t = m.matcher(x[0]); return t ? x[1].filter(t).map((r) => r.id) : null"
        result: list[str] = await run(bare, "match", script, [text, rows])
        return result

    everyone = [row["id"] for row in rows]
    assert await found("") is None
    assert await found("   ") is None
    assert await found("SHOT") == everyone[:2]
    assert await found("shot montreal") == everyone[1:2]
    assert await found("lisa") == [everyone[0], everyone[2]]
    assert await found("user:lisa") == everyone[:1]
    assert await found("status:failed") == everyone[:1]
    assert await found('"dailies mon"') == everyone[2:]
    assert await found("from:lisa to:berlin") == everyone[2:]
    # Nearly a field's name, and a word like any other.
    script = "return x[1].filter(m.matcher(x[0])).map((r) => r.id)"
    assert await run(bare, "match", script, ["users", [job("users.mov", user="lisa")]]) != []
    assert await found("constructor:x") == []
    assert await found(".*") == []


async def test_rows_are_sorted_as_people_count_and_the_unknown_comes_last(bare: Page) -> None:
    rows = [
        job("shot_10", speed=5),
        job("shot_2", speed=None),
        job("Shot_1", speed=7),
        job("shot_3", speed=5),
    ]

    async def order(sort: str, desc: bool) -> list[str]:
        script = "return m.arrange(x[0], null, {sort: x[1], desc: x[2], group: ''}).map((r) => r.id)"
        result: list[str] = await run(bare, "order", script, [rows, sort, desc])
        return result

    assert await order("name", False) == ["Shot_1", "shot_2", "shot_3", "shot_10"]
    assert await order("name", True) == ["shot_10", "shot_3", "shot_2", "Shot_1"]
    assert await order("speed", False) == ["shot_3", "shot_10", "Shot_1", "shot_2"]
    assert await order("speed", True) == ["Shot_1", "shot_3", "shot_10", "shot_2"]


async def test_groups_have_headings_with_what_is_in_them(bare: Page) -> None:
    rows = [
        job("a", user="omar"),
        job("b", user=None),
        job("c", user="lisa", word="failed"),
        job("d", user="omar"),
    ]
    script = (
        "return m.arrange(x[0], null, {sort: 'name', desc: false, group: x[1]})"
        ".map((i) => i.heading ? [i.label, i.rows.length] : i.id)"
    )
    assert await run(bare, "order", script, [rows, "user"]) == [
        *(["lisa", 1], "c", ["omar", 2], "a", "d", ["—", 1], "b"),
    ]
    assert await run(bare, "order", script, [rows, "status"]) == [
        *(["running", 3], "a", "b", "d", ["failed", 1], "c"),
    ]


async def test_totals_add_up_what_is_running_and_what_is_left(bare: Page) -> None:
    rows = [
        job("a", speed=5, eta_s=100, size=1000, progress=25),
        job("b", speed=2.5, eta_s=300, size=1000, progress=50),
        job("c", word="stalled", speed=0, eta_s=None, size=100),
        job("d", word="waiting", size=10, speed=9),
        job("e", word="done", size=10**9, progress=100),
        job("f", word="aborted", size=10**9, progress=10),
    ]
    script = """
      const totals = m.totalsOf(x[0], x[1] ? (row) => row.id < x[1] : null, 50_000);
      return {...totals, counts: Object.fromEntries(totals.counts)};
    """
    counts = {"running": 2, "stalled": 1, "waiting": 1, "done": 1, "aborted": 1}
    assert await run(bare, "totals", script, [rows, None]) == {
        "counts": counts,
        "all": 6,
        "jobs": 6,
        "running": 3,
        "speed": 7.5,
        "bytes": 750 + 500 + 100,
        "seconds": 250,
        "others": 10,
    }
    assert await run(bare, "totals", script, [rows, "b"]) == {
        "counts": counts,
        "all": 6,
        "jobs": 1,
        "running": 1,
        "speed": 5,
        "bytes": 750,
        "seconds": 50,
        "others": 0,
    }
    assert (await run(bare, "totals", script, [[], None]))["seconds"] is None


async def test_a_steady_speed_is_a_steady_line_and_grows_from_the_right(bare: Page) -> None:
    async def points(speeds: list[float]) -> list[list[float]]:
        line: str = await run(bare, "row_view", "return m.sparkLine(x)", speeds)
        return [[float(each) for each in point.split()] for point in line[1:].split("L")]

    steady = await points([5] * 60)
    assert [x for x, _ in steady] == list(range(60))
    assert {y for _, y in steady} == {2.5}
    assert [x for x, _ in await points([1, 2, 3])] == [57, 58, 59]
    assert [y for _, y in await points([0, 4, 2])] == [19, 2.5, 10.7]
    assert {y for _, y in await points([0, 0])} == {19}
    assert await run(bare, "row_view", "return m.sparkLine([5])") == ""


async def test_a_snapshot_keeps_what_it_names_and_drops_the_rest(bare: Page) -> None:
    script = """
      const rows = new m.Rows();
      const known = () => [...rows.all.values()].map((row) => `${row.id}${row.speed ?? ""}`).join(" ");
      const seen = [];
      rows.begin(); rows.put([{id: "a", speed: 1}, {id: "b"}]);
      seen.push(rows.whole, rows.end(), rows.whole, known());
      rows.put([{id: "a", speed: 2}, {id: "c", word: "running", speed: 4}]); seen.push(known());
      rows.sample(); seen.push(rows.all.get("c").spark, rows.all.get("b").spark);
      rows.begin(); rows.put([{id: "b"}, {id: "d"}]); rows.breakOff(); seen.push(known());
      rows.begin(); rows.put([{id: "d"}]); seen.push(rows.end(), known());
      for (let i = 0; i < 70; i++) { rows.put([{id: "d", word: "running", speed: i}]); rows.sample(); }
      seen.push(rows.all.get("d").spark.length, rows.all.get("d").spark.at(-1));
      return seen;
    """
    assert await run(bare, "rows", script) == [
        *(False, [], True, "a1 b"),
        *("a2 b c4", [4], [], "a2 b c4 d"),
        *(["a", "b", "c"], "d", 60, 69),
    ]


def test_no_name_stands_twice_at_the_top_of_modules_that_are_joined() -> None:
    defined = re.compile(r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", re.MULTILINE)
    counted = Counter(
        name for path in (STATIC / "js").glob("*.js") for name in defined.findall(path.read_text("utf-8"))
    )
    assert len(counted) > 50
    assert [name for name, count in counted.items() if count > 1] == []


def test_remote_text_has_no_way_into_the_document_but_as_text() -> None:
    ways = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    assert [path.name for path in STATIC.rglob("*.js") if ways.search(path.read_text("utf-8"))] == []
    assert not re.search(r"\son\w+=|\sstyle=", (STATIC / "page.html").read_text("utf-8"))
