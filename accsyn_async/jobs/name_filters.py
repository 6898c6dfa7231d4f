r"""Which files are left out of a transfer, or let in: ``*tmp\,re('[0-9]')``.

A setting such as ``transfer_exclude`` holds statements that an escaped comma separates (seeds
002 and 004). A statement is a name with ``*`` in it, or ``re('…')``, a regular expression,
``re('…','I')`` in any case.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable

from accsyn_async.jobs.quoting import cut

__all__ = ["COMMA_REMEDY", "SEPARATOR", "filter_problems", "join_statements", "split_statements"]

SEPARATOR = "\\,"
"""What stands between two statements. It cannot be part of one (seeds 002 and 004)."""
COMMA_REMEDY = r"match the comma in another way, such as [,] or \x2c"

_EXPRESSION = re.compile(
    r"""re\((?P<quote>['"])(?P<pattern>.*?)(?P=quote)(?:\s*,\s*['"][A-Za-z]*['"])?\)""", re.DOTALL
)
_MOST_STATEMENTS = 1000


def join_statements(statements: Iterable[str]) -> str:
    r"""The statements as a setting has them.

    >>> print(join_statements(["*tmp", "re('[0-9]')"]))
    *tmp\,re('[0-9]')
    """
    return SEPARATOR.join(statements)


def split_statements(setting: str) -> list[str]:
    r"""The statements that a setting holds.

    >>> split_statements(r"*tmp\,re('[0-9]')")
    ['*tmp', "re('[0-9]')"]
    """
    return [statement.strip() for statement in setting.split(SEPARATOR)] if setting else []


def filter_problems(setting: str) -> list[tuple[str, str]]:
    r"""What is wrong with a setting of statements, and what to write instead.

    >>> filter_problems(r"re('[a\,b]')")[0][0]
    "re('[a\\,b]') holds an escaped comma, which separates statements"
    """
    found = []
    broken = _torn(setting)
    if broken is not None:
        return [
            (
                f"{cut(broken)} holds an escaped comma, which separates statements",
                COMMA_REMEDY,
            )
        ]
    for statement in split_statements(setting):
        if not statement:
            found.append(("there is an empty statement", "leave out the separator before or behind it"))
        elif statement.startswith("re("):
            read = _EXPRESSION.fullmatch(statement)
            if read is None:
                found.append(
                    (f"{cut(statement)} is no expression", "write re('…'), or re('…','I') for any case")
                )
                continue
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    re.compile(read["pattern"])
            except (re.error, RecursionError, OverflowError, ValueError) as error:
                why = cut(str(error))
                found.append((f"{cut(statement)} is no regular expression ({why})", "correct the expression"))
    return found


def _torn(setting: str) -> str | None:
    """An expression that an escaped comma tears apart; ``None`` when none is."""
    pieces = split_statements(setting)[:_MOST_STATEMENTS]
    for number, piece in enumerate(pieces):
        if not piece.startswith("re(") or _EXPRESSION.fullmatch(piece):
            continue
        for end in range(number + 2, min(number + 10, len(pieces)) + 1):
            whole = SEPARATOR.join(pieces[number:end])
            if _EXPRESSION.fullmatch(whole):
                return whole
    return None
