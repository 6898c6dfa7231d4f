"""Which files are left out of a transfer, or let in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.jobs.name_filters import (
    COMMA_REMEDY,
    SEPARATOR,
    filter_problems,
    join_statements,
    split_statements,
)


@pytest.mark.parametrize(
    ("setting", "statements"),
    [
        ("*tmp\\,re('[0-9]')", ["*tmp", "re('[0-9]')"]),
        ("*tmp", ["*tmp"]),
        ("a,b", ["a,b"]),
        ("a,\\,b", ["a,", "b"]),
        ("a\\\\,b", ["a\\", "b"]),
        ("re('.*\\.bak','I')", ["re('.*\\.bak','I')"]),
        ('re("x")\\,re("y" , "i")', ['re("x")', 're("y" , "i")']),
        ("re('it's')", ["re('it's')"]),
        ("re('a,b')", ["re('a,b')"]),
        ("re('[,]\\x2c')", ["re('[,]\\x2c')"]),
        ("re('[[a]')", ["re('[[a]')"]),
        ("  *tmp  ", ["*tmp"]),
        ("", []),
    ],
)
def test_what_a_setting_holds(setting: str, statements: list[str]) -> None:
    assert split_statements(setting) == statements
    assert join_statements(statements) == setting.strip()
    assert filter_problems(setting) == []


@pytest.mark.parametrize(
    ("setting", "problem", "remedy"),
    [
        ("re('[a\\,b]')", "re('[a\\,b]') holds an escaped comma, which separates statements", COMMA_REMEDY),
        ("*x\\,re('a\\,b\\,c','I')\\,y", "re('a\\,b\\,c','I') holds an escaped comma", COMMA_REMEDY),
        ("re('a{1\\,3}')", "re('a{1\\,3}') holds an escaped comma", COMMA_REMEDY),
        ("\\,a", "there is an empty statement", "leave out the separator before or behind it"),
        ("a\\,", "there is an empty statement", "leave out the separator before or behind it"),
        ("a\\, \\,b", "there is an empty statement", "leave out the separator"),
        (" ", "there is an empty statement", "leave out"),
        ("re(a)", "re(a) is no expression", "write re('…'), or re('…','I') for any case"),
        ("re('a'", "re('a' is no expression", "write re('…')"),
        ("re('a\")", "re('a\") is no expression", "write re('…')"),
        ("re('a','I') x", "re('a','I') x is no expression", "write re('…')"),
        ("re('[')", "re('[') is no regular expression (unterminated character set", "correct the expression"),
        (
            "re('[','I')",
            "re('[','I') is no regular expression (unterminated character set at position 0)",
            "",
        ),
        ("re('(')", "re('(') is no regular expression (missing )", ""),
        ("re('*a')", "re('*a') is no regular expression (nothing to repeat", ""),
        (f"re('a{{{'9' * 30}}}')", "is no regular expression (the repetition number is too large)", ""),
        (f"re('a{{{'9' * 5000}}}')", "is no regular expression (Exceeds the limit", ""),
        (f"re('{'(' * 5000}{')' * 5000}')", "is no regular expression", ""),
        (f"re('{'[' * 5000}')", "… is no regular expression", ""),
        (f"re({'a' * 5000}", "… is no expression", ""),
    ],
)
def test_what_is_wrong(setting: str, problem: str, remedy: str) -> None:
    [(message, advice)] = filter_problems(setting)
    assert problem in message
    assert remedy in advice
    assert len(message) < 400


def test_all_that_is_wrong_is_told() -> None:
    assert [message for message, _ in filter_problems("re(a)\\,\\,*b\\,re('(')")] == [
        "re(a) is no expression",
        "there is an empty statement",
        "re('(') is no regular expression (missing ), unterminated subpattern at position 0)",
    ]


statements = st.text(min_size=1).filter(lambda one: SEPARATOR not in one and one == one.strip())
signs = st.sampled_from(
    ["\\,", "\\", ",", "re(", "'", '"', ")", "('", "')", "[", "{", "}", "9999999999", "(?", "*", "I"]
)
settings = st.lists(signs | st.text(max_size=2), max_size=15).map("".join)


@given(several=st.lists(statements, min_size=1))
def test_statements_that_are_joined_are_split_again(several: list[str]) -> None:
    assert split_statements(join_statements(several)) == several


@given(setting=st.text() | settings)
def test_whatever_a_setting_is_its_problems_are_told(setting: str) -> None:
    assert [part.strip() for part in SEPARATOR.join(split_statements(setting)).split(SEPARATOR)] == [
        part.strip() for part in setting.split(SEPARATOR)
    ]
    for message, remedy in filter_problems(setting):
        assert message
        assert remedy


@given(
    pattern=st.lists(
        st.sampled_from([*"()[]{}|*+?^$.\\,-:=!<>#123abdDwWZPiLmsux", "(?", "{9", "\\N{", "99999"])
    ).map("".join)
)
def test_whatever_an_expression_is_it_is_told(pattern: str) -> None:
    filter_problems(f"re('{pattern}')")


@pytest.mark.parametrize(
    "setting",
    [
        "\\," * 500_000,
        "re('" * 250_000,
        "re('" + "'" * 1_000_000,
        "re('" + "'," * 500_000,
        "re('" + "' , '" * 200_000,
        "re('" + "'" + " " * 1_000_000,
        "re('" + "','" + "I" * 1_000_000,
        "re('\\," * 100_000,
        "re(" + "\\,re(" * 100_000 + "')",
    ],
)
def test_long_and_hostile_settings_have_short_problems(setting: str) -> None:
    problems = filter_problems(setting)
    assert problems
    assert all(len(message) < 400 for message, _ in problems)
