"""Text from elsewhere, made safe to show.

Names, paths and messages come from the backend and so from other people. A terminal
obeys control characters in them, and a reader is misled by marks that reorder or hide
text; all of these are shown escaped.
"""

from __future__ import annotations

import unicodedata

__all__ = ["safe"]

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Zero-width or blank, though Unicode counts them among letters and marks."""


def safe(text: object) -> str:
    r"""A text in which every character can be seen and none is obeyed.

    Escaped are control characters (C0, DEL, C1), ends of lines and paragraphs, marks of
    direction, zero-width characters, lone surrogates, and what Unicode has not assigned.

    >>> print(safe("a\x1b]0;pwned\x07.mov"), safe("two\nlines"), safe("fdp\u202egpj.exe"))
    a\x1b]0;pwned\x07.mov two\nlines fdp\u202egpj.exe
    >>> safe("Grüße 東京.mov")
    'Grüße 東京.mov'
    """
    text = str(text)
    if text.isprintable() and (text.isascii() or _UNSEEN.isdisjoint(text)):
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character not in _UNSEEN and (character.isprintable() or unicodedata.category(character) == "Zs"):
        return character
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
