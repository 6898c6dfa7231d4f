"""What conditions mean to the sandbox, which reads queries by itself."""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from accsyn_async.errors import ArgumentError
from accsyn_async.querying.predicate import compile_query
from accsyn_async.querying.query import Comparison, parse
from accsyn_async.wire.condition import Condition, where
from accsyn_async.wire.query import parse_query

Row = dict[str, Any]


def found(condition: Condition[Any], rows: Iterable[Row]) -> list[Row]:
    """The rows that the sandbox finds when it is sent this."""
    expression = parse_query(str(condition)).expression
    if expression is None:
        return list(rows)

    def field(attribute: str) -> Callable[[Row], Any]:
        return lambda row: row[attribute]

    test = compile_query(expression, field)
    return [row for row in rows if test(row)]


def names(condition: Condition[Any], texts: Iterable[str]) -> list[str]:
    return [row["name"] for row in found(condition, [{"name": text} for text in texts])]


def _one_to_one(character: str) -> bool:
    # 'ß', 'İ' and 'ı' are equal to other texts or not depending on whether one lower-cases, folds or matches.
    folded = character.casefold()
    return len(folded) == 1 and character.upper().casefold() == folded


HOSTILE = st.sampled_from(
    [*"*,\\\"'()=<>!.^$[]{}|?+#- \t\n\r\0\x7f\x85\u2028", " or ", " AND ", "not", r"\x22", r"\n"]
)
CHARACTERS = st.characters(exclude_categories=["Cs"]).filter(_one_to_one)
TEXTS = st.lists(HOSTILE | CHARACTERS | st.sampled_from("abAB"), max_size=8).map("".join)


def around(text: str) -> list[str]:
    """Texts that a careless query for this one finds too, or instead."""
    return [
        text,
        text.upper(),
        text.lower(),
        text.strip(),
        text + "\n",
        "\n" + text,
        text + "x",
        "x" + text,
        text.replace("*", "abc"),
        text.replace("*", ""),
        text.replace(".", "x"),
        text.replace("\\", ""),
        text.replace("\\", "\\\\"),
        *text.split(","),
        "",
        "x",
        "*",
    ]


