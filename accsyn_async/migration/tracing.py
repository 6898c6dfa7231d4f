"""Which expressions of a program are sessions, methods of sessions, or functions that use them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from accsyn_async.migration.annotations import annotated
from accsyn_async.migration.facts import CALLS
from accsyn_async.migration.scopes import Scope, joined
from accsyn_async.migration.values import (
    NOTHING,
    Bound,
    Class,
    ErrorType,
    Function,
    FunctionNode,
    Instance,
    Method,
    Module,
    Other,
    Result,
    SessionType,
    SessionValue,
    Several,
    Value,
    Values,
)

__all__ = ["MODULES", "Trace", "trace"]

MODULES = ("accsyn_api", "accsyn_async")
"""The official client, and this library, by which a program may have begun to go."""
_FOLLOWED = frozenset({"time", "asyncio", "functools", "contextlib"})
_GUESSED = frozenset({"session", "accsyn_session", "accsyn"})
_ROUNDS = 12
"""Each round may learn something from the one before; few programs need more than three."""
_OLDER_ONLY = frozenset({"pwd", "session_key", "dev"})
_Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Trace:
    """What is known of a program.

    Attributes:
        values: what expressions stand for; those of which nothing is known are left out.
        imports_official: whether the official client is imported anywhere.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.values: dict[ast.AST, Values] = {}
        self.imports_official = False
        self.returns: dict[FunctionNode, Values] = {}

    def of(self, node: ast.AST) -> Values:
        """What an expression stands for; empty when nothing is known of it."""
        return self.values.get(node, NOTHING)


def trace(tree: ast.Module) -> Trace:
    """Follow sessions through a program.

    Args:
        tree: the program.

    Raises:
        RecursionError: it is nested too deeply.
    """
    tracer = _Tracer(tree)
    tracer.settle()
    if tracer.found.imports_official:
        tracer.guess = True
        tracer.settle()
    return tracer.found


