from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.safe_text import safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sc010_sh0040_comp_v012.mov", "sc010_sh0040_comp_v012.mov"),
        ("Grüße 東京 🎬.mov", "Grüße 東京 🎬.mov"),
        ("e\u0301te\u0301.mov", "e\u0301te\u0301.mov"),
        ("\x1b]0;pwned\x07", r"\x1b]0;pwned\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("\x7f\x00", r"\x7f\x00"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\u202a\u202b\u202c\u202d\u202e", r"\u202a\u202b\u202c\u202d\u202e"),
        ("\u2066\u2067\u2068\u2069", r"\u2066\u2067\u2068\u2069"),
        ("\u200e\u200f\u061c", r"\u200e\u200f\u061c"),
        ("\u200b\u200c\u200d\u2060\ufeff\u00ad", r"\u200b\u200c\u200d\u2060\ufeff\xad"),
        ("\u3164\u1160", r"\u3164\u1160"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("no\u00a0break\u3000wide", "no\u00a0break\u3000wide"),
        ("[red]x[/red]", "[red]x[/red]"),
        (12, "12"),
    ],
)
def test_what_is_shown(text: object, shown: str) -> None:
    assert safe(text) == shown


@given(st.text(st.characters()))
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    shown = safe(text)
    for character in shown:
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co")
    assert len(shown.splitlines()) <= 1
    assert safe(shown) == shown


@given(st.text(st.characters(categories=("L", "N", "P", "Zs"))).filter(str.isprintable))
def test_what_can_be_read_stays_as_it_is(text: str) -> None:
    assert safe(text) == text or any(character in text for character in "\u115f\u1160\u3164\uffa0")
