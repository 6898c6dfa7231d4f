"""The calls of the official client, and what becomes of each. Tests hold these tables against both."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CALLS", "HERE", "NEWER", "OLDER", "PROPERTIES", "SESSION", "TIMES", "WAITING_HERE", "Fact"]


class Fact(NamedTuple):
    """What becomes of a call of the official client.

    Attributes:
        newer: its parameters in 3.4.0; ``None`` when that has no such call.
        older: its parameters in 2.2.1; ``None`` likewise.
        awaited: whether it needs ``await`` here.
        instead: what to call in its place; empty when it goes by the same name.
        gone: why there is no such call here; empty when there is.
        differs: what it does otherwise than in the official client; empty when nothing.
        dropped: parameters of 2.2.1 that are not taken here.
    """

    newer: tuple[str, ...] | None
    older: tuple[str, ...] | None
    awaited: bool = True
    instead: str = ""
    gone: str = ""
    differs: str = ""
    dropped: tuple[str, ...] = ()


NEWER = "3.4.0"
OLDER = "2.2.1"

PROPERTIES = ("connect_timeout", "timeout", "username")
"""What is read of a session, in both versions and here."""

HERE = frozenset(
    {"aclose", "api_version", "as_completed", "ensure_transfer", "find_iter", "find_jobs", "get_job"}
    | {"handle", "monitor", "role", "split_folders", "submit", "traffic", "wait", "wait_all", "watch"}
    | {"workspace"}
)
"""What this library's session has and the official client's has not."""

WAITING_HERE = HERE - {"aclose", "api_version", "handle", "monitor", "role", "traffic", "workspace"}
"""What of that asks the backend, and so needs a session that is entered."""

TIMES = frozenset({"created", "finished", "last_checkin", "logged_in", "modified"})
"""Attributes of rows that are times."""

_SAME = object()


def _call(
    newer: str | None,
    older: str | object | None = None,
    *,
    awaited: bool = True,
    instead: str = "",
    gone: str = "",
    differs: str = "",
    dropped: str = "",
) -> Fact:
    """A fact, with parameters separated by spaces; ``_SAME`` are those of the newer version."""
    if older is _SAME:
        older = newer
    return Fact(
        None if newer is None else tuple(newer.split()),
        tuple(older.split()) if isinstance(older, str) else None,
        awaited,
        instead,
        gone,
        differs,
        tuple(dropped.split()),
    )


SESSION = _call(
    "workspace username api_key hostname port proxy verbose pretty_json path_logfile timeout "
    "connect_timeout domain path_envfile",
    "domain username api_key pwd session_key hostname port proxy verbose pretty_json dev path_logfile "
    "timeout connect_timeout",
    awaited=False,
    dropped="dev",
)
"""``Session(…)`` itself."""

CALLS: dict[str, Fact] = {
    "find": _call(
        "query entityid attributes finished inactive offline archived limit skip create update "
        "single_entity_query",
        "query attributes finished offline archived limit skip create update",
    ),
    "find_one": _call(
        "query entityid attributes finished inactive offline archived",
        "query attributes finished offline archived",
    ),
    "get_entity": _call("entitytype entityid"),
    "report": _call("query", _SAME),
    "metrics": _call("query attributes time", _SAME),
    "create": _call(
        "entitytype data entityid allow_duplicates replace_duplicates",
        "entitytype data entitytype_id allow_duplicates",
    ),
    "update": _call("entitytype entityid data", _SAME),
    "update_one": _call("entitytype entityid data", _SAME, instead="update"),
    "update_many": _call("entitytype entityid data", "entitytype data entityid"),
    "activate_one": _call("entitytype entityident"),
    "deactivate_one": _call("entitytype entityid"),
    "offline_one": _call("entitytype entityid", _SAME, instead="deactivate_one"),
    "delete_one": _call("entitytype entityid data", "entitytype entityid"),
    "delete_many": _call("entitytype entityid data"),
    "assign": _call("entitytype_parent entitytype data", "entitytype_parent entitytype_child data"),
    "assignments": _call("entitytype entityid", _SAME),
    "deassign": _call("entitytype_parent entitytype data", "entitytype_parent entitytype_child data"),
    "grant": _call("entitytype entityid targettype targetid data"),
    "access": _call("targettype targetid entitytype entityid recursive"),
    "revoke": _call(
        "entitytype entityid targettype targetid",
        differs="it takes away every access of the user to the share, not the first alone",
    ),
    "ls": _call("path recursive maxdepth getsize files_only directories_only include exclude", _SAME),
    "getsize": _call("path include exclude", _SAME),
    "exists": _call("path", _SAME),
    "mkdir": _call("path", _SAME),
    "rename": _call("path path_to", _SAME),
    "mv": _call("path_src path_dst", _SAME),
    "delete": _call("path force"),
    "rm": _call(
        None,
        "path",
        instead="delete",
        differs=f"it deletes; that of {OLDER} makes a directory instead",
    ),
    "prepublish": _call("data", _SAME, differs="what you pass is not changed; go on with what it returns"),
    "get_setting": _call(
        "name entitytype entityid integration data", "name scope entity_id integration data"
    ),
    "get_settings": _call("entitytype entityid recursive upstream omit_defaults share"),
    "set_setting": _call(
        "entitytype name value entityid",
        "name value scope entity_id integration data",
        dropped="integration data",
    ),
    "delete_setting": _call("entitytype name entityid"),
    "logs": _call(
        "entitytype entityid search sort sort_reverse pagination_page pagination_limit pagination_skip"
    ),
    "integration": _call("name operation data", _SAME),
    "get_api_key": _call("", _SAME),
    "get_session_key": _call(None, "", awaited=False),
    "generate_session_key": _call(None, "lifetime"),
    "app_is_running": _call(""),
    "daemon_is_running": _call(""),
    "gui_is_running": _call("", _SAME, instead="app_is_running"),
    "server_is_running": _call("", _SAME, instead="daemon_is_running"),
    "get_hostname": _call("", _SAME, awaited=False),
    "get_last_message": _call(
        "",
        _SAME,
        awaited=False,
        differs=f"it tells why the last call failed that did; that of {NEWER} is always None",
    ),
    "help": _call("", _SAME, awaited=False),
    "dump": _call("d indent", awaited=False),
    "str": _call("d indent", _SAME, awaited=False, instead="dump"),
    "login": _call(
        None, "revive_session_key", gone="entering the session logs in, and it renews itself; remove the call"
    ),
    "decode_query": _call(None, "query", gone="the session reads queries itself; remove the call"),
}
"""Every public method of the official client's session, in either version."""
