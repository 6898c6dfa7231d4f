"""Which names a listing shows.

A statement is a word that a name must be, with ``*`` for anything (``*.mov``, ``sh*_v1``), in any case; or
``re('…')``, a regular expression that must occur in the name in any case, ``re('…','I')`` in this one. What a
statement of ``include`` names is shown even if one of ``exclude`` names it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from accsyn_async.querying.patterns import Expression, PatternError, quoted_expression, wildcard

__all__ = ["FilterError", "NameFilter", "read_filter"]

MAX_STATEMENTS: Final = 100
MAX_STATEMENT: Final = 1000

Test = Callable[[str], bool]


class FilterError(ValueError):
    """A filter that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class NameFilter:
    """Filters by name.

    Attributes:
        include: when there are any, only names that pass one are shown.
        exclude: names that pass one are not shown, unless they are included.
    """

    include: tuple[Test, ...] = ()
    exclude: tuple[Test, ...] = ()

    def shows(self, name: str) -> bool:
        """Whether a file or folder is shown.

        Raises:
            PatternError: a regular expression takes too long.
        """
        if self.include:
            return any(test(name) for test in self.include)
        return not any(test(name) for test in self.exclude)

    def closes(self, name: str) -> bool:
        """Whether a folder is left out with all that is in it."""
        if any(test(name) for test in self.include):
            return False
        return any(test(name) for test in self.exclude)


def read_filter(include: object, exclude: object) -> NameFilter:
    """Read the statements of a call, each a text or a list of texts, or nothing.

    Raises:
        FilterError: one cannot be read.
    """
    return NameFilter(_statements("include", include), _statements("exclude", exclude))


def _statements(name: str, value: object) -> tuple[Test, ...]:
    if value is None or value == "":
        return ()
    texts = value if isinstance(value, list) else [value]
    if len(texts) > MAX_STATEMENTS:
        raise FilterError(f"{name!r} has more than {MAX_STATEMENTS} statements")
    return tuple(_statement(name, text) for text in texts)


def _statement(name: str, text: object) -> Test:
    if not isinstance(text, str) or not text:
        raise FilterError(f"{name!r} must be a text or a list of texts")
    if len(text) > MAX_STATEMENT:
        raise FilterError(f"{name!r} has a statement of more than {MAX_STATEMENT} characters")
    if not text.startswith("re("):
        test = wildcard(text.casefold())
        return lambda found: test(found.casefold())
    written = quoted_expression(text.strip())
    if written is None:
        raise FilterError(f"{name!r}: write re('…') or re('…','I'), not {text}")
    pattern, exact = written
    try:
        return Expression(pattern, ignore_case=not exact).search
    except PatternError as error:
        raise FilterError(f"{name!r}: {text}: {error}") from None
