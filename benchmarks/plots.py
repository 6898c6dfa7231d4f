"""Draws how cost grows: an SVG file, the same to the byte from the same figures, for light and dark pages."""

from __future__ import annotations

import html
import io
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.slopes import Points

__all__ = ["Line", "Panel", "drawn"]

PAPER, EDGE, TEXT, DIM, GRID = "#ffffff", "#d0d7de", "#1f2328", "#59636e", "#e6eaef"
COLOURS = ("#0969da", "#8250df", "#bf5b00")
"""Of the lines, in their order."""
DARK = {
    PAPER: "#0d1117",
    EDGE: "#30363d",
    TEXT: "#f0f6fc",
    DIM: "#9198a1",
    GRID: "#21262d",
    "#0969da": "#4493f8",
    "#8250df": "#ab7df8",
    "#bf5b00": "#f0883e",
}
"""What each colour is where a page is dark."""
MARKS = ("o", "s", "D")
FONT = '-apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif'


@dataclass(frozen=True)
class Line:
    """Points that belong together.

    Attributes:
        label: stands at its end.
        points: from left to right.
    """

    label: str
    points: Points


@dataclass(frozen=True)
class Panel:
    """Lines with a common scale.

    Attributes:
        lines: three at most.
        x: what grows.
        y: what it costs, with its unit.
        logarithmic: whether both scales are.
        levels: lines that stand for a cost without anything of what grows, by their labels.
    """

    lines: Sequence[Line]
    x: str
    y: str
    logarithmic: bool = True
    levels: Sequence[tuple[str, float]] = ()


def drawn(title: str, caption: str, panels: Sequence[Panel]) -> str:
    """The text of an SVG file.

    Args:
        title: in a few words.
        caption: what is to be seen, with the slopes; it is read out to who cannot see it.
        panels: side by side.

    Raises:
        ImportError: matplotlib is missing; it comes with the extra ``bench``.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    looks: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": title,
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "text.color": TEXT,
        "axes.edgecolor": EDGE,
        "axes.labelcolor": DIM,
        "xtick.color": DIM,
        "ytick.color": DIM,
        "text.parse_math": False,
    }
    with matplotlib.rc_context(looks):
        figure = Figure(figsize=(9.2, 4.6), facecolor=PAPER, edgecolor=EDGE)
        FigureCanvasSVG(figure)
        figure.text(0.03, 0.93, title, fontsize=13, fontweight="bold")
        lines = textwrap.wrap(caption, 134)
        figure.text(0.03, 0.905, "\n".join(lines), fontsize=9.5, color=DIM, va="top", linespacing=1.45)
        top = 0.86 - 0.047 * len(lines)
        wide = 0.94 / len(panels)
        for number, panel in enumerate(panels):
            left = 0.03 + wide * number + 0.06
            _draw(
                figure.add_axes((left, 0.125, wide - (0.25 if len(panels) == 1 else 0.09), top - 0.125)),
                panel,
            )
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _dressed(out.getvalue(), title, caption)


def _draw(axes: object, panel: Panel) -> None:
    from matplotlib.axes import Axes
    from matplotlib.ticker import FuncFormatter, NullLocator

    assert isinstance(axes, Axes)
    axes.set_facecolor(PAPER)
    for line, colour, mark in zip(panel.lines, COLOURS, MARKS, strict=False):
        xs, ys = zip(*line.points, strict=True)
        axes.plot(xs, ys, color=colour, marker=mark, markersize=4.5, linewidth=1.8, clip_on=False, zorder=3)
        if line.label:
            axes.annotate(
                line.label, (xs[-1], ys[-1]), (9, 0), textcoords="offset points", color=colour, va="center"
            )
    for label, cost in panel.levels:
        axes.axhline(cost, color=DIM, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.annotate(
            label, (1, cost), (9, 0), ("axes fraction", "data"), "offset points", color=DIM, va="center"
        )
    if panel.logarithmic:
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_locator(NullLocator())
        # Whole decades: what is flat shall look flat.
        costs = [cost for line in panel.lines for _, cost in line.points]
        costs += [cost for _, cost in panel.levels]
        axes.set_ylim(10 ** math.floor(math.log10(min(costs))), 10 ** math.ceil(math.log10(max(costs))))
    else:
        axes.set_ylim(bottom=0)
        axes.set_ylim(top=axes.get_ylim()[1] * 1.15)
    plain = FuncFormatter(lambda value, _place: f"{value:,.10g}")
    axes.xaxis.set_major_formatter(plain)
    axes.yaxis.set_major_formatter(plain)
    axes.set_xlabel(panel.x)
    axes.set_ylabel(panel.y)
    axes.grid(color=GRID, linewidth=0.9)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _dressed(svg: str, title: str, caption: str) -> str:
    """With fonts as in the other pictures, other colours where it is dark, and words to be read out."""
    dark = "".join(
        f'[style*="{what}: {light}"] {{ {what}: {colour} !important; }} '
        for light, colour in DARK.items()
        for what in ("fill", "stroke")
    )
    style = f"<style>@media (prefers-color-scheme: dark) {{ {dark}}}</style>"
    said = (
        f'<title id="title">{html.escape(title)}</title><desc id="what">{html.escape(caption)}</desc>{style}'
    )
    tag, _, body = svg.partition("<svg ")[2].partition(">")
    body = body.replace("'DejaVu Sans'", html.escape(FONT, quote=True))
    return f'<svg role="img" aria-labelledby="title what" {tag}>\n {said}{body}'
