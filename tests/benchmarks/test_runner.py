from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import main
from benchmarks.catalogue import ORDER, Part, discover, missing, program
from benchmarks.document import document, machine
from benchmarks.figures import Effort, Figure, at_least, at_most, single
from benchmarks.part import Found, measure
from benchmarks.runner import Outcome, exit_code, run
from benchmarks.series import Series

ROOT = Path(__file__).parents[2]
GOOD = single("a call", 1.05, "×", against="the floor", bound=at_most(1.10))
BAD = single("another", 12.0, "×", against="the rival", bound=at_least(15))


def part(name: str = "made-up", *needs: str) -> Part:
    return Part(name, "A part made up", "What is measured here is nothing.", needs)


def running(code: str, *parts: Part) -> list[Outcome]:
    """What comes of parts that run this code; ``NAME`` in it is the part's."""

    def command(part: Part, effort: Effort) -> Sequence[str]:
        return [sys.executable, "-c", code.replace("NAME", part.name).replace("EFFORT", effort)]

    return list(run(parts or (part(),), "quick", begins=lambda _place, _part: None, command=command))


def test_parts_come_in_the_order_that_is_written_down() -> None:
    names = [part.name for part in discover()]
    assert names == list(ORDER)
    for each in discover():
        assert each.title
        assert each.about.endswith(".")
        assert hasattr(each, "needs")


def test_what_a_part_says_of_itself_is_read_without_importing_it(tmp_path: Path) -> None:
    text = (
        'TITLE = "T"\nABOUT: str = "A. " "B."\nNEEDS: tuple[str, ...] = ("chromium",)\nimport nothing_such\n'
    )
    for name in ("reading", "zebra", "find", "ant"):
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "_shared.py").write_text("")
    found = discover(tmp_path)
    assert [each.name for each in found] == ["find", "reading", "ant", "zebra"]
    assert found[0] == Part("find", "T", "A. B.", ("chromium",))


def test_a_part_that_says_nothing_of_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ant.py").write_text('TITLE = "T"\n')
    with pytest.raises(ValueError, match=r"ant\.py lacks ABOUT, NEEDS"):
        discover(tmp_path)


def test_what_is_missing_is_said_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing(part("a", "aiohttp", "no_such_module", "json.nothing", "nothing.such")) == [
        "no_such_module",
        "json.nothing",
        "nothing.such",
    ]
    assert program("chromium-of-mine") is None
    browser = tmp_path / "google-chrome"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    assert program("chromium") == str(browser)
    monkeypatch.setenv("CHROMIUM", "/opt/mine")
    assert program("chromium") == "/opt/mine"


def test_parts_run_in_turn_and_their_figures_are_collected() -> None:
    line = '{"name": "NAME EFFORT", "value": 1, "low": 1, "high": 1, "unit": "ms"}'
    begun: list[tuple[int, str]] = []
    outcomes = list(
        run(
            (part("one"), part("two", "no_such_module"), part("three")),
            "quick",
            begins=lambda place, part: begun.append((place, part.name)),
            command=lambda part, effort: [
                sys.executable,
                "-c",
                f"print({line!r})".replace("NAME", part.name).replace("EFFORT", effort),
            ],
        )
    )
    assert begun == [(1, "one"), (3, "three")]
    assert [(each.part.name, each.state, each.why) for each in outcomes] == [
        ("one", "measured", ""),
        ("two", "not measured", "needs no_such_module"),
        ("three", "measured", ""),
    ]
    assert [figure.name for each in outcomes for figure in each.figures] == ["one quick", "three quick"]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise SystemExit(3)", "ended with 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was ended by SIGKILL"),
        ("print('hello')", "wrote no figure: "),
        ("pass", "measured nothing"),
    ],
)
def test_a_part_that_fails_says_why(code: str, why: str) -> None:
    (outcome,) = running(code)
    assert outcome.state == "failed"
    assert outcome.why.startswith(why)


def test_what_was_measured_before_a_failure_is_kept() -> None:
    line = '{"name": "a", "value": 1, "low": 1, "high": 1, "unit": "ms"}'
    (outcome,) = running(f"print({line!r}); raise SystemExit(1)")
    assert (outcome.state, len(outcome.figures)) == ("failed", 1)


def test_variables_that_would_disturb_are_kept_from_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCSYN_PROXY", "https_proxy", "PYTHONASYNCIODEBUG"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("MINE", "1")
    code = "import os; raise SystemExit(len({'ACCSYN_PROXY', 'https_proxy', 'MINE'} & set(os.environ)))"
    (outcome,) = running(code)
    assert outcome.why == "ended with 1"


_AT_ONCE = (
    "import os, subprocess\n"
    "class Interrupted(subprocess.Popen):\n"
    "    def __init__(self, *args, **options):\n"
    "        super().__init__(*args, **options)\n"
    "        os.kill(os.getpid(), signal.SIGINT)\n"
    "subprocess.Popen = Interrupted\n"
)
"""The interrupt comes when a program was started, and nobody knows of it yet."""


