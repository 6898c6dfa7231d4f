"""All that there is to say of a program for the official client."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from accsyn_async.migration.arguments import about_call, about_session, reads_environment
from accsyn_async.migration.facts import CALLS, NEWER, PROPERTIES, TIMES
from accsyn_async.migration.findings import Finding, FindingKind, Report, named
from accsyn_async.migration.generators import iterating, yields
from accsyn_async.migration.knowledge import fixture_name
from accsyn_async.migration.places import own_nodes
from accsyn_async.migration.program import Program, SessionCall
from accsyn_async.migration.values import FunctionNode, Result, SessionType, SessionValue

__all__ = ["report_on"]

_LOOKS = ("find", "find_one", "get_entity")


def report_on(program: Program) -> Report:
    """Say what a program has to change, and what it should know."""
    reporter = _Reporter(program)
    findings = sorted(set(reporter.findings()))
    functions = sorted(program.becoming, key=program.places.start)
    hindered = [one for one in functions if program.hindrance(one)]
    return Report(
        tuple(findings),
        awaits=sum(1 for _ in program.waits()) + sum(1 for _ in program.reads()),
        functions=tuple(program.name_of(one) for one in functions if one not in hindered),
        by_hand=tuple(program.name_of(one) for one in hindered),
        needs_run=program.module_waits,
        lines=tuple(program.places.lines),
    )


class _Reporter:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._places = program.places
        self._trace = program.trace

    def findings(self) -> Iterator[Finding]:
        yield from self._imports()
        yield from self._openings()
        yield from self._calls()
        yield from self._functions()
        yield from self._module()
        yield from self._reads()
        yield from self._nodes()

    def _finding(self, node: ast.expr | ast.stmt | ast.alias, kind: FindingKind, text: str) -> Finding:
        line, column = self._places.line_and_column(self._places.start(node))
        return Finding(line, column, kind, text)

    def _imports(self) -> Iterator[Finding]:
        for node in ast.walk(self._places.tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            else:
                continue
            if any(name.partition(".")[0] == "accsyn_api" for name in names):
                yield self._finding(node, "differs", "import accsyn_async in place of accsyn_api")

    def _openings(self) -> Iterator[Finding]:
        first = True
        for node in sorted(self._program.openings, key=self._places.start):
            direct = any(isinstance(value, SessionType) for value in self._trace.of(node.func))
            if direct:
                older = self._program.makes_older(node)
                for remark in about_session(node, older=older):
                    yield self._finding(*remark)
            if direct and first:
                first = False
                yield self._finding(
                    node,
                    "differs",
                    "certificates are checked; ssl=<SSLContext> is for an authority of your own",
                )
                if reads_environment(node):
                    yield self._finding(node, "differs", "the environment wins over a .env in the folder")
            frame = self._places.frame(node)
            if isinstance(frame, ast.FunctionDef) and self._program.returns_new(frame):
                continue
            what = "Session(…)" if direct else f"{self._called(node)}(…)"
            name = self._opened_name(node)
            yield self._finding(node, "await", f"enter the session to use it: async with {what} as {name}")

    def _opened_name(self, node: ast.Call) -> str:
        parent = self._places.parent(node)
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
            target = parent.targets[0]
            return target.id if isinstance(target, ast.Name) else "session"
        return "session"

    def _called(self, node: ast.expr) -> str:
        named = node.func if isinstance(node, ast.Call) else node
        return getattr(named, "attr", None) or getattr(named, "id", None) or "it"

    def _calls(self) -> Iterator[Finding]:
        for call in self._program.calls:
            for remark in about_call(call, official=self._trace.official):
                yield self._finding(*remark)
            fact = CALLS[call.name]
            if fact.gone or call.awaited:
                continue
            if not fact.awaited:
                yield self._finding(call.node, "note", f"{call.name}() stays as it is, without await")
                continue
            unsure = "" if call.sure else ", if this is a session of accsyn"
            yield self._finding(call.node, "await", f"{call.name}(…) {self._awaited(call.node)}{unsure}")
            if call.name == "create" and self._trace.official and self._is_repeated(call.node):
                yield self._finding(
                    call.node,
                    "differs",
                    "a create whose answer is lost is an OutcomeUnknownError: look before you repeat it",
                )
        for node, name in self._program.handed:
            if CALLS[name].awaited:
                yield self._finding(
                    node, "await", f"{name} is handed on: whoever calls it has to await what it returns"
                )
        for node, what in self._program.waits():
            if what == "function":
                yield self._finding(node, "await", f"{self._called(node)}(…) {self._awaited(node)}")
            elif what == "context":
                yield self._finding(
                    node,
                    "await",
                    f"{self._called(node)}(…) needs async with, and asynccontextmanager where it is defined",
                )
            elif what == "generator":
                yield self._finding(node, "await", f"{self._called(node)}(…) {self._iterated(node)}")
            elif what == "sleep":
                yield self._finding(
                    node, "await", "time.sleep(…) would hold up everything: await asyncio.sleep(…)"
                )

        for read, name in self._program.reads():
            yield self._finding(read, "await", f"{name} becomes a method: {name}() {self._awaited(read)}")

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

    def _is_repeated(self, node: ast.Call) -> bool:
        frame = self._places.frame(node)
        tried = False
        for one, part in self._places.around(node):
            if one is frame:
                return False
            if isinstance(one, ast.Try) and part in one.body and one.handlers:
                tried = True
            if tried and isinstance(one, ast.While | ast.For):
                return True
        return False

    def _functions(self) -> Iterator[Finding]:
        program = self._program
        for function, waits in program.becoming.items():
            lines = sorted({node.lineno for node in waits})
            name = program.name_of(function)
            why = f"for line{'s' if len(lines) > 1 else ''} {named(map(str, lines))}"
            text = (
                f"{name} becomes async def, {why if lines else 'as what it overrides, or is overridden by'}"
            )
            if yields(function):
                text += "; those who iterate over it need async for"
            callers = program.callers(function)
            if callers:
                text += f"; called by {named(dict.fromkeys(map(self._caller, callers)))}"
            hindrance = program.hindrance(function)
            if hindrance:
                text = f"{name} cannot simply become async def: {hindrance}"
            yield self._finding(function, "await", text)

    def _caller(self, node: ast.Call) -> str:
        frame = self._places.frame(node)
        if isinstance(frame, ast.FunctionDef | ast.AsyncFunctionDef):
            return f"{self._program.name_of(frame)} (line {node.lineno})"
        return f"line {node.lineno}"

    def _module(self) -> Iterator[Finding]:
        tree = self._places.tree
        waits = [*self._program.waits(), *self._program.reads()]
        outside = {node: what for node, what in waits if self._places.frame(node) is tree}
        if not self._program.module_waits or not outside:
            return
        first = min(outside, key=self._places.start)
        alone = (
            len(outside) == 1
            and outside[first] == "function"
            and all(self._top(one) is not self._top(first) for one in self._program.openings)
        )
        what = "put it into an async def main(), and asyncio.run(main())"
        if alone:
            what = f"asyncio.run({self._called(first)}(…))"
        yield self._finding(first, "await", f"this is outside of functions: {what}")

    def _top(self, node: ast.AST) -> ast.AST:
        """The statement outside of functions that something is in."""
        return next((part for one, part in self._places.around(node) if one is self._places.tree), node)

    def _reads(self) -> Iterator[Finding]:
        for node in self._program.properties:
            if node.attr in PROPERTIES:
                yield self._finding(node, "note", f"{node.attr} stays as it is, without await")
            elif node.attr.startswith("_"):
                yield self._finding(
                    node, "gone", f"there is no {node.attr}, which is private to the official client"
                )
        for node in self._program.unknown:
            parent = self._places.parent(node)
            called = isinstance(parent, ast.Call) and parent.func is node
            if isinstance(node.ctx, ast.Load):
                what = f"{node.attr}()" if called else node.attr
                yield self._finding(node, "gone", f"there is no {what}, nor in accsyn_api")
            else:
                yield self._finding(
                    node,
                    "gone",
                    f"{node.attr} of a session cannot be set: "
                    + ("it is only read" if node.attr in PROPERTIES else "keep it in a variable of your own"),
                )

    def _nodes(self) -> Iterator[Finding]:
        called = {call.node: call for call in self._program.calls}
        for node in ast.walk(self._places.tree):
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    yield from self._fixture(node)
                case ast.ExceptHandler():
                    yield from self._handler(node, called)
                case ast.While():
                    parts = [*own_nodes(node), *ast.walk(node.test)]
                    looks = [one for one in called.values() if one.name in _LOOKS and one.node in parts]
                    pauses = any(one in self._program.sleeps for one in parts)
                    if looks and (pauses or any(self._asks_the_same(node, one.node) for one in looks)):
                        yield self._finding(
                            node,
                            "note",
                            "this loop asks again and again: session.watch(…) tells what changes, "
                            "await session.wait(…) waits for a job's end",
                        )
                case ast.Subscript(value=value, slice=ast.Constant(value=str() as key)) if key in TIMES:
                    if self._trace.official and any(isinstance(one, Result) for one in self._trace.of(value)):
                        yield self._finding(
                            node, "differs", f"{key!r} is a time in UTC; {NEWER} makes it local time"
                        )

    def _fixture(self, node: FunctionNode) -> Iterator[Finding]:
        """What a fixture hands out to tests of other files."""
        name = fixture_name(node)
        taken = any(isinstance(one, ast.arg) and one.arg == name for one in ast.walk(self._places.tree))
        if name is None or taken:
            return
        for one in own_nodes(node):
            given = one.value if isinstance(one, ast.Return | ast.Yield) else None
            if given and any(isinstance(value, SessionValue) for value in self._trace.of(given)):
                text = f"who uses {name} in other files is not followed: await what they call"
                yield self._finding(given, "note", text)

    def _asks_the_same(self, loop: ast.While, look: ast.Call) -> bool:
        """Whether a call in a loop asks the same in each turn, or of what it found before."""
        if any(keyword.arg in ("skip", None) for keyword in look.keywords):
            return False
        own = self._places.statement(look)
        changed = {
            one.id
            for one in own_nodes(loop)
            if isinstance(one, ast.Name)
            and isinstance(one.ctx, ast.Store)
            and (self._places.statement(one) is not own or isinstance(own, ast.For))
        }
        given = [*look.args, *(keyword.value for keyword in look.keywords)]
        return not any(
            isinstance(one, ast.Call | ast.Await) or (isinstance(one, ast.Name) and one.id in changed)
            for argument in given
            for one in ast.walk(argument)
        )

    def _handler(self, node: ast.ExceptHandler, called: dict[ast.Call, SessionCall]) -> Iterator[Finding]:
        for part, name in self._program.excepted(node):
            if name == "AccsynException":
                yield self._finding(
                    part,
                    "note",
                    f"{name} is there, too; its kinds are NotFoundError, TransportError …",
                )
            else:
                yield self._finding(part, "differs", f"{name} is called AccsynError here")
        for one in ast.walk(node.type) if node.type else ():
            if isinstance(one, ast.Name) and one.id == "AssertionError" and self._trace.official:
                around = self._places.parent(node)
                if any(inner in called for inner in own_nodes(around)):
                    yield self._finding(
                        one, "differs", "a wrong argument is an ArgumentError here, a ValueError"
                    )
