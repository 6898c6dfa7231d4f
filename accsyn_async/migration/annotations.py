"""What the annotation of a parameter or variable says."""

from __future__ import annotations

import ast
from collections.abc import Callable

from accsyn_async.migration.values import (
    NOTHING,
    Class,
    Instance,
    SessionType,
    SessionValue,
    Several,
    Value,
    Values,
)

__all__ = ["annotated"]

_EITHER = ("Optional", "Union", "Annotated", "Final", "ClassVar")


def annotated(annotation: ast.expr, evaluate: Callable[[ast.expr], Values]) -> Values:
    """What an annotated name stands for.

    Args:
        annotation: such as ``Session | None``, also as text.
        evaluate: tells what an expression stands for.
    """
    match annotation:
        case ast.Constant(value=str() as text):
            try:
                return annotated(ast.parse(text.strip(), mode="eval").body, evaluate)
            except (SyntaxError, ValueError, MemoryError):
                return NOTHING
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return annotated(left, evaluate) | annotated(right, evaluate)
        case ast.Subscript(value=container, slice=inner):
            evaluate(container)
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            values = frozenset().union(*(annotated(part, evaluate) for part in parts), NOTHING)
            name = getattr(container, "id", getattr(container, "attr", ""))
            return values if name in _EITHER else frozenset(map(Several, values))
        case _:
            found: set[Value] = set()
            for value in evaluate(annotation):
                match value:
                    case SessionType():
                        found.add(SessionValue())
                    case Class(node=node):
                        found.add(Instance(node))
            return frozenset(found)
