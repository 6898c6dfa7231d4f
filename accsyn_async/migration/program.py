"""What of a program has to wait for accsyn: calls, the functions around them, and who calls those."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from accsyn_async.migration.facts import CALLS, HERE, PROPERTIES
from accsyn_async.migration.generators import cannot_yield, iterated, iterates_async, yields
from accsyn_async.migration.knowledge import fixture_name, is_context, is_property
from accsyn_async.migration.places import Frame, Places, own_nodes
from accsyn_async.migration.tracing import Trace
from accsyn_async.migration.unentered import unentered
from accsyn_async.migration.values import (
    Bound,
    Class,
    ErrorType,
    Function,
    FunctionNode,
    Instance,
    Method,
    Other,
    SessionType,
    SessionValue,
    Values,
)

__all__ = ["LocalCall", "Program", "SessionCall", "Waits"]

_HARMLESS = ("staticmethod", "classmethod", "abstractmethod", "override", "final")
_PLAIN_BASES = ("object", "ABC", "Protocol", "Generic", "Session", "NamedTuple")


@dataclass(frozen=True, slots=True)
class SessionCall:
    """A call of a session's method.

    Attributes:
        node: the call.
        name: the method.
        sure: whether it is certainly one.
        older: whether the session is made as only 2.2.1 has it.
        awaited: whether ``await`` stands before it already.
    """

    node: ast.Call
    name: str
    sure: bool
    older: bool
    awaited: bool


@dataclass(frozen=True, slots=True)
class LocalCall:
    """A call of functions of this file.

    Attributes:
        node: the call.
        functions: those that it may be.
        awaited: whether ``await``, or ``async for``, stands before it already.
    """

    node: ast.Call
    functions: frozenset[FunctionNode]
    awaited: bool


Waits = Literal["session", "function", "generator", "context", "sleep"]
"""What is waited for: the backend, time, or a function that becomes ``async def``, which may yield or be a
context manager."""


@dataclass(slots=True)
class Program:
    """A program, and what in it has to wait.

    Attributes:
        places: its text.
        trace: what its expressions stand for.
        older: whether it is known to be for 2.2.1, and an older workspace.
        calls: of methods of sessions, in order.
        local_calls: of its own functions.
        openings: ``Session(…)``, also of a subclass, and calls of functions that return a new one.
        sleeps: ``time.sleep(…)``.
        handed: methods of sessions that are no calls, such as callbacks.
        properties: what is read of sessions.
        unknown: attributes of sessions that neither client has, or that are set.
        becoming: functions that become ``async def``, and the expressions in them that wait.
        parameters: the names of all parameters.
    """

    places: Places
    trace: Trace
    older: bool = False
    calls: list[SessionCall] = field(default_factory=list)
    local_calls: list[LocalCall] = field(default_factory=list)
    openings: list[ast.Call] = field(default_factory=list)
    sleeps: list[ast.Call] = field(default_factory=list)
    handed: list[tuple[ast.expr, str]] = field(default_factory=list)
    properties: list[ast.Attribute] = field(default_factory=list)
    unknown: list[ast.Attribute] = field(default_factory=list)
    becoming: dict[FunctionNode, list[ast.expr]] = field(default_factory=dict)
    parameters: set[str] = field(default_factory=set)
    _references: dict[FunctionNode, ast.expr] = field(default_factory=dict)
    _unknown: dict[str, ast.expr] = field(default_factory=dict)
    _owners: dict[FunctionNode, ast.ClassDef] = field(default_factory=dict)
    _looked_for: set[object] = field(default_factory=set)

    def __post_init__(self) -> None:
        nodes = list(ast.walk(self.trace.tree))
        for node in nodes:
            match node:
                case ast.ClassDef(body=body):
                    self._owners |= {part: node for part in body if isinstance(part, FunctionNode)}
                case ast.arg(arg=name):
                    self.parameters.add(name)
                case ast.Call(func=ast.Name(id="hasattr"), args=[_, ast.Constant(value=value)]):
                    self._looked_for.add(value)
        for node in nodes:
            if isinstance(node, ast.Call):
                self._sort_call(node)
            elif isinstance(node, ast.Name | ast.Attribute):
                if isinstance(node, ast.Attribute) and self._is_unknown(node):
                    self.unknown.append(node)
                if isinstance(node.ctx, ast.Load):
                    self._sort_name(node)
        self._add_unentered()
        self.calls.sort(key=lambda call: self.places.start(call.node))
        self._spread()

    # What there is

    def _sort_call(self, node: ast.Call) -> None:
        values = self.trace.of(node.func)
        awaited = isinstance(self.places.parent(node), ast.Await)
        methods = [value for value in values if isinstance(value, Method)]
        if methods:
            names = sorted({method.name for method in methods})
            sure = len({CALLS[name].awaited for name in names}) == 1 and all(
                isinstance(value, Method) and value.session.sure for value in values
            )
            older = self.older or any(method.session.older for method in methods)
            self.calls.append(SessionCall(node, names[0], sure, older, awaited))
        functions = {value.node for value in values if isinstance(value, Function | Bound)}
        if functions:
            done = awaited or iterates_async(self.places, node)
            self.local_calls.append(LocalCall(node, frozenset(functions), done))
            if any(map(self.returns_new, functions)):
                self.openings.append(node)
        if self.trace.makes(node, official=True):
            self.openings.append(node)
        if Other("time.sleep") in values:
            self.sleeps.append(node)

    def _add_unentered(self) -> None:
        for site in unentered(self.trace, self.places):
            frame = self.places.frame(site)
            if isinstance(frame, FunctionNode) and self.returns_new(frame, official=False):
                self.openings += [local.node for local in self.local_calls if frame in local.functions]
            else:
                self.openings.append(site)

    def _sort_name(self, node: ast.Name | ast.Attribute) -> None:
        values = self.trace.of(node)
        parent = self.places.parent(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if isinstance(node, ast.Attribute):
            owners = self.trace.of(node.value)
            if any(isinstance(owner, SessionValue) for owner in owners):
                own = any(isinstance(owner, Instance) for owner in owners)
                if node.attr in PROPERTIES or not (own or node.attr in CALLS or node.attr.startswith("__")):
                    self.properties.append(node)
            elif not values and not owners:
                self._unknown.setdefault(node.attr, node)
        if called:
            return
        names = sorted({value.name for value in values if isinstance(value, Method)})
        if names and self._is_handed_on(node):
            self.handed.append((node, names[0]))
        for value in values:
            if isinstance(value, Function | Bound):
                self._references.setdefault(value.node, node)

    def _is_unknown(self, node: ast.Attribute) -> bool:
        """Whether something is certainly no attribute of a session, or none that can be set."""
        owners = self.trace.of(node.value)
        certain = all(
            isinstance(one, SessionType) or (isinstance(one, SessionValue) and one.sure and not one.picked)
            for one in owners
        )
        if not owners or not certain or node.attr.startswith("__"):
            return False
        if not isinstance(node.ctx, ast.Load):
            return True
        known = node.attr.startswith("_") or node.attr in {*CALLS, *PROPERTIES, *HERE}
        return not known and not self._is_expected_to_lack(node)

    def _is_expected_to_lack(self, node: ast.Attribute) -> bool:
        """Whether the program looks first whether an attribute is there, or goes on without it."""
        return node.attr in self._looked_for or any(
            isinstance(one, ast.Try)
            and part in one.body
            and any("AttributeError" in ast.dump(handler.type) for handler in one.handlers if handler.type)
            for one, part in self.places.around(node)
        )

    def _is_handed_on(self, node: ast.expr) -> bool:
        """Whether something is an argument of what is no function or class of this file."""
        part: ast.AST = node
        parent = self.places.parent(part)
        while isinstance(
            parent, ast.Tuple | ast.List | ast.Dict | ast.Set | ast.Starred | ast.IfExp | ast.keyword
        ):
            part, parent = parent, self.places.parent(parent)
        if not isinstance(parent, ast.Call) or parent.func is part:
            return False
        known = self.trace.of(parent.func)
        if Other("functools.partial") in known:
            return self._is_handed_on(parent)
        return not any(isinstance(one, Function | Bound | Class) for one in known)

    def makes_official(self, node: ast.Call) -> bool:
        """Whether a call is that of the official client's ``Session`` itself, not of a subclass."""
        return SessionType(official=True) in self.trace.of(node.func)

    def makes_older(self, node: ast.Call) -> bool:
        """Whether a call makes a session of an older workspace."""
        return self.older or any(isinstance(one, SessionValue) and one.older for one in self.trace.of(node))

    def returns_new(self, function: FunctionNode, *, official: bool = True) -> bool:
        """Whether a function returns a session that it has made, and does nothing else with it."""
        if fixture_name(function) is not None:
            return False
        returned = [one.value for one in own_nodes(function) if isinstance(one, ast.Return)]
        return bool(returned) and all(
            one is not None
            and (self.trace.makes(one, official=official) or self._is_new_name(one, function, official))
            for one in returned
        )

    def _is_new_name(self, node: ast.expr, function: FunctionNode, official: bool) -> bool:
        if not isinstance(node, ast.Name):
            return False
        uses = [one for one in ast.walk(function) if isinstance(one, ast.Name) and one.id == node.id]
        assigned = [self.places.parent(one) for one in uses if isinstance(one.ctx, ast.Store)]
        return (
            len(uses) == 2
            and bool(assigned)
            and all(
                isinstance(one, ast.Assign) and self.trace.makes(one.value, official=official)
                for one in assigned
            )
        )

    # What has to wait

    def reads(self) -> Iterator[tuple[ast.Attribute, str]]:
        """Each use of a property that has to become a method, with its name, in no order."""
        for node, functions in self.trace.reads.items():
            waiting = functions & self.becoming.keys()
            if waiting and isinstance(node.ctx, ast.Load):
                yield node, node.attr

    def waits(self) -> Iterator[tuple[ast.Call, Waits]]:
        """Each call that needs ``await``, in no order."""
        for call in self.calls:
            if CALLS[call.name].awaited and not call.awaited and not CALLS[call.name].gone:
                yield call.node, "session"
        for local in self.local_calls:
            becoming = local.functions & self.becoming.keys()
            if not local.awaited and becoming:
                if all(map(is_context, becoming)):
                    yield local.node, "context"
                else:
                    yield local.node, "generator" if all(map(yields, becoming)) else "function"
        for node in self.sleeps:
            frame = self.places.frame(node)
            if (
                isinstance(frame, ast.AsyncFunctionDef)
                or frame in self.becoming
                or (frame is self.places.tree and self.module_waits)
            ):
                yield node, "sleep"

    @property
    def module_waits(self) -> bool:
        """Whether code outside of functions has to wait for something."""
        tree = self.places.tree
        return (
            any(
                self.places.frame(call.node) is tree and CALLS[call.name].awaited and not call.awaited
                for call in self.calls
            )
            or any(
                self.places.frame(local.node) is tree and bool(local.functions & self.becoming.keys())
                for local in self.local_calls
            )
            or any(self.places.frame(read) is tree for read, _ in self.reads())
        )

    def _spread(self) -> None:
        waiting: list[tuple[ast.expr, Frame]] = [
            (node, self.places.frame(node)) for node, what in self.waits() if what == "session"
        ]
        callers: dict[FunctionNode, list[ast.expr]] = {}
        for local in self.local_calls:
            for function in local.functions:
                callers.setdefault(function, []).append(local.node)
        for read, functions in self.trace.reads.items():
            for function in functions:
                callers.setdefault(function, []).append(read)
        while waiting:
            node, frame = waiting.pop(0)
            while isinstance(frame, ast.Lambda | ast.GeneratorExp | ast.ClassDef):
                # It has to be written otherwise, and whoever runs it then waits.
                frame = self.places.frame(frame)
            if not isinstance(frame, ast.FunctionDef):
                continue
            if frame not in self.becoming:
                waiting += [(call, self.places.frame(call)) for call in callers.get(frame, ())]
            self.becoming.setdefault(frame, []).append(node)
            for member in self.trace.families.get(frame, ()):
                # Whoever calls one of them may call any.
                if isinstance(member, ast.FunctionDef) and member not in self.becoming:
                    self.becoming[member] = []
                    waiting += [(call, self.places.frame(call)) for call in callers.get(member, ())]

    def name_of(self, function: FunctionNode) -> str:
        """A function's name, with that of its class."""
        owner = self._owners.get(function)
        return f"{owner.name}.{function.name}" if owner is not None else function.name

    def callers(self, function: FunctionNode) -> list[ast.Call]:
        """Where in the file a function is called, in order."""
        found = [local.node for local in self.local_calls if function in local.functions]
        return sorted(found, key=self.places.start)

    def hindrance(self, function: FunctionNode) -> str | None:
        """Why a function cannot simply become ``async def``; ``None`` when it can."""
        for one in sorted(self.trace.families.get(function, ()), key=self.places.start):
            reason = self._hindrance(one)
            if reason and one is not function:
                return f"{self.name_of(one)} cannot, and is called in its place"
        return self._hindrance(function)

    def _hindrance(self, function: FunctionNode) -> str | None:
        owner = self._owners.get(function)
        for decorator in function.decorator_list:
            plain = getattr(decorator, "id", getattr(decorator, "attr", ""))
            if is_property(function):
                return "a property cannot be awaited: make it a method"
            if plain not in _HARMLESS:
                return f"its decorator (line {decorator.lineno}) may call it without await"
        if owner is not None and function.name.startswith("__") and function.name.endswith("__"):
            return f"Python calls {function.name} without await: do this elsewhere"
        if function.name.startswith("test") and not self.callers(function):
            return "a test that is async needs a plugin, such as pytest-asyncio"
        if yields(function):
            reason = cannot_yield(function)
            callers = self.callers(function)
            if reason or not callers or not all(iterated(self.places, one) for one in callers):
                return reason or "it is a generator: those who iterate over it need async for"
        if len({yields(one) for one in self.trace.families.get(function, ())}) > 1:
            return "of those that override each other some yield, and some do not"
        if function in self._references:
            line = self._references[function].lineno
            return f"it is handed on in line {line}, to somebody who calls it without await"
        if owner is not None:
            for base in owner.bases:
                known: Values = self.trace.of(base)
                name = getattr(base, "id", getattr(base, "attr", ast.dump(base)[:20]))
                if not known and name not in _PLAIN_BASES and not self.callers(function):
                    return f"{owner.name} is a {name}, which may call it without await"
            if function.name in self._unknown:
                line = self._unknown[function.name].lineno
                return f"line {line} uses something of that name, which may be this"
        return None

    def excepted(self, handler: ast.ExceptHandler) -> list[tuple[ast.expr, str]]:
        """The official client's exceptions that a handler names, with their names there."""
        if handler.type is None:
            return []
        parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        return [
            (part, value.name)
            for part in parts
            for value in self.trace.of(part)
            if isinstance(value, ErrorType)
        ]

    def made_by_class(self, node: ast.Call) -> bool:
        """Whether a call makes an instance of a class of this file."""
        return any(isinstance(value, Class) for value in self.trace.of(node.func))
