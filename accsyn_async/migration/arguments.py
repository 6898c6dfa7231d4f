"""What the arguments of a call mean here, where that differs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from accsyn_async.migration.facts import CALLS, NEWER, OLDER, SESSION, Fact
from accsyn_async.migration.findings import FindingKind
from accsyn_async.migration.program import SessionCall

__all__ = ["Remark", "about_call", "about_session"]

_IDENTS = frozenset({"entityid", "entityident", "targetid"})
_RENAMED = {
    "scope": "entitytype",
    "entity_id": "entityid",
    "entitytype_id": "entityid",
    "entitytype_child": "entitytype",
}
"""Keywords of 2.2.1 by what they are called since."""
_NAIVE = frozenset({"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp", "strptime", "datetime"})
_CREDENTIALS = frozenset({"workspace", "domain", "username", "api_key"})


class Remark(NamedTuple):
    """What is said of an expression.

    Attributes:
        node: the expression.
        kind: what sort of thing.
        text: what there is to know.
        fails: whether the call is refused here as long as it stands so.
    """

    node: ast.expr
    kind: FindingKind
    text: str
    fails: bool = False


def about_call(call: SessionCall, *, official: bool) -> Iterator[Remark]:
    """What is to be known of a call of a session's method, besides that it is awaited.

    Args:
        call: the call.
        official: whether it was written for the official client, from which some calls differ.
    """
    fact, node = CALLS[call.name], call.node
    if fact.gone:
        yield Remark(node, "gone", f"there is no {call.name}(): {fact.gone}", fails=True)
        return
    if fact.instead and not (call.older and call.name == "offline_one"):
        yield Remark(node, "differs", f"{call.name}() is deprecated: call {fact.instead}()")
    if fact.differs and official and not (call.older and call.name == "get_last_message"):
        yield Remark(node, "differs", f"{call.name}(): {fact.differs}")
    yield from _keywords(call.name, node, fact, older=call.older)
    yield from _positions(call, fact)
    yield from _entities(call, fact)
    if official:
        yield from _meanings(call, fact)


def about_session(node: ast.Call, *, older: bool) -> Iterator[Remark]:
    """What is to be known of the arguments with which a session is made.

    Args:
        node: the call.
        older: whether it is made as only 2.2.1 has it.
    """
    given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    if older and "api_version" not in given:
        yield Remark(node, "differs", "this is of an older workspace: pass api_version='v1', too")
    if older and len(node.args) > 3 and not _has_star(node):
        text = "pwd and session_key are passed by name here, and proxy comes sixth"
        yield Remark(node.args[3], "differs", text, fails=True)
    yield from _keywords("Session", node, SESSION, older=older)
    for name in ("timeout", "connect_timeout"):
        value = given.get(name)
        number = _number(value)
        if value is not None and number is not None and number <= 0:
            text = f"{name}={number} is an ArgumentError; leave it out for the default"
            yield Remark(value, "differs", text, fails=True)
    verbose = given.get("verbose")
    said = verbose is not None and (not isinstance(verbose, ast.Constant) or bool(verbose.value))
    if verbose is not None and said and "path_logfile" not in given:
        yield Remark(verbose, "differs", "verbose logs to standard error here, and without secrets")
    proxy = given.get("proxy")
    if isinstance(proxy, ast.Constant) and str(proxy.value).startswith("socks"):
        yield Remark(proxy, "note", "a SOCKS proxy needs the extra 'socks'; certificates are checked, too")


def reads_environment(node: ast.Call) -> bool:
    """Whether a session takes a part of its credentials from the environment, or a ``.env``."""
    if _has_star(node) or any(keyword.arg is None for keyword in node.keywords):
        return True
    names = {keyword.arg for keyword in node.keywords} | set((SESSION.newer or ())[: len(node.args)])
    if "path_envfile" in names:
        return False
    if names & {"pwd", "session_key"}:
        names.add("api_key")
    return not {"username", "api_key"} <= names or not names & {"workspace", "domain"}


def _number(node: ast.expr | None) -> float | None:
    """The number that stands there, if one does."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case _:
            return None


