"""Reads the JSON of a job as people write it, and says where it is none, and why."""

from __future__ import annotations

import codecs
import json
import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from accsyn_async.errors import SpecificationError
from accsyn_async.jobs.problems import Keys, Problem, problem_path
from accsyn_async.safe_text import safe

__all__ = ["MOST_BYTES", "JobText", "read_job_text"]

MOST_BYTES = 10_000_000
"""The largest text that is read as a job's."""

_COMMENT = re.compile(r"//|/\*|#")
_WORDS = {"True": "true", "False": "false", "None": "null", "undefined": "null"}
_WORD = re.compile(r"[A-Za-z_]\w*")
_WHOLE = re.compile(r"-?([0-9]++)(?!\.[0-9]|[eE][+-]?[0-9])")
# Possessive, for otherwise a text of some megabytes takes a gigabyte.
_TOKEN = re.compile(r'[{}\[\],:]|"(?:[^"\\]++|\\.)*+"|[^\s{}\[\],:"]++', re.DOTALL)
_BLANKS = " \t\n\r"
_NO_NUMBER = "this is no JSON number; write it like 5, -1 or 0.5, or as a text in double quotes"
_DEEP = 100
"""Brackets: no job is nested as deeply."""


@dataclass(frozen=True, slots=True)
class JobText:
    """A job's JSON and what it says.

    Attributes:
        text: the JSON.
        document: the object that it holds.
    """

    text: str
    document: dict[str, Any]

    def position(self, keys: Keys) -> tuple[int, int]:
        r"""Line and column, from 1, of an attribute; of what it would be in when it is not there.

        Example::

            >>> read_job_text('{"source": "a.mov",\n "priority": 5000}').position(("priority",))
            (2, 2)
        """
        return self.positions([keys])[0]

    def positions(self, several: Iterable[Keys]) -> list[tuple[int, int]]:
        """Lines and columns of several attributes, in one go."""
        several = list(several)
        wanted = {keys[:length] for keys in several for length in range(1, len(keys) + 1)}
        starts = {path: start for path, start in _walk(self.text) if path in wanted}
        lines = [0, *(end.end() for end in re.finditer("\n", self.text))]
        found = []
        for keys in several:
            paths = (keys[:length] for length in range(len(keys), 0, -1))
            start = next((starts[path] for path in paths if path in starts), 0)
            line = bisect_right(lines, start)
            found.append((line, start - lines[line - 1] + 1))
        return found


def read_job_text(content: str | bytes, name: str = "") -> JobText:
    """Read the JSON of a job.

    Args:
        content: the JSON, an object or a list of tasks; bytes are UTF-8.
        name: what it was read from, for messages.

    Raises:
        SpecificationError: it is no JSON, is binary, too large, or names something twice; the message
            says in which line and column.

    Example::

        >>> read_job_text('[{"source": "share=projects/a.mov", "destination": "site=berlin"}]').document
        {'tasks': [{'source': 'share=projects/a.mov', 'destination': 'site=berlin'}]}
        >>> read_job_text('{"source": "a.mov", // the plate')
        Traceback (most recent call last):
        ...
        accsyn_async.errors.SpecificationError: line 1, column 21: JSON has no comments; remove it
    """
    text = _decoded(content, name)
    doubles = _Doubles()
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=doubles.object)
    except json.JSONDecodeError as error:
        message, position = _reason(text, error)
        raise _error(name, text, position, message) from None
    except RecursionError:
        raise _error(name, text, _deep(text), "it is nested too deeply") from None
    except _ConstantError as error:
        position = next(one.start() for one in _TOKEN.finditer(text) if one[0].startswith(error.name))
        raise _error(name, text, position, f"{error.name} is no JSON number") from None
    except ValueError:
        # Python reads no whole numbers of thousands of digits. Behind the number, this may be no JSON.
        position = next(one.start() for one in _TOKEN.finditer(text) if _has_too_many_digits(one[0]))
        raise _error(name, text, position, "a number has too many digits") from None
    if doubles.any:
        _refuse_doubles(name, text)
    if isinstance(value, list):
        value = {"tasks": value}
    if not isinstance(value, dict) or not value or value == {"tasks": []}:
        raise _error(name, text, None, "it holds no job; write an object, or a list of tasks")
    return JobText(text, value)


def _decoded(content: str | bytes, name: str) -> str:
    if len(content) > MOST_BYTES:
        raise _error(name, "", None, f"it is larger than {MOST_BYTES // 1_000_000} MB, and so no job")
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _error(name, "", None, "it is UTF-16 text; save it as UTF-8")
    if b"\0" in content:
        raise _error(name, "", None, "it is binary, and so no job")
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        raise _error(name, before, len(before), "it is no UTF-8 text; save it as UTF-8") from None


def _error(name: str, text: str, position: int | None, message: str) -> SpecificationError:
    """What cannot be read. A message has its remedy behind a semicolon."""
    where = []
    line, column = None, None
    if name:
        where.append(safe(name))
    if position is not None:
        line, column = text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
        where.append(f"line {line}, column {column}")
    what, _, remedy = message.partition("; ")
    return SpecificationError(
        f"{', '.join(where)}: {message}" if where else message,
        (Problem((), what, remedy),),
        line=line,
        column=column,
    )


class _ConstantError(ValueError):
    """A number that Python reads and JSON has not."""

    def __init__(self, name: str) -> None:
        self.name = name


def _has_too_many_digits(token: str) -> bool:
    whole = _WHOLE.match(token)
    return whole is not None and len(whole[1]) > sys.get_int_max_str_digits()


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(name)


