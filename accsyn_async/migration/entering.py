"""Sessions that can be entered where they are made: the rest of the block goes below ``async with``."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from accsyn_async.migration.generators import yields
from accsyn_async.migration.places import Places, own_nodes
from accsyn_async.migration.program import Program
from accsyn_async.migration.values import Bound, Function, Method

__all__ = ["Entrance", "entrance_of"]


@dataclass(frozen=True, slots=True)
class Entrance:
    """A session that is made, and what is done in it.

    Attributes:
        statement: where it is made.
        name: what it is called.
        first: the first line of what is done in it.
        last: the last line.
    """

    statement: ast.Assign
    name: str
    first: int
    last: int


def entrance_of(program: Program, node: ast.Call) -> Entrance | str:
    """How a session can be entered where it is made.

    Args:
        program: the program.
        node: what makes the session.

    Returns:
        What to do, or why it cannot.
    """
    places = program.places
    statement = places.parent(node)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return "give it a name in a statement of its own, and enter it"
    target = statement.targets[0]
    if not isinstance(target, ast.Name):
        return "it outlives its function: enter it where the program begins, and pass it on"
    name = target.id
    before = places.text[places.start(statement) : places.start(node)]
    line = places.lines[statement.lineno - 1]
    if (
        not re.fullmatch(rf"{re.escape(name)}\s*=\s*", before)
        or line[: len(line) - len(line.lstrip())]
        != places.text[places.line_start(statement.lineno) : places.start(statement)]
        or not _ends_line(places, statement)
    ):
        return "write it in a line of its own, name = Session(…)"
    owner, block = _block(places, statement)
    rest = block[block.index(statement) + 1 :]
    if not rest:
        return "nothing is done in it in the block in which it is made"
    last = max(one.end_lineno or one.lineno for one in rest)
    if places.first_line(rest[0]) <= (statement.end_lineno or statement.lineno):
        return "write it in a line of its own, name = Session(…)"
    frame = places.frame(node)
    whole = owner is frame or _is_guard(owner)
    if not whole and _used_outside(places, frame, name, statement.lineno, last):
        return f"{name} is used outside of the block in which it is made"
    if isinstance(frame, ast.FunctionDef | ast.AsyncFunctionDef) and _escapes(program, frame, name):
        return f"{name} outlives its function: enter it where the program begins, and pass it on"
    return Entrance(statement, name, (statement.end_lineno or statement.lineno) + 1, last)


def _ends_line(places: Places, node: ast.stmt) -> bool:
    line = node.end_lineno or node.lineno
    rest = places.text[places.end(node) : places.line_start(line) + len(places.lines[line - 1])].strip()
    return not rest or rest.startswith("#")


def _block(places: Places, statement: ast.stmt) -> tuple[ast.AST, Sequence[ast.stmt]]:
    owner = places.parent(statement)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(owner, name, None)
        if isinstance(block, list) and statement in block:
            return owner, block
    return owner, [statement]


def _is_guard(owner: ast.AST) -> bool:
    return (
        isinstance(owner, ast.If)
        and isinstance(owner.test, ast.Compare)
        and isinstance(owner.test.left, ast.Name)
        and owner.test.left.id == "__name__"
    )


def _used_outside(places: Places, frame: ast.AST, name: str, first: int, last: int) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and not first <= node.lineno <= last
        for node in ast.walk(frame)
    )


def _escapes(program: Program, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    places = program.places
    returns = any(isinstance(one, ast.Return) and one.value is not None for one in own_nodes(function))
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal) and name in node.names:
            return True
        if not isinstance(node, ast.Name) or node.id != name or not isinstance(node.ctx, ast.Load):
            continue
        parent = places.parent(node)
        if isinstance(parent, ast.Attribute):
            method = any(isinstance(value, Method) for value in program.trace.of(parent))
            called = isinstance(places.parent(parent), ast.Call)
            if returns and method and not called:
                return True
        elif isinstance(call := _given_to(places, parent), ast.Call) and call.func is not node:
            known = program.trace.of(call.func)
            if returns and not all(isinstance(value, Function | Bound) for value in known or [None]):
                return True
        elif not isinstance(parent, ast.Compare | ast.If | ast.UnaryOp | ast.Assert):
            return True
        frame = places.frame(node)
        if returns and frame is not function and not _is_only_called(places, function, frame):
            return True
    return False


def _given_to(places: Places, parent: ast.AST) -> ast.AST:
    """What an argument is given to, by position or by keyword."""
    return places.parent(parent) if isinstance(parent, ast.keyword) else parent


def _is_only_called(places: Places, function: ast.AST, inner: ast.AST) -> bool:
    """Whether a function within another is done whenever that returns."""
    if not isinstance(inner, ast.FunctionDef) or inner.decorator_list or yields(inner):
        return False
    if places.frame(inner) is not function:
        return False
    uses = [one for one in ast.walk(function) if isinstance(one, ast.Name) and one.id == inner.name]
    return all(
        isinstance(call := places.parent(one), ast.Call)
        and call.func is one
        and places.frame(call) is function
        for one in uses
    )
