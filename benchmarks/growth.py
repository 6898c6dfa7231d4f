"""How cost grows: with jobs, with watches, with the share that changed, and with the hours of a long run.

    python -m benchmarks.growth [--quick] [--out DIR]

prints what was measured and the power with which it grows, and draws it (extra ``bench``).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks import growing
from benchmarks.figures import Effort, Figure, at_most, single, spread
from benchmarks.growing import Grown
from benchmarks.plots import Line, Panel, drawn
from benchmarks.slopes import Points, change, slope
from tests.support import virtual

__all__ = ["Growth", "figures", "main", "measured", "plot"]

IMAGES = Path(__file__).parents[1] / "docs" / "images"
MANY = 1_000
"""Jobs from which on what a poll costs by itself hardly counts."""
FLAT, STEADY = at_most(0.1), at_most(1.05)
"""What a power is to be that says "not at all", and what a long run may add."""


class Sizes(NamedTuple):
    """How much there is of each thing, and how often it is measured."""

    jobs: tuple[int, ...]
    watches: tuple[int, ...]
    shares: tuple[float, ...]
    hours: float
    rounds: int


SIZES: dict[Effort, Sizes] = {
    "quick": Sizes((10, 100, 1_000, 5_000), (1, 10, 100, 1_000, 5_000), (0, 1, 10, 50), 9, 2),
    "full": Sizes(
        (10, 30, 100, 300, 1_000, 3_000, 10_000, 25_000, 50_000),
        (1, 10, 100, 1_000, 3_000, 10_000, 25_000, 50_000),
        (0, 0.2, 1, 2, 5, 10, 20, 50, 100),
        24,
        3,
    ),
}


@dataclass(frozen=True)
class Growth:
    """All that was measured."""

    jobs: list[Grown]
    watches: list[Grown]
    memory: list[Grown]
    shares: list[Grown]
    history: list[Grown]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and draw; 1 when something grows that must not."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="fewer and smaller sizes")
    parser.add_argument("--out", type=Path, default=IMAGES, metavar="DIR", help="where the pictures go")
    options = parser.parse_args(arguments)
    growth = measured("quick" if options.quick else "full")
    for line in _told(growth):
        print(line)
    several = figures(growth)
    for figure in several:
        bound = f" ({figure.bound.kind} {figure.bound.limit:g})" if figure.bound else ""
        print(f"{'MISSED: ' if figure.missed else ''}{figure.name}: {figure.value:.3f} {figure.unit}{bound}")
    try:
        pictures = plot(growth)
    except ImportError:
        print("no pictures: they need matplotlib (pip install -e '.[bench]')", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in pictures.items():
        (options.out / name).write_text(text)
        print(f"drawn: {options.out / name}")
    return 1 if any(figure.missed for figure in several) else 0


def measured(effort: Effort) -> Growth:
    """Measure everything, one after the other."""
    sizes = SIZES[effort]
    return Growth(
        virtual.run(growing.jobs(sizes.jobs, sizes.rounds)),
        virtual.run(growing.watches(sizes.watches, sizes.rounds)),
        virtual.run(growing.memory([count for count in sizes.watches if count >= 100])),
        virtual.run(growing.shares(sizes.shares, sizes.rounds)),
        virtual.run(growing.history(sizes.hours)),
    )


def figures(growth: Growth) -> list[Figure]:
    """The powers, and what a long run adds."""
    still, moving, found = growth.jobs
    return [
        _power("CPU of an unchanged poll, with jobs", still),
        _power("CPU of a poll with ten changes, with jobs", moving),
        _power("CPU of find, with jobs", found),
        spread(
            "CPU of a poll with ten changes, with watches",
            [slope(points) for points in growth.watches[0].rounds],
            "power",
            bound=FLAT,
            note="watches of one job each, of 500; 0 is: it does not grow",
        ),
        single(
            "memory of a watch",
            _a_watch(growth),
            "kB",
            note="of one job, beside who reads it",
        ),
        _power("CPU of a poll of 5,000 jobs, with the share that changed", growth.shares[0]),
        single(
            "CPU of a poll, the last hours against the first",
            _aging(growth)[0],
            "×",
            against="the first hours of the same run",
            bound=STEADY,
            note="least polls of each, beside the floor of each; of 400 jobs, with each poll ten change, "
            "twenty end and twenty begin",
        ),
        single(
            "memory, the last hours against the first",
            _aging(growth)[1],
            "×",
            against="the first hours of the same run",
            bound=STEADY,
            note="blocks that Python's allocator has given out",
        ),
    ]


def plot(growth: Growth) -> dict[str, str]:
    """The pictures: the texts of SVG files, by their names.

    Raises:
        ImportError: matplotlib is missing.
    """
    captions = _captions(growth)
    still, moving, found = (line.points for line in growth.jobs)
    shares = growth.shares[0].points
    polls, floors, blocks = (line.points for line in growth.history)
    against = [(hour, cost / floor) for (hour, cost), (_, floor) in zip(polls, floors, strict=True)]
    return {
        "growth-jobs.svg": drawn(
            "The more jobs there are",
            captions["jobs"],
            [
                Panel(
                    [
                        Line("a poll,\nnone changed", still),
                        Line("a poll,\nten changed", moving),
                        Line("find", found),
                    ],
                    "jobs",
                    "CPU, ms",
                )
            ],
        ),
        "growth-watches.svg": drawn(
            "The more watches there are",
            captions["watches"],
            [
                Panel([Line("", growth.watches[0].points)], "watches", "CPU of a poll, ms"),
                Panel([Line("", growth.memory[0].points)], "watches", "memory, kB"),
            ],
        ),
        "growth-changes.svg": drawn(
            "The more jobs have changed",
            captions["shares"],
            [
                Panel(
                    [Line("a poll", [point for point in shares if point[0]])],
                    "of 5,000 jobs have changed, %",
                    "CPU, ms",
                    levels=[("none changed", cost) for share, cost in shares if not share],
                )
            ],
        ),
        "growth-history.svg": drawn(
            "The longer it runs",
            captions["history"],
            [
                Panel([Line("", against)], "hours", "CPU of a poll, × decoding its answer", False),
                Panel([Line("", blocks)], "hours", "memory, thousand blocks", False),
            ],
        ),
    }


def _captions(growth: Growth) -> dict[str, str]:
    still, moving, found = (line.points for line in growth.jobs)
    shares, watched = growth.shares[0].points, growth.watches[0].points
    (_, alone), *_, (watches, crowded) = watched
    polls, blocks = (share - 1 for share in _aging(growth))
    return {
        "jobs": (
            f"CPU of an unchanged poll grows with jobs^{slope(still):.2f} (from {MANY:,} jobs on "
            f"^{_end(still):.2f}), of one with ten changes with jobs^{slope(moving):.2f} "
            f"(^{_end(moving):.2f}), of find with jobs^{slope(found):.2f} (^{_end(found):.2f}). "
            f"Of {still[-1][0]:,.0f} jobs, a poll with ten changes takes "
            f"{found[-1][1] / moving[-1][1]:.0f} times less than finding them all, one without any "
            f"{found[-1][1] / still[-1][1]:.0f} times less."
        ),
        "watches": (
            "500 jobs, ten of which change with each poll; the watches are each of one of the others. "
            f"CPU of a poll grows with watches^{slope(watched):.2f}: {watches:,.0f} add "
            f"{crowded - alone:.2f} ms to its {alone:.2f} ms. A watch takes {_a_watch(growth):.1f} kB."
        ),
        "shares": (
            f"CPU of a poll of 5,000 jobs grows with the share that changed^{slope(shares):.2f}: from "
            f"{shares[0][1]:.1f} ms without any change to {shares[-1][1]:.0f} ms when {shares[-1][0]:g} % "
            "have changed, all events read."
        ),
        "history": (
            f"{growing.LIVING} jobs; with each poll ten change, {growing.ENDING} end and {growing.ENDING} "
            f"begin. 10,000 ends are remembered, which takes memory for {growing.WARM_UP:g} hours. From then "
            f"on, CPU of a poll changes by {polls:+.1%} until the end, memory by {blocks:+.1%}."
        ),
    }


def _told(growth: Growth) -> Iterator[str]:
    named = (("jobs", growth.jobs), ("watches", [*growth.watches, *growth.memory]))
    for what, several in (*named, ("% changed", growth.shares), ("hours", growth.history)):
        for line in several:
            yield f"{line.name}, {line.unit}"
            yield "    " + "  ".join(f"{x:,g} {what}: {cost:.3g}" for x, cost in line.points)
    yield from (f"{caption}" for caption in _captions(growth).values())


def _power(name: str, line: Grown) -> Figure:
    return spread(name, [slope(points) for points in line.rounds], "power", note="1 is: in proportion")


def _a_watch(growth: Growth) -> float:
    (few, least), *_, (many, most) = growth.memory[0].points
    return (most - least) / (many - few)


def _aging(growth: Growth) -> tuple[float, float]:
    """How many times CPU, beside its floor, and memory of the first hours the last ones take."""
    polls, floors, blocks = map(_settled, growth.history)
    return change(polls, min) / change(floors, min), change(blocks)


def _settled(line: Grown) -> Points:
    return [(hour, cost) for hour, cost in line.points if hour > growing.WARM_UP]


def _end(points: Points) -> float:
    return slope([(x, cost) for x, cost in points if x >= MANY])


if __name__ == "__main__":
    sys.exit(main())