def _has_star(node: ast.Call) -> bool:
    return any(isinstance(argument, ast.Starred) for argument in node.args)


def _keywords(name: str, node: ast.Call, fact: Fact, *, older: bool) -> Iterator[Remark]:
    newer_names, older_names = set(fact.newer or ()), set(fact.older or ())
    if name == "Session":
        newer_names |= {"api_version", "pwd", "session_key", "url", "ssl", "rate_limit", "poll"}
        newer_names |= {"client_session", "trace_configs"}
    for keyword in node.keywords:
        given = keyword.arg
        if given is None:
            continue
        if given in fact.dropped and given not in newer_names:
            yield Remark(keyword.value, "gone", f"{name}() takes no {given}= here: leave it out", fails=True)
        elif given == "offline" and "offline" in newer_names:
            if not older:
                yield Remark(keyword.value, "differs", "offline= is deprecated: pass inactive=")
        elif given in newer_names or (older and given in older_names):
            continue
        elif given in older_names:
            renamed = _RENAMED.get(given, given)
            yield Remark(
                keyword.value,
                "differs",
                f"{given}= is of {OLDER}: write {renamed}=, "
                "or make the session with api_version='v1' for an older workspace",
                fails=True,
            )
        else:
            yield Remark(keyword.value, "differs", f"{name}() takes no {given}=: a TypeError", fails=True)


def _parameters(call: SessionCall, fact: Fact) -> Sequence[str]:
    return (fact.older if call.older else fact.newer) or fact.newer or fact.older or ()


def _positions(call: SessionCall, fact: Fact) -> Iterator[Remark]:
    node = call.node
    names = _parameters(call, fact)
    if _has_star(node):
        return
    if len(node.args) > len(names):
        many = f"{len(names)} argument{'' if len(names) == 1 else 's'}"
        text = f"{call.name}() takes {many}: a TypeError"
        yield Remark(node.args[len(names)], "differs", text, fails=True)
    if call.older or len(node.args) < 2:
        return
    second = node.args[1]
    if call.name in ("find", "find_one") and isinstance(second, ast.List):
        text = f"since {NEWER} the second argument is entityid: write attributes=[…]"
        yield Remark(second, "differs", text, fails=True)
    if call.name == "update_many" and isinstance(second, ast.List | ast.ListComp):
        yield Remark(second, "differs", f"the order of {OLDER} is deprecated: pass the id before the data")


def _given(call: SessionCall, fact: Fact) -> dict[str, ast.expr]:
    """Arguments by the names of parameters."""
    node = call.node
    given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    if not _has_star(node):
        given |= dict(zip(_parameters(call, fact), node.args, strict=False))
    return given


def _entities(call: SessionCall, fact: Fact) -> Iterator[Remark]:
    given = _given(call, fact)
    for name in sorted(_IDENTS & given.keys()):
        value = given[name]
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and "*" in value.value:
            text = f"{name} names one entity: a code with * is an ArgumentError"
            yield Remark(value, "differs", text, fails=True)


def _meanings(call: SessionCall, fact: Fact) -> Iterator[Remark]:
    given = _given(call, fact)
    query = given.get("query")
    if query is not None and re.search(r"\bmatches\b", _texts(query), re.IGNORECASE):
        yield Remark(query, "differs", "the operand of matches keeps its case, and is not lower-cased")
    if call.older:
        for value in given.values():
            for part in ast.walk(value):
                if isinstance(part, ast.Call) and _is_naive(part):
                    yield Remark(
                        part,
                        "differs",
                        f"a time without zone is local here, and sent as UTC; {OLDER} sends it as it is",
                    )


def _texts(node: ast.expr) -> str:
    """The literal texts in an expression."""
    return " ".join(
        one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )


def _is_naive(node: ast.Call) -> bool:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name not in _NAIVE or any(keyword.arg in ("tz", "tzinfo") for keyword in node.keywords):
        return False
    most = {"now": 0, "datetime": 7, "fromtimestamp": 1}.get(name, 9)
    return len(node.args) <= most
