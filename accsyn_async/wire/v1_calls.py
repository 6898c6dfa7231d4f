"""Turning a call of the v3 API into the one that older workspaces understand (official client 2.2.1)."""

from __future__ import annotations

import re
from typing import Any

from accsyn_async.errors import ArgumentError
from accsyn_async.wire.message import Call

__all__ = ["to_v1"]

_OLD_NAME = {"transfer": "job", "folder": "share"}
_PLACE = {"site": "organization/site", "queue": "job", "task": "job/task"}
_IDENT = re.compile(r"[\w.@+-]+", re.ASCII)
_JOB_TYPE = {"job": 1, "queue": 2}
"""v1 keeps queues among the jobs and tells them apart by a number."""


def to_v1(call: Call) -> Call:
    """The same call as v1 has it; one that is the same in both is returned as it is.

    What 1.4.1 did and 2.2.1 no longer does, such as asking only for oneself when all
    users are asked for, is not done here either.

    >>> to_v1(Call("GET", "transfer/find", {"finished": True}))
    Call(verb='GET', uri='job/find', data={'type': 1, 'finished': True}, query=None, id=None)
    >>> to_v1(Call("GET", "workspace/file", {"op": "exists", "path": "share=a/b"})).uri
    'organization/file'

    Raises:
        ArgumentError: an id that v1 wants in a query is none.
    """
    if call.uri == "setting":
        return _setting(call)
    scope, _, operation = call.uri.partition("/")
    if scope == "workspace" and operation.startswith(("file", "publish/", "integration/")):
        return call._replace(uri=f"organization/{operation}")
    entitytype = _OLD_NAME.get(scope.lower(), scope.lower())
    place = _PLACE.get(entitytype, entitytype)
    match operation:
        case "find":
            return _find(call, entitytype, place)
        case "create" | "add":
            return _create(call, entitytype, place)
        case "deactivate":
            return call._replace(uri=f"{place}/offline")
        case "delete":
            return call._replace(uri=f"{place}/delete", data=call.data or {})
        case "edit" | "report" | "metrics":
            return call._replace(uri=f"{place}/{operation}")
    return call


def _find(call: Call, entitytype: str, place: str) -> Call:
    data: dict[str, Any] = {"type": _JOB_TYPE[entitytype]} if entitytype in _JOB_TYPE else {}
    query = call.query
    for name, value in _object(call.data).items():
        if name == "parent" and entitytype == "task":
            query = f"job.id={_bare(value)}" + (f" and ({query})" if query else "")
        elif name == "inactive":
            data["offline"] = value
        elif name != "single_entity_query":
            data[name] = value
    if call.id:
        query = f"id={_bare(call.id)}"
    return Call(call.verb, f"{place}/find", data, query)


def _create(call: Call, entitytype: str, place: str) -> Call:
    data = dict(_object(call.data))
    if entitytype == "queue":
        data["type"] = _JOB_TYPE["queue"]
    elif entitytype in ("job", "task"):
        data.setdefault("allow_duplicates", True)
    return Call(call.verb, f"{place}/create", data, query=_bare(call.id) if call.id else None)


def _setting(call: Call) -> Call:
    given = _object(call.data)
    data = {
        "scope" if name == "entitytype" else name: value for name, value in given.items() if name != "data"
    }
    if call.id:
        data["ident"] = call.id
    if "integration" in data:
        # It goes behind the id, as 2.2.1 writes it.
        data["integration"] = data.pop("integration")
    return Call(call.verb, call.uri, {**data, "data": given.get("data")})


def _bare(ident: str) -> str:
    """An id that becomes part of a query."""
    if not _IDENT.fullmatch(ident):
        raise ArgumentError(f"{ident!r} is no id: it holds what a query would take for more than a value")
    return ident


def _object(data: dict[str, Any] | list[Any] | None) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}
