"""Where things stand in a program: lines, columns, what is around them."""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterator
from typing import TypeAlias

from accsyn_async.migration.values import FunctionNode

__all__ = ["Frame", "Places", "own_nodes"]

Frame: TypeAlias = ast.Module | FunctionNode | ast.Lambda | ast.ClassDef | ast.GeneratorExp
"""What runs an expression: ``await`` is allowed in it, or not."""


class Places:
    """A program's text and tree together.

    Args:
        text: the program.
        tree: the same, parsed.
    """

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.text = text
        self.tree = tree
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
        self.lines = [
            text[start:end].rstrip("\r\n")
            for start, end in zip(self._starts, [*self._starts[1:], len(text)], strict=True)
        ]
        self._parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}

    def parent(self, node: ast.AST) -> ast.AST:
        """What a node is a direct part of; a module is part of itself."""
        return self._parents.get(node, self.tree)

    def around(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Each node around one, with the part of it that leads back; from the inside out."""
        while node in self._parents:
            parent = self._parents[node]
            yield parent, node
            node = parent

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that something is in, or is."""
        if isinstance(node, ast.stmt):
            return node
        return next((one for one, _ in self.around(node) if isinstance(one, ast.stmt)), None)

    def frame(self, node: ast.AST) -> Frame:
        """What runs an expression or statement."""
        for one, part in self.around(node):
            match one:
                case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body) if part in body:
                    return one
                case ast.Lambda(body=body) if part is body:
                    return one
                case ast.ClassDef(body=body) if part in body:
                    return one
                case ast.GeneratorExp(generators=generators) if part is not generators[0]:
                    return one
                case ast.comprehension(iter=first) if part is not first:
                    whole = self.parent(one)
                    if isinstance(whole, ast.GeneratorExp):
                        return whole
        return self.tree

    def offset(self, line: int, column: int) -> int:
        """Where a place of the tree is in the text.

        Args:
            line: from 1.
            column: in bytes, from 0, as ``ast`` has it.
        """
        line = min(max(line, 1), len(self.lines))
        content = self.lines[line - 1]
        if not content.isascii():
            column = len(content.encode(errors="surrogatepass")[:column].decode(errors="replace"))
        return self._starts[line - 1] + min(max(column, 0), len(content))

    def start(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        """Where a node begins in the text."""
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        """Where a node ends in the text."""
        return self.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def start_of_def(self, node: FunctionNode) -> int:
        """Where ``def`` stands, below decorators."""
        return self.offset(node.lineno, node.col_offset)

    def first_line(self, node: ast.stmt) -> int:
        """The first line of a statement, with its decorators."""
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        return min([node.lineno, *(one.lineno for one in decorators)])

    def line_start(self, line: int) -> int:
        """Where a line, counted from 1, begins in the text."""
        return self._starts[line - 1]

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """The line and the character in it, both from 1, of a place in the text."""
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def source(self, node: ast.expr | ast.stmt | ast.alias) -> str:
        """The text of a node."""
        return self.text[self.start(node) : self.end(node)]

    def is_found(self, node: ast.expr) -> bool:
        """Whether a node stands where the tree says that it does: in f-strings of Python 3.11, not always."""
        try:
            again = ast.parse(f"({self.source(node)}\n)", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        return ast.dump(again) == ast.dump(node)


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """What a function runs itself: nothing of the functions, lambdas and classes in it."""
    waiting = list(getattr(node, "body", []))
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(one)
