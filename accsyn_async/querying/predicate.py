"""Turns a read query into a function of an entity."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from accsyn_async.querying.patterns import Expression, PatternError, wildcard
from accsyn_async.querying.query import And, Comparison, Node, Or, QueryError, parse

__all__ = ["compile_query"]

T = TypeVar("T")
Getter = Callable[[T], Any]
Test = Callable[[str], bool]
Number = int | float

_NUMBER: Final = re.compile(
    r"[+-]?(?P<whole>\d{1,300})?(\.\d{0,300})?(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE
)


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
    if operator == "matches":
        return _matches(node, getter)
    test, number = _test(operator, node.value.casefold())

    def holds(entity: T) -> bool:
        value = getter(entity)
        if value.__class__ is str:
            return test(value.casefold()) is not negated
        return any(_passes(one, test, number) for one in _alternatives(value)) is not negated

    return holds


def _matches(node: Comparison, getter: Getter[T]) -> Callable[[T], bool]:
    r"""As written, not folded: ``\S`` is not ``\s``."""
    negated = node.negated
    try:
        search = Expression(node.value).search
    except PatternError as error:
        raise QueryError(str(error), node.value_position) from None

    def holds(entity: T) -> bool:
        try:
            return any(search(_text(value)) for value in _alternatives(getter(entity))) is not negated
        except PatternError as error:
            raise QueryError(str(error), node.value_position) from None

    return holds


def _test(operator: str, value: str) -> tuple[Test, Callable[[Number], bool] | None]:
    """How texts are tested, and numbers if not as texts."""
    if operator == "contains":
        return (wildcard(f"*{value}*") if "*" in value else lambda text: value in text), None
    parts = [value] if operator == "=" else [part.strip() for part in value.split(",")]
    plain = frozenset(part for part in parts if "*" not in part)
    patterns = [wildcard(part) for part in parts if "*" in part]
    numbers = frozenset(number for number in map(_number, plain) if number is not None)
    if not patterns:
        return plain.__contains__, numbers.__contains__

    def test(text: str) -> bool:
        return text in plain or any(pattern(text) for pattern in patterns)

    return test, lambda number: number in numbers or any(pattern(_text(number)) for pattern in patterns)


def _passes(value: Any, test: Test, number: Callable[[Number], bool] | None) -> bool:
    if number is not None and isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return test(_text(value).casefold())


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
            left, right = _text(found).casefold(), folded
        if operator == "<":
            return bool(left < right)
        if operator == ">":
            return bool(left > right)
        return bool(left <= right if operator == "<=" else left >= right)

    return compare


def _number(value: object) -> Number | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if not isinstance(value, str):
        return None
    text = value.strip().casefold()
    found = _NUMBER.fullmatch(text)
    if found is None or not any(character.isdigit() for character in text.partition("e")[0]):
        return None
    return int(text) if found[0] == found["whole"] else float(text)


def _alternatives(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (tuple, list)) else (value,)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