@pytest.mark.parametrize("how", ["left behind", "interrupted", "interrupted at once"])
def test_what_a_part_has_started_is_ended_with_it(how: str) -> None:
    child = "import sys, time; print('there', file=sys.stderr, flush=True); time.sleep(600)"
    part = (
        "import os, subprocess, sys\n"
        f"below = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.DEVNULL)\n"
        + ("os._exit(1)\n" if how == "left behind" else "below.wait()\n")
    )
    code = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        + (_AT_ONCE if how == "interrupted at once" else "")
        + "from benchmarks.catalogue import Part\n"
        "from benchmarks.runner import run\n"
        f"command = lambda part, effort: [sys.executable, '-c', {part!r}]\n"
        "list(run([Part('a', '', '')], 'quick', begins=lambda *_: None, command=command))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    with process:
        if how == "interrupted":
            assert process.stderr.readline() == "there\n"
            process.send_signal(signal.SIGINT)
        # All of them hold standard error open: it ends with the last of them.
        process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("state", "figures", "named", "code"),
    [
        ("measured", (GOOD,), False, 0),
        ("measured", (GOOD, BAD), False, 1),
        ("not measured", (), False, 0),
        ("not measured", (), True, 1),
        ("failed", (GOOD,), False, 1),
    ],
)
def test_the_exit_code(state: Any, figures: tuple[Figure, ...], named: bool, code: int) -> None:
    assert exit_code([Outcome(part(), state, figures)], named=named) == code


def test_a_part_may_be_written_in_four_ways() -> None:
    async def gives(effort: Effort) -> list[Figure]:
        return [single(effort, 1, "ms")]

    async def yields(effort: Effort) -> AsyncIterator[Figure]:
        yield single(effort, 1, "ms")

    def plain(effort: Effort) -> list[Figure]:
        return [single(effort, 1, "ms")]

    def generator(effort: Effort) -> Iterator[Figure]:
        yield single(effort, 1, "ms")

    for way in (gives, yields, plain, generator):
        told: list[Found] = []
        measure(way, "quick", told.append)
        assert [figure.name for figure in told] == ["quick"]


MADE_UP = """
import os, sys, types
import benchmarks.part
from benchmarks.catalogue import Part
from benchmarks.figures import single
from benchmarks.series import Series

def measure(effort):
    print("chatter")
    sys.stdout.flush()
    os.system("echo of a child")
    yield single(effort, 1, "ms")
    yield Series("jobs", effort, "ms", [[(1, 2.5), (10, 25.0)]])
    LAST

module = types.ModuleType("benchmarks.parts.made_up")
module.measure = measure
sys.modules[module.__name__] = module
benchmarks.part.discover = lambda: [Part("made_up", "", "")]
sys.argv = ["part.py", "made_up", "--effort", "quick"]
sys.exit(benchmarks.part.main())
"""


@pytest.mark.parametrize(
    ("last", "state", "why"),
    [("return", "measured", ""), ("raise OSError('no more')", "failed", "OSError: no more")],
)
def test_whatever_a_part_writes_its_figures_arrive(
    last: str, state: str, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (outcome,) = running(MADE_UP.replace("LAST", last))
    assert (outcome.state, outcome.why) == (state, why)
    assert [figure.name for figure in outcome.figures] == ["quick"]
    assert outcome.series == (Series("jobs", "quick", "ms", [[(1, 2.5), (10, 25.0)]]),)
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.startswith("chatter\nof a child\n")
    assert ("Traceback" in said.err) == bool(why)


def test_no_two_figures_of_a_part_have_the_same_name() -> None:
    with pytest.raises(ValueError, match="two figures are called 'a call'"):
        measure(lambda _effort: [GOOD, GOOD], "quick", lambda _figure: None)


def test_no_two_series_over_the_same_have_the_same_name() -> None:
    told: list[Found] = []
    several = [Series("jobs", "a poll", "ms"), Series("watches", "a poll", "ms")]
    measure(lambda _effort: several, "quick", told.append)
    assert told == several
    with pytest.raises(ValueError, match="two series are called 'a poll'"):
        measure(lambda _effort: [*several, several[0]], "quick", lambda _series: None)


def test_the_document_holds_all_of_it() -> None:
    outcomes = [
        Outcome(part(), "measured", (GOOD, BAD), 1.24, series=(Series("jobs", "a", "ms", [[(1, 2.0)]]),)),
        Outcome(part("b", "x"), "not measured", why="needs x"),
    ]
    facts = machine()
    assert facts["cores"] >= 1
    report = json.loads(
        json.dumps(document(outcomes, effort="quick", seconds=2.04, code=1, machine={"python": "3.11.0"}))
    )
    assert report.keys() == {"machine", "effort", "seconds", "exit", "parts"}
    assert (report["effort"], report["seconds"], report["exit"]) == ("quick", 2.0, 1)
    measured, lacking = report["parts"]
    assert [figure["verdict"] for figure in measured["figures"]] == ["reached", "missed"]
    assert measured["figures"][1]["bound"] == {"kind": "at least", "limit": 15}
    assert measured["figures"][0]["against"] == "the floor"
    assert measured["series"] == [{"over": "jobs", "name": "a", "unit": "ms", "rounds": [[[1, 2.0]]]}]
    assert lacking["series"] == []
    assert (lacking["state"], lacking["why"], lacking["needs"]) == ("not measured", "needs x", ["x"])


def test_what_is_no_part_is_a_mistake_of_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fnid"])
    assert ended.value.code == 2
    assert "no part is called fnid; there are " in capsys.readouterr().err


def test_the_list_names_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines() if not line.startswith(" ")] == [
        part.name for part in discover()
    ]
