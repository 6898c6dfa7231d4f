"""Which names a listing shows."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox.files.filters import FilterError, read_filter


@pytest.mark.parametrize(
    ("include", "exclude", "shown", "hidden"),
    [
        (None, None, "a", ""),
        ("word", None, "word WORD", "words sword"),
        ("*word", None, "word Sword", "words"),
        ("word*", None, "word words", "sword"),
        ("*word*", None, "word swords", "wor"),
        ("start*end", None, "startend Start.to.END", "starten xstartend"),
        ("a?b", None, "a?b", "axb"),
        (r"re('\.exr$')", None, "a.exr A.EXR", "a.exr.tmp"),
        (r're("^sh\d+")', None, "sh010 SH020_v1", "xsh010"),
        ("re('^SH', 'I')", None, "SH1", "sh1"),
        (["*.mov", "*.exr"], None, "a.mov b.exr", "c.tmp"),
        (None, "*.tmp", "a.mov", "a.tmp A.TMP"),
        (None, ["*.tmp", "re('[0-9]')"], "a.mov", "a.tmp a1.mov"),
        ("a.*", "*.tmp", "a.mov a.tmp", "b.mov b.tmp"),
        ("", [], "a", ""),
    ],
)
def test_what_is_shown(include: Any, exclude: Any, shown: str, hidden: str) -> None:
    names = read_filter(include, exclude)
    assert [name for name in shown.split() if not names.shows(name)] == []
    assert [name for name in hidden.split() if names.shows(name)] == []


@pytest.mark.parametrize(
    "statement",
    [1, {}, [""], [None], "re(", "re('a'", "re('(')", "re(a)", "re('a','X')", "x" * 1001, ["a"] * 101],
)
def test_what_cannot_be_read_is_refused(statement: Any) -> None:
    for pair in ((statement, None), (None, statement)):
        with pytest.raises(FilterError):
            read_filter(*pair)


@given(st.text(max_size=20) | st.text(max_size=10).map("re('{}')".format), st.text(max_size=20))
def test_anything_is_read_or_refused(statement: str, name: str) -> None:
    with suppress(FilterError):
        assert read_filter(statement, None).shows(name) in (True, False)