def equal(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


@given(TEXTS, st.lists(TEXTS, max_size=3))
@example("shot*", [])
@example("a\\", ["a\\\n"])
def test_equal_is_equal_whatever_the_value_holds(value: str, others: list[str]) -> None:
    rows = [*around(value), *others]
    assert names(where("Transfer", name=value), rows) == [row for row in rows if equal(row, value)]
    assert names(where("Transfer", name__ne=value), rows) == [row for row in rows if not equal(row, value)]


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_in_is_one_of_the_values_whatever_they_hold(values: list[str]) -> None:
    rows = [row for value in values for row in around(value)] + [",".join(values)]
    expected = [row for row in rows if any(equal(row, value) for value in values)]
    assert names(where("Transfer", name__in=values), rows) == expected
    assert names(~where("Transfer", name__not_in=values), rows) == expected
    assert set(names(where("Transfer", name__not_in=values), rows)) == set(rows) - set(expected)


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_contains_finds_the_text_anywhere(value: str, others: list[str]) -> None:
    rows = [*around(value), *others, f"a{value}b"]
    expected = [row for row in rows if value.casefold() in row.casefold()]
    assert names(where("Transfer", name__contains=value), rows) == expected
    assert names(~where("Transfer", name__not_contains=value), rows) == expected


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_like_has_only_stars(value: str, others: list[str]) -> None:
    rows = [*around(value), *others]
    wanted = re.compile(".*".join(map(re.escape, value.casefold().split("*"))), re.DOTALL)
    expected = [row for row in rows if wanted.fullmatch(row.casefold())]
    assert names(where("Transfer", name__like=value), rows) == expected
    assert names(~where("Transfer", name__not_like=value), rows) == expected


@given(TEXTS)
def test_order_compares_the_text_or_refuses(value: str) -> None:
    try:
        condition = where("Transfer", name__lt=value)
    except ArgumentError:
        assert re.search(r"[*\\\"'\x00-\x1f\x7f-\x9f]", value)
        return
    operand = parse(parse_query(str(condition)).expression or "")
    assert isinstance(operand, Comparison)
    assert (operand.operator, operand.value) == ("<", value.lower())


@given(
    st.lists(st.sampled_from([*"ab[]()*.\"'\n\t", "\\", '\\"', r"\S", r"\\", "(?x)"]), max_size=8).map(
        "".join
    )
)
def test_a_pattern_means_the_same_once_it_is_quoted(pattern: str) -> None:
    rows = ["", "a", "ab", '"', "'", "\"'", "\\", "a\n", "\t", "a\\", "[", ".", "]x", "a\"b'"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            wanted = re.compile(pattern, re.IGNORECASE)
        except re.error:
            return
        try:
            condition = where("Transfer", name__matches=pattern)
        except ArgumentError:
            assert "(?x)" in pattern
            return
        assert names(condition, rows) == [row for row in rows if wanted.search(row)]


@given(st.text() | st.lists(st.sampled_from(["a", "_", "__", ".", "in", "not", "=", " "])).map("".join))
def test_nothing_gets_in_through_a_name(name: str) -> None:
    try:
        condition = where("Transfer", **{name: 1})
    except ArgumentError:
        return
    comparison = parse(parse_query(str(condition)).expression or "")
    assert isinstance(comparison, Comparison)
    assert comparison.value == "1"
    assert name.lower().replace("__", ".").startswith(comparison.attribute)


ROWS: list[Row] = [
    {"name": name, "size": size, "job.id": job}
    for name, size, job in itertools.product(["", "Shot*1", "a,b", 'it\'s "x"\\'], [1, 5], ["x", "Y"])
]
Pair = tuple[Condition[Any], Callable[[Row], bool]]
ATOMS: list[Pair] = [
    (where("Job", name="shot*1"), lambda row: row["name"] == "Shot*1"),
    (where(name__like="s*1"), lambda row: row["name"] == "Shot*1"),
    (where(name__in=["a,b", "", "x"]), lambda row: row["name"] in ("a,b", "")),
    (where(name__not_contains="\\"), lambda row: "\\" not in row["name"]),
    (where(size__lt=5), lambda row: row["size"] < 5),
    (where("job", size__ge=5, job__id="y"), lambda row: row["size"] >= 5 and row["job.id"] == "Y"),
    (where("Job"), lambda row: True),
]


def _combined(pairs: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    def both(one: Pair, other: Pair) -> Pair:
        return one[0] & other[0], lambda row: one[1](row) and other[1](row)

    def either(one: Pair, other: Pair) -> Pair:
        return one[0] | other[0], lambda row: one[1](row) or other[1](row)

    def inverse(one: Pair) -> Pair:
        return (one[0] if one[0].expression is None else ~one[0]), (
            one[1] if one[0].expression is None else lambda row: not one[1](row)
        )

    return st.builds(both, pairs, pairs) | st.builds(either, pairs, pairs) | st.builds(inverse, pairs)


@given(st.recursive(st.sampled_from(ATOMS), _combined, max_leaves=12))
def test_trees_mean_what_python_means(pair: Pair) -> None:
    condition, meant = pair
    assert found(where("Job") & condition, ROWS) == [row for row in ROWS if meant(row)]


@given(st.recursive(st.sampled_from(ATOMS), _combined, max_leaves=12))
def test_no_reader_needs_to_know_what_binds_tighter(pair: Pair) -> None:
    levels: list[set[str]] = [set()]
    expression = re.sub(r"\"[^\"]*\"|'[^']*'", "x", pair[0].expression or "")
    for word in re.findall(r"[()]|AND|OR", expression):
        if word == "(":
            levels.append(set())
        elif word == ")":
            levels.pop()
        else:
            levels[-1].add(word)
            assert len(levels[-1]) == 1
