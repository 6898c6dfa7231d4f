"""Code outside of functions: how it comes to be run by ``asyncio.run``."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from accsyn_async.migration.places import Places

__all__ = ["Outside", "plan_outside"]

_NAMES = ("main", "main_async", "run_all")
_LOOKING = frozenset({"globals", "locals", "vars", "exec", "eval"})
_INLINE = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})
"""What runs where it stands, and so sees the names of a function around it."""
_GUARD = re.compile(r"""if\s+__name__\s*==\s*(?:"__main__"|'__main__')\s*:\s*(?:#.*)?""")


@dataclass(frozen=True, slots=True)
class Outside:
    """What is to be done with the code outside of functions.

    Attributes:
        way: ``"call"``: a call is run by ``asyncio.run``; ``"guard"``: what stands below ``if __name__ ==
            "__main__":`` becomes a function; ``"rest"``: the rest of the program does.
        name: what that function is called.
        body: the statements that it has.
        shared: names that it has to declare ``global``.
        guard: the statement whose body becomes the function.
        call: the one call.
    """

    way: Literal["call", "guard", "rest"]
    name: str = ""
    body: Sequence[ast.stmt] = ()
    shared: tuple[str, ...] = ()
    guard: ast.If | None = None
    call: ast.Call | None = None

    def holds(self, places: Places, node: ast.AST) -> bool:
        """Whether something is in the function that is made."""
        return any(one in self.body for one, _ in places.around(node))


def plan_outside(
    places: Places, waits: Sequence[ast.Call], calls: Iterable[ast.Call], openings: Sequence[ast.Call]
) -> Outside | str:
    """How code outside of functions can wait.

    Args:
        places: the program.
        waits: what waits there.
        calls: those of them that call functions of the program.
        openings: where sessions are made there.

    Returns:
        What to do, or why nothing can be done.
    """
    body = places.tree.body
    guards = [one for one in body if isinstance(one, ast.If) and _is_guard(places, one)]
    if guards:
        # A session that is made elsewhere is for whoever imports this: it cannot move.
        openings = [one for one in openings if _top(places, one) is guards[-1]]
    if len(waits) == 1 and waits[0] in calls and not openings and not _is_repeated(places, waits[0]):
        return Outside("call", call=waits[0])
    nodes = [*waits, *openings]
    tops = [_top(places, node) for node in nodes]
    if guards and all(one is body[-1] for one in tops) and body[-1] is guards[-1]:
        guard = guards[-1]
        return _checked(places, Outside("guard", body=guard.body, guard=guard))
    if guards:
        return (
            "what is outside of functions runs for whoever imports this: move it to where the program begins"
        )
    first = min(map(body.index, tops))
    return _checked(places, Outside("rest", body=body[first:]))


def _top(places: Places, node: ast.AST) -> ast.stmt:
    found = node
    for one, part in places.around(node):
        if one is places.tree:
            found = part
    return found  # type: ignore[return-value]


def _is_repeated(places: Places, node: ast.AST) -> bool:
    loops = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    return any(isinstance(one, loops) for one, _ in places.around(node))


def _is_guard(places: Places, node: ast.If) -> bool:
    first = node.body[0]
    return (
        not node.orelse
        and first.lineno > node.lineno
        and _GUARD.fullmatch(places.lines[node.lineno - 1].rstrip()) is not None
    )


def _checked(places: Places, plan: Outside) -> Outside | str:
    used = {one.id for one in ast.walk(places.tree) if isinstance(one, ast.Name)}
    if used & _LOOKING and any(
        isinstance(one, ast.Name) and one.id in _LOOKING for part in plan.body for one in ast.walk(part)
    ):
        return "it looks at its own names, which would be those of a function"
    bound = set[str]()
    for part in plan.body:
        bound |= _bound(part)
    if "*" in bound:
        return "a function cannot import everything by *"
    try:
        elsewhere = _names_elsewhere(places.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "Python would not run this"
    moved = set(plan.body)
    before = set[str]()
    for part in places.tree.body:
        if part not in moved and part is not plan.guard:
            before |= _bound(part)
    shared = {name for name in bound if name in elsewhere or name in before or hasattr(builtins, name)}
    annotated = {
        one.target.id
        for part in plan.body
        for one in ast.walk(part)
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    }
    if shared & annotated:
        return f"{min(shared & annotated)} is annotated, which a global name in a function cannot be"
    taken = used | bound | before | elsewhere
    name = next((one for one in _NAMES if one not in taken), None)
    if name is None:
        return "it has functions of all the names that its own could have"
    return Outside(plan.way, name, plan.body, tuple(sorted(shared)), plan.guard)


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement outside of functions gives a meaning to."""
    found: set[str] = set()
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
                continue
            case ast.Lambda():
                continue
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add(asname or name.partition(".")[0])
            case ast.ExceptHandler(name=str() as name):
                found.add(name)
            case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                found.add(name)
            case ast.MatchMapping(rest=str() as name):
                found.add(name)
            case ast.Global(names=names):
                found.update(names)
        waiting += ast.iter_child_nodes(node)
    return found


def _names_elsewhere(text: str) -> set[str]:
    """The names outside of functions that functions, lambdas and classes speak of.

    Raises:
        SyntaxError: Python would not run the program.
    """
    found: set[str] = set()
    waiting = list(symtable.symtable(text, "<program>", "exec").get_children())
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        if table.get_name() not in _INLINE:
            found |= {one.get_name() for one in table.get_symbols() if one.is_global()}
    return found
