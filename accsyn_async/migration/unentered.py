"""Sessions of this library that are made and used, and that nothing enters as far as can be seen.

A session that goes where it cannot be followed may be entered there: of that nothing is said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from accsyn_async.migration.facts import CALLS, WAITING_HERE
from accsyn_async.migration.knowledge import fixture_name
from accsyn_async.migration.places import Places
from accsyn_async.migration.tracing import Trace
from accsyn_async.migration.values import (
    Bound,
    Class,
    Function,
    FunctionNode,
    Instance,
    SessionValue,
    Several,
    Value,
    Values,
)

__all__ = ["unentered"]

_HARMLESS = frozenset({"bool", "hasattr", "id", "isinstance", "print", "repr", "str", "type"})
_PLAIN_BASES = frozenset({"object", "ABC", "Protocol", "Generic"})
_PLAIN_DECORATORS = frozenset(
    {"abstractmethod", "asynccontextmanager", "cached_property", "classmethod", "contextmanager"}
    | {"final", "override", "property", "staticmethod"}
)
_LOOKING = frozenset({"eval", "exec", "globals", "locals", "setattr", "vars"})
_STARTS = frozenset({"run", "run_until_complete", "run_forever"})


def unentered(trace: Trace, places: Places) -> list[ast.Call]:
    """Where sessions of this library are made that are used, and entered nowhere.

    Args:
        trace: what is known of the program.
        places: the program.
    """
    return _Watcher(trace, places).unentered()


class _Watcher:
    def __init__(self, trace: Trace, places: Places) -> None:
        self._trace = trace
        self._places = places
        self._nodes = list(ast.walk(trace.tree))
        self._called = {
            value.node
            for node in self._nodes
            if isinstance(node, ast.Call)
            for value in trace.of(node.func)
            if isinstance(value, Function | Bound)
        }.union(*trace.reads.values())
        self._globals = {name for node in self._nodes if isinstance(node, ast.Global) for name in node.names}
        self._is_program = any(map(self._starts, self._nodes))

    def unentered(self) -> list[ast.Call]:
        used = {site for node in self._nodes for site in self._used(node)}
        if not used or any(isinstance(node, ast.Name) and node.id in _LOOKING for node in self._nodes):
            return []
        held = self._held()
        safe = set[ast.AST]()
        for node in self._nodes:
            safe |= _sites(self._trace.of(one) for one in self._entered(node))
            for one in self._leaving(node):
                values = self._trace.of(one)
                safe |= _sites([values])
                for cls in _classes(values):
                    safe |= {site for base in self._line(cls) for site in held.get(base, ())}
        unknown = {name for node in self._nodes for name in self._entered_names(node)}
        safe |= {site for name, sites in self._names().items() if name in unknown for site in sites}
        return sorted(used - safe, key=self._places.start)

    def _used(self, node: ast.AST) -> set[ast.Call]:
        """The sessions that something asks what only an entered one answers."""
        if not isinstance(node, ast.Attribute) or not (
            node.attr in WAITING_HERE or (node.attr in CALLS and CALLS[node.attr].awaited)
        ):
            return set()
        return _sites([self._trace.of(node.value)])

    def _entered(self, node: ast.AST) -> Iterator[ast.expr]:
        match node:
            case ast.AsyncWith(items=items):
                yield from (item.context_expr for item in items)
            case ast.Attribute(value=value, attr="__aenter__"):
                yield value

    def _entered_names(self, node: ast.AST) -> Iterator[str]:
        """What is entered without being known, by its last name."""
        for one in self._entered(node):
            whole = one.value if isinstance(one, ast.Await) else one
            named = whole.func if isinstance(whole, ast.Call) else whole
            named = named.value if isinstance(named, ast.Subscript) else named
            name = getattr(named, "attr", getattr(named, "id", ""))
            if not self._trace.of(one) and name:
                yield name

    def _names(self) -> dict[str, set[ast.Call]]:
        """The sessions that names and attributes stand for, and functions hand out."""
        found: dict[str, set[ast.Call]] = {}
        for node in self._nodes:
            name = getattr(node, "attr", getattr(node, "id", ""))
            if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
                frame = self._places.frame(node)
                name, node = getattr(frame, "name", ""), node.value
            if isinstance(name, str) and name:
                found.setdefault(name, set()).update(_sites([self._trace.of(node)]))
        return found

    def _held(self) -> dict[ast.ClassDef, set[ast.Call]]:
        """The sessions that instances of each class keep."""
        found: dict[ast.ClassDef, set[ast.Call]] = {}
        for node in self._nodes:
            if isinstance(node, ast.Attribute):
                for cls in _classes(self._trace.of(node.value)):
                    found.setdefault(cls, set()).update(_sites([self._trace.of(node)]))
        return found

    def _line(self, node: ast.ClassDef) -> Iterator[ast.ClassDef]:
        seen, waiting = set(), [node]
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                yield one
                waiting += [cls for base in one.bases for cls in _classes(self._trace.of(base))]

    # Where they leave what can be followed

    def _leaving(self, node: ast.AST) -> Iterator[ast.expr]:
        match node:
            case ast.Call():
                yield from self._given_away(node)
            case ast.Lambda(body=body) | ast.Match(subject=body):
                yield body
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
                frame = self._places.frame(node)
                if isinstance(frame, FunctionNode) and self._is_handed_out(frame, value):
                    yield value
            case ast.Attribute(ctx=ast.Store(), value=owner) if not self._is_kept(owner):
                yield from self._assigned(node)
            case ast.Subscript(ctx=ast.Store()):
                yield from self._assigned(node)
            case ast.Name(ctx=ast.Store(), id=name):
                shared = name in self._globals or self._places.frame(node) is self._trace.tree
                if shared and not self._is_program and not name.startswith("_"):
                    yield node

    def _assigned(self, node: ast.expr) -> Iterator[ast.expr]:
        value = getattr(self._places.statement(node), "value", None)
        if isinstance(value, ast.expr):
            yield value
            if isinstance(value, ast.Tuple | ast.List):
                yield from value.elts

    def _given_away(self, node: ast.Call) -> Iterator[ast.expr]:
        targets = self._trace.of(node.func)
        if isinstance(node.func, ast.Name) and node.func.id in _HARMLESS and not targets:
            return
        starred = any(isinstance(one, ast.Starred) for one in node.args)
        starred = starred or any(one.arg is None for one in node.keywords)
        if not targets or starred or not all(map(self._takes_by_name, targets)):
            yield from (one.value if isinstance(one, ast.Starred) else one for one in node.args)
            yield from (one.value for one in node.keywords)

    def _takes_by_name(self, target: object) -> bool:
        match target:
            case Function(node=function) | Bound(node=function):
                return function.args.vararg is None and function.args.kwarg is None
            case Class(node=cls):
                made = [
                    one for one in cls.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"
                ]
                if made:
                    return made[0].args.vararg is None and made[0].args.kwarg is None
                return any(isinstance(one, ast.AnnAssign) for one in cls.body) and not cls.bases
            case _:
                return False

    def _is_kept(self, owner: ast.expr) -> bool:
        """Whether something is an instance of classes of this file, and of no others."""
        classes = _classes(self._trace.of(owner))
        return bool(classes) and all(
            _classes(self._trace.of(base)) or getattr(base, "id", getattr(base, "attr", "")) in _PLAIN_BASES
            for cls in classes
            for one in self._line(cls)
            for base in one.bases
        )

    def _is_handed_out(self, function: FunctionNode, value: ast.expr) -> bool:
        """Whether others than this file may get what a function returns or yields."""
        decorators = {
            getattr(one, "id", getattr(one, "attr", "")) for one in function.decorator_list
        } - _PLAIN_DECORATORS
        if fixture_name(function) is not None or decorators or function not in self._called:
            return True
        if not (self._is_program or function.name.startswith("_") or isinstance(value, ast.Call)):
            return True
        return any(
            isinstance(node, ast.Name | ast.Attribute)
            and any(
                isinstance(one, Function | Bound) and one.node is function for one in self._trace.of(node)
            )
            and not (isinstance(call := self._places.parent(node), ast.Call) and call.func is node)
            and node not in self._trace.reads
            for node in self._nodes
        )

    def _starts(self, node: ast.AST) -> bool:
        """Whether something makes this a program that is run, not one that is imported."""
        match node:
            case ast.If(test=test):
                return any(isinstance(one, ast.Name) and one.id == "__name__" for one in ast.walk(test))
            case ast.Call(func=func):
                name = getattr(func, "attr", getattr(func, "id", ""))
                return name in _STARTS and self._places.frame(node) is self._trace.tree
            case _:
                return False


def _sites(several: Iterable[Values]) -> set[ast.Call]:
    held = (_held_in(value) for values in several for value in values)
    return {one.made for one in held if isinstance(one, SessionValue) and one.made is not None}


def _classes(values: Values) -> set[ast.ClassDef]:
    return {one.node for one in map(_held_in, values) if isinstance(one, Instance | Class)}


def _held_in(value: Value) -> Value:
    """What lists, dicts and tuples hold, however many there are around it."""
    while isinstance(value, Several):
        value = value.of
    return value
