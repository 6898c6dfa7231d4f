"""Whatever a program holds: nothing breaks on it, places are within it, and what it becomes is a program."""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accsyn_async.migration.converting import convert
from accsyn_async.migration.reading import NoPythonError, check_program, read_program

BEGINNINGS = (
    "import accsyn_api\nsession = accsyn_api.Session()\n",
    "import time, accsyn_api\nfrom accsyn_api import Session as a\ndef g(): return a()\nsession = g()\n",
    "import accsyn_api as b\nfrom accsyn_api.session import accsynException as c\nsession = b.Session()\n",
    '"""Größe."""\nfrom __future__ import annotations\nimport asyncio\nimport accsyn_api\n'
    "def f(session: accsyn_api.Session): return session.find_one('User')\nsession = accsyn_api.Session()\n",
    "",
)
NAMES = [*["session"] * 6, *"abcfg", "self", "time", "accsyn_api", "Größe", "print", "asyncio"]
ATTRIBUTES = [
    "find",
    "create",
    "dump",
    "username",
    "Session",
    "sleep",
    "login",
    "session",
    "f",
    "get",
    "items",
]


def _filled(template: str) -> Callable[[list[str]], str]:
    return lambda parts: template.format(*parts)


def _expressions() -> st.SearchStrategy[str]:
    name, attribute = st.sampled_from(NAMES), st.sampled_from(ATTRIBUTES)
    simple = st.one_of(
        name,
        st.sampled_from(
            [
                "1",
                "'x'",
                "accsyn_api.Session()",
                *["session.find('User')"] * 4,
                "f(session)",
                "a()",
                "list(a())",
            ]
        ),
    )

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        templates: dict[str, list[st.SearchStrategy[str]]] = {
            "{}.{}": [name, attribute],
            "({}).{}({})": [inner, attribute, inner],
            "{}.{}(*{}, **{})": [name, attribute, inner, inner],
            "{}({}, it={})": [name, inner, inner],
            "({})[{}]": [inner, inner],
            "[{} for {} in {} if {}]": [inner, name, inner, inner],
            "{{{}: {} for {} in {}}}": [inner, inner, name, inner],
            "sum({} for {} in {})": [inner, name, inner],
            "(lambda {}: {})": [name, inner],
            "({} := {})": [name, inner],
            "[{}, *{}]": [inner, inner],
            "{{'k': {}}}": [inner],
            "({} if {} else {})": [inner, inner, inner],
            "(not {} or -{} ** {})": [inner, inner, inner],
            "f'{{{}.{}()}} {{{}!r:>10}}'": [name, attribute, name],
            "getattr({}, 'find')": [inner],
            "super().{}({})": [attribute, inner],
        }
        return st.one_of(
            *(st.tuples(*parts).map(list).map(_filled(template)) for template, parts in templates.items())
        )

    return st.recursive(simple, larger, max_leaves=3)


def _statements() -> st.SearchStrategy[str]:
    name, expression = st.sampled_from(NAMES), _expressions()
    simple: dict[str, list[st.SearchStrategy[str]]] = {
        "{}": [expression],
        "{} = {}": [name, expression],
        "{} = accsyn_api.Session()": [name],
        "{}, *{} = {}": [name, name, expression],
        "{}.session = {}": [name, expression],
        "{}: {} = {}": [name, expression, expression],
        "{} += {}": [name, expression],
        "assert {}, {}": [expression, expression],
        "del {}": [name],
        "import {}": [st.sampled_from(["time", "accsyn_api.session", "asyncio as a"])],
        "raise {}": [expression],
        "global {}": [name],
        "x = '''{}\nline\n  '''": [name],
        "time.sleep({}); {}": [expression, expression],
        "pass  # {}": [name],
    }
    one = st.one_of(
        *(st.tuples(*parts).map(list).map(_filled(template)) for template, parts in simple.items())
    )

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        body = (
            st.lists(inner, min_size=1, max_size=3)
            .map("\n".join)
            .map(lambda text: textwrap.indent(text, "  "))
        )
        templates: dict[str, list[st.SearchStrategy[str]]] = {
            "if {}:\n{}\nelse:\n{}": [expression, body, body],
            "if __name__ == '__main__':\n{}": [body],
            "for {} in {}:\n{}": [name, expression, body],
            "while {}:\n{}": [expression, body],
            "with {} as {}:\n{}": [expression, name, body],
            "try:\n{}\nexcept (accsyn_api.session.AccsynException, {}) as {}:\n{}\nfinally:\n{}": [
                body,
                expression,
                name,
                body,
                body,
            ],
            "def {}({}, it={}):\n{}\n  return {}": [name, name, expression, body, expression],
            "def {}():\n{}\n  yield {}": [name, body, expression],
            "@fixture\ndef {}({}):\n{}\n  yield {}": [name, name, body, expression],
            "def a():\n  for b in session.find('User'):\n    yield {}\n{}\nfor {} in a():\n{}": [
                expression,
                inner,
                name,
                body,
            ],
            "def {}(self, {}: 'accsyn_api.Session' = None):\n{}": [name, name, body],
            "async def {}({}):\n{}": [name, name, body],
            "class {}(object):\n{}": [name, body],
            "@{}\nclass {}({}):\n{}": [expression, name, name, body],
            "match {}:\n case [{}, *_] if {}:\n{}": [expression, name, expression, body],
        }
        return st.one_of(
            *(st.tuples(*parts).map(list).map(_filled(template)) for template, parts in templates.items())
        )

    return st.recursive(one, larger, max_leaves=4)


PROGRAMS = st.tuples(
    st.sampled_from(BEGINNINGS),
    st.lists(_statements(), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n", ""]),
).map(lambda parts: (parts[0] + "\n".join(parts[1])).replace("\n", parts[2] or "\n") + parts[2])


def holds(text: str) -> None:
    try:
        compile(text, "any", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return
    report = check_program(text)
    for finding in report.findings:
        assert 1 <= finding.line <= len(report.lines)
        assert 1 <= finding.column <= len(report.lines[finding.line - 1]) + 1
        assert finding.text.isprintable()
    conversion = convert(read_program(text))
    compile(conversion.text, "converted", "exec", dont_inherit=True)
    # What a global name stands for is not followed statement by statement.
    if not conversion.left and "global " not in conversion.text:
        again = check_program(conversion.text)
        assert again.awaits == 0, conversion.text
        assert not any(finding.kind == "await" for finding in again.findings), conversion.text
    if report == check_program(""):
        assert conversion.text == text


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PROGRAMS)
def test_a_program_of_anything(text: str) -> None:
    holds(text)


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text("()[]{}:=\n\t \\'\"#@defclass.,", max_size=40))
def test_a_text_of_anything(text: str) -> None:
    try:
        report = check_program(text)
    except NoPythonError as error:
        assert str(error).isprintable() or "\\" in repr(str(error))
        assert error.line is None or error.line >= 1
    else:
        assert report.is_done


@pytest.mark.parametrize("name", ["ast", "json.decoder", "textwrap", "types"])
def test_real_programs_in_which_everything_is_a_session(name: str) -> None:
    path = importlib.import_module(name).__file__
    assert path is not None
    text = Path(path).read_text("utf-8")
    lines = text.split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith(("import ", "from ")))
    lines.insert(first, "import accsyn_api; session = accsyn_api.Session()")
    for old, new in (
        (".get(", ".find("),
        (".append(", ".create("),
        ("self.", "session."),
        ("isinstance(", "session.find("),
    ):
        lines = [line.replace(old, new) for line in lines]
    holds("\n".join(lines))
