"""One comparison of a query: from a keyword such as ``job__id__in`` and a value to its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from typing import Final, NamedTuple

from accsyn_async.errors import ArgumentError
from accsyn_async.wire.operand import (
    Operand,
    literal_pattern,
    quote_pattern,
    read_operand,
    wildcard_pattern,
)

__all__ = ["Comparison", "compare"]

_OPPOSITE: Final = {
    "=": "!=",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "in": "not in",
    "contains": "not contains",
    "matches": "not matches",
}
_ORDERS: Final = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_NEGATIONS: Final = {
    "ne": "eq",
    "not_in": "in",
    "not_contains": "contains",
    "not_matches": "matches",
    "not_like": "like",
}
_SUFFIXES: Final = frozenset({"eq", "in", "contains", "matches", "like", *_ORDERS, *_NEGATIONS})
# Spellings of other query builders, which would otherwise be read as a part of the attribute's name.
_ELSEWHERE: Final = {
    "exact": "eq",
    "iexact": "eq",
    "neq": "ne",
    "lte": "le",
    "gte": "ge",
    "nin": "not_in",
    "notin": "not_in",
    "icontains": "contains",
    "startswith": "like, with 'text*'",
    "istartswith": "like, with 'text*'",
    "endswith": "like, with '*text'",
    "iendswith": "like, with '*text'",
    "ilike": "like",
    "regex": "matches",
    "iregex": "matches",
    "isnull": "eq, with ''",
    "range": "ge and __le",
}
_ATTRIBUTE: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_RESERVED: Final = frozenset({"and", "or", "not", "in", "contains", "matches", "where"})
_NOT_LISTABLE: Final = re.compile(r"""[,*"'\\\x00-\x1f\x7f-\x9f]|^\s|\s\Z|^\Z""")


class Comparison(NamedTuple):
    """An attribute, an operator and a value, as text.

    Attributes:
        text: the comparison.
        opposite: the one that holds when it does not.
    """

    text: str
    opposite: str


def compare(name: str, value: object) -> tuple[list[Comparison], bool]:
    """Write the comparisons that a keyword and its value stand for.

    Args:
        name: attribute and way of comparing, such as ``status``, ``size__ge``, ``job__id__in``.
        value: what it is compared with.

    Returns:
        Comparisons, one of which must hold; ``True`` when instead none of them may.

    Raises:
        ArgumentError: the name is no attribute's, or there is no comparing with the value.

    >>> compare("size__ge", 5)
    ([Comparison(text='size>=5', opposite='size<5')], False)
    >>> [one.text for one in compare("code__not_in", ["a", "b", "c,d"])[0]]
    ['code in "a,b"', 'code="c,d"']
    """
    attribute, suffix = _read_name(name)
    positive = _NEGATIONS.get(suffix, suffix)
    if positive == "in":
        comparisons = _in(name, attribute, value)
    elif positive == "matches":
        comparisons = [_written(attribute, "matches", quote_pattern(name, value))]
    else:
        comparisons = [_single(name, attribute, positive, read_operand(name, value))]
    return comparisons, positive != suffix


def _read_name(name: str) -> tuple[str, str]:
    *parts, suffix = name.split("__")
    if not parts or suffix not in _SUFFIXES:
        if parts and suffix in _ELSEWHERE:
            attribute = "__".join(parts)
            raise ArgumentError(
                f"{name}: write {attribute}__{_ELSEWHERE[suffix]}; if {suffix!r} is an attribute, {name}__eq"
            )
        parts, suffix = [*parts, suffix], "eq"
    attribute = ".".join(parts)
    if not _ATTRIBUTE.fullmatch(attribute) or attribute.lower() in _RESERVED:
        raise ArgumentError(
            f"{name!r} is no attribute; attributes are names such as status, or job__id (job.id)"
        )
    return attribute, suffix


def _single(name: str, attribute: str, suffix: str, operand: Operand) -> Comparison:
    text, quoted = operand.text, operand.quoted()
    if suffix == "like":
        if quoted is None:
            return _written(attribute, "matches", wildcard_pattern(text))
        return _written(attribute, "=", quoted)
    plain = None if "*" in text else quoted
    if suffix in _ORDERS:
        if plain is None:
            raise ArgumentError(
                f"{name}: {text!r} cannot be written after {_ORDERS[suffix]}; pass a text without *, without "
                "control characters, with one kind of quotes and no backslash at its end"
            )
        return _written(attribute, _ORDERS[suffix], plain)
    if plain is None:
        return _written(attribute, "matches", literal_pattern(text, whole=suffix == "eq"))
    return _written(attribute, "=" if suffix == "eq" else "contains", plain)


def _in(name: str, attribute: str, values: object) -> list[Comparison]:
    if isinstance(values, (str, bytes, bytearray, memoryview, Mapping)) or not isinstance(values, Iterable):
        raise ArgumentError(f"{name} takes several values, such as a list, not a {type(values).__name__}")
    operands = list(dict.fromkeys(read_operand(name, value) for value in values))
    if not operands:
        raise ArgumentError(f"{name} got no values: nothing is one of none; ask only when there are some")
    if isinstance(values, Set):
        # So that the same set always gives the same query.
        operands.sort()
    listed = [operand.text for operand in operands if not _NOT_LISTABLE.search(operand.text)]
    parts = [_written(attribute, "in", f'"{",".join(listed)}"')] if listed else []
    parts += [
        _single(name, attribute, "eq", operand) for operand in operands if _NOT_LISTABLE.search(operand.text)
    ]
    return parts


def _written(attribute: str, operator: str, operand: str) -> Comparison:
    space = " " if operator.isalpha() else ""
    return Comparison(
        f"{attribute}{space}{operator}{space}{operand}",
        f"{attribute}{space}{_OPPOSITE[operator]}{space}{operand}",
    )
