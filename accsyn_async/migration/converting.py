"""A program rewritten where that is mechanical and safe; what is not is left, and told."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, replace

from accsyn_async.migration.arguments import about_call, about_session
from accsyn_async.migration.edits import Edits
from accsyn_async.migration.entering import Entrance, entrance_of
from accsyn_async.migration.facts import CALLS
from accsyn_async.migration.findings import Finding, named
from accsyn_async.migration.generators import iterated, yields
from accsyn_async.migration.importing import change_imports, import_asyncio
from accsyn_async.migration.outside import Outside, plan_outside
from accsyn_async.migration.program import Program
from accsyn_async.migration.values import Bound, Function, FunctionNode, SessionType
from accsyn_async.migration.wording import Wording

__all__ = ["Conversion", "convert"]


@dataclass(frozen=True, slots=True)
class Conversion:
    """A program as far as it could be rewritten.

    Attributes:
        text: the program.
        left: what is still to be done by hand, and why.
        told: what is good to know of how it was rewritten.
    """

    text: str
    left: tuple[Finding, ...]
    told: tuple[Finding, ...] = ()


def convert(program: Program) -> Conversion:
    """Rewrite a program for this library.

    Where nothing can be rewritten the text is what it was.
    """
    return _Converter(program).convert()


class _Converter:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._places = program.places
        self._edits = Edits(program.places)
        self._words = Wording(program)
        self._left: list[Finding] = []
        self._told: list[Finding] = []
        self._waits = sorted(program.waits(), key=lambda pair: self._places.start(pair[0]))
        self._sure = {call.node: call.sure for call in program.calls}
        self._targets = {local.node: local.functions for local in program.local_calls}
        self._async = self._functions()
        self._outside: Outside | None = None
        self._needs_asyncio = False

    def convert(self) -> Conversion:
        for statement, why in change_imports(self._program, self._edits):
            self._leave(self._words.imported(statement), why)
        if self._left:
            # The program stays one for the official client, whose sessions are not awaited.
            nothing = self._nothing("an import of accsyn_api stays")
            return replace(nothing, left=tuple(self._left), told=nothing.left)
        self._plan_outside()
        for node, what in self._waits:
            self._leave(self._words.wait(node, what), self._await(node, what))
        for node in self._program.openings:
            self._leave(self._words.opening(node), self._enter(node))
        for function in self._program.becoming:
            if function in self._async:
                self._edits.insert(self._places.start_of_def(function), "async ")
            elif self._program.hindrance(function):
                self._leave(self._words.function(function))
        self._leave_what_fails()
        for unknown in self._program.unknown:
            self._leave(self._words.unknown(unknown))
        for interrupted in self._words.interrupted():
            self._leave(interrupted)
        for read, name in self._program.reads():
            self._leave(self._words.read(read, name))
        for reference, name in self._program.handed:
            if CALLS[name].awaited:
                self._leave(self._words.handed(reference, name))
        self._move_outside()
        if self._needs_asyncio and not import_asyncio(self._program, self._edits):
            return self._nothing("asyncio is not imported, and its name is taken")
        return self._checked()

    def _checked(self) -> Conversion:
        try:
            text = self._edits.applied()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(text, "<converted>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return self._nothing("this cannot be rewritten mechanically")
        return Conversion(text, tuple(sorted(set(self._left))), tuple(self._told))

    def _nothing(self, reason: str) -> Conversion:
        return Conversion(self._places.text, (Finding(1, 1, "note", f"nothing is rewritten: {reason}"),))

    def _leave(self, finding: Finding, reason: str | None = "") -> None:
        """Tell what is not done, unless it is; with the reason, where the words do not hold it already."""
        if reason is not None:
            why = f"; left as it is: {reason}" if reason else ""
            self._left.append(replace(finding, text=f"{finding.text}{why}"))

    def _leave_what_fails(self) -> None:
        """Tell of what is no more, or is refused as it stands."""
        program = self._program
        remarks = [one for call in program.calls for one in about_call(call, official=program.trace.official)]
        for node in program.openings:
            if program.makes_official(node):
                remarks += about_session(node, older=program.makes_older(node))
        for remark in remarks:
            if remark.fails:
                self._leave(self._words.remark(remark))
        for read in program.properties:
            if read.attr.startswith("_"):
                self._leave(self._words.private(read))

    # Functions

    def _functions(self) -> set[FunctionNode]:
        """Those that become ``async def``: something in them is really awaited."""
        found: set[FunctionNode] = set()
        free = {one for one in self._program.becoming if self._program.hindrance(one) is None}
        while True:
            more = {
                frame
                for node, what in self._waits
                if what != "sleep"
                and isinstance(frame := self._places.frame(node), ast.FunctionDef)
                and frame in free - found
                and (self._sure.get(node, False) if what == "session" else self._targets[node] <= found)
            }
            if not more:
                return found
            found |= more
            for one in more:
                found |= self._program.trace.families.get(one, frozenset()) & free

    def _stays(self, node: ast.Call, what: str) -> str | None:
        """Why a call cannot be awaited, "" where the words say so; ``None`` when it can."""
        if what == "session" and not self._sure[node]:
            return "this may be something else than a session of accsyn"
        if what in ("function", "generator", "context"):
            others = self._targets[node] - self._async
            plain = all(isinstance(one, Function | Bound) for one in self._program.trace.of(node.func))
            mixed = len(set(map(yields, self._targets[node]))) > 1
            if others or mixed or not plain:
                return "what it calls may be, or stays, a function that is not async"
        if not self._places.is_found(node):
            return "its place within a text is not certain"
        match self._places.frame(node):
            case ast.AsyncFunctionDef():
                return None
            case ast.FunctionDef() as function:
                return (
                    None
                    if function in self._async
                    else f"{self._program.name_of(function)} stays a function that is not async"
                )
            case ast.Module():
                plan = self._outside
                runs = plan is not None and (plan.call is node or plan.holds(self._places, node))
                return None if runs else "outside of functions nothing can be awaited"
            case _:
                # A lambda, the body of a class, a generator expression.
                return ""

    def _await(self, node: ast.Call, what: str) -> str | None:
        reason = self._stays(node, what)
        if reason is not None:
            return reason
        if what == "generator":
            done = iterated(self._places, node, self._edits)
            return None if done else "what iterates over it has to do so by async for"
        outside = self._outside
        start, end = self._places.start(node), self._places.end(node)
        if outside is not None and outside.call is node:
            self._needs_asyncio = True
            self._edits.insert(start, "asyncio.run(")
            self._edits.insert(end, ")")
            return None
        parent = self._places.parent(node)
        whole = (isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is node) or (
            isinstance(parent, ast.Call) and parent.func is node
        )
        self._edits.insert(start, "(await " if whole else "await ")
        if what == "sleep":
            self._needs_asyncio = True
            self._edits.replace(start, self._places.end(node.func), "asyncio.sleep")
        if whole:
            self._edits.insert(end, ")")
        return None

    # Sessions

    def _enter(self, node: ast.Call) -> str | None:
        frame = self._places.frame(node)
        if isinstance(frame, ast.FunctionDef) and self._program.returns_new(frame):
            self._mark_older(node)
            return None
        self._mark_older(node)
        if isinstance(frame, ast.Module):
            if self._outside is None or not self._outside.holds(self._places, node):
                return "do so where the program begins, in an async def"
        elif not (isinstance(frame, ast.AsyncFunctionDef) or frame in self._async):
            return "only an async def can"
        entrance = entrance_of(self._program, node)
        if isinstance(entrance, str):
            return entrance
        self._enter_at(node, entrance)
        return None

    def _enter_at(self, node: ast.Call, entrance: Entrance) -> None:
        places, statement = self._places, entrance.statement
        self._edits.replace(places.start(statement), places.start(node), "async with ")
        self._edits.insert(places.end(node), f" as {entrance.name}:")
        self._edits.indent(entrance.first, entrance.last)

    def _mark_older(self, node: ast.Call) -> None:
        """Say that a session is of an older workspace, as the way it is made does."""
        direct = any(isinstance(one, SessionType) for one in self._program.trace.of(node.func))
        older = self._program.makes_older(node)
        if not direct or not older or any(keyword.arg == "api_version" for keyword in node.keywords):
            return
        if node.keywords:
            first = node.keywords[0]
            self._edits.insert(self._places.offset(first.lineno, first.col_offset), 'api_version="v1", ')
        elif node.args:
            self._edits.insert(self._places.end(node.args[-1]), ', api_version="v1"')
        else:
            self._edits.insert(self._places.end(node) - 1, 'api_version="v1"')

    # Outside of functions

    def _plan_outside(self) -> None:
        tree = self._places.tree
        waits = [
            node
            for node, what in self._waits
            if self._places.frame(node) is tree and what != "sleep" and self._can(node, what)
        ]
        openings = [
            node
            for node in self._program.openings
            if self._places.frame(node) is tree and not isinstance(entrance_of(self._program, node), str)
        ]
        if not waits:
            return
        calls = [node for node, what in self._waits if what == "function"]
        plan = plan_outside(self._places, waits, calls, openings)
        if isinstance(plan, str):
            self._leave(self._words.outside() or self._words.wait(waits[0], "function"), plan)
        else:
            self._outside = plan

    def _can(self, node: ast.Call, what: str) -> bool:
        return self._sure[node] if what == "session" else self._targets[node] <= self._async

    def _move_outside(self) -> None:
        plan = self._outside
        if plan is None or plan.way == "call":
            return
        self._needs_asyncio = True
        places = self._places
        last = max(one.end_lineno or one.lineno for one in plan.body)
        end = places.line_start(last) + len(places.lines[last - 1])
        first = places.first_line(plan.body[0])
        if plan.guard is not None:
            header = places.line_start(plan.guard.lineno)
            indent = places.lines[first - 1][
                : len(places.lines[first - 1]) - len(places.lines[first - 1].lstrip())
            ]
            self._edits.replace(
                header, header + len(places.lines[plan.guard.lineno - 1]), self._header(plan, indent)
            )
            self._edits.insert(end, f'\n\n\nif __name__ == "__main__":\n{indent}asyncio.run({plan.name}())')
        else:
            while first > 1 and places.lines[first - 2].startswith("#") and first > 2:
                first -= 1
            blank = sum(1 for line in places.lines[max(first - 3, 0) : first - 1] if not line.strip())
            unit = "\t" if any(line.startswith("\t") for line in places.lines) else "    "
            lead = "\n" * (2 - blank) if first > 1 else ""
            self._edits.insert_lines(first, f"{lead}{self._header(plan, unit)}\n")
            self._edits.indent(first, last)
            self._edits.insert(end, f"\n\n\nasyncio.run({plan.name}())")
            self._tell_moved(plan)

    def _tell_moved(self, plan: Outside) -> None:
        moved = [
            one for one in plan.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
        if moved:
            line, column = self._places.line_and_column(self._places.start(moved[0]))
            what = named(one.name for one in moved)
            verb = "go" if len(moved) > 1 else "goes"
            text = f"{what} {verb} into {plan.name}(), as all below the session: nobody can import "
            text += f"{'them' if len(moved) > 1 else 'it'} then; what is given the session can stay above it"
            self._told.append(Finding(line, column, "note", text))

    def _header(self, plan: Outside, indent: str) -> str:
        header = f"async def {plan.name}() -> None:"
        return f"{header}\n{indent}global {', '.join(plan.shared)}" if plan.shared else header
