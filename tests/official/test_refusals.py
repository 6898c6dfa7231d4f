"""What the official client 3.4.0 refuses is refused here, before anything is sent; what it takes is taken."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import accsyn_api
import pytest

from accsyn_async import Session
from accsyn_async.errors import ArgumentError
from tests.official.calls_v3 import JOB, SERVER, SHARE, USER
from tests.official.recorder import recording

Arguments = tuple[Any, ...]

TYPES: list[Any] = ["", None, 5]
IDS: list[Any] = ["", None, 5]
NOT_HEX = "6971e16fceadd67b955b199"
PATHS: list[Any] = ["", None, [], {}, 5]

NO_CHANGES: list[Any] = [{}, None, [1]]
NO_DATA: list[Any] = ["", " ", "no JSON", {}, None]
NO_FILES: list[Any] = [None, {}, "a"]
NO_ROWS: list[Any] = [[], None, {"a": 1}]

REFUSED: list[tuple[str, Arguments, dict[str, Any]]] = [
    *(("find", (query,), {}) for query in ["", None, 5, "Transfer WHERE", "Transfer status=x", "a b c"]),
    ("find", ("attributes",), {}),
    ("find", ("attributes WHERE name=x",), {}),
    *(("find", ("attributes WHERE entitytype=x",), {name: "yes"}) for name in ("create", "update")),
    *(("find", ("Transfer",), {"attributes": value}) for value in ["name", [1], [""], ["a", " "]]),
    *(("find", ("Transfer",), {name: "x"}) for name in ("finished", "inactive", "archived", "limit", "skip")),
    *(("find_one", (query,), {}) for query in ["", None, 5]),
    ("find_one", ("Transfer",), {"archived": 1}),
    *(("get_entity", (kind, JOB), {}) for kind in TYPES),
    *(("get_entity", ("Transfer", ident), {}) for ident in [*IDS, NOT_HEX, JOB.upper()]),
    *(("create", (kind, {"a": 1}), {}) for kind in ["", None, " "]),
    *(("create", ("Transfer", data), {}) for data in NO_DATA),
    *(("update", (kind, JOB, {"a": 1}), {}) for kind in TYPES),
    *(("update", ("Transfer", ident, {"a": 1}), {}) for ident in IDS),
    *(("update", ("Transfer", JOB, data), {}) for data in NO_CHANGES),
    ("update", ("ACL", JOB, {"a": 1}), {}),
    ("update_one", ("acl", JOB, {"a": 1}), {}),
    *(("update_many", (kind, JOB, [{}]), {}) for kind in [*TYPES, "Transfer"]),
    *(("update_many", ("task", ident, [{}]), {}) for ident in [*IDS, NOT_HEX]),
    *(("update_many", ("task", JOB, data), {}) for data in NO_ROWS),
    *(("activate_one", (kind, USER), {}) for kind in TYPES),
    *(("activate_one", ("user", ident), {}) for ident in IDS),
    *(("deactivate_one", (kind, USER), {}) for kind in TYPES),
    *(("deactivate_one", ("user", ident), {}) for ident in IDS),
    *(("offline_one", ("user", ident), {}) for ident in IDS),
    *(("delete_one", (kind, JOB), {}) for kind in [*TYPES, "acl"]),
    *(("delete_one", ("Transfer", ident), {}) for ident in IDS),
    *(("delete_many", (kind, SHARE, {"a": 1}), {}) for kind in [*TYPES, "volume"]),
    *(("delete_many", ("collection", ident, {"a": 1}), {}) for ident in [*IDS, NOT_HEX]),
    *(("delete_many", ("collection", SHARE, data), {}) for data in NO_CHANGES),
    *(("assign", (kind, "server", {"volume": SHARE, "server": SERVER}), {}) for kind in [*TYPES, "site"]),
    *(("assign", ("volume", kind, {"volume": SHARE, "server": SERVER}), {}) for kind in [*TYPES, "user"]),
    *(("assign", ("volume", "server", data), {}) for data in NO_CHANGES),
    ("assign", ("volume", "server", {"volume": NOT_HEX, "server": SERVER}), {}),
    ("assign", ("volume", "server", {"volume": SHARE}), {}),
    *(("assignments", (kind, SHARE), {}) for kind in [*TYPES, "site"]),
    *(("deassign", (kind, "server", {"volume": SHARE, "server": SERVER}), {}) for kind in [*TYPES, "site"]),
    ("deassign", ("volume", "client", {"volume": SHARE, "server": SERVER}), {}),
    ("deassign", ("volume", "server", {"server": SERVER}), {}),
    ("deassign", ("volume", "server", {}), {}),
    *(("grant", (kind, USER, "folder", SHARE), {}) for kind in [*TYPES, "site", "job"]),
    *(("grant", ("user", ident, "folder", SHARE), {}) for ident in IDS),
    *(("grant", ("user", USER, kind, SHARE), {}) for kind in [*TYPES, "site", "job", "share"]),
    *(("grant", ("user", USER, "folder", ident), {}) for ident in IDS),
    ("grant", ("user", USER, "delivery", "a-code"), {}),
    ("grant", ("user", USER, "folder", SHARE, [1]), {}),
    *(("access", (kind, SHARE), {}) for kind in [*TYPES, "site", "job"]),
    *(("access", ("folder", ident), {}) for ident in [*IDS, NOT_HEX]),
    *(("revoke", (kind, USER, "folder", SHARE), {}) for kind in [*TYPES, "site", "job"]),
    *(("revoke", ("user", ident, "folder", SHARE), {}) for ident in IDS),
    *(("revoke", ("user", USER, kind, SHARE), {}) for kind in [*TYPES, "site"]),
    *(("revoke", ("user", USER, "folder", ident), {}) for ident in [*IDS, NOT_HEX]),
    *((name, (path,), {}) for name in ("ls", "getsize", "exists", "mkdir", "delete") for path in PATHS),
    *((name, (path, "b"), {}) for name in ("rename", "mv") for path in PATHS),
    *((name, ("a", path), {}) for name in ("rename", "mv") for path in PATHS),
    *(("prepublish", (data,), {}) for data in NO_FILES),
    *(("set_setting", (kind, "a", "b"), {}) for kind in TYPES),
    *(("set_setting", ("workspace", name, "b"), {}) for name in TYPES),
    *(("set_setting", ("workspace", "a", value), {}) for value in [None, 5, {"a": 1}]),
    *(("delete_setting", (kind, "a"), {}) for kind in TYPES),
    *(("delete_setting", ("workspace", name), {}) for name in TYPES),
    *(("logs", (), {f"pagination_{name}": "1"}) for name in ("page", "limit", "skip")),
    *(("integration", (name, "sync", {}), {}) for name in ["", None]),
    *(("integration", ("ftrack", operation, {}), {}) for operation in ["", None]),
    ("report", ("",), {}),
    ("report", ("a b",), {}),
    ("metrics", ("",), {}),
]


@pytest.fixture(scope="module")
def official_refusals() -> list[bool]:
    """Whether the official client raises, for each."""

    def play(port: int) -> list[bool]:
        session = accsyn_api.Session("acme", "lisa@example.com", "my-key", proxy=f"127.0.0.1:{port}")
        return [_raises(session, *case) for case in copy.deepcopy(REFUSED)]

    async def main() -> list[bool]:
        async with recording() as (_, port):
            return await asyncio.to_thread(play, port)

    return asyncio.run(main())


def _raises(session: Any, name: str, args: Arguments, kwargs: dict[str, Any]) -> bool:
    try:
        getattr(session, name)(*args, **kwargs)
    except Exception:
        return True
    return False


def test_the_official_client_refuses_all_of_these(official_refusals: list[bool]) -> None:
    taken = [case for case, refused in zip(REFUSED, official_refusals, strict=True) if not refused]
    assert taken == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_they_are_refused_here_before_anything_is_sent() -> None:
    async with recording() as (record, port):
        async with Session("acme", "lisa@example.com", "my-key", url=f"http://127.0.0.1:{port}") as session:
            for name, args, kwargs in REFUSED:
                before = len(record.requests)
                with pytest.raises(ArgumentError) as caught:
                    await getattr(session, name)(*args, **kwargs)
                assert len(record.requests) == before, (name, args, kwargs)
                assert len(str(caught.value)) > 10
