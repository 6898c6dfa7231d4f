"""Reads query text into a tree.

The language: comparisons joined by ``AND`` and ``OR``, nested in parentheses. A comparison is an attribute
(``status``, ``job.id``), an operator and a value. ``AND`` binds tighter than ``OR``. ``NOT`` stands within a
comparison (``status not in "done,aborted"``), never before one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["And", "Comparison", "Node", "Or", "QueryError", "parse"]

MAX_DEPTH: Final = 100

_TOKEN: Final = re.compile(
    r"""\s+
    | (?P<open>\() | (?P<close>\))
    | (?P<operator><=|>=|<>|!=|=|<|>)
    | "(?P<double>[^"]*)" | '(?P<single>[^']*)'
    | (?P<word>(?:[^\s()"'=<>!]|!(?!=)|(?<=[^\s()"'=<>])['"])+)
    """,
    re.VERBOSE,
)
_SYMBOLS: Final = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_WORDS: Final = frozenset({"in", "contains", "matches"})
_ATTRIBUTE: Final = re.compile(r"[^\W\d][\w-]*(\.[\w-]+)*")


class QueryError(ValueError):
    """A query that cannot be read.

    Attributes:
        text: what is wrong.
        position: where in the query, from 0.
    """

    def __init__(self, text: str, position: int) -> None:
        super().__init__(f"{text} (position {position})")
        self.text = text
        self.position = position


@dataclass(frozen=True, slots=True)
class Comparison:
    """``attribute operator value``, and the positions of the attribute and the value."""

    attribute: str
    operator: str
    value: str
    negated: bool = False
    position: int = 0
    value_position: int = 0


@dataclass(frozen=True, slots=True)
class And:
    """Holds when every part does."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Holds when one part does."""

    parts: tuple[Node, ...]


Node = Comparison | And | Or


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int

    def is_word(self, word: str) -> bool:
        return self.kind == "word" and self.text.casefold() == word


def parse(text: str) -> Node:
    """Read an expression; ``<type> WHERE`` may stand before it.

    Args:
        text: the expression, such as ``status=running AND (user=lisa@example.com OR size>1000)``.

    Returns:
        The tree.

    Raises:
        QueryError: the text cannot be read.
    """
    reader = _Reader(_tokens(text))
    node = reader.expression(0)
    reader.end()
    return node


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise QueryError(_what_is_wrong(text[at]), at)
        kind = found.lastgroup
        if kind in ("double", "single"):
            tokens.append(_Token("string", found[kind], at))
        elif kind is not None:
            tokens.append(_Token(kind, found[kind], at))
        at = found.end()
    if len(tokens) >= 2 and tokens[0].kind == "word" and tokens[1].is_word("where"):
        tokens = tokens[2:]
    tokens.append(_Token("end", "", len(text)))
    return tokens


def _what_is_wrong(character: str) -> str:
    if character in "\"'":
        return f"a quoted text that begins with {character} never ends"
    return f"the character {character!r} cannot stand here"


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def _take_word(self, word: str) -> bool:
        if self._next.is_word(word):
            self._at += 1
            return True
        return False

    def end(self) -> None:
        if self._next.kind != "end":
            raise self._unexpected("AND, OR or the end")

    def _unexpected(self, wanted: str) -> QueryError:
        token = self._next
        got = "the query ends" if token.kind == "end" else f"{token.text!r} stands"
        return QueryError(f"expected {wanted}, but {got} there", token.position)

    def expression(self, depth: int) -> Node:
        parts = [self._all(depth)]
        while self._take_word("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while self._take_word("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise QueryError(f"nested more than {MAX_DEPTH} deep", self._next.position)
        if self._next.is_word("not"):
            raise QueryError("NOT cannot stand before a comparison, only within", self._next.position)
        if self._next.kind == "open":
            self._take()
            node = self.expression(depth + 1)
            if self._next.kind != "close":
                raise self._unexpected("AND, OR or )")
            self._take()
            return node
        return self._comparison()

    def _comparison(self) -> Comparison:
        attribute = self._next
        if attribute.kind != "word" or not _ATTRIBUTE.fullmatch(attribute.text):
            raise self._unexpected("an attribute")
        self._take()
        negated = self._take_word("not")
        operator = self._next
        if operator.kind == "operator" and not negated:
            symbol = _SYMBOLS[operator.text]
        elif operator.kind == "word" and operator.text.casefold() in _WORDS:
            symbol = operator.text.casefold()
        else:
            words = "in, contains or matches"
            raise self._unexpected(words if negated else f"an operator (= != <> < > <= >=, [not] {words})")
        self._take()
        value = self._next
        if value.kind not in ("word", "string"):
            raise self._unexpected("a value")
        self._take()
        return Comparison(attribute.text, symbol, value.text, negated, attribute.position, value.position)
