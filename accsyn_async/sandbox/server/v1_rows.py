"""What the sandbox's answers are to older clients (v1).

Its documents call the workspace ``organization`` and its main storage the root share, know shares of type
``root``, ``standard`` and ``user``, queues among the jobs, and users whose role is ``user`` and whose
clearance is ``client``. What they do not describe is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from accsyn_async.sandbox.state.clock import EPOCH

__all__ = ["CLEARANCES", "NAMES", "ROLES", "SHARE_TYPES", "attributes_to_v1", "to_v1"]

Row = dict[str, Any]
RootOf = Callable[[str], str | None]

ROLES: Final = {"standard": "user"}
CLEARANCES: Final = {"standard": "client"}
SHARE_TYPES: Final = {"volume": "root", "folder": "standard", "home": "user"}
ENTITY_TYPES: Final = {
    "workspace": "organization",
    "transfer": "job",
    **dict.fromkeys(("volume", "folder", "home", "collection"), "share"),
    **{name: name for name in ("user", "queue", "task", "site", "client", "acl")},
}
"""What older clients know of today's entity types."""
NAMES: Final = {"inactive": "offline"}
"""What attributes of any entity were called."""

_PARTY: Final = re.compile(r"workspace:(?P<name>.*)\((?P<id>[0-9a-f]{24})\)", re.DOTALL)
_SITE: Final = re.compile(r"(?P<name>site:.*)\((?P<id>[0-9a-f]{24})\)", re.DOTALL)
_USER: Final = re.compile(r"(?P<name>user:.*)\[(?P<role>\w+)\]\((?P<id>[0-9a-f]{24})\)", re.DOTALL)
_SHARE: Final = re.compile(r"(?P<name>share:.*)\[(?P<kind>\w+)\](?P<rest>\([0-9a-f]{24}\))", re.DOTALL)


def to_v1(uri: str, reply: Row, organization: str, root_of: RootOf = lambda share: None) -> Row:
    """An answer, as older clients get it.

    Args:
        uri: what was asked, in the words of today.
        reply: the answer to it.
        organization: the workspace's id.
        root_of: gives the id of the volume that a share lies on, by the share's; ``None`` for none.
    """
    scope, _, operation = uri.partition("/")
    if uri == "entitytypes":
        known = (ENTITY_TYPES[name] for name in reply["result"] if name in ENTITY_TYPES)
        return {**reply, "result": list(dict.fromkeys(known))}
    if uri == "task/create":
        return {"success": True}
    change = _CHANGES.get(scope)
    if change is None or operation not in ("find", "create", "edit") or "result" not in reply:
        return reply
    return {**reply, "result": [change(row, organization, root_of) for row in reply["result"]]}


def attributes_to_v1(entitytype: str, names: list[str]) -> list[str]:
    """The names of an entity type's attributes, as older clients know them.

    >>> attributes_to_v1("user", ["id", "role", "inactive"])
    ['id', 'role', 'offline', 'clearance']

    Args:
        entitytype: in the words of today.
        names: the same.
    """
    change = _CHANGES.get(entitytype.casefold())
    return names if change is None else list(change(dict.fromkeys(names), "", lambda share: None))


def _renamed(row: Row, names: Mapping[str, str]) -> Row:
    return {names.get(name, name): value for name, value in row.items()}


def _common(row: Row, *_: Any) -> Row:
    return _renamed({name: _text(name, value) for name, value in row.items()}, NAMES)


def _text(name: str, value: Any) -> Any:
    """What people read, and who sends and receives."""
    if not isinstance(value, str):
        return value
    if name in ("source", "destination"):
        return f"organization:{value[10:]}" if value.startswith("workspace:") else value
    if not name.endswith("_hr"):
        return value
    if (found := _PARTY.fullmatch(value)) is not None:
        return f"organization:{found['name']}"
    if (found := _SITE.fullmatch(value)) is not None:
        return found["name"]
    if (found := _USER.fullmatch(value)) is not None:
        return f"{found['name']}({ROLES.get(found['role'], found['role'])})"
    if (found := _SHARE.fullmatch(value)) is not None:
        return f"{found['name']}[{SHARE_TYPES.get(found['kind'], found['kind'])}]{found['rest']}"
    return value


def _job(row: Row, *_: Any) -> Row:
    row = _common(row)
    parent = row.get("parent_hr")
    if isinstance(parent, str) and ":" in parent:
        row["parent_hr"] = f"job:{parent.partition(':')[2]}"
    if row.get("speed") == -1.0:
        row["speed"] = 0.0
    return row


def _task(row: Row, organization: str, root_of: RootOf) -> Row:
    row = _common(row)
    for end, part in (("source", "slave"), ("destination", "master")):
        if isinstance(row.get(end), dict):
            row[end] = _end(row[end], part, organization, root_of)
    return row


def _end(end: Row, part: str, organization: str, root_of: RootOf) -> Row:
    end = _renamed(end, {"v": "r_s"})
    if "user" not in end and "site" not in end:
        end["o"] = organization
    if (root := root_of(end.get("s", ""))) is not None:
        end["r_s"] = root
    return {**end, part: True}


def _user(row: Row, *_: Any) -> Row:
    row = _common(row)
    if "role" in row:
        role = row["role"]
        row |= {"role": ROLES.get(role, role), "clearance": CLEARANCES.get(role, role)}
    if "logged_in" in row:
        row["phase"] = "joined"
    return _filled(row, {"queue": "", "logged_in": EPOCH})


def _share(row: Row, *_: Any) -> Row:
    row = _common(row)
    if "type" in row:
        row["type"] = SHARE_TYPES.get(row["type"], row["type"])
    return _filled(row, {"queue": ""})


def _filled(row: Row, missing: Mapping[str, str]) -> Row:
    return {name: missing.get(name) if value is None else value for name, value in row.items()}


def _queue(row: Row, *_: Any) -> Row:
    row = _common(row)
    if row.get("status") == "paused":
        row["status"] = "disabled"
    return row


def _acl(row: Row, *_: Any) -> Row:
    row = _common(row)
    return row | {f"ident{end}": row[f"entity{end}"] for end in ("", "_hr") if f"entity{end}" in row}


_CHANGES: Final[Mapping[str, Callable[[Row, str, RootOf], Row]]] = {
    **dict.fromkeys(("job", "transfer"), _job),
    **dict.fromkeys(("share", "volume", "folder", "home"), _share),
    **dict.fromkeys(("workspace", "site", "client"), _common),
    "task": _task,
    "user": _user,
    "queue": _queue,
    "acl": _acl,
}
