"""All that there is to say of a program for the official client."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from accsyn_async.migration.arguments import about_call, about_session, reads_environment
from accsyn_async.migration.facts import CALLS, NEWER, PROPERTIES, TIMES
from accsyn_async.migration.findings import Finding, Report
from accsyn_async.migration.knowledge import fixture_name
from accsyn_async.migration.places import own_nodes
from accsyn_async.migration.program import Program, SessionCall
from accsyn_async.migration.values import FunctionNode, Result, SessionValue
from accsyn_async.migration.wording import Wording

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
        self._words = Wording(program)

    def findings(self) -> Iterator[Finding]:
        yield from self._imports()
        yield from self._openings()
        yield from self._calls()
        yield from self._reads()
        yield from self._nodes()

    def _imports(self) -> Iterator[Finding]:
        for node in ast.walk(self._places.tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            else:
                continue
            if any(name.partition(".")[0] == "accsyn_api" for name in names):
                yield self._words.imported(node)

    def _openings(self) -> Iterator[Finding]:
        first = True
        for node in sorted(self._program.openings, key=self._places.start):
            direct = self._program.makes_official(node)
            if direct:
                older = self._program.makes_older(node)
                yield from map(self._words.remark, about_session(node, older=older))
            if direct and first:
                first = False
                yield self._words.finding(
                    node,
                    "differs",
                    "certificates are checked; ssl=<SSLContext> is for an authority of your own",
                )
                if reads_environment(node):
                    text = "the environment wins over a .env in the folder"
                    yield self._words.finding(node, "differs", text)
            frame = self._places.frame(node)
            if not (isinstance(frame, ast.FunctionDef) and self._program.returns_new(frame)):
                yield self._words.opening(node)

    def _calls(self) -> Iterator[Finding]:
        for call in self._program.calls:
            yield from map(self._words.remark, about_call(call, official=self._trace.official))
            fact = CALLS[call.name]
            if fact.gone or call.awaited:
                continue
            if not fact.awaited:
                yield self._words.finding(call.node, "note", f"{call.name}() stays as it is, without await")
                continue
            if call.name == "create" and self._trace.official and self._is_repeated(call.node):
                yield self._words.finding(
                    call.node,
                    "differs",
                    "a create whose answer is lost is an OutcomeUnknownError: look before you repeat it",
                )
        for node, name in self._program.handed:
            if CALLS[name].awaited:
                yield self._words.handed(node, name)
        for node, what in self._program.waits():
            yield self._words.wait(node, what)
        for read, name in self._program.reads():
            yield self._words.read(read, name)
        yield from map(self._words.function, self._program.becoming)
        yield from self._words.interrupted()
        if (outside := self._words.outside()) is not None:
            yield outside

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

    def _reads(self) -> Iterator[Finding]:
        for node in self._program.properties:
            if node.attr in PROPERTIES:
                yield self._words.finding(node, "note", f"{node.attr} stays as it is, without await")
            elif node.attr.startswith("_"):
                yield self._words.private(node)
        yield from map(self._words.unknown, self._program.unknown)

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
                        yield self._words.finding(
                            node,
                            "note",
                            "this loop asks again and again: session.watch(…) tells what changes, "
                            "await session.wait(…) waits for a job's end",
                        )
                case ast.Subscript(value=value, slice=ast.Constant(value=str() as key)) if key in TIMES:
                    if self._trace.official and any(isinstance(one, Result) for one in self._trace.of(value)):
                        yield self._words.finding(
                            node, "differs", f"{key!r} is a time in UTC; {NEWER} makes it local time"
                        )

    def _fixture(self, node: FunctionNode) -> Iterator[Finding]:
        """What a fixture hands out to tests of other files."""
        name = fixture_name(node)
        if name is None or name in self._program.parameters:
            return
        for one in own_nodes(node):
            given = one.value if isinstance(one, ast.Return | ast.Yield) else None
            if given and any(isinstance(value, SessionValue) for value in self._trace.of(given)):
                text = f"who uses {name} in other files is not followed: await what they call"
                yield self._words.finding(given, "note", text)

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
                yield self._words.finding(
                    part,
                    "note",
                    f"{name} is there, too; its kinds are NotFoundError, TransportError …",
                )
            else:
                yield self._words.finding(part, "differs", f"{name} is called AccsynError here")
        for one in ast.walk(node.type) if node.type else ():
            if isinstance(one, ast.Name) and one.id == "AssertionError" and self._trace.official:
                around = self._places.parent(node)
                if any(inner in called for inner in own_nodes(around)):
                    yield self._words.finding(
                        one, "differs", "a wrong argument is an ArgumentError here, a ValueError"
                    )
