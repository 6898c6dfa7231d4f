"""Texts cut to a number of terminal cells."""

from __future__ import annotations

from accsyn_async.extras import missing

try:
    from rich.cells import cell_len, chop_cells
except ModuleNotFoundError as error:
    raise missing(error, "cli") from None

__all__ = ["fitted", "shorten"]


def shorten(text: str, width: int) -> str:
    """A text of at most ``width`` cells, cut in the middle: names differ at both ends.

    >>> shorten("sc010_sh0040_comp_v012.mov", 17)
    'sc010_s…_v012.mov'
    >>> shorten("a.mov", 17), shorten("abc", 1), shorten("abc", 0)
    ('a.mov', '…', '')
    """
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    tail_width = width // 2 + (width > 12)
    tail_width = min(tail_width, width - 1)
    tail = ""
    for character in reversed(text):
        if cell_len(character + tail) > tail_width:
            break
        tail = character + tail
    head_width = width - 1 - tail_width
    head = next(iter(chop_cells(text, head_width)), "") if head_width > 0 else ""
    return head + "…" + tail


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """A text of exactly ``width`` cells: cut, or filled with spaces.

    >>> fitted("abc", 5), fitted("abc", 5, right=True)
    ('abc  ', '  abc')
    """
    text = shorten(text, width)
    gap = " " * (width - cell_len(text))
    return gap + text if right else text + gap
