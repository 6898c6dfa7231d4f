"""Values in query text: what they are as text, in quotes, and as regular expressions.

Every text that is written here is one value to whoever reads the query, whatever it holds: the plain form
is used only for what it can hold beyond doubt.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from accsyn_async.errors import ArgumentError
from accsyn_async.times import format_time
from accsyn_async.wire.query import quote_value

__all__ = ["Operand", "literal_pattern", "quote_pattern", "read_operand", "wildcard_pattern"]

_CONTROL = r"\x00-\x1f\x7f-\x9f"
# A backslash at the end could be taken for an escape of the closing quote.
_NOT_QUOTABLE = re.compile(rf"[{_CONTROL}]|\\\Z")
_NOT_LITERAL = re.compile(rf"""[{_CONTROL}"'\\]|[.^$*+?{{}}\[\]|()]""")
_PATTERN_TOKEN = re.compile(rf'\\([\s\S]?)|["{_CONTROL}]')
_VERBOSE = re.compile(r"\(\?[a-zA-Z^-]*x")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ANYTHING = r"[\s\S]*"
# Larger floats are written with an exponent.
_WHOLE_FLOATS = 1e16


class Operand(NamedTuple):
    """A value to compare with.

    Attributes:
        text: the value.
        bare: it is a number or a truth value and is written without quotes.
    """

    text: str
    bare: bool = False

    def quoted(self) -> str | None:
        r"""The value as it stands in a query, ``None`` when no quotes can hold it.

        That is a text with control characters, with both kinds of quotes, or with a
        backslash at its end. A ``*`` in it is a wildcard.

        >>> print(Operand("50", bare=True).quoted(), Operand("my file").quoted(), Operand("C:\\").quoted())
        50 "my file" None
        """
        if self.bare:
            return self.text
        if _NOT_QUOTABLE.search(self.text) or ('"' in self.text and "'" in self.text):
            return None
        return quote_value(self.text)


def read_operand(name: str, value: object) -> Operand:
    """Turn a value into text, as queries write it.

    Args:
        name: what is compared with it, for the error.
        value: a text, number, truth value, date, time (naive: local), UUID, or an
            enum member that has one of these as its value.

    Raises:
        ArgumentError: it is something else, or not a number at all, or no valid text.

    >>> read_operand("size", 2.0)
    Operand(text='2', bare=True)
    >>> read_operand("created", dt.date(2026, 1, 22)).text
    '2026-01-22T00:00:00'
    """
    match value:
        case Enum():
            return read_operand(name, value.value)
        case bool():
            return Operand("true" if value else "false", bare=True)
        case int():
            try:
                return Operand(int.__repr__(value), bare=True)
            except ValueError:
                raise ArgumentError(f"{name} cannot be compared with a number of so many digits") from None
        case float() if math.isfinite(value):
            whole = value.is_integer() and abs(value) < _WHOLE_FLOATS
            return Operand(str(int(value)) if whole else float.__repr__(value), bare=True)
        case float():
            raise ArgumentError(f"{name} cannot be compared with {value!r}; pass a finite number")
        case dt.date():
            try:
                return Operand(format_time(value))
            except OverflowError:
                raise ArgumentError(f"{name}: {value} is out of range once it is in UTC") from None
        case UUID():
            return Operand(str(value))
        case str():
            if _SURROGATE.search(value):
                raise ArgumentError(f"{name}: {value!r} holds half a character and cannot be sent")
            return Operand(str.__str__(value))
        case None:
            raise ArgumentError(
                f"{name} cannot be compared with None: leave the condition out, or pass '' for an empty text"
            )
        case list() | tuple() | set() | frozenset():
            raise ArgumentError(
                f"{name} is compared with one value, not a {type(value).__name__}; "
                "for any of several pass them to the attribute's name and __in"
            )
    raise ArgumentError(
        f"{name} cannot be compared with a {type(value).__name__}; "
        "pass a str, int, float, bool, date, datetime, UUID or Enum member"
    )


def literal_pattern(text: str, *, whole: bool = True) -> str:
    r"""Write the quoted regular expression that finds exactly this text.

    Args:
        text: the text, of any characters.
        whole: it is all that is there; else it may stand anywhere.

    >>> print(literal_pattern("shot*\\"), literal_pattern('5\' 6"', whole=False))
    "^shot\*\x5c$(?!\n)" "5\x27 6\x22"
    """
    escaped = _escape(text)
    return f'"{_anchored(escaped)}"' if whole else f'"{escaped}"'


def wildcard_pattern(text: str) -> str:
    r"""Write the quoted regular expression of a text in which each ``*`` stands for anything.

    >>> print(wildcard_pattern("shot*\\"))
    "^shot[\s\S]*\x5c$(?!\n)"
    """
    return f'"{_anchored(_ANYTHING.join(map(_escape, text.split("*"))))}"'


def quote_pattern(name: str, pattern: object) -> str:
    r"""Quote a regular expression; what quotes cannot hold is written as ``\xHH``.

    Args:
        name: what is compared with it, for the error.
        pattern: the expression as text.

    Raises:
        ArgumentError: it is not a text, ends in the middle of an escape, or uses
            syntax (``\Q``, ``\c``, verbose mode) in which ``\xHH`` would not be the
            same.

    >>> print(quote_pattern("name", r"^\S+\.mov$"), quote_pattern("name", '"it\'s"'))
    "^\S+\.mov$" "\x22it's\x22"
    """
    if not isinstance(pattern, str):
        raise ArgumentError(
            f"{name} takes a regular expression as text, not a {type(pattern).__name__}"
            + ("; pass its .pattern" if isinstance(pattern, re.Pattern) else "")
        )
    text = read_operand(name, pattern).text
    both = '"' in text and "'" in text

    def rewrite(token: re.Match[str]) -> str:
        character = token[0] if token[1] is None else token[1]
        if character == "":
            raise ArgumentError(f"{name}: the regular expression {text!r} ends in the middle of an escape")
        at_end = token.end() == len(text)
        if (
            (character == '"' and both)
            or (character == "\\" and at_end)
            or re.fullmatch(f"[{_CONTROL}]", character)
        ):
            return f"\\x{ord(character):02x}"
        return token[0]

    written = _PATTERN_TOKEN.sub(rewrite, text)
    if written != text and (r"\Q" in text or r"\c" in text or _VERBOSE.search(text)):
        raise ArgumentError(
            f"{name}: the regular expression {text!r} cannot be quoted; "
            r"write its double quotes as \x22, line breaks as \n, a backslash at its end as \x5c"
        )
    return quote_value(written)


def _anchored(pattern: str) -> str:
    # "$" alone would let a line break follow.
    return rf"^{pattern}$(?!\n)"


def _escape(text: str) -> str:
    return _NOT_LITERAL.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character in "\"'\\" or not character.isprintable():
        return f"\\x{ord(character):02x}"
    return f"\\{character}"
