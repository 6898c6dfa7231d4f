"""Watchers with a checkpoint are killed at random moments, against a ledger kept by their parent.

``python -m tests.kill.campaign --rounds 240 --seed 7`` runs and replays. RELIABILITY 2.4.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from accsyn_async.sandbox import Sandbox
from tests.kill.jobs import Jobs
from tests.kill.ledger import Ledger
from tests.kill.watcher import Orders

FACTOR = 20.0
"""Seconds that pass in the sandbox, and for its watchers, in a real one."""
ROUND = 0.15
"""Real seconds that most watchers live, at most."""
LONG = 0.3
"""Real seconds that some live: long enough to be sure that a job was removed."""
BRIEF = 0.004
"""Real seconds between what is said and the kill, at most: about as long as a commit takes."""
MANY = {"event": 16, "given": 3, "end": 3, "save": 6}
"""How often a watcher says what it is killed for, at most."""
LAST = 60.0
"""Real seconds that the last watcher has for all that was missed."""
WAYS = ("time", "time", "event", "save", "save", "given", "given", "end", "end", "long", "peace")
"""When a watcher is killed: after some time, some events, as it writes, as it uses an end; or it is not."""


@dataclass
class Report:
    """What was run, and what was wrong."""

    what: str
    seed: str
    rounds: int = 0
    killed: int = 0
    in_commits: int = 0
    left: int = 0
    ends: int = 0
    removals: int = 0
    repeated: int = 0
    moves: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        moves = ", ".join(f"{count} {name}" for name, count in sorted(self.moves.items()))
        return (
            f"{self.what}, seed {self.seed}: {self.rounds} rounds in {self.seconds:.0f} s, {self.killed}"
            f" killed ({self.in_commits} while they wrote), {self.left} left in peace; {self.ends} ends and"
            f" {self.removals} removals told, {self.repeated} told again; {moves}"
            + "".join(f"\n  {fault}" for fault in self.faults)
        )


class Nest:
    """The process that forks watchers, and what they say."""

    def __init__(self, process: asyncio.subprocess.Process, ledger: Ledger) -> None:
        self._process = process
        self._ledger = ledger
        self._number = 0
        self._pid = 0
        self._heard = asyncio.Event()
        self.said: Counter[str] = Counter()

    async def begin(self, seed: str) -> None:
        """Let the next watcher live."""
        assert self._process.stdin is not None
        self._number += 1
        self._pid = 0
        self.said.clear()
        self._process.stdin.write(f"{self._number} {seed}\n".encode())
        await self.hear("born")

    async def listen(self) -> None:
        """Take down what is said, until the process ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            number, word, rest = line.decode().rstrip("\n").split(" ", 2)
            assert int(number) == self._number
            if word == "born":
                self._pid = int(rest)
            elif word == "dead":
                self._pid = 0
                # One that was told to leave before it could listen was killed by that.
                killed = int(rest) in (-signal.SIGKILL, -signal.SIGTERM)
                self._ledger.dead(killed=killed)
                if not killed and rest != "0":
                    self._ledger.faults.append(f"watcher {number} ended with {rest}")
            else:
                self._ledger.take(word, rest)
                self.said["event"] += word in ("end", "removed", "job", "synced", "other")
                self.said["end"] += word == "removed"
            self.said[word] += 1
            self._heard.set()

    async def hear(self, word: str, times: int = 1) -> None:
        """Wait until something was said so often, or the watcher is dead."""
        while self.said[word] < times and not self.said["dead"]:
            self._heard.clear()
            await self._heard.wait()

    async def end(self, number: int = signal.SIGKILL) -> None:
        """Send a signal, and wait until the watcher is dead."""
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)
        await self.hear("dead")


