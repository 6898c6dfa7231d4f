"""The table for people, at most a hundred columns wide. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.catalogue import Part
from benchmarks.figures import Figure, Verdict
from benchmarks.runner import Outcome

__all__ = ["WIDTH", "cells", "listing", "machine_line", "number", "part_table", "summary"]

WIDTH = 100
_AGAINST = 24
_SMALL = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_HEADS = ("", "median (quartiles)", "against", "to reach", "")
_VERDICTS: Mapping[Verdict | None, str] = {"reached": "ok", "missed": "MISSED"}


def part_table(outcome: Outcome) -> str:
    """A part: its heading, a row for each figure, and below what a reader must know of them."""
    lines = [_heading(outcome.part)]
    if outcome.figures:
        notes = list(dict.fromkeys(figure.note for figure in outcome.figures if figure.note))
        rows = [cells(figure, notes) for figure in outcome.figures]
        # No head where nothing is below it.
        heads = [head if any(row[column] for row in rows) else "" for column, head in enumerate(_HEADS)]
        lines += _rows([heads, *rows])
        for place, note in enumerate(notes, 1):
            lines += textwrap.wrap(
                f"{_mark(place)} {note}", WIDTH, initial_indent="  ", subsequent_indent="    "
            )
    if outcome.why:
        lines += textwrap.wrap(
            f"{outcome.state}: {outcome.why}", WIDTH, initial_indent="  ", subsequent_indent="  "
        )
    return "\n".join(lines)


def summary(outcomes: Sequence[Outcome], seconds: float) -> str:
    """The last line: what became of the aims, and how long it took."""
    figures = [figure for outcome in outcomes for figure in outcome.figures]
    aims = [figure for figure in figures if figure.bound is not None]
    verdicts = [figure.verdict for figure in aims]
    said = [
        f"{len(figures)} figures",
        f"aims: {verdicts.count('reached')} reached, {verdicts.count('missed')} missed",
    ]
    if beyond := verdicts.count("out of reach"):
        said.append(f"{beyond} out of reach (of the floor too)")
    for state in ("not measured", "failed"):
        if names := [outcome.part.name for outcome in outcomes if outcome.state == state]:
            said.append(f"{state}: {', '.join(names)}")
    minutes, rest = divmod(round(seconds), 60)
    said.append(f"took {minutes} min {rest:02} s" if minutes else f"took {rest} s")
    return "\n".join(textwrap.wrap(" · ".join(said), WIDTH))


def machine_line(machine: Mapping[str, Any]) -> str:
    """What figures were measured with.

    Args:
        machine: as ``document.machine`` says it.
    """
    versions = (
        f"accsyn-async {machine['accsyn_async']}",
        f"Python {machine['python']}",
        f"aiohttp {machine['aiohttp']}",
        f"msgspec {machine['msgspec']}",
        f"{machine['cores']} cores",
        machine["platform"],
    )
    return "\n".join(textwrap.wrap(", ".join(versions), WIDTH))


def listing(parts: Iterable[tuple[Part, Sequence[str]]]) -> str:
    """Which parts there are, what they measure, and what they need that is not there."""
    lines: list[str] = []
    for part, lacking in parts:
        lines.append(f"{part.name:<15} {part.title}")
        lacks = f" Not here: needs {', '.join(lacking)}." if lacking else ""
        indent = " " * 16
        lines += textwrap.wrap(part.about + lacks, WIDTH, initial_indent=indent, subsequent_indent=indent)
    return "\n".join(lines)


def number(value: float, digits: int = 3) -> str:
    """A number of about so many digits, whole ones never cut.

    >>> number(17.042), number(0.9999), number(0.0123), number(12345.6), number(0)
    ('17.0', '1.00', '0.0123', '12,346', '0')
    """
    if value == 0:
        return "0"
    after = digits
    # What is rounded up to 1 has fewer digits after the point than what is below it.
    rounded = abs(float(f"{value:.{digits - 1}e}"))
    for power in range(-3, digits):
        if rounded >= 10**power:
            after = digits - 1 - power
    return f"{value:,.{min(after, 6)}f}"


def _heading(part: Part) -> str:
    return part.title if part.title.casefold() == part.name else f"{part.title} · {part.name}"


def cells(figure: Figure, notes: Sequence[str] = ()) -> list[str]:
    """The cells of a figure: its name, median and quartiles, what it is to, its aim, and what became of that.

    Args:
        figure: which.
        notes: what stands below the table; a mark points to the figure's.
    """
    digits = 3
    bound = figure.bound
    if bound is not None and not bound.holds(figure.value):
        # What misses by a hair must not look as if it did not.
        while digits < 6 and bound.holds(float(number(figure.value, digits).replace(",", ""))):
            digits += 1
    unit = figure.unit if figure.unit in ("×", "%") else f" {figure.unit}"
    value = f"{number(figure.value, digits)}{unit}"
    if figure.low != figure.high:
        value += f" ({number(figure.low)}–{number(figure.high)})"
    mark = _mark(notes.index(figure.note) + 1) if figure.note in notes else ""
    if bound is None:
        return [figure.name + mark, value, figure.against, "", ""]
    sign = "≤" if bound.kind == "at most" else "≥"
    verdict = _VERDICTS.get(figure.verdict, "")
    if figure.verdict == "missed" and bound.holds(figure.value):
        verdict += ": close"
    if figure.floor is not None and figure.verdict == "out of reach":
        verdict = f"floor: {number(figure.floor)}"
    return [figure.name + mark, value, figure.against, f"{sign} {_limit(bound.limit)}{unit}", verdict]


def _mark(place: int) -> str:
    """A small number, as footnotes have it."""
    return str(place).translate(_SMALL)


def _limit(limit: float) -> str:
    """A limit as somebody wrote it down: 25, 1.25, 1.10."""
    return f"{limit:,.0f}" if limit == int(limit) else f"{limit:,.2f}" if limit >= 1 else f"{limit:g}"


def _rows(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(1, *(len(row[column]) for row in rows)) for column in range(5)]
    widths[2] = min(widths[2], _AGAINST)
    widths[0] = min(widths[0], max(16, WIDTH - 10 - sum(widths[1:])))
    lines: list[str] = []
    for row in rows:
        columns = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
        for place in range(max(map(len, columns))):
            cells = [column[place] if place < len(column) else "" for column in columns]
            padded = (f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
            lines.append(("  " + "  ".join(padded)).rstrip())
    return lines
