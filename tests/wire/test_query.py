"""Query text: what is sent, and what is refused before anything is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.errors import ArgumentError, QueryError
from accsyn_async.wire.query import ids_expression, parse_query, quote_value


@pytest.mark.parametrize(
    ("query", "entitytype", "expression"),
    [
        ("Transfer", "transfer", None),
        ("  job\t", "job", None),
        ('Transfer WHERE name="x and y.png"', "transfer", 'name="x and y.png"'),
        ("Transfer where  user=User@Mail.com", "transfer", "user=user@mail.com"),
        ('job WHERE code="Daily Backup"', "job", 'code="daily backup"'),
        (
            'job WHERE ((user=5bfe AND source!=hq) OR status<>failed) AND code="Daily backup"',
            "job",
            '((user=5bfe and source!=hq) or status<>failed) and code="daily backup"',
        ),
        (r'Transfer WHERE name matches "\S+\.MOV"', "transfer", r'name matches "\S+\.MOV"'),
        (r"Transfer WHERE name NOT MATCHES '\D' AND user=A", "transfer", r"name not matches '\D' and user=a"),
        (r"Transfer WHERE name matches \S+ AND User=B", "transfer", r"name matches \S+ and user=b"),
        ("Transfer WHERE(status=Running)", "transfer", "(status=running)"),
        ("Transfer\nWHERE\nstatus=a\nAND b=c", "transfer", "status=a and b=c"),
        ("task WHERE job.id=6971 ", "task", "job.id=6971"),
        ("Transfer WHERE code=o'brien", "transfer", "code=o'brien"),
        ("Transfer WHERE code='a (b'", "transfer", "code='a (b'"),
        ('Transfer WHERE status in "a,b"', "transfer", 'status in "a,b"'),
        ("Transfer WHERE \xa0", "transfer", "\xa0"),
        ('Transfer WHERE name="é İ"', "transfer", 'name="é i̇"'),
    ],
)
def test_queries_are_read(query: str, entitytype: str, expression: str | None) -> None:
    assert parse_query(query) == (entitytype, expression)


@pytest.mark.parametrize(
    ("query", "position", "words"),
    [
        ("", 0, "empty"),
        ("   ", 0, "empty"),
        ("Transfer WHERE", 14, "nothing follows"),
        ("Transfer status=running", 9, "WHERE"),
        ("Transfer WHEREx=1", 9, "WHERE"),
        ("=1", 0, "entity type"),
        ("Transfer= WHERE a=b", 8, "letters"),
        ('Transfer WHERE name="x', 20, "never closed"),
        ("Transfer WHERE name='x\"", 20, "never closed"),
        ("Transfer WHERE (a=b", 15, "never closed"),
        ("Transfer WHERE (a=b AND (c=d)", 15, "never closed"),
        ("Transfer WHERE a=b)", 18, "never opened"),
        ("Transfer WHERE a=b AND", 22, "follow AND"),
    ],
)
def test_broken_queries_name_the_position(query: str, position: int, words: str) -> None:
    with pytest.raises(QueryError, match=words) as caught:
        parse_query(query)
    assert caught.value.position == position
    assert caught.value.query == query
    assert isinstance(caught.value, ValueError)


def test_a_query_is_a_text() -> None:
    with pytest.raises(QueryError, match="not 5"):
        parse_query(5)  # type: ignore[arg-type]


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_query(f"Transfer WHERE {text}")
    except QueryError as error:
        assert error.position is not None


@given(st.text(st.characters(min_codepoint=32, exclude_characters="\x7f")))
def test_a_quoted_value_is_one_value(value: str) -> None:
    try:
        quoted = quote_value(value)
    except ArgumentError:
        assert '"' in value
        assert "'" in value
        return
    assert quoted[1:-1] == value
    assert parse_query(f"Transfer WHERE name matches {quoted}").expression == f"name matches {quoted}"


@pytest.mark.parametrize("value", ["a\"b'c", "a\nb", "\x00"])
def test_what_cannot_be_quoted_is_refused(value: str) -> None:
    with pytest.raises(ArgumentError):
        quote_value(value)


def test_ids() -> None:
    assert ids_expression(["a", "b"]) == 'id in "a,b"'