class Campaign:
    """One checkpoint, many watchers.

    Args:
        seed: decides everything that is not the machine's to decide.
        what: ``query`` or ``ids``.
        rounds: how many watchers before the last ones.
    """

    def __init__(self, seed: str, what: str, rounds: int) -> None:
        # One for each who draws, so that their order does not matter.
        self._rng, self._pace, self._fates = (random.Random(f"{seed} {what} {who}") for who in range(3))
        self._what = what
        self._rounds = rounds
        self._ledger = Ledger()
        self.report = Report(what, seed)

    async def run(self) -> Report:
        """Run it."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            async with (
                Sandbox(speed=0.000_001, rate_limit=False, time_factor=FACTOR) as box,
                box.session(rate_limit=None) as session,
            ):
                _fill(box)
                jobs = Jobs(box, session, self._ledger, self._fates, grows=self._what == "query")
                first = [await jobs.create() for _ in range(8 if self._what == "query" else self._rounds)]
                orders = self._orders(box, first, Path(folder))
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "tests.kill.watcher", orders.text()),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    cwd=Path(__file__).parents[2],
                )
                nest = Nest(process, self._ledger)
                listening = asyncio.create_task(nest.listen())
                try:
                    await self._rounds_of(nest, jobs)
                    await self._last_ones(nest, jobs)
                finally:
                    await nest.end()
                    process.stdin.close()  # type: ignore[union-attr]
                    await process.wait()
                    await listening
                self._conclude(jobs, sorted(os.listdir(folder)))
        self.report.seconds = time.monotonic() - began
        return self.report

    def _orders(self, box: Sandbox, first: list[str], folder: Path) -> Orders:
        user = box.user("admin")
        return Orders(
            url=box.url,
            workspace=box.workspace,
            username=user.username,
            api_key=user.api_key,
            what="Transfer" if self._what == "query" else first,
            checkpoint=str(folder / "watch.db"),
            began=box.now.timestamp(),
            began_there=time.time(),
            factor=FACTOR,
        )

    async def _rounds_of(self, nest: Nest, jobs: Jobs) -> None:
        for number in range(self._rounds):
            if number:
                await jobs.settle()
                await jobs.undo_what_was_given()
                for _ in range(self._rng.randrange(3)):
                    await jobs.move()
            await nest.begin(self._text())
            if number == 0:
                # What ended before the first watch was there is nothing to it.
                await nest.hear("synced")
            way = self._rng.choice(WAYS)
            if way not in ("time", "save"):
                await nest.hear("synced")
            over = asyncio.Event()
            moving = asyncio.create_task(self._move(jobs, over))
            await self._end(nest, way)
            over.set()
            await moving
            self.report.rounds += 1

    async def _end(self, nest: Nest, way: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LONG):
                if way in MANY:
                    await nest.hear(way, self._rng.randint(1, MANY[way]))
                    # Who was given an event is about to use it.
                    await asyncio.sleep(self._rng.random() * BRIEF if way != "given" else 0)
                else:
                    await asyncio.sleep(self._rng.random() * (LONG if way == "long" else ROUND))
        await nest.end(signal.SIGTERM if way == "peace" else signal.SIGKILL)
        if nest.said["left"]:
            self.report.left += 1
        else:
            self.report.killed += 1
            self.report.in_commits += way == "save"

    async def _move(self, jobs: Jobs, over: asyncio.Event) -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self._pace.random() * 0.05)
            if not over.is_set():
                await jobs.move()

    async def _last_ones(self, nest: Nest, jobs: Jobs) -> None:
        """One watcher until all is told; another, to which nothing is left to tell."""
        if self._what == "ids":
            while jobs.active:
                await jobs.abort()
        await nest.begin(self._text())
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST):
                while self._left(jobs) and not nest.said["dead"]:
                    await asyncio.sleep(0.05)
                    await jobs.settle()
                await self._quiet(nest)
        await nest.end(signal.SIGTERM)
        told = len(self._ledger.ends) + len(self._ledger.removed) + self._ledger.repeated
        await nest.begin(self._text())
        await self._quiet(nest)
        await nest.end(signal.SIGTERM)
        again = len(self._ledger.ends) + len(self._ledger.removed) + self._ledger.repeated - told
        if again:
            self._ledger.faults.append(f"{again} final events were told when nothing was left to tell")

    def _left(self, jobs: Jobs) -> bool:
        gone = set(self._ledger.removed.values())
        return bool(jobs.unsettled or jobs.truth.ends - self._ledger.ends or jobs.truth.removals - gone)

    async def _quiet(self, nest: Nest) -> None:
        """As long as it takes to look at everything twice."""
        await nest.hear("synced")
        await asyncio.sleep(LONG if not nest.said["dead"] else 0)

    def _text(self) -> str:
        return f"{self._rng.getrandbits(32):08x}"

    def _conclude(self, jobs: Jobs, files: list[str]) -> None:
        report = self.report
        report.faults = self._ledger.compare(jobs.truth)
        if files != ["watch.db"]:
            report.faults.append(f"the checkpoint's folder holds {files}")
        report.ends, report.removals = len(self._ledger.ends), len(self._ledger.removed)
        report.repeated = self._ledger.repeated
        report.moves = dict(jobs.counts)


def _fill(box: Sandbox) -> None:
    (box.volume / "long").write_bytes(bytes(1_000_000))
    upload = box.local_root / "up"
    upload.mkdir()
    (upload / "short").write_bytes(b"")


def main() -> int:
    """Run what the arguments say; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=240)
    parser.add_argument("--seed", default=f"{random.getrandbits(32):08x}")
    parser.add_argument("--what", choices=["query", "ids"], default="query")
    chosen = parser.parse_args()
    report = asyncio.run(Campaign(chosen.seed, chosen.what, chosen.rounds).run())
    print(report)  # noqa: T201
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
