"""The words of older clients (v1) in queries and data, as the sandbox has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from accsyn_async.querying.query import And, Comparison, Node, Or, QueryError, parse
from accsyn_async.sandbox.server.v1_rows import CLEARANCES, NAMES, ROLES, SHARE_TYPES

__all__ = ["data_from_v1", "query_from_v1"]

Change = Callable[[str], str]

_ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {
    "user": {"clearance": "role"},
    "acl": {"ident": "entity", "ident_hr": "entity_hr"},
    "task": {f"{end}.r_s": f"{end}.v" for end in ("source", "destination")},
}
_EVERYWHERE: Final = {old: new for new, old in NAMES.items()}
_ROLES: Final = {old: new for words in (ROLES, CLEARANCES) for new, old in words.items()}
_SHARE_TYPES: Final = {old: new for new, old in SHARE_TYPES.items()}


def _attribute(kind: str, name: str) -> str:
    """What an attribute is called today; ``kind`` is the entity type."""
    folded = name.casefold()
    return _ATTRIBUTES.get(kind, {}).get(folded) or _EVERYWHERE.get(folded) or name


def _role(role: str) -> str:
    """What a role or clearance is called today."""
    return _ROLES.get(role.casefold(), role)


def query_from_v1(kind: str, query: str) -> str:
    """A query in the words of today; one that cannot be read is left as it is.

    >>> query_from_v1("job", 'source="organization:acmevfx" AND status<>failed')
    'source="acmevfx" AND status<>failed'
    >>> query_from_v1("user", "clearance in 'client,admin'")
    "role in 'standard,admin'"

    Args:
        kind: the entity type that is asked for: ``job``, ``queue``, ``share`` …
        query: the expression.
    """
    try:
        tree = parse(query)
    except QueryError:
        return query
    changes: list[tuple[int, str, str]] = []
    for one in _comparisons(tree):
        changes.append((one.position, one.attribute, _attribute(kind, one.attribute)))
        at = one.value_position + (query[one.value_position] in "\"'")
        changes.append((at, one.value, _value(kind, one)))
    for at, old, new in sorted(changes, reverse=True):
        if old != new:
            query = query[:at] + new + query[at + len(old) :]
    return query


def data_from_v1(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """The data of a call in the words of today.

    >>> data_from_v1("user", {"clearance": "client", "offline": False})
    {'role': 'standard', 'inactive': False}
    """
    data = {_attribute(kind, name): value for name, value in data.items()}
    change = _VALUES.get(kind, {})
    for name, value in data.items():
        if name in change and isinstance(value, str):
            data[name] = change[name](value)
    if isinstance(data.get("attributes"), list):
        names = (_attribute(kind, one) if isinstance(one, str) else one for one in data["attributes"])
        data["attributes"] = list(names)
    return data


def _comparisons(node: Node) -> Iterator[Comparison]:
    if isinstance(node, (And, Or)):
        for part in node.parts:
            yield from _comparisons(part)
    else:
        yield node


def _value(kind: str, one: Comparison) -> str:
    name = _attribute(kind, one.attribute).casefold()
    if kind == "job" and name in ("source", "destination", "source_hr", "destination_hr"):
        change: Change | None = _party
        if one.operator in ("contains", "matches"):
            return re.sub("organization", "workspace", one.value, flags=re.IGNORECASE)
        if name.endswith("_hr"):
            change = _party_hr
    elif name in ("user_hr", "parent_hr") and one.operator in ("=", "!=", "in"):
        change = _user_hr if name == "user_hr" else _parent_hr
    else:
        change = _VALUES.get(kind, {}).get(name)
    if change is None:
        return one.value
    if one.operator != "in":
        return change(one.value)
    return ",".join(change(part.strip()) for part in one.value.split(","))


def _party(text: str) -> str:
    scope, colon, name = text.partition(":")
    if not scope.casefold().startswith("organization"):
        return text
    # All that names a workspace stands without its scope as well.
    return name if colon and "*" not in name else re.sub("organization", "workspace", text, flags=re.I)


def _party_hr(text: str) -> str:
    scope, colon, name = text.partition(":")
    if scope.casefold() == "organization" and colon:
        return f"workspace:{name}(*" if "*" not in name else f"workspace:{name}"
    return f"{text}(*" if scope.casefold() == "site" and "*" not in text else text


def _user_hr(text: str) -> str:
    found = re.fullmatch(r"(?P<name>user:.*)\((?P<role>\w+)\)", text, re.IGNORECASE | re.DOTALL)
    return text if found is None else f"{found['name']}[{_role(found['role'])}]*"


def _parent_hr(text: str) -> str:
    return f"*:{text[4:]}" if text[:4].casefold() == "job:" else text


def _share_type(text: str) -> str:
    return _SHARE_TYPES.get(text.casefold(), text)


def _queue_status(text: str) -> str:
    return "paused" if text.casefold() == "disabled" else text


_VALUES: Final[Mapping[str, Mapping[str, Change]]] = {
    "user": {"role": _role},
    "share": {"type": _share_type},
    "queue": {"status": _queue_status},
}
