"""Regular expressions and wildcards: they find what Python's find, in bounded time."""

from __future__ import annotations

import re
import time
import warnings
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.querying.patterns import Expression, PatternError, wildcard

PIECES = [
    *("a", "b", "B", "_", "1", ".", "\\n", "\\S", "\\w", "\\W", "\\d", "[ab]", "[^a]", "[a-c]", "[^\\W]"),
    *(
        "a*",
        "b+",
        "a?",
        "a*?",
        "b{2}",
        "(?:ab){1,3}",
        "[ab]{0,2}",
        ".{2,}",
        "(a|b)*",
        "(a|ab)(c|bcd)",
        "(a*)*",
    ),
    *(
        "^",
        "$",
        "\\A",
        "\\Z",
        "\\b",
        "(?i:b)",
        "(?-i:B)",
        "(?s:.)",
        "(?m:^)",
        "(?m:$)",
        "(?a:\\w)",
        "|",
        "()",
    ),
    *("é", "ß", "ſ", "K", "x|y", "(?=a)", "(?!\\n)", "(?![ab])", "(|a)+"),
]
TEXTS = st.text(alphabet="aAbBcd_1 \nxéßſKk", max_size=12)


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), TEXTS, st.booleans())
def test_it_finds_what_python_finds(pattern: str, text: str, ignore_case: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    assert Expression(pattern, ignore_case=ignore_case).search(text) is bool(wanted.search(text))


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_read_or_refused(pattern: str, text: str) -> None:
    with suppress(PatternError):
        assert Expression(pattern).search(text) in (True, False)


@given(st.lists(st.sampled_from([*"()[]{}*+?|^$.,2", "\\", "a", "(?", "(?:"]), max_size=12).map("".join))
def test_any_notation_is_read_or_refused(pattern: str) -> None:
    with suppress(PatternError):
        assert Expression(pattern).search("aa2") in (True, False)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*$",
        "(a|aa)+$",
        "(.*)*x",
        "a*a*a*a*a*a*x",
        "(a?){99}x",
        "(a*)*b",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
    ],
)
def test_no_pattern_takes_more_than_its_text(pattern: str) -> None:
    began = time.process_time()
    expression = Expression(pattern, ignore_case=False)
    for length in range(50, 100):
        expression.search("a" * length + "!")
    expression.search("a" * 100_000 + "!")
    assert time.process_time() - began < 2


@given(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), TEXTS)
def test_it_fills_what_python_fills(pattern: str, text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = re.compile(f"(?:{pattern})+")
    expression = Expression(pattern, ignore_case=False, fills=True)
    assert expression.search(text) is bool(wanted.fullmatch(text))


def test_what_takes_too_long_in_all_is_refused() -> None:
    expression = Expression("(a|b)*a(a|b){900}c")
    began = time.process_time()
    with pytest.raises(PatternError, match="takes too long"):
        for number in range(100_000):
            expression.search(f"{number:b}".replace("1", "a").replace("0", "b") * 20)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("(", "not a regular expression"),
        ("a{99999999999}", "not a regular expression"),
        ("(?=ab)", "without assert"),
        ("(?!ab)", "without assert not"),
        ("(?<=a)", "without assert"),
        (r"(a)\1", "without groupref"),
        ("(a)(?(1)b|c)", "without groupref exists"),
        ("a++", "without possessive repeat"),
        ("(?>a)", "without atomic group"),
        ("((((){1000}){1000}){1000}){1000}", "repeats too much"),
        ("(" * 400 + ")" * 400, ""),
        ("a" * 1001, "more than 1000"),
    ],
)
def test_what_cannot_be_used_says_why(pattern: str, part: str) -> None:
    if not part:
        with suppress(PatternError):
            Expression(pattern)
        return
    with pytest.raises(PatternError, match=part):
        Expression(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("word", "word", True),
        ("word", "words", False),
        ("*word", "sword", True),
        ("word*", "words", True),
        ("*word*", "swords", True),
        ("start*end", "start and end", True),
        ("start*end", "startend", True),
        ("aba*aba", "ababa", False),
        ("", "", True),
        ("*", "", True),
        ("a**b", "ab", True),
    ],
)
def test_wildcards(pattern: str, text: str, expected: bool) -> None:
    assert wildcard(pattern)(text) is expected
