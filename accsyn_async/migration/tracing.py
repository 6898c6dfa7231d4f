"""Which expressions of a program are sessions, methods of sessions, or functions that use them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accsyn_async.migration.evaluating import Evaluator
from accsyn_async.migration.knowledge import MODULES, fixture_name, is_class_method, is_static
from accsyn_async.migration.scopes import Scope, joined
from accsyn_async.migration.values import (
    NOTHING,
    Class,
    Function,
    FunctionNode,
    Instance,
    Module,
    SessionType,
    Value,
    Values,
)

__all__ = ["Trace", "trace"]

_ROUNDS = 12
"""Each round may learn something from the one before; few programs need more than three."""
_OFFICIAL_NAMES = ("Session", "AccsynException", "accsynException", "session")
_STARRED = {
    "accsyn_api": _OFFICIAL_NAMES,
    "accsyn_api.session": _OFFICIAL_NAMES,
    "accsyn_async": ("Session",),
    "contextlib": ("closing",),
    "functools": ("partial",),
    "time": ("sleep",),
}
"""What ``*`` brings of what is followed."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of a program.

    Attributes:
        tree: the program.
        values: what expressions stand for; those of which nothing is known are left out.
        official: whether the official client is imported anywhere.
        reads: the properties of this file that attributes read.
        families: of methods, those that override them or are overridden by them.
        kinds: of the classes that are kinds of sessions, of which.
    """

    tree: ast.Module
    values: dict[ast.AST, Values]
    official: bool
    reads: dict[ast.Attribute, frozenset[FunctionNode]]
    families: dict[FunctionNode, frozenset[FunctionNode]]
    kinds: dict[ast.ClassDef, SessionType]

    def of(self, node: ast.AST) -> Values:
        """What an expression stands for; empty when nothing is known of it."""
        return self.values.get(node, NOTHING)

    def makes(self, node: ast.expr, *, official: bool) -> bool:
        """Whether an expression is a call that makes a session, of the official client or of this library."""
        made = self.of(node.func) if isinstance(node, ast.Call) else NOTHING
        return SessionType(official) in made or any(
            isinstance(one, Class) and self.kinds.get(one.node) == SessionType(official) for one in made
        )


def trace(tree: ast.Module) -> Trace:
    """Follow sessions through a program.

    Args:
        tree: the program.

    Raises:
        RecursionError: it is nested too deeply.
    """
    tracer = _Tracer(tree)
    tracer.settle()
    if tracer.imports_official:
        tracer.guess = True
        tracer.settle()
    known = tracer.known
    kinds = {one: kind for one in known.bases if (kind := known.session_type(one)) is not None}
    return Trace(tree, tracer.values, tracer.imports_official, tracer.reads, known.families(), kinds)


class _Tracer(Evaluator):
    def __init__(self, tree: ast.Module) -> None:
        super().__init__(tree)
        self.imports_official = False
        self._tree = tree
        self._waiting: list[tuple[FunctionNode, Scope, ast.ClassDef | None]] = []

    def settle(self) -> None:
        """Go through the program until nothing new is learnt."""
        for _ in range(_ROUNDS):
            self.known.changed = False
            self.values = {}
            self.reads = {}
            self._scope.begin()
            self._waiting = []
            self._run(self._tree.body)
            while self._waiting:
                self._run_function(*self._waiting.pop(0))
            if not self.known.changed:
                break

    def _run(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node)
            case ast.ClassDef():
                self._class(node)
            case ast.Assign(targets=targets, value=value):
                values = self._eval(value)
                for target in targets:
                    self._assign(target, values, value)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                values = self._eval(value) if value else NOTHING
                self._assign(target, values or self._annotated(annotation), value)
            case ast.AugAssign(target=target, value=value):
                self._assign(target, self._eval(value) | self._eval_target(target), None)
            case ast.For(target=target, iter=iterated) | ast.AsyncFor(target=target, iter=iterated):
                values = self._elements(self._eval(iterated))
                self._loop(node.body, node.orelse, target, values)
            case ast.While(test=test, body=body, orelse=orelse):
                self._eval(test)
                self._loop(body, orelse)
            case ast.If(test=test, body=body, orelse=orelse):
                self._eval(test)
                self._branches([body, orelse])
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    values = self._eval(item.context_expr)
                    if item.optional_vars is not None:
                        self._assign(item.optional_vars, values, None)
                self._run(body)
            case ast.Match(subject=subject, cases=cases):
                self._eval(subject)
                for case in cases:
                    self._match_names(case.pattern)
                    if case.guard:
                        self._eval(case.guard)
                self._branches([[], *(case.body for case in cases)])
            case ast.Return(value=value):
                values = self._eval(value) if value else NOTHING
                if self._function:
                    self.known.learn_return(self._function[-1], values)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                self._scope.declare(names, everywhere=isinstance(node, ast.Global))
            case ast.Delete(targets=targets):
                for target in targets:
                    self._assign(target, NOTHING, None)
            case _ if hasattr(node, "handlers"):
                self._try(node)
            case _:
                self._children(node)

    def _branches(self, bodies: Sequence[Sequence[ast.stmt]]) -> None:
        before, ends = self._scope.here, []
        for body in bodies:
            self._scope.here = dict(before)
            self._run(body)
            ends.append(self._scope.here)
        self._scope.here = joined(*ends)

    def _loop(
        self,
        body: Sequence[ast.stmt],
        orelse: Sequence[ast.stmt],
        target: ast.expr | None = None,
        values: Values = NOTHING,
    ) -> None:
        for _ in range(2):
            before = dict(self._scope.here)
            if target is not None:
                self._assign(target, values, None)
            self._run(body)
            self._scope.here = joined(before, self._scope.here)
        self._run(orelse)

    def _try(self, node: ast.stmt) -> None:
        before = dict(self._scope.here)
        self._run(getattr(node, "body", []))
        between = joined(before, self._scope.here)
        self._run(getattr(node, "orelse", []))
        ends = [self._scope.here]
        for handler in getattr(node, "handlers", []):
            self._scope.here = dict(between)
            if handler.type is not None:
                self._eval(handler.type)
            if handler.name:
                self._bind(handler.name, NOTHING)
            self._run(handler.body)
            ends.append(self._scope.here)
        self._scope.here = joined(*ends)
        self._run(getattr(node, "finalbody", []))

    def _match_names(self, pattern: ast.AST) -> None:
        for node in ast.walk(pattern):
            name = getattr(node, "name", None) or getattr(node, "rest", None)
            if isinstance(name, str):
                self._bind(name, NOTHING)
            if isinstance(node, ast.expr):
                self._eval(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                whole = alias.asname is not None
                name = alias.name if whole else alias.name.partition(".")[0]
                self._bind(alias.asname or name, self.known.module(name))
                self._notice(alias.name)
            elif alias.name != "*":
                module = "" if node.level else node.module or ""
                self._bind(alias.asname or alias.name, self.known.member(Module(module), alias.name))
                self._notice(module)
            elif not node.level and node.module in _STARRED:
                self._notice(node.module)
                for name in _STARRED[node.module]:
                    self._bind(name, self.known.member(Module(node.module), name))

    def _notice(self, module: str) -> None:
        if module.partition(".")[0] == MODULES[0]:
            self.imports_official = True

    def _define(self, node: FunctionNode) -> None:
        for decorator in node.decorator_list:
            self._eval(decorator)
        self._defaults(node.args)
        if node.returns is not None:
            self.known.learn_return(node, self._annotated(node.returns))
        owner = self._scope.node if isinstance(self._scope.node, ast.ClassDef) else None
        self._bind(node.name, frozenset({Function(node)}))
        self._waiting.append((node, self._scope, owner))
        fixture = fixture_name(node)
        if fixture is not None:
            self.known.fixtures.setdefault(fixture, set()).add(node)

    def _run_function(self, node: FunctionNode, around: Scope, owner: ast.ClassDef | None) -> None:
        before, self._scope = self._scope, self._scope_of(node, around, inline=False)
        self._scope.begin()
        self._function.append(node)
        plain = [*node.args.posonlyargs, *node.args.args]
        by_pytest = node.name.startswith("test") or fixture_name(node) is not None
        for parameter in [*plain, *node.args.kwonlyargs]:
            given = self.known.of_fixture(parameter.arg) if by_pytest else NOTHING
            self._bind(parameter.arg, given or self._parameter(parameter))
        if owner is not None and plain and not is_static(node):
            itself: Value = Class(owner) if is_class_method(node) else Instance(owner)
            self._bind(plain[0].arg, frozenset({itself}))
        for several in filter(None, (node.args.vararg, node.args.kwarg)):
            self._bind(several.arg, NOTHING)
        self._run(node.body)
        self._function.pop()
        self._scope = before

    def _class(self, node: ast.ClassDef) -> None:
        for expression in [*node.decorator_list, *(keyword.value for keyword in node.keywords)]:
            self._eval(expression)
        self.known.bases[node] = frozenset().union(*(self._eval(base) for base in node.bases), NOTHING)
        before, self._scope = self._scope, self._scope_of(node, self._scope, inline=True)
        self._scope.begin()
        functions, self._function = self._function, []
        self._run(node.body)
        for name, values in self._scope.ever.items():
            self.known.learn(self.known.attribute(node, name), values)  # type: ignore[arg-type]
        self._function = functions
        self._scope = before
        self._bind(node.name, frozenset({Class(node)}))
