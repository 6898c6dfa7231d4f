"""Query text: reading ``<type> WHERE <expression>`` and quoting values into it."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from accsyn_async.errors import ArgumentError, QueryError

__all__ = ["Query", "ids_expression", "parse_query", "quote_value"]

_SPACE = " \t\r\n\f\v"
_BEFORE_VALUE = frozenset(_SPACE + "=<>!(,")
_TYPE = re.compile(r"[A-Za-z_][\w-]*")
_MATCHES = re.compile(r"\bmatches[\s(]*$", re.IGNORECASE)
_KEYWORDS = frozenset({"and", "or"})


class Query(NamedTuple):
    """A query in two parts.

    Attributes:
        entitytype: what is asked for, lower-case.
        expression: the condition as it is sent, or ``None`` for everything.
    """

    entitytype: str
    expression: str | None = None


def parse_query(query: str) -> Query:
    r"""Split a query into entity type and expression, as it is sent.

    All is lower-cased, as the official client does (comparisons ignore case), but
    the operand of ``matches``: lower-casing ``\S`` would turn it into its opposite.
    Runs of white space outside quotes and parentheses become one space.

    Raises:
        QueryError: empty, not ``<type> WHERE <expression>``, or unbalanced quotes or
            parentheses; ``position`` says where.

    >>> parse_query('Transfer WHERE  status=Running')
    Query(entitytype='transfer', expression='status=running')
    >>> parse_query(r'Transfer WHERE name matches "\S+" AND user="Lisa@Example.com"').expression
    'name matches "\\S+" and user="lisa@example.com"'
    """
    if not isinstance(query, str):
        raise QueryError(f"a query is a text such as 'Transfer WHERE status=running', not {query!r}")
    if query.isalpha() and query.isascii():
        # A type alone, as most calls have it.
        return Query(query.lower())
    start = _skip_space(query, 0)
    if start == len(query):
        raise QueryError(
            "the query is empty; write an entity type, such as 'Transfer'", query=query, position=0
        )
    found = _TYPE.match(query, start)
    if found is None:
        raise _error("a query begins with an entity type, such as 'Transfer'", query, start)
    entitytype = found[0].lower()
    after = found.end()
    if after < len(query) and query[after] not in _SPACE:
        raise _error("an entity type has letters only", query, after)
    where = _skip_space(query, after)
    if where == len(query):
        return Query(entitytype)
    if query[where : where + 5].lower() != "where" or query[where + 5 : where + 6] not in (*_SPACE, "(", ""):
        raise _error("after the entity type comes WHERE", query, where)
    begin = _skip_space(query, where + 5)
    if begin == len(query):
        raise _error("nothing follows WHERE", query, len(query))
    return Query(entitytype, _expression(query, begin))


def quote_value(value: object, *, first: Literal['"', "'"] = '"') -> str:
    """Quote a value for use in a query, so that it can be nothing but a value.

    Args:
        value: what to quote.
        first: the mark to take unless the value holds it.

    Raises:
        ArgumentError: it holds both kinds of quotes, or control characters, which
            the query language cannot express.

    >>> print(quote_value("my transfer"), quote_value('6" reel'))
    "my transfer" '6" reel'
    """
    text = str(value)
    if any(ord(character) < 32 for character in text):
        raise ArgumentError(f"a query cannot hold control characters: {text!r}")
    for mark in (first, *"'\""):
        if mark not in text:
            return f"{mark}{text}{mark}"
    raise ArgumentError(f"a query cannot hold a value with both kinds of quotes: {text!r}")


def ids_expression(ids: list[str] | tuple[str, ...]) -> str:
    """The expression for entities of these ids.

    >>> ids_expression(["a1", "b2"])
    'id in "a1,b2"'
    """
    return f'id in "{",".join(ids)}"'


def _expression(query: str, begin: int) -> str:
    out: list[str] = []
    opened: list[int] = []
    position = begin
    while position < len(query):
        character = query[position]
        if character in "\"'" and query[position - 1] in _BEFORE_VALUE:
            end = query.find(character, position + 1)
            if end < 0:
                raise _error(f"this {character} is never closed", query, position)
            text = query[position : end + 1]
            out.append(text if _is_pattern(out) else text.lower())
            position = end + 1
            continue
        if character in _SPACE:
            position += 1
            if not opened:
                position = _skip_space(query, position)
            if position < len(query) or opened:
                out.append(" ")
            continue
        if character == "(":
            opened.append(position)
        elif character == ")":
            if not opened:
                raise _error("this ) was never opened", query, position)
            opened.pop()
        if character in "()":
            out.append(character)
            position += 1
            continue
        end = position
        while end < len(query) and query[end] not in _SPACE and query[end] not in "()":
            if end > position and query[end] in "\"'" and query[end - 1] in _BEFORE_VALUE:
                break
            end += 1
        word = query[position:end]
        out.append(word if _is_pattern(out) else word.lower())
        position = end
    if opened:
        raise _error("this ( is never closed", query, opened[-1])
    expression = "".join(out).strip(" ")
    last = expression.rsplit(" ", 1)[-1]
    if last in _KEYWORDS:
        raise _error(f"something must follow {last.upper()}", query, len(query))
    return expression


def _is_pattern(before: list[str]) -> bool:
    return _MATCHES.search("".join(before[-6:])) is not None


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position


def _error(message: str, query: str, position: int) -> QueryError:
    return QueryError(f"{message} (at character {position + 1} of {query!r})", query=query, position=position)
