"""What a name in a program can stand for, as far as it matters here."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "NOTHING",
    "Bound",
    "Class",
    "ErrorType",
    "Function",
    "Instance",
    "Method",
    "Module",
    "Other",
    "Result",
    "SessionType",
    "SessionValue",
    "Several",
    "Value",
    "Values",
]

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """A module, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Other:
    """Something of another module, such as ``time.sleep``, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class SessionType:
    """The class ``Session``; ``official`` says whether it is that of the official client."""

    official: bool


@dataclass(frozen=True, slots=True)
class SessionValue:
    """A session.

    Attributes:
        older: whether it is made as only 2.2.1 has it.
        sure: ``False`` where only the name of a parameter says that it is one.
        picked: whether it comes from a container, in which there may be other things, too.
        made: where it is made, if it is of this library.
    """

    older: bool = False
    sure: bool = True
    picked: bool = False
    made: ast.Call | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a session, bound to it."""

    name: str
    session: SessionValue


@dataclass(frozen=True, slots=True)
class Result:
    """What a method of a session returned, or a part of it."""

    method: str


@dataclass(frozen=True, slots=True)
class ErrorType:
    """The official client's exception, by the name that it goes by there."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function of this file."""

    node: FunctionNode


@dataclass(frozen=True, slots=True)
class Bound:
    """A method of a class of this file, bound to an instance or a class."""

    node: FunctionNode
    owner: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Class:
    """A class of this file."""

    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a class of this file; ``exact`` when it is looked at as one of no other."""

    node: ast.ClassDef
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Several:
    """A list, dict or tuple of something."""

    of: Value


Value: TypeAlias = (
    Module
    | Other
    | SessionType
    | SessionValue
    | Method
    | Result
    | ErrorType
    | Function
    | Bound
    | Class
    | Instance
    | Several
)
Values: TypeAlias = frozenset[Value]

NOTHING: Values = frozenset()
"""What nothing is known of."""
