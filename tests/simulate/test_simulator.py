"""The simulator runs, replays, covers, and notices each planted bug."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from accsyn_async import JobFinished, JobFound, Synced
from accsyn_async.models import Job
from tests.simulate.coverage import Coverage, pairs_unmet, table
from tests.simulate.faults import Fault, Phase
from tests.simulate.invariants import INVARIANTS, Complaints
from tests.simulate.logs import WatchLog
from tests.simulate.model import World
from tests.simulate.planted import PLANTED, PlantedError, plant
from tests.simulate.runner import run_range
from tests.simulate.seed import Options, run_seed

_ROOT = Path(__file__).resolve().parents[2]
_FIRST, _COUNT = 1_000_000, 20
"""Not those that CI runs: they begin at 0."""


def _simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.simulate", *arguments]
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    return subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_monitor_keeps_its_promises() -> None:
    summary = run_range(_FIRST, _COUNT, Options(), 3)
    assert [str(complaint) for each in summary.failed for complaint in each.complaints] == []
    assert summary.seeds == _COUNT
    assert summary.seconds >= 200 * _COUNT
    assert summary.checks > 5 * _COUNT
    assert summary.coverage.faults > 5 * _COUNT


def test_a_seed_replays() -> None:
    """Another process, with other addresses and another order of things in memory, sees the same."""
    seed = _FIRST + 1_002
    here = run_seed(seed, Options(trace=True))
    again = run_seed(seed, Options(trace=True))
    assert here.trace == again.trace
    assert len(here.trace) > 50
    there = _simulate("--seed", str(seed), "-v")
    assert there.returncode == 0, there.stdout + there.stderr
    assert there.stdout.splitlines()[: len(here.trace)] == here.trace


class Nest:
    """A process that plants a bug in a fork of itself, each time that it is asked."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.simulate.nest"],
            cwd=_ROOT,
            env=os.environ | {"PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, name: str, first: int, count: int) -> tuple[int, str]:
        """What the simulator says of these seeds with a bug: 0 when all held, and its words."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name} {first} {count}\n")
        self._process.stdin.flush()
        said: list[str] = []
        for line in self._process.stdout:
            if line.startswith("ended "):
                return int(line.split()[1]), "".join(said)
            said.append(line)
        raise AssertionError(f"the nest is no more: {''.join(said)}")

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def nest() -> Iterator[Nest]:
    nest = Nest()
    yield nest
    nest.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_noticed(name: str, nest: Nest) -> None:
    bug = PLANTED[name]
    said = ""
    for first, count in [*((seed, 1) for seed in bug.seeds), (0, 400)]:
        code, said = nest.run(name, first, count)
        assert code in (0, 1), said
        if code:
            break
    noticed = re.search(r"^seed \d+: \[([\w-]+)\]", said, re.MULTILINE)
    assert noticed is not None, f"{bug.breaks}: not noticed\n{said[-2000:]}"
    assert noticed[1] in bug.noticed


def test_what_planted_bugs_break_are_invariants() -> None:
    for name, bug in PLANTED.items():
        assert bug.noticed, name
        assert set(bug.noticed) <= INVARIANTS.keys(), name


def test_a_bug_is_planted_where_its_text_stands_once_or_not_at_all() -> None:
    with pytest.raises(PlantedError, match="no bug 'nonsense'"):
        plant("nonsense")
    with pytest.raises(PlantedError, match="imported already"):
        plant("run-not-counted")
    for name, bug in PLANTED.items():
        source = (_ROOT / bug.module.replace(".", "/")).with_suffix(".py").read_text()
        assert source.count(bug.text) == 1, f"{name}: its text is not in {bug.module} exactly once"


def test_coverage_says_what_was_not_met() -> None:
    coverage, world = Coverage(), World(lambda: 0.0)
    job = world.add(status="running", user="3")
    everything = pairs_unmet(coverage)
    coverage.struck(Fault.EMPTY, Phase.LIST, [job])
    left = pairs_unmet(coverage)
    assert set(everything) - set(left) == {"empty list × list", "empty list × running"}
    assert not [pair for pair in everything if "× login" in pair and "401" in pair], "a refusal is no weather"
    assert "empty list" in table(coverage)


def test_a_watch_that_tells_lies_is_caught() -> None:
    """What the checks check: each of these lies is complained of, and the truth is not."""
    now = 5.0
    world, lies = World(lambda: now), []
    job = world.add(status="running", user="3")
    world.move(job, "running", 50)
    complain = Complaints(lambda: now)
    running, ended = Job.from_row(job.now.row), None
    world.end(job, "done", listed=False)
    ended = Job.from_row(job.now.row)

    def log() -> WatchLog:
        return WatchLog("a watch", None, None, True, world, complain, lambda: now, lambda: 0.0, entered=4.0)

    from accsyn_async.times import EPOCH

    found = JobFound(at=EPOCH, job=running, seq=1, id=f"acme:{job.ident}:0:0")
    synced = Synced(at=EPOCH, jobs=1, seq=2)
    true_id = job.end_id(job.now)
    for finished in (
        JobFinished(at=EPOCH, job=ended, seq=3, id=true_id),
        JobFinished(at=EPOCH, job=ended, seq=3, id="acme:else:done:now"),
        JobFinished(at=EPOCH, job=running, seq=3, id=true_id),
        JobFinished(at=EPOCH, job=ended, seq=4, id=true_id),
    ):
        told = log()
        for event in (found, synced, finished):
            told.take(event)
        lies.append([complaint.invariant for complaint in complain.made])
        complain.made.clear()
    twice = log()
    for event in (found, synced, JobFinished(at=EPOCH, job=ended, seq=3, id=true_id)):
        twice.take(event)
    twice.take(JobFinished(at=EPOCH, job=ended, seq=4, id=true_id))
    lies.append([complaint.invariant for complaint in complain.made])
    assert lies == [[], ["end-true"], ["end-true"], ["order"], ["end-once", "end-once"]]
