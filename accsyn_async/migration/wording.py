"""What has to be done, in words: the same in the list of a program and of what a rewriting leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from accsyn_async.migration.arguments import Remark
from accsyn_async.migration.facts import PROPERTIES
from accsyn_async.migration.findings import Finding, FindingKind, Need, named
from accsyn_async.migration.generators import iterating, yields
from accsyn_async.migration.program import Program, Waits
from accsyn_async.migration.values import FunctionNode, SessionType

__all__ = ["Wording"]


class Wording:
    """Says of parts of a program what has to be done there.

    Args:
        program: the program.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._places = program.places
        self._sure = {call.node: call.sure for call in program.calls}
        self._names = {call.node: call.name for call in program.calls}

    def finding(
        self, node: ast.expr | ast.stmt | ast.alias, kind: FindingKind, text: str, need: Need | None = None
    ) -> Finding:
        """Something about a part of the program."""
        line, column = self._places.line_and_column(self._places.start(node))
        return Finding(line, column, kind, text, need)

    def imported(self, node: ast.stmt) -> Finding:
        """The official client is imported."""
        return self.finding(node, "differs", "import accsyn_async in place of accsyn_api")

    def opening(self, node: ast.Call) -> Finding:
        """A session is made, and has to be entered."""
        direct = any(isinstance(value, SessionType) for value in self._program.trace.of(node.func))
        what = "Session(…)" if direct else f"{self.called(node)}(…)"
        if isinstance(self._places.parent(node), ast.Await):
            what = f"await {what}"
        name = self._opened_name(node)
        text = f"enter the session to use it: async with {what} as {name}"
        return self.finding(node, "await", text, "enter")

    def _opened_name(self, node: ast.Call) -> str:
        parent = self._places.parent(node)
        if isinstance(parent, ast.Await):
            parent = self._places.parent(parent)
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
            target = parent.targets[0]
            return target.id if isinstance(target, ast.Name) else "session"
        return "session"

    def called(self, node: ast.expr) -> str:
        """What a call calls, by its last name."""
        named = node.func if isinstance(node, ast.Call) else node
        if isinstance(named, ast.Subscript):
            return f"{self.called(named.value)}[…]"
        return getattr(named, "attr", None) or getattr(named, "id", None) or "it"

    def wait(self, node: ast.Call, what: Waits) -> Finding:
        """A call has to be awaited."""
        name = f"{self.called(node)}(…)"
        match what:
            case "session":
                unsure = "" if self._sure[node] else ", if this is a session of accsyn"
                text = f"{self._names[node]}(…) {self._awaited(node)}{unsure}"
                return self.finding(node, "await", text, "await")
            case "context":
                text = f"{name} needs async with, and asynccontextmanager where it is defined"
                return self.finding(node, "await", text, "enter")
            case "generator":
                return self.finding(node, "await", f"{name} {self._iterated(node)}", "iterate")
            case "sleep":
                text = "time.sleep(…) would hold up everything: await asyncio.sleep(…)"
                return self.finding(node, "await", text, "await")
            case _:
                return self.finding(node, "await", f"{name} {self._awaited(node)}", "await")

    def read(self, node: ast.Attribute, name: str) -> Finding:
        """A property is read that becomes a method."""
        text = f"{name} becomes a method: {name}() {self._awaited(node)}"
        return self.finding(node, "await", text, "await")

    def handed(self, node: ast.expr, name: str) -> Finding:
        """A method of a session is handed on."""
        text = f"{name} is handed on: whoever calls it has to await what it returns"
        return self.finding(node, "await", text, "pass")

    def remark(self, remark: Remark) -> Finding:
        """Something about the arguments of a call."""
        return self.finding(remark.node, remark.kind, remark.text)

    def private(self, node: ast.Attribute) -> Finding:
        """Something is used that the official client keeps for itself."""
        return self.finding(node, "gone", f"there is no {node.attr}, which is private to the official client")

    def unknown(self, node: ast.Attribute) -> Finding:
        """An attribute is used that no session has, or set."""
        if isinstance(node.ctx, ast.Load):
            parent = self._places.parent(node)
            called = isinstance(parent, ast.Call) and parent.func is node
            what = f"{node.attr}()" if called else node.attr
            return self.finding(node, "gone", f"there is no {what}, nor in accsyn_api")
        why = "it is only read" if node.attr in PROPERTIES else "keep it in a variable of your own"
        return self.finding(node, "gone", f"{node.attr} of a session cannot be set: {why}")

    def function(self, function: FunctionNode) -> Finding:
        """A function becomes async, or cannot simply."""
        program = self._program
        lines = sorted({node.lineno for node in program.becoming[function]})
        name = program.name_of(function)
        why = f"for line{'s' if len(lines) > 1 else ''} {named(map(str, lines))}"
        text = f"{name} becomes async def, {why if lines else 'as what it overrides, or is overridden by'}"
        if yields(function):
            text += "; those who iterate over it need async for"
        callers = program.callers(function)
        if callers:
            text += f"; called by {named(dict.fromkeys(map(self._caller, callers)))}"
        hindrance = program.hindrance(function)
        if hindrance:
            text = f"{name} cannot simply become async def: {hindrance}"
        return self.finding(function, "await", text)

    def _caller(self, node: ast.Call) -> str:
        frame = self._places.frame(node)
        if isinstance(frame, ast.FunctionDef | ast.AsyncFunctionDef):
            return f"{self._program.name_of(frame)} (line {node.lineno})"
        return f"line {node.lineno}"

    def outside(self) -> Finding | None:
        """Code outside of functions has to wait; ``None`` when none has."""
        outside = self._waits_outside()
        if not outside:
            return None
        first = min(outside, key=self._places.start)
        what = "put it into an async def main(), and asyncio.run(main())"
        if self._is_run_alone(outside):
            what = f"asyncio.run({self.called(first)}(…))"
        return self.finding(first, "await", f"this is outside of functions: {what}")

    def _waits_outside(self) -> dict[ast.expr, str]:
        """What waits outside of functions, and for what."""
        if not self._program.module_waits:
            return {}
        waits = [*self._program.waits(), *self._program.reads()]
        return {node: what for node, what in waits if self._places.frame(node) is self._places.tree}

    def _is_run_alone(self, outside: dict[ast.expr, str]) -> bool:
        """Whether all that waits outside of functions is a call that can be run as it is."""
        first = next(iter(outside))
        return (
            len(outside) == 1
            and outside[first] == "function"
            and all(self._top(one) is not self._top(first) for one in self._program.openings)
        )

    def interrupted(self) -> Iterator[Finding]:
        """Each handler of Ctrl-C in what is run by ``asyncio.run`` then, where it is never reached."""
        outside = self._waits_outside()
        moved = outside if outside and not self._is_run_alone(outside) else {}
        within = {
            one for node, what in moved.items() if what != "sleep" for one, _ in self._places.around(node)
        }
        for node in ast.walk(self._places.tree):
            if not isinstance(node, ast.Try | ast.TryStar):
                continue
            frame = self._places.frame(node)
            if frame not in self._program.becoming and node not in within:
                continue
            types = [handler.type for handler in node.handlers if handler.type]
            parts = [one for each in types for one in ast.walk(each) if isinstance(one, ast.expr)]
            names = {one: getattr(one, "id", getattr(one, "attr", "")) for one in parts}
            for one, name in names.items():
                if name == "KeyboardInterrupt" and "CancelledError" not in names.values():
                    text = "Ctrl-C arrives as asyncio.CancelledError within a coroutine; "
                    text += "KeyboardInterrupt is raised by asyncio.run"
                    yield self.finding(one, "differs", text)

    def _top(self, node: ast.AST) -> ast.AST:
        """The statement outside of functions that something is in."""
        return next((part for one, part in self._places.around(node) if one is self._places.tree), node)

    def _awaited(self, node: ast.expr) -> str:
        """How a call is awaited where it stands."""
        match self._places.frame(node):
            case ast.Lambda():
                return "cannot be awaited in a lambda: make it an async def"
            case ast.ClassDef():
                return "cannot be awaited in the body of a class: do it in a function"
            case ast.GeneratorExp():
                return "cannot be awaited in a generator expression: make it a list, [… for …]"
        part: ast.AST = node
        parent = self._places.parent(part)
        while isinstance(parent, ast.NamedExpr) and parent.value is part:
            part, parent = parent, self._places.parent(parent)
        match parent:
            case ast.Attribute():
                return "needs await, in parentheses"
            case ast.Subscript(value=value) if value is part:
                return "needs await, in parentheses"
            case ast.For(iter=value) | ast.comprehension(iter=value) if value is part:
                return "needs await: for … in await …"
            case ast.If() | ast.While() | ast.Assert() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return "needs await: without, it would count as true"
            case ast.IfExp(test=test) | ast.match_case(guard=test) if test is part:
                return "needs await: without, it would count as true"
            case ast.comprehension(ifs=conditions) if part in conditions:
                return "needs await: without, it would count as true"
            case _:
                return "needs await"

    def _iterated(self, node: ast.Call) -> str:
        """How a call of a generator is iterated over where it stands."""
        if isinstance(self._places.frame(node), ast.Lambda | ast.ClassDef | ast.GeneratorExp):
            return self._awaited(node)
        return iterating(self._places, node)