def _deep(text: str) -> int:
    """Where the nesting becomes too deep."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] in "{[") - (token[0] in "}]")
        if depth > _DEEP:
            return token.start()
    return 0


def _reason(text: str, error: json.JSONDecodeError) -> tuple[str, int]:
    """What is wrong at the place where reading ended, and where exactly."""
    position = error.pos
    if "escape" in error.msg:
        return "a backslash is written twice in JSON: C:\\\\Users\\\\john", _backslash(text, position)
    if error.msg.startswith("Unterminated string"):
        return _unclosed(text, len(text)) or ("a text is not closed by a double quote", position)
    if "control character" in error.msg:
        # The decoder that is written in Python tells the place behind it.
        position -= text[position - 1] < " "
        if text[position] in "\r\n":
            told = "a text ends on the line where it begins; close it with a double quote"
            return _unclosed(text, position) or (told, position)
        return "a control character is written with a backslash in JSON: \\t for a tab", position
    return _outside(text, len(text) - len(text[position:].lstrip(_BLANKS)), error.msg)


def _outside(text: str, behind: int, msg: str) -> tuple[str, int]:
    """What is wrong between texts, where something else was expected."""
    here = text[behind : behind + 1]
    before = text[:behind].rstrip(_BLANKS)
    # From Python 3.13 on, the place of a trailing comma is that of the comma.
    after = text[behind + 1 :].lstrip(_BLANKS)[:1] if here == "," else ""
    if _COMMENT.match(text, behind):
        return "JSON has no comments; remove it", behind
    if not before and not here:
        return "it is empty; write an object, or a list of tasks", behind
    begins = len(text) - len(text.lstrip(_BLANKS))
    if not before or (msg.startswith("Extra data") and text[begins] not in "{["):
        return "a job begins with {, a list of tasks with [", begins
    if here == "," and after in ("}", "]") and not before.endswith(":"):
        return f"a comma stands before the {after}; remove it", behind
    if here in ("}", "]") and before.endswith(","):
        return f"a comma stands before the {here}; remove it", len(before) - 1
    if not here:
        return "it ends too early; a bracket or brace is not closed", len(before)
    if here in ("'", "“", "”", "‘", "’", "`"):
        return f'texts stand in double quotes ("), not in {here}', behind
    if here.isspace() or not here.isprintable():
        return f"there is a character U+{ord(here):04X} between texts; remove it", behind
    if msg.startswith("Extra data"):
        return "there is more behind the job's end; remove it", behind
    word = _WORD.match(text, behind)
    if word and word[0] in _WORDS:
        return f"write {_WORDS[word[0]]} instead of {word[0]}", behind
    if msg.startswith("Expecting ',' delimiter"):
        return _missing_comma(text, behind, before), behind
    if msg.startswith("Expecting property name"):
        return "the name of an attribute in double quotes is missing", behind
    if msg.startswith("Expecting ':'"):
        return "a colon is missing behind the attribute's name", behind
    if here in "+-." and text[behind + 1 : behind + 2].isdigit():
        return _NO_NUMBER, behind
    return (
        "a value is missing: a text in double quotes, a number, true, false, null, a list or an object",
        behind,
    )


def _missing_comma(text: str, behind: int, before: str) -> str:
    here = text[behind]
    if here in "]}":
        return f"a {'}' if here == ']' else ']'} is missing before the {here}"
    if before.endswith('"'):
        return 'a comma is missing, or the text goes on: inside it, a double quote is written \\"'
    if text[behind - 1].isdigit() and (here.isalnum() or here == "."):
        return _NO_NUMBER
    return "a comma is missing"


def _unclosed(text: str, end: int) -> tuple[str, int] | None:
    """A text that goes on because of the backslash before its last quote."""
    start = text.rfind('\\"', 0, end)
    if start < 0 or text[start + 2 : end].strip(_BLANKS + ",]}"):
        return None
    return "a backslash before a closing quote is written twice: C:\\\\Users\\\\", start


def _backslash(text: str, position: int) -> int:
    start = text.rfind("\\", 0, position + 1)
    return position if start < 0 else start


def _walk(text: str) -> Iterator[tuple[Keys, int]]:
    """Where each attribute and entry of a text that is JSON begins: the attribute at its name."""
    # A list is one of tasks.
    path: list[str | int] = ["tasks"] if text.lstrip().startswith("[") else []
    # For each open bracket whether it is a list's, and the place of the name that was read.
    lists: list[bool] = []
    name: str | None = None
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "}]":
            lists.pop()
            if path:
                path.pop()
            continue
        if sign == "," or sign == ":":
            continue
        in_list = bool(lists) and lists[-1]
        if lists and not in_list and name is None:
            name = json.loads(sign)
            path[-1] = name or ""
            if len(path) <= _DEEP:
                yield tuple(path), token.start()
            continue
        if in_list:
            last = path[-1]
            path[-1] = last + 1 if isinstance(last, int) else 0
            if len(path) <= _DEEP:
                yield tuple(path), token.start()
        name = None
        if sign in "{[":
            lists.append(sign == "[")
            path.append(-1)


def _refuse_doubles(name: str, text: str) -> None:
    """Refuse attributes that are there twice: of two tasks of one uri only the second would count."""
    seen: set[Keys] = set()
    for path, start in _walk(text):
        if path in seen:
            raise _error(name, text, start, f"{problem_path(path)} is there twice; remove one")
        seen.add(path)


class _Doubles:
    """Makes objects, and notes whether a name was there twice in one."""

    def __init__(self) -> None:
        self.any = False

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        self.any = self.any or len(made) < len(pairs)
        return made
