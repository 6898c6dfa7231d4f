"""Turns a read query into a function of an entity."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from accsyn_async.sandbox.query import And, Comparison, Node, Not, Or, QueryError, parse

__all__ = ["compile_query"]

T = TypeVar("T")
Getter = Callable[[T], Any]
Test = Callable[[str], bool]

MAX_PATTERN: Final = 1000


def compile_query(text: str, field: Callable[[str], Getter[T] | None]) -> Callable[[T], bool]:
    """Compile a query to a predicate.

    Args:
        text: the expression.
        field: gives the getter of an attribute by its lower-case name, ``None`` when there is none. A getter
            may return a tuple: the names that the one value goes by, any of which is compared.

    Returns:
        A function that tells whether an entity is meant. It ignores case.

    Raises:
        QueryError: the query cannot be read, an attribute is unknown, a pattern is wrong.
    """
    return _compile(parse(text), field)


def _compile(node: Node, field: Callable[[str], Getter[T] | None]) -> Callable[[T], bool]:
    match node:
        case And(parts):
            every = [_compile(part, field) for part in parts]
            return lambda entity: all(test(entity) for test in every)
        case Or(parts):
            some = [_compile(part, field) for part in parts]
            return lambda entity: any(test(entity) for test in some)
        case Not(part):
            inner = _compile(part, field)
            return lambda entity: not inner(entity)
        case _:
            return _comparison(node, field)


def _comparison(node: Comparison, field: Callable[[str], Getter[T] | None]) -> Callable[[T], bool]:
    getter = field(node.attribute.casefold())
    if getter is None:
        raise QueryError(f"there is no attribute {node.attribute!r}", node.position)
    operator, negated = node.operator, node.negated
    if operator == "!=":
        operator, negated = "=", not negated
    if operator in ("<", ">", "<=", ">="):
        order = _order(operator, node.value)
        return lambda entity: any(order(value) for value in _alternatives(getter(entity)))
    test = _test(operator, node)

    def holds(entity: T) -> bool:
        value = getter(entity)
        if value.__class__ is str:
            return test(value.casefold()) is not negated
        return any(test(text) for text in _texts(value)) is not negated

    return holds


def _test(operator: str, node: Comparison) -> Test:
    value = node.value.casefold()
    if operator == "=":
        return _equals(value)
    if operator == "in":
        return _one_of(value)
    if operator == "contains":
        if "*" in value:
            return _wildcard(f"*{value}*")
        return lambda text: value in text
    if len(node.value) > MAX_PATTERN:
        raise QueryError(f"a pattern of more than {MAX_PATTERN} characters", node.value_position)
    try:
        expression = re.compile(node.value, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise QueryError(f"not a regular expression: {error}", node.value_position) from None
    return lambda text: expression.search(text) is not None


def _equals(value: str) -> Test:
    return _wildcard(value) if "*" in value else value.__eq__


def _one_of(value: str) -> Test:
    parts = [part.strip() for part in value.split(",")]
    plain = frozenset(part for part in parts if "*" not in part)
    patterns = [_wildcard(part) for part in parts if "*" in part]
    if not patterns:
        return plain.__contains__
    return lambda text: text in plain or any(pattern(text) for pattern in patterns)


def _wildcard(value: str) -> Test:
    """A test of texts in which each ``*`` stands for anything; takes no longer than the text is long."""
    first, *middle, last = value.split("*")

    def test(text: str) -> bool:
        at, end = len(first), len(text) - len(last)
        if at > end or not (text.startswith(first) and text.endswith(last)):
            return False
        for part in middle:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return test


def _order(operator: str, value: str) -> Callable[[Any], bool]:
    number = _number(value)
    folded = value.casefold()

    def compare(found: Any) -> bool:
        left: Any
        right: Any
        there = _number(found)
        if number is not None and there is not None:
            left, right = there, number
        elif found is None:
            return False
        else:
            left, right = _text(found), folded
        if operator == "<":
            return bool(left < right)
        if operator == ">":
            return bool(left > right)
        return bool(left <= right if operator == "<=" else left >= right)

    return compare


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _alternatives(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (tuple, list)) else (value,)


def _texts(value: Any) -> Iterable[str]:
    return (_text(part) for part in _alternatives(value))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.casefold()
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).casefold()
