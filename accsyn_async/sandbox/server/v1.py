"""Reads what older clients (v1) ask as the sandbox's own calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.server.v1_rows import SHARE_TYPES
from accsyn_async.sandbox.server.v1_words import data_from_v1, query_from_v1
from accsyn_async.sandbox.topics.event import Event

__all__ = ["from_v1"]

QUEUE: Final = 2
SHARE_KINDS: Final = ("share", *SHARE_TYPES)
BY_ID: Final = re.compile(r"""\s*id\s*=\s*(['"]?)([0-9a-f]{24})\1\s*""", re.IGNORECASE)


def from_v1(verb: str, event: Event, is_queue: Callable[[str], bool]) -> tuple[str, Event]:
    """What a v1 call is here.

    >>> call = Event("job/task/create", "acme", "s", "lisa@example.com", {"tasks": ["a.mov"]}, "5e7b", None)
    >>> verb, call = from_v1("POST", call, lambda ident: False)
    >>> call.uri, call.query, call.id
    ('task/create', None, '5e7b')

    Args:
        verb: the HTTP method.
        event: the call.
        is_queue: whether an id is that of a queue, which v1 keeps among the jobs.
    """
    if event.uri.casefold() == "setting":
        return verb, _setting(event)
    uri = _uri_of_today(event.uri.casefold())
    data = dict(event.data) if isinstance(event.data, dict) else event.data
    scope, _, operation = uri.partition("/")
    if scope == "job" and "/" not in operation:
        kind = data.pop("type", None) if isinstance(data, dict) else None
        if kind == QUEUE or (event.id is not None and is_queue(event.id)):
            scope = "queue"
    if scope == "share" and operation == "edit" and isinstance(data, dict):
        assigned = _assigned(data)
        if assigned is not None:
            verb, client = assigned
            return verb, replace(event, uri="share/server", data={"client": client})
    query, ident = _asked(event, operation)
    if operation == "offline":
        operation = "deactivate"
    if scope == "share" and operation == "servers":
        scope = "volume"
    if scope == "share" and operation == "create" and isinstance(data, dict):
        scope = _share_kind(data)
    kind = "share" if scope in SHARE_KINDS else scope
    if isinstance(data, dict) and operation in ("find", "create", "edit"):
        data = data_from_v1(kind, data)
    if uri == "attributes" and isinstance(data, dict):
        data = _attributes(data)
    if query is not None:
        query = query_from_v1(kind, query)
    uri = f"{scope}/{operation}" if operation else scope
    return verb, replace(event, uri=uri, data=data, query=query, id=ident)


def _uri_of_today(uri: str) -> str:
    if uri.startswith("organization/"):
        rest = uri.removeprefix("organization/")
        return rest if rest.startswith("site/") else f"workspace/{rest}"
    return uri.removeprefix("job/") if uri.startswith("job/task/") else uri


def _asked(event: Event, operation: str) -> tuple[str | None, str | None]:
    """The query and the id of a call, whose query may be an id, or ask for one."""
    query, ident = event.query, event.id
    if query is None or ident is not None:
        return query, ident
    if operation == "create":
        return None, query
    # An id finds a job or queue whatever its state, as there is no other way to look one up.
    by_id = BY_ID.fullmatch(query) if operation == "find" else None
    return (query, None) if by_id is None else (None, by_id[2].casefold())


def _share_kind(data: dict[str, Any]) -> str:
    """The entity type of a share that is made, whose ``type`` says so in v1."""
    kind = data.pop("type", None)
    if kind is None or kind == "standard":
        return "share"
    for new, old in SHARE_TYPES.items():
        if kind == old:
            return new
    raise Refusal("E#E407", f"A share is of type {', '.join(SHARE_TYPES.values())}, not {kind!r}.")


def _attributes(data: dict[str, Any]) -> dict[str, Any]:
    kind = data.get("entitytype")
    if isinstance(kind, str) and kind.casefold() == "organization":
        return {**data, "entitytype": "workspace"}
    return data


def _assigned(data: dict[str, Any]) -> tuple[str, Any] | None:
    """v1 assigns a server by editing the share; ``server`` is the main one, ``siteserver`` a site's."""
    for name in ("server", "siteserver"):
        if name in data:
            return "PUT", data[name]
        if f"{name}_clear" in data:
            return "DELETE", data[f"{name}_clear"]
    return None


def _setting(event: Event) -> Event:
    if not isinstance(event.data, dict):
        raise Refusal("E#E407", "The data of setting must be an object.")
    data = dict(event.data)
    ident = data.pop("ident", event.id)
    if ident is not None and not isinstance(ident, str):
        raise Refusal("E#E407", "'ident' must be a text.")
    if "scope" in data:
        scope = data.pop("scope")
        data["entitytype"] = "workspace" if scope == "organization" else scope
    return replace(event, data=data, id=ident)
