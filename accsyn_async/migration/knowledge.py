"""What is learnt of a program while its sessions are followed, round after round."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from accsyn_async.migration.facts import CALLS
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

__all__ = [
    "MODULES",
    "Knowledge",
    "fixture_name",
    "is_class_method",
    "is_context",
    "is_property",
    "is_static",
]

MODULES = ("accsyn_api", "accsyn_async")
"""The official client, and this library, by which a program may have begun to go."""
_FOLLOWED = frozenset({"time", "asyncio", "functools", "contextlib"})


class Knowledge:
    """What functions are given and return, and what attributes and base classes stand for.

    Attributes:
        changed: whether anything was learnt since it was last ``False``.
    """

    def __init__(self) -> None:
        self.changed = False
        self.returns: dict[FunctionNode, Values] = {}
        self.yields: dict[FunctionNode, Values] = {}
        self.fixtures: dict[str, set[FunctionNode]] = {}
        self.parameters: dict[ast.arg, set[Value]] = {}
        self.attributes: dict[ast.ClassDef, dict[str, set[Value]]] = {}
        self.bases: dict[ast.ClassDef, Values] = {}

    def learn(self, known: set[Value], values: Iterable[Value]) -> None:
        """Add to what something stands for."""
        new = set(values) - known
        known |= new
        self.changed |= bool(new)

    def learn_parameter(self, parameter: ast.arg, values: Values) -> None:
        """Add to what is passed for a parameter."""
        self.learn(self.parameters.setdefault(parameter, set()), values)

    def learn_return(self, node: FunctionNode, values: Values) -> None:
        """Add to what a function returns."""
        known = self.returns.get(node, NOTHING)
        self.changed |= not values <= known
        self.returns[node] = known | values

    def learn_yield(self, node: FunctionNode, values: Values) -> None:
        """Add to what a function yields."""
        known = self.yields.get(node, NOTHING)
        self.changed |= not values <= known
        self.yields[node] = known | values

    def handed_out(self, node: FunctionNode) -> Values:
        """What those get who use a function as a fixture or a context manager."""
        returned = self.returns.get(node, NOTHING)
        if node not in self.yields:
            return returned
        annotated = frozenset(value.of for value in returned if isinstance(value, Several))
        return self.yields[node] | annotated

    def of_fixture(self, name: str) -> Values:
        """What a test gets for a parameter from the fixtures of this file."""
        return frozenset().union(*map(self.handed_out, self.fixtures.get(name, ())), NOTHING)

    def module(self, name: str) -> Values:
        """What a name stands for that a module is imported by."""
        if name.partition(".")[0] in (*MODULES, *_FOLLOWED):
            return frozenset({Module(name)})
        return NOTHING

    def member(self, owner: Value, name: str) -> Values:
        """What an attribute of something stands for."""
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
                return self.class_member(owner, node, name)
            case Several() if name in ("get", "pop", "values", "items", "setdefault", "copy"):
                return frozenset({owner})
            case Result() if name in ("get", "pop", "values", "items", "copy"):
                return frozenset({owner})
            case _:
                return NOTHING

    def class_member(self, owner: Instance | Class, node: ast.ClassDef, name: str) -> Values:
        """What an attribute of a class of this file, or of an instance of it, stands for."""
        found: set[Value] = set()
        for one in self.line(node):
            known = self.attributes.get(one, {}).get(name)
            if known is None:
                continue
            for value in known:
                if not isinstance(value, Function):
                    found.add(value)
                elif is_property(value.node):
                    found |= self.returns.get(value.node, NOTHING)
                elif isinstance(owner, Class) and not is_class_method(value.node):
                    found.add(value)
                else:
                    static = is_static(value.node)
                    found.add(value if static else Bound(value.node, node))
                    if not (isinstance(owner, Instance) and owner.exact):
                        overriding = self.overriding(node, name)
                        found |= {Function(one) if static else Bound(one, node) for one in overriding}
            return frozenset(found)
        if self.is_session(node) and name in CALLS:
            return frozenset({Method(name, SessionValue())})
        if isinstance(owner, Instance) and not owner.exact:
            return frozenset(Bound(one, node) for one in self.overriding(node, name) if not is_static(one))
        return NOTHING

    def properties_of(self, owner: Value, name: str) -> Iterator[FunctionNode]:
        """The properties of classes of this file that an attribute of something may read."""
        if isinstance(owner, Instance):
            for one in self.line(owner.node):
                if (known := self.own_method(one, name)) is not None:
                    yield from [known] if is_property(known) else ()
                    break
            yield from filter(is_property, self.overriding(owner.node, name))

    def families(self) -> dict[FunctionNode, frozenset[FunctionNode]]:
        """Of methods, those of the same name that override them or are overridden by them."""
        found: dict[FunctionNode, frozenset[FunctionNode]] = {}
        for cls in self.bases:
            line = list(self.line(cls))
            for name in self.attributes.get(cls, {}):
                if self.own_method(cls, name) is None:
                    continue
                members = [self.own_method(other, name) for other in line]
                family: set[FunctionNode] = {one for one in members if one is not None}
                family |= {member for known in family for member in found.get(known, ())}
                found |= dict.fromkeys(family, frozenset(family))
        return found

    def own_method(self, node: ast.ClassDef, name: str) -> FunctionNode | None:
        """A method as a class itself defines it."""
        known = self.attributes.get(node, {}).get(name, ())
        return next((one.node for one in known if isinstance(one, Function)), None)

    def overriding(self, node: ast.ClassDef, name: str) -> Iterator[FunctionNode]:
        """A method as classes define it that inherit from one."""
        for cls in self.bases:
            if cls is not node and node in self.line(cls):
                own = self.own_method(cls, name)
                if own is not None:
                    yield own

    def line(self, node: ast.ClassDef) -> Iterator[ast.ClassDef]:
        """A class and those of this file that it inherits from, nearest first."""
        seen, waiting = set(), [node]
        while waiting:
            one = waiting.pop(0)
            if one not in seen:
                seen.add(one)
                yield one
                waiting += [base.node for base in self.bases.get(one, ()) if isinstance(base, Class)]

    def is_session(self, node: ast.ClassDef) -> bool:
        """Whether a class is a kind of session."""
        return self.session_type(node) is not None

    def session_type(self, node: ast.ClassDef) -> SessionType | None:
        """The session that a class is a kind of; ``None`` when it is none."""
        bases = (base for one in self.line(node) for base in self.bases.get(one, ()))
        return next((base for base in bases if isinstance(base, SessionType)), None)

    def attribute(self, node: ast.ClassDef, name: str) -> set[Value]:
        """What an attribute of a class, or of its instances, stands for; to be added to."""
        return self.attributes.setdefault(node, {}).setdefault(name, set())


def is_static(node: FunctionNode) -> bool:
    """Whether a method takes neither instance nor class."""
    return _decorated(node, "staticmethod")


def is_class_method(node: FunctionNode) -> bool:
    """Whether a method takes its class."""
    return _decorated(node, "classmethod")


def is_property(node: FunctionNode) -> bool:
    """Whether a method is read like an attribute."""
    return _decorated(node, "property") or _decorated(node, "cached_property")


def is_context(node: FunctionNode) -> bool:
    """Whether a function becomes a context manager of what it yields."""
    return _decorated(node, "contextmanager") or _decorated(node, "asynccontextmanager")


def fixture_name(node: FunctionNode) -> str | None:
    """What tests call a fixture of pytest; ``None`` when a function is none."""
    for one in node.decorator_list:
        called = one.func if isinstance(one, ast.Call) else one
        if getattr(called, "attr", getattr(called, "id", "")) == "fixture":
            named = [keyword.value for keyword in getattr(one, "keywords", ()) if keyword.arg == "name"]
            given = named[0] if named else None
            return (
                given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else node.name
            )
    return None


def _decorated(node: FunctionNode, name: str) -> bool:
    return any(
        (isinstance(one, ast.Name) and one.id == name)
        or (isinstance(one, ast.Attribute) and one.attr == name)
        for one in node.decorator_list
    )
