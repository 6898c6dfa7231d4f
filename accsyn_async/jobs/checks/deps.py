"""Whether what tasks wait for is there, and comes to an end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from heapq import nsmallest
from typing import Any

from accsyn_async.jobs.checks.report import Report, shown
from accsyn_async.jobs.checks.values import closest
from accsyn_async.jobs.problems import Keys

__all__ = ["check_deps"]

_MOST_TOLD = 6
_MOST_COMPARED = 100
"""Uris that a wrong one is compared with: each costs up to a third of a millisecond."""
_MOST_GUESSED = 5
"""Wrong uris for which the one that was meant is looked for."""


def check_deps(report: Report, places: Mapping[str, Keys], deps: Mapping[str, Sequence[Any]]) -> None:
    """Find dependencies on tasks that there are not, and circles.

    A task waits for all that those around it wait for, and is done when all within it are.

    Args:
        report: takes what is found.
        places: where each task is, by its uri from the top.
        deps: what each waits for.
    """
    guessed = 0
    sound: dict[str, list[str]] = {}
    for uri, awaited in deps.items():
        sound[uri] = []
        for number, dep in enumerate(awaited):
            where = (*places[uri], "deps", number)
            if not isinstance(dep, str) or not dep.strip():
                continue
            if dep == uri:
                report.error(where, "it would wait for itself", "remove it")
                continue
            if f"{uri}/".startswith(f"{dep}/") or dep.startswith(f"{uri}/"):
                report.error(where, f"a task cannot wait for one {_around(uri, dep)}", "remove it")
                continue
            if dep in places:
                sound[uri].append(dep)
                continue
            beside = f"{uri.rpartition('/')[0]}/{dep}".lstrip("/")
            meant = beside if beside in places else None
            if meant is None and guessed < _MOST_GUESSED:
                guessed += 1
                meant = closest(dep, _nearest(dep, places))
            remedy = (
                f"did you mean {meant}?"
                if meant
                else "name a task by its uri from the top, such as shot/pickup"
            )
            report.error(where, f"there is no task {shown(dep)}", remedy)
    _find_circle(report, places, sound)


def _nearest(dep: str, places: Iterable[str]) -> list[str]:
    """Those that begin alike and are about as long."""
    return nsmallest(_MOST_COMPARED, places, key=lambda uri: (uri[:2] != dep[:2], abs(len(uri) - len(dep))))


def _around(uri: str, dep: str) -> str:
    return (
        f"within it, here {shown(dep)}" if len(dep) > len(uri) else f"that it is part of, here {shown(dep)}"
    )


def _find_circle(report: Report, places: Mapping[str, Keys], deps: Mapping[str, Sequence[str]]) -> None:
    # Each task twice: that it may begin, and that it has ended.
    order: TopologicalSorter[tuple[str, bool]] = TopologicalSorter()
    for uri in places:
        begin, end = (uri, False), (uri, True)
        order.add(end, begin)
        for dep in deps.get(uri, ()):
            order.add(begin, (dep, True))
        around = uri.rpartition("/")[0]
        if around:
            order.add(begin, (around, False))
            order.add((around, True), end)
    try:
        order.prepare()
    except CycleError as error:
        circle = list(dict.fromkeys(uri for uri, _ in reversed(error.args[1])))
        told = " → ".join(circle[:_MOST_TOLD]) + (" → …" if len(circle) > _MOST_TOLD else f" → {circle[0]}")
        first = next((uri for uri in circle if deps.get(uri)), circle[0])
        report.error(
            (*places[first], "deps"),
            f"tasks wait for each other: {told}",
            "remove one of these dependencies",
        )
