"""Functions that yield: how what they yield is reached once they are async."""

from __future__ import annotations

import ast
import re

from accsyn_async.migration.edits import Edits
from accsyn_async.migration.places import Places, own_nodes
from accsyn_async.migration.values import FunctionNode

__all__ = ["cannot_yield", "iterated", "iterates_async", "iterating", "yields"]

_WHOLE = frozenset({"dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"})
"""What goes through all of what it is given before it answers."""
_FOR = re.compile(r"\bfor[\s(]*\Z")
_LONGEST = 200


def yields(function: FunctionNode) -> bool:
    """Whether a function is a generator."""
    return any(isinstance(one, ast.Yield | ast.YieldFrom) for one in own_nodes(function))


def cannot_yield(function: FunctionNode) -> str | None:
    """What a generator does that an async one cannot; ``None`` when nothing."""
    for one in own_nodes(function):
        if isinstance(one, ast.YieldFrom):
            return f"an async generator has no yield from (line {one.lineno}): async for … in …: yield …"
        if isinstance(one, ast.Return) and one.value is not None:
            return f"an async generator cannot return a value (line {one.lineno})"
    return None


def iterates_async(places: Places, node: ast.expr) -> bool:
    """Whether something is iterated over by ``async for`` already."""
    match places.parent(node):
        case ast.AsyncFor(iter=value):
            return value is node
        case ast.comprehension(iter=value, is_async=marked):
            return value is node and bool(marked)
        case _:
            return False


def iterating(places: Places, node: ast.Call) -> str:
    """How the call of a generator that becomes async is written where it stands."""
    match places.parent(node):
        case ast.For(iter=value) if value is node:
            return "needs async for: async for … in …"
        case ast.comprehension(iter=value) as part if value is node:
            if isinstance(places.parent(part), ast.GeneratorExp):
                return "needs async for, and a list: [… async for … in …]"
            return "needs async for: [… async for … in …]"
        case ast.Call(func=ast.Name(id="next"), args=[first, *_]) if first is node:
            return "is an async generator then: await anext(…)"
        case ast.Call(args=given) if node in given:
            return "needs async for: [… async for … in …]"
        case ast.YieldFrom():
            return "needs async for: async for … in …: yield …"
        case ast.Await():
            return "is an async generator then: async for … in …, without await"
        case _:
            return "is an async generator then: whoever iterates over it needs async for"


def iterated(places: Places, node: ast.Call, edits: Edits | None = None) -> bool:
    """Iterate by ``async for`` where that is mechanical.

    Args:
        places: the program.
        node: the call of a generator.
        edits: what the change is added to; ``None`` to see only whether there is one.
    """
    start, end = places.start(node), places.end(node)
    changes: list[tuple[int, int, str]] = []
    match places.parent(node):
        case ast.For(iter=value) as loop if value is node:
            changes.append((places.start(loop), places.start(loop), "async "))
        case ast.comprehension(target=target, iter=value) as part if value is node:
            before = places.start(target)
            found = _FOR.search(places.text[max(before - _LONGEST, 0) : before])
            if found is None or isinstance(places.parent(part), ast.GeneratorExp):
                return False
            at = before - len(found[0])
            changes.append((at, at, "async "))
        case ast.Call(func=ast.Name(id=name), args=[only], keywords=named) as call if only is node:
            if name not in _WHOLE or _is_taken(places, name):
                return False
            first, last = (start, start), (end, end)
            opened = places.text[places.start(call) : start]
            closed = places.text[end : places.end(call)]
            if name == "list" and not named and (opened, closed) == ("list(", ")"):
                first, last = (places.start(call), start), (end, places.end(call))
            changes += [(*first, "[x async for x in "), (*last, "]")]
        case _:
            return False
    if edits is not None:
        for change in changes:
            edits.replace(*change)
    return True


def _is_taken(places: Places, name: str) -> bool:
    """Whether a name of Python's own is given another meaning anywhere."""
    for node in ast.walk(places.tree):
        match node:
            case ast.Name(id=found, ctx=ast.Store()) | ast.arg(arg=found):
                pass
            case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) | ast.ClassDef(name=found):
                pass
            case ast.alias(name=original, asname=asname):
                found = asname or original
            case _:
                continue
        if found in (name, "*"):
            return True
    return False
