"""How much is done for a program grows with the program, and no faster."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from accsyn_async.migration.converting import convert
from accsyn_async.migration.reading import read_program
from accsyn_async.migration.report import report_on

PART = (
    "@pytest.fixture\ndef s{0}(): return accsyn_api.Session()\n"
    "def f{0}(session):\n    session.strange{0}()\n    return session.find('U')\n"
)


def walks(parts: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the whole of a program is gone through."""
    count = 0

    def counted(node: ast.AST) -> Iterator[ast.AST]:
        nonlocal count
        count += isinstance(node, ast.Module)
        return walk(node)

    walk = ast.walk
    with monkeypatch.context() as patched:
        patched.setattr(ast, "walk", counted)
        program = read_program("import accsyn_api, pytest\n" + "".join(map(PART.format, range(parts))))
        report_on(program)
        convert(program)
    assert count
    return count


def test_a_program_is_not_gone_through_for_each_of_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert walks(9, monkeypatch) == walks(3, monkeypatch)
