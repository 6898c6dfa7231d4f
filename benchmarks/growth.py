"""What growth comes to: figures and pictures of how cost grows, made of the points that were measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks import growing
from benchmarks.figures import Effort, Figure, at_most, single, spread
from benchmarks.plots import Line, Panel, drawn
from benchmarks.series import Series
from benchmarks.slopes import Points, change, slope, straight
from tests.support import virtual

__all__ = ["Growth", "figures", "measured", "pictures", "plot"]

MANY = 1_000
"""Jobs, or watches, from which on what a poll costs by itself hardly counts."""
FEW = 5
"""The share up to which changes are drawn once more, in percent."""
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
    "quick": Sizes((10, 100, 1_000, 5_000), (1, 10, 100, 1_000, 5_000), (0, 0.02, 1, 10, 50), 9, 2),
    "full": Sizes(
        (10, 30, 100, 300, 1_000, 3_000, 10_000, 25_000, 50_000),
        (1, 10, 100, 1_000, 3_000, 10_000, 25_000, 50_000),
        (0, 0.02, 0.2, 1, 2, 5, 10, 20, 50, 100),
        24,
        3,
    ),
}


class Growth(NamedTuple):
    """All that was measured, in the order in which a report has it."""

    still: Series
    moving: Series
    found: Series
    uncollected: Series
    decoded: Series
    watches: Series
    memory: Series
    shares: Series
    polls: Series
    floors: Series
    blocks: Series


def measured(effort: Effort) -> Growth:
    """Measure everything, one after the other."""
    sizes = SIZES[effort]
    return Growth(
        *virtual.run(growing.jobs(sizes.jobs, sizes.rounds)),
        *virtual.run(growing.watches(sizes.watches, sizes.rounds)),
        *virtual.run(growing.memory([count for count in sizes.watches if count >= 100])),
        *virtual.run(growing.shares(sizes.shares, sizes.rounds)),
        *virtual.run(growing.history(sizes.hours)),
    )


def figures(growth: Growth) -> list[Figure]:
    """The powers, what a changed job adds, and what a long run does."""
    (few, alone), *_, (watches, crowded) = growth.watches.points
    return [
        _power("an unchanged poll", growth.still),
        _power("a poll with ten changes", growth.moving),
        _power("find", growth.found),
        _power("find, garbage collector off", growth.uncollected),
        _power("msgspec decoding the same", growth.decoded),
        spread(
            f"a poll, from {MANY:,} watches on",
            [_end(points) for points in growth.watches.rounds],
            "power",
            bound=FLAT,
            note=f"Ten changes; watches of one job each, of {growing.WATCHED}. 0 is: it does not grow. "
            f"From {few:g} on: {slope(growth.watches.points):.2f}.",
        ),
        single(f"a poll, {watches:,.0f} watches", crowded / alone, "×", against="one watch"),
        single("memory of a watch", _a_watch(growth), "kB", note="Of one job, beside who reads it."),
        *_shares(growth.shares),
        *_history(growth),
    ]


def pictures(series: Sequence[Series]) -> dict[str, str]:
    """The pictures that a report's series make: the texts of SVG files, by their names.

    Args:
        series: of the part about growth; none of one that was not measured, or not to its end.

    Raises:
        ImportError: matplotlib is missing.
    """
    return plot(Growth(*series)) if series else {}


def plot(growth: Growth) -> dict[str, str]:
    """The pictures: the texts of SVG files, by their names.

    Raises:
        ImportError: matplotlib is missing.
    """
    captions = _captions(growth)
    against = _beside_floor(growth)
    return {
        "growth-jobs.svg": drawn(
            "The more jobs there are",
            captions["jobs"],
            [
                Panel(
                    [
                        Line("a poll,\nnone changed", growth.still.points),
                        Line("a poll,\nten changed", growth.moving.points),
                        Line("find", growth.found.points),
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
                Panel([Line("", growth.watches.points)], "watches", "CPU of a poll, ms"),
                Panel([Line("", growth.memory.points)], "watches", "memory, kB"),
            ],
        ),
        "growth-changes.svg": drawn(
            "The more jobs have changed",
            captions["shares"],
            [
                Panel(
                    [Line("", [(share, cost) for share, cost in growth.shares.points if share <= most])],
                    f"of {growing.SHARED:,} jobs have changed, %",
                    "CPU of a poll, ms",
                    logarithmic=False,
                )
                for most in (FEW, 100)
            ],
        ),
        "growth-history.svg": drawn(
            "The longer it runs",
            captions["history"],
            [
                Panel([Line("", against)], "hours", "CPU of a poll, × decoding its answer", False),
                Panel([Line("", growth.blocks.points)], "hours", "memory, thousand blocks", False),
            ],
        ),
    }


def _captions(growth: Growth) -> dict[str, str]:
    still, moving, found = (line.points for line in (growth.still, growth.moving, growth.found))
    (_, alone), *_, (watches, crowded) = watched = growth.watches.points
    some, each = _changing(shares := growth.shares.points)
    polls, blocks = (share - 1 for share in _aging(growth))
    _, risen = _risen(growth)
    return {
        "jobs": (
            f"From {MANY:,} jobs on, CPU of an unchanged poll grows with jobs^{_end(still):.2f} (of all "
            f"points ^{slope(still):.2f}), of one with ten changes with jobs^{_end(moving):.2f} "
            f"(^{slope(moving):.2f}), of find with jobs^{_end(found):.2f} (^{slope(found):.2f}); of msgspec "
            f"alone, which decodes as many, ^{_end(growth.decoded.points):.2f}. "
            f"Of {still[-1][0]:,.0f} jobs, a poll with ten changes takes "
            f"{found[-1][1] / moving[-1][1]:.0f} times less than finding them all, one without any "
            f"{found[-1][1] / still[-1][1]:.0f} times less."
        ),
        "watches": (
            f"{growing.WATCHED} jobs, ten of which change with each poll; the watches are each of one of the "
            f"others. From {MANY:,} watches on, CPU of a poll grows with watches^{_end(watched):.2f}: "
            f"{watches:,.0f} add {crowded - alone:.2f} ms to its {alone:.2f} ms. A watch takes "
            f"{_a_watch(growth):.1f} kB."
        ),
        "shares": (
            f"CPU of a poll of {growing.SHARED:,} jobs is {_unchanged(shares):.1f} ms without any change, "
            f"{some:.1f} ms as soon as there is one, and {each * 1000:.1f} µs more for each job that "
            f"changed, its event read: {shares[-1][1]:.0f} ms when {shares[-1][0]:g} % have. "
            f"No point is further than {_off(shares):.0%} from that."
        ),
        "history": (
            f"{growing.LIVING} jobs; with each poll ten change, {growing.ENDING} end and {growing.ENDING} "
            f"begin. 10,000 ends are remembered: until there are so many, for {growing.WARM_UP:g} hours, "
            f"memory grows by {risen - 1:.0%}. From then on, CPU of a poll changes by {polls:+.1%} until the "
            f"end, memory by {blocks:+.1%}."
        ),
    }


def _power(name: str, line: Series) -> Figure:
    """The power where there are many jobs; the whole range begins flat."""
    return spread(
        f"{name}, from {MANY:,} {line.over} on",
        [_end(points) for points in line.rounds],
        "power",
        note=f"1 is: in proportion. From {line.points[0][0]:g} {line.over} on: {slope(line.points):.2f}.",
    )


def _shares(line: Series) -> list[Figure]:
    """What a poll costs without any change, as soon as there is one, and what each adds."""
    lines = [_changing(points) for points in line.rounds]
    off = (
        f"Of the straight line through all points but the first; none is off by over {_off(line.points):.0%}."
    )
    return [
        spread(f"{growing.SHARED:,} jobs, none changed", list(map(_unchanged, line.rounds)), "ms"),
        spread("as soon as one has changed", [some for some, _ in lines], "ms", note=off),
        spread("each that changed adds", [each * 1000 for _, each in lines], "µs", note=off),
    ]


def _history(growth: Growth) -> list[Figure]:
    """What a long run adds, while ends gather that are remembered, and then."""
    after = f"after {growing.WARM_UP:g} hours"
    early, late = "the first half hour", f"the same {after}"
    cpu = (
        f"Least polls of each, beside the floor of each; of {growing.LIVING} jobs, with each poll ten "
        f"change, {growing.ENDING} end and {growing.ENDING} begin."
    )
    blocks = (
        "Blocks that Python's allocator has given out. 10,000 ends are remembered, and no more: "
        f"{after} there are so many."
    )
    risen, aged = _risen(growth), _aging(growth)
    return [
        single(f"a long run, a poll {after}", risen[0], "×", against=early, note=cpu),
        single("a long run, a poll in the end", aged[0], "×", against=late, bound=STEADY, note=cpu),
        single(f"a long run, memory {after}", risen[1], "×", against=early, note=blocks),
        single("a long run, memory in the end", aged[1], "×", against=late, bound=STEADY, note=blocks),
    ]


def _a_watch(growth: Growth) -> float:
    (few, least), *_, (many, most) = growth.memory.points
    return (most - least) / (many - few)


def _beside_floor(growth: Growth) -> list[tuple[float, float]]:
    """How many times its floor a poll took, by the hour."""
    pairs = zip(growth.polls.points, growth.floors.points, strict=True)
    return [(hour, cost / floor) for (hour, cost), (_, floor) in pairs]


def _risen(growth: Growth) -> tuple[float, float]:
    """How many times CPU, beside its floor, and memory of the first half hour there are after the warm-up."""
    cpu, blocks = _beside_floor(growth), growth.blocks.points
    return _settled(cpu)[0][1] / cpu[0][1], _settled(blocks)[0][1] / blocks[0][1]


def _aging(growth: Growth) -> tuple[float, float]:
    """How many times CPU, beside its floor, and memory of the first hours after the warm-up the last take."""
    polls, floors, blocks = (_settled(line.points) for line in (growth.polls, growth.floors, growth.blocks))
    return change(polls, min) / change(floors, min), change(blocks)


def _settled(points: Points) -> Points:
    return [(hour, cost) for hour, cost in points if hour > growing.WARM_UP]


def _unchanged(shares: Points) -> float:
    """Milliseconds of a poll without any change."""
    (cost,) = (cost for share, cost in shares if not share)
    return cost


def _changing(shares: Points) -> tuple[float, float]:
    """Milliseconds of a poll as soon as there is a change, and those that each job adds which changed."""
    return straight([(share / 100 * growing.SHARED, cost) for share, cost in shares if share])


def _off(shares: Points) -> float:
    """The share by which that straight line is off at most."""
    some, each = _changing(shares)
    return max(
        abs((some + each * share / 100 * growing.SHARED) / cost - 1) for share, cost in shares if share
    )


def _end(points: Points) -> float:
    return slope([(x, cost) for x, cost in points if x >= MANY])