class _Tracer:
    def __init__(self, tree: ast.Module) -> None:
        self.found = Trace(tree)
        self.guess = False
        self._changed = False
        self._scopes: dict[ast.AST, Scope] = {}
        self._waiting: list[tuple[FunctionNode, Scope, ast.ClassDef | None]] = []
        self._parameters: dict[ast.arg, set[Value]] = {}
        self._attributes: dict[ast.ClassDef, dict[str, set[Value]]] = {}
        self._bases: dict[ast.ClassDef, Values] = {}
        self._function: list[FunctionNode] = []
        self._scope = Scope(tree, None, inline=False)

    def settle(self) -> None:
        """Go through the program until nothing new is learnt."""
        for _ in range(_ROUNDS):
            self._changed = False
            self.found.values = {}
            self._scope.begin()
            self._waiting = []
            self._run(self.found.tree.body)
            while self._waiting:
                self._run_function(*self._waiting.pop(0))
            if not self._changed:
                break

    # Statements

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
                    self._learn_return(self._function[-1], values)
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
                self._bind(alias.asname or name, self._module(name))
                self._notice(alias.name)
            elif alias.name != "*":
                module = "" if node.level else node.module or ""
                self._bind(alias.asname or alias.name, self._member(Module(module), alias.name))
                self._notice(module)
            elif not node.level and node.module in ("accsyn_api", "accsyn_api.session"):
                self._notice(node.module)
                for name in ("Session", "AccsynException", "accsynException"):
                    self._bind(name, self._member(Module(node.module), name))

    def _notice(self, module: str) -> None:
        if module.partition(".")[0] == MODULES[0]:
            self.found.imports_official = True

    def _define(self, node: FunctionNode) -> None:
        for decorator in node.decorator_list:
            self._eval(decorator)
        self._defaults(node.args)
        if node.returns is not None:
            self._learn_return(node, self._annotated(node.returns))
        owner = self._scope.node if isinstance(self._scope.node, ast.ClassDef) else None
        self._bind(node.name, frozenset({Function(node)}))
        self._waiting.append((node, self._scope, owner))

    def _defaults(self, arguments: ast.arguments) -> None:
        plain = [*arguments.posonlyargs, *arguments.args]
        for parameter, default in zip(reversed(plain), reversed(arguments.defaults), strict=False):
            self._learn_parameter(parameter, self._eval(default))
        for parameter, one in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if one is not None:
                self._learn_parameter(parameter, self._eval(one))

    def _run_function(self, node: FunctionNode, around: Scope, owner: ast.ClassDef | None) -> None:
        before, self._scope = self._scope, self._scope_of(node, around, inline=False)
        self._scope.begin()
        self._function.append(node)
        plain = [*node.args.posonlyargs, *node.args.args]
        for parameter in [*plain, *node.args.kwonlyargs]:
            self._bind(parameter.arg, self._parameter(parameter))
        if owner is not None and plain and not _is_static(node):
            itself: Value = Class(owner) if _is_class_method(node) else Instance(owner)
            self._bind(plain[0].arg, frozenset({itself}))
        for several in filter(None, (node.args.vararg, node.args.kwarg)):
            self._bind(several.arg, NOTHING)
        self._run(node.body)
        self._function.pop()
        self._scope = before

    def _parameter(self, parameter: ast.arg) -> Values:
        values = frozenset(self._parameters.get(parameter, ()))
        if parameter.annotation is not None:
            values |= self._annotated(parameter.annotation)
        elif self.guess and not values and parameter.arg in _GUESSED:
            values = frozenset({SessionValue(sure=False)})
        return values

    def _class(self, node: ast.ClassDef) -> None:
        for expression in [*node.decorator_list, *(keyword.value for keyword in node.keywords)]:
            self._eval(expression)
        self._bases[node] = frozenset().union(*(self._eval(base) for base in node.bases), NOTHING)
        before, self._scope = self._scope, self._scope_of(node, self._scope, inline=True)
        self._scope.begin()
        functions, self._function = self._function, []
        self._run(node.body)
        for name, values in self._scope.ever.items():
            self._learn(self._attributes.setdefault(node, {}).setdefault(name, set()), values)  # type: ignore[arg-type]
        self._function = functions
        self._scope = before
        self._bind(node.name, frozenset({Class(node)}))

    # Names and what is assigned

    def _scope_of(self, node: ast.AST, around: Scope, *, inline: bool) -> Scope:
        if node not in self._scopes:
            self._scopes[node] = Scope(node, around, inline=inline)
        return self._scopes[node]

    def _bind(self, name: str, values: Values) -> None:
        self._changed |= self._scope.bind(name, values)

    def _learn(self, known: set[Value], values: Iterable[Value]) -> None:
        new = set(values) - known
        known |= new
        self._changed |= bool(new)

    def _learn_parameter(self, parameter: ast.arg, values: Values) -> None:
        self._learn(self._parameters.setdefault(parameter, set()), values)

    def _learn_return(self, node: FunctionNode, values: Values) -> None:
        known = self.found.returns.get(node, NOTHING)
        self._changed |= not values <= known
        self.found.returns[node] = known | values

    def _assign(self, target: ast.expr, values: Values, source: ast.expr | None) -> None:
        match target:
            case ast.Name(id=name):
                self._bind(name, values)
                self._note(target, values)
            case ast.Attribute(value=value, attr=name):
                for owner in self._eval(value):
                    if isinstance(owner, Instance | Class):
                        self._learn(self._attributes.setdefault(owner.node, {}).setdefault(name, set()), values)
            case ast.Subscript(value=value, slice=index):
                self._eval(index)
                self._eval(value)
                if isinstance(value, ast.Name):
                    self._bind(value.id, self._scope.look_up(value.id) | _several(values))
                elif isinstance(value, ast.Attribute):
                    self._assign(value, self._eval(value) | _several(values), None)
            case ast.Starred(value=value):
                self._assign(value, _several(values), None)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                sources = source.elts if isinstance(source, ast.Tuple | ast.List) else []
                pairwise = len(sources) == len(targets) and not any(
                    isinstance(one, ast.Starred) for one in [*sources, *targets]
                )
                for position, one in enumerate(targets):
                    if pairwise:
                        self._assign(one, self.found.of(sources[position]), sources[position])
                    else:
                        self._assign(one, self._elements(values), None)
            case _:
                self._eval(target)

    def _eval_target(self, target: ast.expr) -> Values:
        return self._scope.look_up(target.id) if isinstance(target, ast.Name) else NOTHING

    def _annotated(self, annotation: ast.expr) -> Values:
        return annotated(annotation, self._eval)

    # Expressions

    def _note(self, node: ast.AST, values: Values) -> Values:
        if values:
            self.found.values[node] = self.found.of(node) | values
        return values

    def _eval(self, node: ast.expr) -> Values:
        return self._note(node, self._value(node))

    def _value(self, node: ast.expr) -> Values:
        match node:
            case ast.Name(id=name):
                return self._scope.look_up(name)
            case ast.Attribute(value=value, attr=name):
                return self._union(self._member(owner, name) for owner in self._eval(value))
            case ast.Call():
                return self._call(node)
            case ast.NamedExpr(target=target, value=value):
                values = self._eval(value)
                self._walrus(target, values)
                return values
            case ast.BoolOp(values=several):
                return self._union(self._eval(one) for one in several)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._eval(test)
                return self._eval(body) | self._eval(orelse)
            case ast.Await(value=value):
                return self._eval(value)
            case ast.Yield(value=value) if value is not None:
                self._eval(value)
                return NOTHING
            case ast.Starred(value=value):
                return self._eval(value)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return _several(self._union(self._eval(part) for part in parts))
            case ast.Dict(keys=keys, values=parts):
                for key in filter(None, keys):
                    self._eval(key)
                return _several(self._union(self._eval(part) for part in parts))
            case ast.Subscript(value=value, slice=index):
                self._eval(index)
                return self._elements(self._eval(value))
            case ast.Lambda(args=arguments, body=body):
                self._defaults(arguments)
                before, self._scope = self._scope, self._scope_of(node, self._scope, inline=True)
                parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
                for parameter in [*parameters, *filter(None, (arguments.vararg, arguments.kwarg))]:
                    self._bind(parameter.arg, self._parameter(parameter))
                self._eval(body)
                self._scope = before
                return NOTHING
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._comprehension(node)
            case _:
                self._children(node)
                return NOTHING

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._eval(child)
            elif not isinstance(child, ast.expr_context | ast.operator | ast.cmpop):
                self._children(child)

    def _walrus(self, target: ast.Name, values: Values) -> None:
        scope = self._scope
        while isinstance(scope.node, _Comprehension) and scope.parent is not None:
            scope = scope.parent
        self._changed |= scope.bind(target.id, values)

    def _comprehension(self, node: _Comprehension) -> Values:
        before, inner = self._scope, self._scope_of(node, self._scope, inline=True)
        for generator in node.generators:
            values = self._elements(self._eval(generator.iter))
            self._scope = inner
            self._assign(generator.target, values, None)
            for condition in generator.ifs:
                self._eval(condition)
        if isinstance(node, ast.DictComp):
            self._eval(node.key)
            values = self._eval(node.value)
        else:
            values = self._eval(node.elt)
        self._scope = before
        return _several(values)

    def _union(self, several: Iterable[Values]) -> Values:
        return frozenset().union(*several, NOTHING)

    def _elements(self, values: Values) -> Values:
        return frozenset(
            value.of if isinstance(value, Several) else value
            for value in values
            if isinstance(value, Several | Result)
        )

    # Members and calls

    def _module(self, name: str) -> Values:
        if name.partition(".")[0] in (*MODULES, *_FOLLOWED):
            return frozenset({Module(name)})
        return NOTHING

    def _member(self, owner: Value, name: str) -> Values:
        match owner:
            case Module(name="accsyn_api" | "accsyn_api.session"):
                if name == "Session":
                    return frozenset({SessionType(official=True)})
                if name == "session" and owner.name == "accsyn_api":
                    return frozenset({Module("accsyn_api.session")})
                if name.casefold() == "accsynexception":
                    return frozenset({ErrorType(name)})
                return NOTHING
            case Module(name="accsyn_async" | "accsyn_async.session") if name == "Session":
                return frozenset({SessionType(official=False)})
            case Module(name="accsyn_async"):
                return frozenset({Module("accsyn_async.session")}) if name == "session" else NOTHING
            case Module(name=module) if module in _FOLLOWED:
                return frozenset({Other(f"{module}.{name}")})
            case SessionValue():
                return frozenset({Method(name, owner)}) if name in CALLS else NOTHING
            case SessionType():
                return frozenset({Method(name, SessionValue())}) if name in CALLS else NOTHING
            case Instance(node=node) | Class(node=node):
                return self._class_member(owner, node, name)
            case Several() if name in ("get", "pop", "values", "items", "setdefault", "copy"):
                return frozenset({owner})
            case Result() if name in ("get", "pop", "values", "items", "copy"):
                return frozenset({owner})
            case _:
                return NOTHING

    def _class_member(self, owner: Instance | Class, node: ast.ClassDef, name: str) -> Values:
        found: set[Value] = set()
        for one in self._line(node):
            known = self._attributes.get(one, {}).get(name)
            if known is None:
                continue
            for value in known:
                if not isinstance(value, Function):
                    found.add(value)
                elif is_property(value.node):
                    found |= self.found.returns.get(value.node, NOTHING)
                elif isinstance(owner, Class) and not _is_class_method(value.node):
                    found.add(value)
                else:
                    found.add(value if _is_static(value.node) else Bound(value.node, node))
            return frozenset(found)
        if self._is_session(node) and name in CALLS:
            return frozenset({Method(name, SessionValue())})
        return NOTHING

    def _line(self, node: ast.ClassDef) -> Iterator[ast.ClassDef]:
        """A class and those of this file that it inherits from, nearest first."""
        seen, waiting = set(), [node]
        while waiting:
            one = waiting.pop(0)
            if one not in seen:
                seen.add(one)
                yield one
                waiting += [base.node for base in self._bases.get(one, ()) if isinstance(base, Class)]

    def _is_session(self, node: ast.ClassDef) -> bool:
        return any(
            isinstance(base, SessionType) for one in self._line(node) for base in self._bases.get(one, ())
        )

    def _call(self, node: ast.Call) -> Values:
        targets = self._eval(node.func)
        given = [self._eval(argument) for argument in node.args]
        named = {keyword.arg: self._eval(keyword.value) for keyword in node.keywords}
        found: set[Value] = set()
        match node.func:
            case ast.Name(id="super") if self._scope.is_builtin("super"):
                return self._super()
            case ast.Name(id="getattr") if len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                return self._union(self._member(owner, str(node.args[1].value)) for owner in given[0])
            case ast.Name(id="list" | "tuple" | "set" | "iter" | "next" | "sorted" | "reversed") if given:
                values = given[0]
                return self._elements(values) if node.func.id == "next" else values
            case ast.Attribute(attr="append" | "add", value=ast.Name(id=name)) if given and given[0]:
                self._bind(name, self._scope.look_up(name) | _several(given[0]))
        for target in targets:
            match target:
                case SessionType():
                    found.add(SessionValue(older=bool(_OLDER_ONLY & {name for name in named if name})))
                case Method(name=name):
                    found.add(Result(name))
                case Function(node=function):
                    found |= self._enter(function, given, named, node)
                case Bound(node=function):
                    found |= self._enter(function, [NOTHING, *given], named, node, skip=1)
                case Class(node=cls):
                    found |= self._make(cls, given, named, node)
                case Several(of=inner):
                    found |= {target, inner}
                case Result():
                    found.add(target)
                case Other(name="functools.partial" | "contextlib.closing" | "asyncio.run") if given:
                    found |= given[0]
        return frozenset(found)

    def _super(self) -> Values:
        scope: Scope | None = self._scope
        while scope is not None and not isinstance(scope.node, ast.ClassDef):
            scope = scope.parent
        bases = self._bases.get(scope.node, NOTHING) if scope else NOTHING  # type: ignore[arg-type]
        found: set[Value] = set()
        for base in bases:
            if isinstance(base, Class):
                found.add(Instance(base.node))
            elif isinstance(base, SessionType):
                found.add(SessionValue())
        return frozenset(found)

    def _make(
        self, cls: ast.ClassDef, given: list[Values], named: dict[str | None, Values], node: ast.Call
    ) -> Values:
        for one in self._line(cls):
            known = self._attributes.get(one, {}).get("__init__", ())
            for value in known:
                if isinstance(value, Function):
                    self._enter(value.node, [NOTHING, *given], named, node, skip=1)
            if known:
                break
        else:
            self._fields(cls, given, named)
        return frozenset({Instance(cls), SessionValue()} if self._is_session(cls) else {Instance(cls)})

    def _fields(self, cls: ast.ClassDef, given: list[Values], named: dict[str | None, Values]) -> None:
        """What is given to a class without ``__init__``, such as a dataclass."""
        names = [
            each.target.id
            for each in cls.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        ]
        for name, values in [*zip(names, given, strict=False), *named.items()]:
            if name is not None:
                self._learn(self._attributes.setdefault(cls, {}).setdefault(name, set()), values)

    def _enter(
        self,
        function: FunctionNode,
        given: list[Values],
        named: dict[str | None, Values],
        node: ast.Call,
        *,
        skip: int = 0,
    ) -> Values:
        parameters = [*function.args.posonlyargs, *function.args.args]
        starred = any(isinstance(argument, ast.Starred) for argument in node.args)
        if not starred:
            for parameter, values in zip(parameters[skip:], given[skip:], strict=False):
                self._learn_parameter(parameter, values)
        by_name = {each.arg: each for each in [*parameters, *function.args.kwonlyargs]}
        for name, values in named.items():
            if name in by_name:
                self._learn_parameter(by_name[name], values)
        return self.found.returns.get(function, NOTHING)


def _several(values: Values) -> Values:
    """A container of values, of one level of containers at most in it."""
    return frozenset(
        Several(value)
        for value in values
        if not (isinstance(value, Several) and isinstance(value.of, Several))
    )


def _is_static(node: FunctionNode) -> bool:
    return _decorated(node, "staticmethod")


def _is_class_method(node: FunctionNode) -> bool:
    return _decorated(node, "classmethod")


def is_property(node: FunctionNode) -> bool:
    """Whether a method is read like an attribute."""
    return _decorated(node, "property") or _decorated(node, "cached_property")


def _decorated(node: FunctionNode, name: str) -> bool:
    return any(
        (isinstance(one, ast.Name) and one.id == name)
        or (isinstance(one, ast.Attribute) and one.attr == name)
        for one in node.decorator_list
    )
