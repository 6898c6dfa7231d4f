"""The report for programs: one JSON document.

::

    {
      "machine": {"python": "3.13.1", "implementation": "CPython", "aiohttp": "3.14.5", "msgspec": "0.22.0",
                  "accsyn_async": "0.1.0", "official": "3.4.0", "cores": 8, "platform": "Linux-6.8-x86_64"},
      "effort": "quick" or "full",
      "seconds": how long all took,
      "exit": the command's exit code: 0 when all aims were reached, else 1,
      "parts": [
        {"name": "find", "title": …, "about": …, "needs": [modules and programs],
         "state": "measured", "not measured" (what it needs is missing) or "failed",
         "why": the reason of the latter two, else "",
         "seconds": how long it took,
         "figures": [
           {"name": no two of a part have the same,
            "value": the median of the rounds, "low" and "high": their quartiles,
            "unit": of all three: "×" of a ratio, else "ms", "/s" …,
            "against": what a ratio is to, or "",
            "bound": null or {"kind": "at most" or "at least", "limit": in that unit},
            "floor": null or what nothing can be better than, as the same run found it,
            "verdict": "reached", "missed", "out of reach" (of the floor too), or null without an aim,
            "note": what a reader must know, or ""}]}]
    }

Cores are those that the command may use. A version is null where the package is not installed.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from typing import Any

import msgspec

from benchmarks.figures import Effort, Figure
from benchmarks.runner import Outcome

__all__ = ["document", "machine"]

_PACKAGES = {
    "aiohttp": "aiohttp",
    "msgspec": "msgspec",
    "accsyn_async": "accsyn-async",
    "official": "accsyn-python-api",
}


def document(
    outcomes: Sequence[Outcome], *, effort: Effort, seconds: float, code: int, machine: dict[str, Any]
) -> dict[str, Any]:
    """The report, ready to be written as JSON."""
    return {
        "machine": machine,
        "effort": effort,
        "seconds": round(seconds, 1),
        "exit": code,
        "parts": [_part(outcome) for outcome in outcomes],
    }


def machine() -> dict[str, Any]:
    """What the figures were measured with."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        **{name: _version(package) for name, package in _PACKAGES.items()},
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "platform": platform.platform(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _part(outcome: Outcome) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(outcome.part),
        "state": outcome.state,
        "why": outcome.why,
        "seconds": round(outcome.seconds, 1),
        "figures": [_figure(figure) for figure in outcome.figures],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {**msgspec.to_builtins(figure), "verdict": figure.verdict}
