"""Many seeds on many cores; one again; what was run."""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulate.coverage import Coverage, pairs_unmet, table
from tests.simulate.seed import Options, Outcome, run_seed

__all__ = ["Summary", "main", "run_range"]

_CHUNK = 50
_COMPLETE_FROM = 3000
"""Seeds from which on each required pair must have been met."""


@dataclass(slots=True)
class Summary:
    """What was run."""

    seeds: int = 0
    seconds: float = 0.0
    events: int = 0
    checks: int = 0
    sends: int = 0
    coverage: Coverage = field(default_factory=Coverage)
    failed: list[Outcome] = field(default_factory=list)

    def add(self, other: Summary) -> None:
        """Count what another counted."""
        self.seeds += other.seeds
        self.seconds += other.seconds
        self.events += other.events
        self.checks += other.checks
        self.sends += other.sends
        self.coverage.add(other.coverage)
        self.failed += other.failed


def run_range(first: int, count: int, options: Options, stop_after: int) -> Summary:
    """Run so many seeds; give up after so many that failed."""
    summary = Summary()
    for seed in range(first, first + count):
        outcome = run_seed(seed, options)
        summary.seeds += 1
        summary.seconds += outcome.seconds
        summary.events += outcome.events
        summary.checks += outcome.checks
        summary.sends += outcome.sends
        summary.coverage.add(outcome.coverage)
        if outcome.complaints:
            summary.failed.append(outcome)
            if len(summary.failed) >= stop_after:
                break
        if seed % 25 == 0:
            gc.collect()
    return summary


def main(arguments: list[str] | None = None) -> int:
    """Run; 0 when all held."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many to run")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("-v", "--verbose", action="store_true", help="(with --seed) all that happened")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--stop-after", type=int, default=5, help="seeds that fail before it gives up")
    parser.add_argument("--planted", metavar="BUG", help="plant a bug first; 'list' shows which there are")
    given = parser.parse_args(arguments)
    options = Options()
    if given.seed is not None:
        return _replay(given.seed, verbose=given.verbose)
    return _run(given.first, given.seeds, given.jobs, options, given.stop_after)


def _replay(seed: int, *, verbose: bool) -> int:
    outcome = run_seed(seed, Options(trace=True))
    _say("\n".join(outcome.trace if verbose or not outcome.complaints else _end_of(outcome)))
    for complaint in outcome.complaints:
        _say(f"seed {seed}: {complaint}")
    _say(
        f"seed {seed}: {outcome.seconds:.0f} virtual seconds, {outcome.sends} requests, "
        f"{outcome.coverage.faults} faults, {outcome.events} events, {outcome.checks} checks: "
        f"{'FAILED' if outcome.complaints else 'good'}"
    )
    return 1 if outcome.complaints else 0


def _end_of(outcome: Outcome) -> list[str]:
    """The part of the trace that leads to the first complaint."""
    at = outcome.complaints[0].at
    until = [line for line in outcome.trace if float(line.split(maxsplit=1)[0]) <= at + 0.001]
    return ["…", *until[-40:]]


def _run(first: int, count: int, processes: int, options: Options, stop_after: int) -> int:
    began = time.perf_counter()
    total = Summary()
    for part in _parts(first, count, processes, options, stop_after):
        total.add(part)
        if len(total.failed) >= stop_after:
            break
    took = time.perf_counter() - began
    for outcome in total.failed:
        _say(f"seed {outcome.seed}: {outcome.complaints[0]}")
        again = run_seed(outcome.seed, Options(trace=True))
        _say("\n".join(_end_of(again)) if again.complaints else "(it did not fail again)")
        _say(f"replay: python -m tests.simulate --seed {outcome.seed} -v\n")
    _say(table(total.coverage))
    unmet = pairs_unmet(total.coverage)
    incomplete = bool(unmet) and total.seeds >= _COMPLETE_FROM
    if unmet:
        _say(f"not met: {', '.join(unmet)}")
    _say(
        f"{total.seeds} seeds, {total.seconds / 3600:.1f} virtual hours, {total.sends} requests, "
        f"{total.coverage.faults} faults, {total.events} events, {total.checks} checks of what was told, "
        f"{len(total.failed)} failed; {1000 * took / max(1, total.seeds):.1f} ms a seed on {processes} cores"
    )
    return 1 if total.failed or incomplete else 0


def _parts(first: int, count: int, processes: int, options: Options, stop_after: int) -> Iterator[Summary]:
    parts = [
        (at, min(_CHUNK, first + count - at), options, stop_after)
        for at in range(first, first + count, _CHUNK)
    ]
    if processes <= 1 or len(parts) == 1:
        yield from map(_part, parts)
        return
    with multiprocessing.Pool(processes) as pool:
        yield from pool.imap_unordered(_part, parts)


def _part(part: tuple[int, int, Options, int]) -> Summary:
    return run_range(*part)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
