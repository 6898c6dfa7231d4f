"""A way to read lists, held against its floor and against the official client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial

from benchmarks.contenders import OFFICIAL, Ask, Match, plural, take_turns
from benchmarks.figures import NEAR, Figure, at_least, at_most, ratio

__all__ = ["Reads", "between", "over_tls"]

_NEAR_OF_ONE, _NEAR_OF_MORE = 1.25, 1.10
"""How near to the floor the smallest list is to be read, and longer ones."""
_WON = f"What there is to win at all. An aim not reached with {NEAR:.2f} of the floor's cost is out of reach."
_HTTPS = "The official client shakes hands for each call, the session once."
_SEARCH = (
    "The floor knows three keys that hold times; a find reads times wherever they stand, for which it has to"
    " pass over the reply once more. This is the floor with one such pass."
)
_FEW = {1: (6, 3), 50: (4, 2), 500: (3, 1), 5000: (3, 2)}
"""Rounds and calls a turn, in each spell, against the official client."""

Reads = Callable[[int], Ask]
"""Gives what asks for a list of so many jobs and reads it."""


async def between(
    name: str,
    ours: Reads,
    *,
    floor: Reads,
    floor_name: str,
    official: Reads,
    rounds: Mapping[int, tuple[int, int]],
    aims: Mapping[int, float],
    spells: int,
    searched: Reads | None = None,
) -> AsyncIterator[Figure]:
    """Figures of lists of several sizes.

    Args:
        name: what ours is called.
        ours: reads as this package does.
        floor: reads as bare libraries can.
        floor_name: which these are.
        official: reads as the official client does.
        rounds: by size, rounds and calls a turn in each spell against the floor, near which much has
            to be measured.
        aims: how many times less than the official client, by size.
        spells: over how many spells the rounds are spread.
        searched: reads as the floor does, and makes sure that there is nothing else to be read; ``None`` when
            ours does not either.
    """
    near = await take_turns(
        {
            size: Match(
                {name: ours(size), "floor": floor(size)}
                | ({"searched": searched(size)} if searched is not None else {}),
                *several,
            )
            for size, several in rounds.items()
        },
        spells=spells,
    )
    for size, times in near.items():
        if searched is not None:
            yield ratio(
                f"floor with a search / floor, {plural(size)}",
                times["searched"].cpu,
                times["floor"].cpu,
                against=floor_name,
                note=_SEARCH,
            )
        yield ratio(
            f"{name} / floor, {plural(size)}",
            times[name].cpu,
            times["floor"].cpu,
            against=floor_name,
            bound=at_most(_NEAR_OF_ONE if size == 1 else _NEAR_OF_MORE),
        )
    far = await take_turns(
        {
            size: Match({"official": official(size), name: ours(size), "floor": floor(size)}, *_FEW[size])
            for size in rounds
        },
        spells=spells,
    )
    for size, times in far.items():
        against = partial(ratio, over=times["official"].cpu, against=OFFICIAL)
        won = against(f"official / floor, {plural(size)}", under=times["floor"].cpu, note=_WON)
        yield against(
            f"official / {name}, {plural(size)}",
            under=times[name].cpu,
            bound=at_least(aims[size]) if size in aims else None,
            floor=won.value,
        )
        yield won


async def over_tls(
    name: str,
    ours: Reads,
    *,
    floor: Reads,
    floor_name: str,
    official: Reads,
    rounds: Mapping[int, int],
    spells: int,
) -> AsyncIterator[Figure]:
    """Figures of the same over TLS, without aims.

    Args:
        name: what ours is called.
        ours: reads as this package does.
        floor: reads as bare libraries can.
        floor_name: which these are.
        official: reads as the official client does.
        rounds: in each spell, by size.
        spells: over how many spells the rounds are spread.
    """
    taken = await take_turns(
        {
            size: Match({"official": official(size), name: ours(size), "floor": floor(size)}, several)
            for size, several in rounds.items()
        },
        spells=spells,
    )
    for size, times in taken.items():
        yield ratio(
            f"official / {name}, {plural(size)}, https",
            times["official"].cpu,
            times[name].cpu,
            against=OFFICIAL,
            note=_HTTPS,
        )
        yield ratio(
            f"{name} / floor, {plural(size)}, https",
            times[name].cpu,
            times["floor"].cpu,
            against=floor_name,
        )
