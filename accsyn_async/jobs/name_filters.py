r"""Which files are left out of a transfer, or let in: ``*tmp\,re('[0-9]')``.

A setting such as ``transfer_exclude`` holds statements that an escaped comma separates (seeds
002 and 004). A statement is a name with ``*`` in it, or ``re('…')``, a regular expression,
``re('…','I')`` in any case.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable

from accsyn_async.jobs.quoting import cut, quoted

__all__ = [
    "COMMA_REMEDY",
    "SEPARATOR",
    "filter_doubts",
    "filter_problems",
    "join_statements",
    "split_statements",
]

SEPARATOR = "\\,"
"""What stands between two statements. It cannot be part of one (accsyn's job specifications)."""
COMMA_REMEDY = r"match the comma in another way, such as [,] or \x2c"

_EXPRESSION = re.compile(
    r"""re\((?P<quote>['"])(?P<pattern>.*?)(?P=quote)(?:\s*,\s*['"][A-Za-z]*['"])?\)""", re.DOTALL
)
_MOST_STATEMENTS = 1000
_LONGEST = 1000
"""Characters of a setting that is rewritten: quotes without end take time by the square."""
_PLAIN = re.compile(rf"(?P<kept>{_EXPRESSION.pattern})|\s*(?<!\\)[,;]\s*", re.DOTALL)
"""What may have been meant as a separator, or an expression, within which it is none."""


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
    corrected = _separated(setting)
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
                    (
                        f"{cut(statement)} is no expression",
                        corrected or "write re('…'), or re('…','I') for any case",
                    )
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


def filter_doubts(setting: str) -> list[tuple[str, str]]:
    r"""What is hardly meant in a setting of statements, and what to write instead.

    >>> print(filter_doubts("*.tmp,*.bak")[0][1])
    write *.tmp\,*.bak, with the backslash twice in JSON, or in Python the list ['*.tmp', '*.bak']
    """
    remedy = _separated(setting)
    return [] if remedy is None else [("a comma or semicolon separates no statements", remedy)]


def _separated(setting: str) -> str | None:
    """How to write a setting with plain commas or semicolons; ``None`` without one."""
    if len(setting) > _LONGEST:
        return None
    marked = _PLAIN.sub(lambda found: found["kept"] or SEPARATOR, setting)
    if marked == setting:
        return None
    statements = [statement for statement in split_statements(marked) if statement]
    if len(statements) < 2:
        return None
    written = f"write {cut(join_statements(statements))}, with the backslash twice in JSON"
    return f"{written}, or in Python the list {quoted(statements)}"


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
