"""Names and what they stand for, in the order of a program's statements."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from typing import TypeAlias

from accsyn_async.migration.values import NOTHING, Values

__all__ = ["Known", "Scope", "joined"]

Known: TypeAlias = dict[str, Values]
"""What names stand for at a place in a program."""


class Scope:
    """The names of a module, a function, a class, a lambda or a comprehension.

    Args:
        node: what it belongs to.
        parent: the scope around it; ``None`` for a module.
        inline: whether it runs where it stands, as classes and comprehensions do.
    """

    def __init__(self, node: ast.AST, parent: Scope | None, *, inline: bool) -> None:
        self.node = node
        self.parent = parent
        self.inline = inline
        self.here: Known = {}
        self.ever: dict[str, set[object]] = {}
        self.elsewhere: dict[str, Scope] = {}
        self.shared: set[str] = set()

    @property
    def module(self) -> Scope:
        """The outermost scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def begin(self) -> None:
        """Forget where in the program it was; what its names ever stood for stays."""
        self.here = {}

    def declare(self, names: Iterable[str], *, everywhere: bool) -> None:
        """Say that names belong to the module, or to a function around this one."""
        for name in names:
            owner = self.module if everywhere else self._owner(name)
            if owner is not None and owner is not self:
                self.elsewhere[name] = owner
                owner.shared.add(name)

    def _owner(self, name: str) -> Scope | None:
        scope = self.parent
        while scope is not None and scope.parent is not None:
            if name in scope.ever and not isinstance(scope.node, ast.ClassDef):
                return scope
            scope = scope.parent
        return None

    def bind(self, name: str, values: Values) -> bool:
        """Let a name stand for something from here on.

        Returns:
            Whether it never did before.
        """
        owner = self.elsewhere.get(name, self)
        owner.here[name] = values
        known = owner.ever.setdefault(name, set())
        if known >= values:
            return False
        known |= values
        return True

    def look_up(self, name: str) -> Values:
        """What a name stands for here."""
        scope: Scope | None = self.elsewhere.get(name, self)
        now = scope is self
        first = True
        while scope is not None:
            if first or not isinstance(scope.node, ast.ClassDef):
                if now and name in scope.here and name not in scope.shared:
                    return scope.here[name]
                if name in scope.ever:
                    return frozenset(scope.ever[name])  # type: ignore[arg-type]
            now = now and scope.inline
            first = False
            scope = scope.parent
        return NOTHING

    def is_builtin(self, name: str) -> bool:
        """Whether a name stands for what Python itself calls so."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.ever:
                return False
            scope = scope.parent
        return hasattr(builtins, name)


def joined(*ways: Known) -> Known:
    """What names stand for where several ways through a program meet."""
    return {
        name: frozenset().union(*(way.get(name, NOTHING) for way in ways)) for way in ways for name in way
    }
