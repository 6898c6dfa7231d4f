"""What expressions stand for, and the names that they are assigned to."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from accsyn_async.migration.annotations import annotated
from accsyn_async.migration.knowledge import Knowledge, is_context
from accsyn_async.migration.scopes import Scope
from accsyn_async.migration.values import (
    NOTHING,
    Bound,
    Class,
    Function,
    FunctionNode,
    Instance,
    Method,
    Other,
    Result,
    SessionType,
    SessionValue,
    Several,
    Value,
    Values,
)

__all__ = ["Evaluator"]

_GUESSED = frozenset({"session", "accsyn_session", "accsyn"})
_OLDER_ONLY = frozenset({"pwd", "session_key", "dev"})
_Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Evaluator:
    """Says what expressions stand for at the place where it is.

    Args:
        tree: the program.

    Attributes:
        values: what expressions stand for; those of which nothing is known are left out.
        reads: the properties of this file that attributes read.
        guess: whether an unknown parameter called ``session`` is taken for one.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.known = Knowledge()
        self.values: dict[ast.AST, Values] = {}
        self.reads: dict[ast.Attribute, frozenset[FunctionNode]] = {}
        self.guess = False
        self._function: list[FunctionNode] = []
        self._scopes: dict[ast.AST, Scope] = {}
        self._scope = Scope(tree, None, inline=False)

    def values_of(self, node: ast.AST) -> Values:
        """What an expression stands for that was looked at already."""
        return self.values.get(node, NOTHING)

    def _scope_of(self, node: ast.AST, around: Scope, *, inline: bool) -> Scope:
        if node not in self._scopes:
            self._scopes[node] = Scope(node, around, inline=inline)
        return self._scopes[node]

    def _bind(self, name: str, values: Values) -> None:
        self.known.changed |= self._scope.bind(name, values)

    def _parameter(self, parameter: ast.arg) -> Values:
        values = frozenset(self.known.parameters.get(parameter, ()))
        if parameter.annotation is not None:
            values |= self._annotated(parameter.annotation)
        elif self.guess and not values and parameter.arg in _GUESSED:
            values = frozenset({SessionValue(sure=False)})
        return values

    def _annotated(self, annotation: ast.expr) -> Values:
        return annotated(annotation, self._eval)

    def _assign(self, target: ast.expr, values: Values, source: ast.expr | None) -> None:
        match target:
            case ast.Name(id=name):
                self._bind(name, values)
                self._note(target, values)
            case ast.Attribute(value=value, attr=name):
                for owner in self._eval(value):
                    if isinstance(owner, Instance | Class):
                        self.known.learn(self.known.attribute(owner.node, name), values)
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
                        self._assign(one, self.values_of(sources[position]), sources[position])
                    else:
                        self._assign(one, self._elements(values), None)
            case _:
                self._eval(target)

    def _eval_target(self, target: ast.expr) -> Values:
        return self._scope.look_up(target.id) if isinstance(target, ast.Name) else NOTHING

    def _note(self, node: ast.AST, values: Values) -> Values:
        if values:
            self.values[node] = self.values_of(node) | values
        return values

    def _eval(self, node: ast.expr) -> Values:
        return self._note(node, self._value(node))

    def _value(self, node: ast.expr) -> Values:
        match node:
            case ast.Name(id=name):
                return self._scope.look_up(name)
            case ast.Attribute(value=value, attr=name):
                owners = self._eval(value)
                reads = [one for owner in owners for one in self.known.properties_of(owner, name)]
                if reads:
                    self.reads[node] = self.reads.get(node, frozenset()) | frozenset(reads)
                return self._union(self.known.member(owner, name) for owner in owners)
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
            case ast.Yield(value=value):
                values = self._eval(value) if value is not None else NOTHING
                if self._function:
                    self.known.learn_yield(self._function[-1], values)
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
        self.known.changed |= scope.bind(target.id, values)

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

    def _defaults(self, arguments: ast.arguments) -> None:
        plain = [*arguments.posonlyargs, *arguments.args]
        for parameter, default in zip(reversed(plain), reversed(arguments.defaults), strict=False):
            self.known.learn_parameter(parameter, self._eval(default))
        for parameter, one in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if one is not None:
                self.known.learn_parameter(parameter, self._eval(one))

    def _union(self, several: Iterable[Values]) -> Values:
        return frozenset().union(*several, NOTHING)

    def _elements(self, values: Values) -> Values:
        return frozenset(
            value.of if isinstance(value, Several) else value
            for value in values
            if isinstance(value, Several | Result)
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
                return self._union(self.known.member(owner, str(node.args[1].value)) for owner in given[0])
            case ast.Name(id="list" | "tuple" | "set" | "iter" | "next" | "sorted" | "reversed") if given:
                values = given[0]
                return self._elements(values) if node.func.id == "next" else values
            case ast.Attribute(attr="items", value=container):
                owners = self.values_of(container)
                return frozenset(
                    Several(one) if isinstance(one, Several) else one
                    for one in owners
                    if isinstance(one, Several | Result)
                )
            case ast.Attribute(attr="append" | "add", value=ast.Name(id=name)) if given and given[0]:
                self._bind(name, self._scope.look_up(name) | _several(given[0]))
        for target in targets:
            match target:
                case SessionType(official=official):
                    older = bool(_OLDER_ONLY & {name for name in named if name})
                    found.add(SessionValue(older, made=None if official else node))
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
        owner = scope.node if scope is not None else None
        bases = self.known.bases.get(owner, NOTHING) if isinstance(owner, ast.ClassDef) else NOTHING
        found: set[Value] = set()
        for base in bases:
            if isinstance(base, Class):
                found.add(Instance(base.node, exact=True))
            elif isinstance(base, SessionType):
                found.add(SessionValue())
        return frozenset(found)

    def _make(
        self, cls: ast.ClassDef, given: list[Values], named: dict[str | None, Values], node: ast.Call
    ) -> Values:
        for one in self.known.line(cls):
            known = self.known.attributes.get(one, {}).get("__init__", ())
            for value in known:
                if isinstance(value, Function):
                    self._enter(value.node, [NOTHING, *given], named, node, skip=1)
            if known:
                break
        else:
            self._fields(cls, given, named)
        if (kind := self.known.session_type(cls)) is None:
            return frozenset({Instance(cls)})
        return frozenset({Instance(cls), SessionValue(made=None if kind.official else node)})

    def _fields(self, cls: ast.ClassDef, given: list[Values], named: dict[str | None, Values]) -> None:
        """What is given to a class without ``__init__``, such as a dataclass."""
        names = [
            each.target.id
            for each in cls.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        ]
        for name, values in [*zip(names, given, strict=False), *named.items()]:
            if name is not None:
                self.known.learn(self.known.attribute(cls, name), values)

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
                self.known.learn_parameter(parameter, values)
        by_name = {each.arg: each for each in [*parameters, *function.args.kwonlyargs]}
        for name, values in named.items():
            if name in by_name:
                self.known.learn_parameter(by_name[name], values)
        if is_context(function):
            return self.known.handed_out(function)
        yielded = _several(self.known.yields.get(function, NOTHING))
        return self.known.returns.get(function, NOTHING) | yielded


def _several(values: Values) -> Values:
    """A container of values, of one level of containers at most in it."""
    return frozenset(
        Several(replace(value, picked=True) if isinstance(value, SessionValue) else value)
        for value in values
        if not (isinstance(value, Several) and isinstance(value.of, Several))
    )
