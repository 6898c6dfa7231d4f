"""A recording as an SVG that plays by itself: no script, no font and no file from elsewhere.

Each line of the terminal is a strip of its own with all that it ever says, one below the other, which moves
by steps behind a slit of one line. Who wants no motion sees one screen, and so does who cannot animate.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from docs.picturing.recording import Frame
from docs.picturing.terminal import PLAIN, Run, Style

__all__ = ["film"]

_CELL, _LINE = 8.4, 21
_LEFT, _TOP, _BOTTOM, _BAR = 22, 14, 16, 38
_BASE = 15
_TYPED_IN, _BEFORE, _AFTER = 1.1, 0.7, 5.0
_DRAWN = {"━": "full", "╸": "half", "─": "rest"}
_PARTS = re.compile("[━╸]+|─+|[^━╸─]+")

_STYLE = """
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace }
    .name { font: 12.5px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif }
    text { fill: #1f2328; white-space: pre } .name { fill: #59636e; text-anchor: middle }
    .window { fill: #ffffff; stroke: #d1d9e0 } .head { fill: #f6f8fa }
    .edge { stroke: #d1d9e0 } .dot { fill: #d1d9e0 }
    .track { fill: #e6eaef } .dim { fill: #6e7781 } .bold { font-weight: 600 } .sign { fill: #1a7f37 }
    .cyan { fill: #0969da } .green { fill: #1a7f37 } .magenta { fill: #8250df } .red { fill: #cf222e }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .name { fill: #9198a1 }
      .window { fill: #0d1117; stroke: #3d444d } .head { fill: #151b23 }
      .edge { stroke: #3d444d } .dot { fill: #3d444d }
      .track { fill: #262c36 } .dim { fill: #8b949e } .sign { fill: #3fb950 }
      .cyan { fill: #4ba3ff } .green { fill: #3fb950 } .magenta { fill: #b083f0 } .red { fill: #f85149 }
    }
    @media (prefers-reduced-motion: reduce) { .strip { animation: none !important } }
"""


def film(
    command: str, frames: Sequence[Frame], *, columns: int, about: str, faster: float, still: float
) -> tuple[str, str]:
    """Draw a recording.

    Args:
        command: what was typed.
        frames: what was seen then.
        columns: of the terminal.
        about: what is to be seen, for those who do not see it.
        faster: how many times faster than it was it plays.
        still: which screen is shown where nothing moves: how far into the recording it is, from 0 to 1.

    Returns:
        The SVG that plays, and one of the screen that is shown where nothing moves.
    """
    starts, screens = _screens(command, frames, faster)
    shown = min(range(len(frames)), key=lambda number: abs(frames[number].at - still * frames[-1].at))
    shown += len(screens) - len(frames)
    rows = 1 + max(number for screen in screens for number, line in enumerate(screen) if line)
    size = round(columns * _CELL + 2 * _LEFT), _BAR + _TOP + rows * _LINE + _BOTTOM
    moving = _strips(starts, [screen[:rows] for screen in screens], shown, size[0])
    standing = _strips([0.0], [screens[shown][:rows]], 0, size[0])
    return _window(command, about, size, *moving), _window(command, about, size, *standing)


def _strips(
    starts: list[float], screens: list[list[tuple[Run, ...]]], shown: int, width: int
) -> tuple[list[str], list[str]]:
    """The style and the elements that show these screens one after the other, and one where nothing moves."""
    lasts = starts[-1] + _AFTER
    style, strips = [_STYLE], []
    for row in range(len(screens[0])):
        says = [screen[row] for screen in screens]
        if not any(says):
            continue
        top = _BAR + _TOP + row * _LINE
        lines = list(dict.fromkeys(says))
        drawn = "".join(_line(line, number * _LINE) for number, line in enumerate(lines))
        if len(lines) == 1:
            strips.append(f'<g transform="translate(0 {top})">{drawn}</g>')
            continue
        changes = [number for number, line in enumerate(says) if number == 0 or line != says[number - 1]]
        keys = "".join(
            f"{_number(starts[number] / lasts * 100)}%{{{_moved(lines.index(says[number]))}}}"
            for number in changes
        )
        resting = _moved(lines.index(says[shown]))
        style.append(f"    @keyframes r{row} {{{keys}}}\n")
        style.append(f"    .r{row} {{ {resting}; animation: r{row} {_number(lasts)}s step-end infinite }}\n")
        strips.append(
            f'<svg y="{top}" width="{width}" height="{_LINE}"><g class="strip r{row}">{drawn}</g></svg>'
        )
    return style, strips


def _window(command: str, about: str, size: tuple[int, int], style: list[str], strips: list[str]) -> str:
    width, height = size
    dots = "".join(f'<circle class="dot" cx="{20 + 18 * n}" cy="{_BAR / 2}" r="5.5"/>' for n in range(3))
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" aria-labelledby="title about">',
            f'<title id="title">{escape(command)}</title>',
            f'<desc id="about">{escape(about)}</desc>',
            f"<style>{''.join(style)}</style>",
            f'<rect class="window" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="9.5"/>',
            f'<path class="head" d="M1 {_BAR}V10a9 9 0 0 1 9-9h{width - 20}a9 9 0 0 1 9 9v{_BAR - 10}z"/>',
            f'<path class="edge" d="M1 {_BAR + 0.5}h{width - 2}"/>',
            dots,
            f'<text class="name" x="{width / 2:g}" y="{_BAR / 2 + 4.5:g}">{escape(command)}</text>',
            *strips,
            "</svg>\n",
        )
    )


def _screens(
    command: str, frames: Sequence[Frame], faster: float
) -> tuple[list[float], list[list[tuple[Run, ...]]]]:
    """When each screen begins, in seconds of the film, and its lines: first the command is typed."""
    rows = len(frames[0].runs)
    starts, screens = [], []
    for typed in range(len(command) + 1):
        starts.append(0.0 if typed == 0 else _BEFORE + _TYPED_IN * typed / len(command))
        screens.append([_prompt(command[:typed] + "▏"), *[()] * rows])
    begins = starts[-1] + 0.5
    for frame in frames:
        starts.append(begins + frame.at / faster)
        screens.append([_prompt(command), *frame.runs])
    return starts, screens


def _prompt(typed: str) -> tuple[Run, ...]:
    return Run(0, "$", Style("sign", bold=True)), Run(2, typed, PLAIN)


def _line(runs: tuple[Run, ...], top: int) -> str:
    return "".join(
        _part(Run(run.column + part.start(), part[0], run.style), top)
        for run in runs
        for part in _PARTS.finditer(run.text)
        if part[0].strip()
    )


def _part(run: Run, top: int) -> str:
    left, cells = _LEFT + run.column * _CELL, len(run.text)
    kind = _DRAWN.get(run.text[0])
    if kind is None:
        named = " ".join(filter(None, (run.style.colour, run.style.bold * "bold", run.style.dim * "dim")))
        named = f' class="{named}"' if named else ""
        # Whatever font there is, columns stay columns.
        length = f' textLength="{_number(cells * _CELL)}"' * (cells > 1)
        return f'<text x="{_number(left)}" y="{top + _BASE}"{named}{length}>{escape(run.text)}</text>'
    if kind == "rest":
        return _bar("track", left, top, cells)
    if not run.text.endswith("╸"):
        return _bar(run.style.colour, left, top, cells)
    return _bar("track", left, top, cells) + _bar(run.style.colour, left, top, cells - 0.5)


def _bar(kind: str, left: float, top: int, cells: float) -> str:
    size = f'width="{_number(cells * _CELL)}" height="5"'
    return f'<rect class="{kind}" x="{_number(left)}" y="{top + 8}" {size}/>'


def _moved(place: int) -> str:
    return f"transform:translateY({-place * _LINE}px)"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
