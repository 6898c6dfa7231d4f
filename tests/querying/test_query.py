"""The query language: what is found, and where a bad query is bad."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.querying.predicate import compile_query
from accsyn_async.querying.query import And, Comparison, Or, QueryError, parse

ROW = {
    "code": "Daily Backup.mov",
    "status": "Running",
    "size": 1500,
    "speed": 2.0,
    "created": "2026-01-22T08:35:59",
    "main": True,
    "nothing": None,
    "rate": 2.5,
    "version": "1.0",
    "big": 9007199254740993,
    "street": "Hauptstraße",
    "source": ("workspace:1", "hq", "acme"),
    "metadata": {"Artist": "malcolm", "shot": {"nr": 10}},
}


def holds(text: str) -> bool:
    def field(name: str) -> Any:
        if name in ROW:
            return lambda row: row[name]
        return (lambda row: row["metadata"].get("Artist")) if name == "metadata.artist" else None

    return bool(compile_query(text, field)(ROW))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status=running", True),
        ("STATUS = RUNNING", True),
        ("status=done", False),
        ("status!=done", True),
        ("status<>running", False),
        ('code="daily backup.mov"', True),
        ("code='daily backup.mov'", True),
        ('code="daily*"', True),
        ("code=*.mov", True),
        ("code=*.mo", False),
        ("code=d*b*.mov", True),
        ("code=*", True),
        ("code!=*.mov", False),
        ("code contains backup", True),
        ("code contains b*p", True),
        ("code contains x", False),
        ("code not contains x", True),
        (r'code matches "^daily\s\S+$"', True),
        (r"code MATCHES '^backup'", False),
        ("code not matches ^x", True),
        ('status in "done, running"', True),
        ("status in done,running", True),
        ('status in "do*,ru*"', True),
        ('status not in "done,failed"', True),
        ('status NOT IN "running"', False),
        ("size>1000", True),
        ("size>=1500", True),
        ("size<1500", False),
        ("size<=1500", True),
        ("size>200", True),  # as numbers, not as text
        ("size=1500", True),
        ("speed=2", True),
        ("speed<10", True),
        ("created>2026-01-01", True),
        ("created<'2026-01-22t08:36:00'", True),
        ("main=true", True),
        ("nothing=''", True),
        ("nothing<1", False),
        ("source=hq", True),
        ("source=ACME", True),
        ("source!=hq", False),
        ("source!=berlin", True),
        ("source not in 'hq,x'", False),
        ("metadata.artist=MALCOLM", True),
        ("status=done OR size>1", True),
        ("status=running AND size>1 AND code=x", False),
        ("status=done and size>1 or speed=2", True),
        ("status=done AND (size>1 OR speed=2)", False),
        ("size=1500.0", True),
        ("size=1.5e3", True),
        ("size!=1500.0", False),
        ("size in '7, 1500.0'", True),
        ("size=15*", True),
        ("size contains 50", True),
        ("speed=2.0", True),
        ("speed=2.5", False),
        ("rate=2.50", True),
        ("rate>2.25", True),
        ("version=1", False),  # a text is a text
        ("version=1.0", True),
        ("version<2", True),
        ("big=9007199254740993", True),
        ("big=9007199254740992", False),
        ("big=nan", False),
        ("main!=1", True),
        (r"code matches \S+", True),
        (r"status matches '^\S+$'", True),
        (r"status matches '\W'", False),
        (r"street matches straße", True),
        (r"street matches STRASSE", False),  # no pattern has more letters than the text
        ("source matches '^acm'", True),
        ("source not matches '^acm'", False),
        ("status matches '[[a]'", False),
        ("metadata.artist matches '^mal'", True),
        ("code=\"Daily Backup.mov\" and (status='running')", True),
        ("((status=running))", True),
        ('code="x"OR status=running', True),
        ("transfer WHERE status=running", True),
        ("code='(AND) OR'", False),
    ],
)
def test_what_a_query_finds(text: str, expected: bool) -> None:
    assert holds(text) is expected


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("", 0, "an attribute"),
        ("status", 6, "an operator"),
        ("status=", 7, "a value"),
        ("status=done AND", 15, "an attribute"),
        ("status=done size=1", 12, "AND, OR or the end"),
        ("(status=done", 12, "AND, OR or )"),
        ("status=done)", 11, "AND, OR or the end"),
        ("status==done", 7, "a value"),
        ("status not = done", 11, "in, contains or matches"),
        ('code="abc', 5, "never ends"),
        ("colour=red", 0, "no attribute 'colour'"),
        ("size>1 and colour=red", 11, "no attribute 'colour'"),
        ("code matches (x", 13, "a value"),
        ("code matches '[x'", 13, "not a regular expression"),
        ("NOT status=done", 0, "NOT cannot stand before"),
        ("size>1 AND not (status=running)", 11, "NOT cannot stand before"),
        ("code matches '(?=xy)'", 13, "must do without assert"),
        (r"code matches '(x)\1'", 13, "must do without groupref"),
        ("code matches '(((a{99}){99}){99})'", 13, "repeats too much"),
        (f"code matches '{'x' * 1001}'", 13, "more than 1000"),
        ("status in (a,b)", 10, "a value"),
        ("('x'=1)", 1, "an attribute"),
        ("(" * 200 + "a=1" + ")" * 200, 101, "nested"),
    ],
)
def test_a_bad_query_says_where(text: str, position: int, part: str) -> None:
    with pytest.raises(QueryError) as caught:
        holds(text)
    assert part in str(caught.value)
    assert caught.value.position == position


def test_and_binds_tighter_than_or() -> None:
    one, two, three = (Comparison(name, "=", "1") for name in "abc")

    def bare(node: Any) -> Any:
        if isinstance(node, Comparison):
            return Comparison(node.attribute, node.operator, node.value, node.negated)
        return type(node)(tuple(bare(part) for part in node.parts))

    assert bare(parse("a=1 OR b=1 AND c=1")) == Or((one, And((two, three))))
    assert bare(parse("a=1 AND (b=1 OR c=1)")) == And((one, Or((two, three))))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(QueryError):
        assert holds(text) in (True, False)


WORDS = [
    "matches",
    "'(a*)*b'",
    "'[[a]'",
    "code",
    "status",
    "=",
    "!=",
    "in",
    "not",
    "contains",
    "(",
    ")",
    "AND",
    "OR",
    '"a b"',
    "'",
    "x*",
    "<",
]


@given(
    st.sampled_from(["=", "<", ">=", "!=", "in", "contains"]),
    st.text("1eE+-._ ٣a", max_size=5),
    st.text("1eE+-._ ٣a", max_size=5) | st.integers() | st.floats(),
)
def test_any_value_is_compared_with_any(operator: str, value: str, found: Any) -> None:
    test: Any = compile_query(f"code {operator} '{value}'", lambda name: lambda entity: entity)
    assert test(found) in (True, False)


@given(st.lists(st.sampled_from(WORDS), max_size=20))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    with suppress(QueryError):
        assert holds(" ".join(words)) in (True, False)


@given(st.text(alphabet="ab*", max_size=12), st.text(alphabet="abAB", max_size=12))
def test_a_wildcard_is_what_it_is_in_a_shell(pattern: str, text: str) -> None:
    import fnmatch

    test: Any = compile_query(f"code='{pattern}'", lambda name: lambda entity: entity)
    found = test(text)
    assert found is fnmatch.fnmatchcase(text.lower(), pattern)


def test_many_wildcards_take_no_time() -> None:
    test: Any = compile_query(f"code='{'*a' * 200}*b'", lambda name: lambda entity: entity)
    assert not test("a" * 100_000)
