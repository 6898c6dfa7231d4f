"""Values as messages show them."""

from __future__ import annotations

__all__ = ["cut", "quoted"]


def cut(text: str, most: int = 120) -> str:
    """A text, cut where it is long.

    >>> cut("site=berlin"), cut("a" * 1000, 8)
    ('site=berlin', 'aaaaaaa…')
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def quoted(value: object, most: int = 120) -> str:
    """A value as Python writes it, cut where it is long.

    >>> quoted("site=berlin"), quoted("a" * 1000, 8)
    ("'site=berlin'", "'aaaaaa…")
    """
    if isinstance(value, str):
        value = value[:most]
    try:
        shown = repr(value)
    except ValueError:
        # Python writes no numbers of thousands of digits.
        shown = "a number of very many digits"
    return cut(shown, most)
