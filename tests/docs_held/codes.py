"""The codes that the package knows, read out of its source, and what becomes of them."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import accsyn_async
from accsyn_async.errors import AccsynError
from accsyn_async.transport.outcome import error_of
from accsyn_async.transport.retry import Effect
from accsyn_async.wire.message import Response
from accsyn_async.wire.reply import Failure, judge, read_object

__all__ = ["CODE", "Said", "known_codes"]

PACKAGE = Path(accsyn_async.__file__).parent
CODE = re.compile(r"E#[A-Z]+\d+")
NAMES = ("berlin", "6971e16fceadd67b955b1995")
"""What stands where a message names something: an entity by its code, or by its id."""


class Said(NamedTuple):
    """A reply that has a code."""

    text: str
    status: int
    expired: bool

    def error(self) -> AccsynError:
        """What a find raises that is answered so and cannot be made again."""
        told = {"message": self.text, **({"session_expired": True} if self.expired else {})}
        failure = judge(Response(self.status, {}, json.dumps(told).encode()), read_object)
        assert isinstance(failure, Failure)
        return error_of(failure, uri="transfer/find", eid="eid", effect=Effect.READ)


def known_codes() -> dict[str, list[Said]]:
    """Each code with the refusals of the sandbox that have it; none where a reply is written otherwise."""
    found: dict[str, list[Said]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        if "E#" not in text and "Refusal(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for code in CODE.findall(node.value):
                    _ = found[code]
            elif _is_refusal(node, path):
                for name in NAMES:
                    code, said = _read(node, name)
                    found[code].append(said)
    return dict(found)


def _is_refusal(node: ast.AST, path: Path) -> bool:
    """Whether a refusal of the sandbox is made here; the servers of pages have their own."""
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal"
    return called and "sandbox" in path.parts


def _read(node: ast.AST, name: str) -> tuple[str, Said]:
    assert isinstance(node, ast.Call)
    first, text = node.args
    code = ast.literal_eval(first)
    given = {each.arg: ast.unparse(each.value) for each in node.keywords}
    expired = given.get("session_expired") == "True"
    return code, Said(f"{code} {_filled(text, name)}", int(given.get("status", "200")), expired)


def _filled(node: ast.expr, name: str) -> str:
    """A message with something in place of what it names."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_filled(part, name) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return f"'{name}'" if node.conversion == ord("r") else "transfer"
    return name
