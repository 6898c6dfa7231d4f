"""What a screen shows in place of characters that the terminal's encoding lacks, cell for cell."""

from __future__ import annotations

import codecs
import io
from typing import TextIO

from rich.cells import cell_len

__all__ = ["keep_cells", "stand_in"]

_STAND_INS = dict(zip("▲▼❯●•↑↓←→·…—–━╸▔▁", "^v>**^v<>|~--=---", strict=True))
_LINES, _BLOCKS = range(0x2500, 0x2580), range(0x2580, 0x25A0)


def stand_in(character: str) -> str:
    """ASCII of as many cells as a character has.

    >>> stand_in("▲"), stand_in("❯"), stand_in("─"), stand_in("│"), stand_in("╭")
    ('^', '>', '-', '|', '+')
    >>> stand_in("ä"), stand_in("東")
    ('?', '??')
    """
    if character in _STAND_INS:
        return _STAND_INS[character]
    if ord(character) in _LINES:
        return "-" if character in "─╌┄┈═" else "|" if character in "│┃╎┆┊║" else "+"
    if ord(character) in _BLOCKS:
        return "#"
    return "?" * cell_len(character)


def keep_cells(stream: TextIO) -> None:
    """Let a stream write a stand-in for each character that its encoding lacks: no column moves."""
    codecs.register_error("accsyn-cells", _replaced)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="accsyn-cells")


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(stand_in, error.object[error.start : error.end])), error.end
