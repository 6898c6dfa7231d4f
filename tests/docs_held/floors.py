"""The drawing of the floors in docs/architecture.md, made of the contracts that import-linter keeps.

``python -m tests.docs_held.floors`` writes it.
"""

from __future__ import annotations

import tomllib
from html import escape
from pathlib import Path

__all__ = ["PICTURE", "drawing", "layers"]

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "floors.svg"
WORDS = {
    "__main__": "the program's beginning",
    "cli": "commands",
    "testing": "the pytest fixture",
    "dashboard": "page, screen, metrics",
    "progress": "rich and tqdm bars",
    "relay": "NATS: one polls, many read",
    "sandbox": "a workspace in a box",
    "serving": "who may ask a server of ours",
    "session": "a session's life",
    "submission": "jobs by their specifications",
    "api": "the calls, by topic",
    "monitor": "one poller, any number of watches",
    "jobs": "specifications, parties and paths",
    "transport": "login, limits, second tries, HTTP",
    "wire": "the protocol",
    "board": "what is shown",
    "event_json": "events for programs",
    "logs": "log lines",
    "migration": "programs moved over",
    "querying": "queries, evaluated",
    "events": "what a watch tells",
    "models": "jobs and tasks",
    "rows": "typed rows",
    "cells": "widths of text",
    "errors": "all errors",
    "times": "times and durations",
    "safe_text": "text without tricks",
    "extras": "what is to be installed",
}
_WIDTH, _LEFT, _HIGH, _GAP, _TOP = 880, 20, 46, 8, 64
_FILL = {True: ("#e6f4ea", "#5b9a6f"), False: ("#e8eefb", "#6b86c4")}


def layers() -> list[list[str]]:
    """The floors from top to bottom, each with the modules that stand beside each other."""
    (contract, *_) = _contracts()
    return [[_short(each) for each in floor.split(" : ")] for floor in contract["layers"]]


def drawing() -> str:
    """The drawing, as SVG."""
    floors = layers()
    pure = {_short(each) for each in _contracts()[1]["source_modules"]}
    high = _TOP + len(floors) * (_HIGH + _GAP) + 34
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {high}" role="img" '
        'aria-label="The floors of accsyn_async: imports run from top to bottom" '
        'font-family="system-ui, sans-serif">',
        f'<rect width="{_WIDTH}" height="{high}" rx="10" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="34" font-size="17" font-weight="600" fill="#1f2937">'
        "Imports run from top to bottom</text>",
        *_legend(),
    ]
    for number, floor in enumerate(floors):
        wide = (_WIDTH - 2 * _LEFT - _GAP * (len(floor) - 1)) / len(floor)
        for place, name in enumerate(floor):
            out += _box(
                name, _LEFT + place * (wide + _GAP), _TOP + number * (_HIGH + _GAP), wide, name in pure
            )
    out.append(
        f'<text x="{_LEFT}" y="{high - 16}" font-size="12" fill="#6b7280">'
        "What stands side by side may import each other. lint-imports keeps it all so.</text>"
    )
    return "\n".join([*out, "</svg>"]) + "\n"


def _contracts() -> list[dict[str, list[str]]]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts: list[dict[str, list[str]]] = told["tool"]["importlinter"]["contracts"]
    return contracts


def _short(module: str) -> str:
    return module.removeprefix("accsyn_async.")


def _legend() -> list[str]:
    out = []
    for text, pure, x in (("may do I/O", False, 612), ("kept free of I/O", True, 722)):
        fill, line = _FILL[pure]
        out.append(f'<rect x="{x}" y="22" width="16" height="16" rx="4" fill="{fill}" stroke="{line}"/>')
        out.append(f'<text x="{x + 24}" y="35" font-size="13" fill="#374151">{text}</text>')
    return out


def _box(name: str, x: float, y: float, wide: float, pure: bool) -> list[str]:
    fill, line = _FILL[pure]
    middle = x + wide / 2
    return [
        f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{_HIGH}" rx="6" fill="{fill}" stroke="{line}"/>',
        f'<text x="{middle:g}" y="{y + 20:g}" text-anchor="middle" font-size="14" font-weight="600" '
        f'font-family="ui-monospace, monospace" fill="#111827">{escape(name)}</text>',
        f'<text x="{middle:g}" y="{y + 37:g}" text-anchor="middle" font-size="11.5" fill="#4b5563">'
        f"{escape(WORDS[name])}</text>",
    ]


if __name__ == "__main__":
    PICTURE.write_text(drawing())
