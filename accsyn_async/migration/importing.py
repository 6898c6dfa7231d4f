"""The import of the official client, and what goes by it, in the words of this library."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from accsyn_async.migration.edits import Edits
from accsyn_async.migration.program import Program
from accsyn_async.migration.values import ErrorType, Module

__all__ = ["change_imports", "import_asyncio"]

_OFFICIAL = "accsyn_api"
_HERE = "accsyn_async"
_OLD_ERROR = "accsynException"
_KNOWN = frozenset({"Session", "AccsynException", _OLD_ERROR, "__version__"})
_FROM = re.compile(r"from\s+(accsyn_api(?:\.session)?)\s+import\b")


def change_imports(program: Program, edits: Edits) -> Iterator[tuple[ast.stmt, str]]:
    """Import this library in place of the official client.

    Yields:
        Imports that are left, and why.
    """
    renamed = _can_rename(program)
    for node in ast.walk(program.places.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in (_OFFICIAL, f"{_OFFICIAL}.session"):
                    asname = alias.asname or (None if renamed else _OFFICIAL)
                    text = f"{_HERE} as {asname}" if asname else _HERE
                    edits.replace(program.places.start(alias), program.places.end(alias), text)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            reason = _change_from(program, node, edits)
            if reason:
                yield node, reason
        elif isinstance(node, ast.Attribute):
            _change_attribute(program, node, edits)
    if renamed:
        for name in _names(program):
            edits.replace(program.places.start(name), program.places.end(name), _HERE)


def _change_from(program: Program, node: ast.ImportFrom, edits: Edits) -> str | None:
    if (node.module or "") not in (_OFFICIAL, f"{_OFFICIAL}.session"):
        return None
    if node.names[0].name == "*":
        return "* does not say which names are used: write them down"
    unknown = [alias.name for alias in node.names if alias.name not in _KNOWN]
    found = _FROM.match(program.places.source(node))
    if unknown or found is None:
        return f"there is no {unknown[0]} in {_HERE}" if unknown else "it is written in an unusual way"
    start = program.places.start(node)
    edits.replace(start + found.start(1), start + found.end(1), _HERE)
    for alias in node.names:
        if alias.name == _OLD_ERROR:
            text = f"AccsynError as {alias.asname or _OLD_ERROR}"
            edits.replace(program.places.start(alias), program.places.end(alias), text)
    return None


def _change_attribute(program: Program, node: ast.Attribute, edits: Edits) -> None:
    values = program.trace.of(node)
    end = program.places.end(node)
    if Module(f"{_OFFICIAL}.session") in values:
        edits.replace(program.places.end(node.value), end, "")
    elif ErrorType(_OLD_ERROR) in values and node.attr == _OLD_ERROR:
        edits.replace(end - len(_OLD_ERROR), end, "AccsynError")


def _names(program: Program) -> Iterator[ast.Name]:
    for node in ast.walk(program.places.tree):
        if isinstance(node, ast.Name) and node.id == _OFFICIAL:
            yield node


def _can_rename(program: Program) -> bool:
    """Whether the module's name, wherever it stands, is the module and can be found."""
    texts = (
        node.value
        for node in ast.walk(program.places.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return not any(_OFFICIAL in text for text in texts) and all(
        program.trace.of(name) and program.places.is_found(name) for name in _names(program)
    )


def import_asyncio(program: Program, edits: Edits) -> bool:
    """See to it that ``asyncio`` is imported.

    Returns:
        Whether it is; not where something else has that name.
    """
    body = program.places.tree.body
    for node in body:
        if isinstance(node, ast.Import) and any(
            alias.name == "asyncio" and alias.asname is None for alias in node.names
        ):
            return True
    for one in ast.walk(program.places.tree):
        if isinstance(one, ast.Name) and one.id == "asyncio":
            return False
        if (
            isinstance(one, ast.arg | ast.alias)
            and getattr(one, "arg", getattr(one, "asname", "")) == "asyncio"
        ):
            return False
    later = [node for node in body if not _comes_first(node)]
    imports = [node for node in later if isinstance(node, ast.Import | ast.ImportFrom)]
    first = program.places.first_line((imports or later)[0])
    edits.insert_lines(first, "import asyncio\n" if imports else "import asyncio\n\n")
    return True


def _comes_first(node: ast.stmt) -> bool:
    """Whether a statement must stand before all imports: a docstring, or a future import."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__" and not node.level
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
