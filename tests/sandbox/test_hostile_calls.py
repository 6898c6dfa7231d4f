"""Whatever is asked of files, settings, records and publishes is answered or refused, and stays inside."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.server.calls import Calls
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.furnishing import furnished
from accsyn_async.sandbox.state.journal import Journal
from accsyn_async.sandbox.state.setting_store import SettingStore
from accsyn_async.sandbox.topics.entities import EntityTopic
from accsyn_async.sandbox.topics.event import Event
from accsyn_async.sandbox.topics.files import FileTopic
from accsyn_async.sandbox.topics.finder import Finder
from accsyn_async.sandbox.topics.journal_notes import Notes
from accsyn_async.sandbox.topics.publishing import PublishTopic
from accsyn_async.sandbox.topics.records import RecordTopic
from accsyn_async.sandbox.topics.settings import SettingTopic

URIS = [
    *("workspace/file", "setting", "log/find", "user/metrics", "volume/report", "*/report", "user/api_key"),
    *("workspace/publish/preprocess", "workspace/integration/x/utility", "workspace/integration/*/utility"),
]
OPERATIONS = ["ls", "getsize", "exists", "mkdir", "delete", "rename", "move"]
PATHS = st.sampled_from(
    [
        *("share=projects", "a", "a/", "b/c", "../secret", "link", "link/secret", "/", "/projects/a"),
        *("site=berlin:x", "home=admin@example.com/x", "\ud800", "x" * 300, "a\0", "\n", "C:\\x", "hq:"),
        *("share=", "y/" * 90, "y/" * 120),
    ]
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | PATHS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
PATH = PATHS | st.lists(PATHS, max_size=3) | st.fixed_dictionaries({"path": PATHS, "share": PATHS}) | ANY
FLAG = st.booleans() | ANY
DATA = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(OPERATIONS),
        "path": PATH,
        "path_to": PATH,
        "recursive": FLAG,
        "entitytype": ANY,
        "name": ANY,
        "value": ANY,
        "search": ANY,
        "sort": st.sampled_from(["date", "user"]) | ANY,
        "pagination": st.fixed_dictionaries({"page": ANY, "limit": ANY}) | ANY,
        "attributes": ANY,
        "time": ANY,
        "files": st.lists(st.fixed_dictionaries({"filename": ANY, "size": ANY, "files": ANY})) | ANY,
        "operation": ANY,
    },
)
FILES = st.fixed_dictionaries(
    {"op": st.sampled_from(OPERATIONS), "path": PATHS, "path_to": PATHS},
    optional={
        "recursive": st.booleans(),
        "getsize": st.booleans(),
        "force": st.booleans(),
        "files_only": st.booleans(),
        "maxdepth": st.integers(-1, 3),
        "include": st.sampled_from(["a*", "*", "re('(a+)+$')", "re('"]),
        "exclude": st.text(max_size=2),
    },
)
SETTINGS = st.fixed_dictionaries(
    {"entitytype": st.sampled_from(["workspace", "queue", "volume", "integration", "task"])},
    optional={
        "name": st.sampled_from(["a", "b"]) | ANY,
        "value": st.text(max_size=3) | ANY,
        "upstream": FLAG,
        "recursive": FLAG,
        "omit_defaults": FLAG,
        "share": st.just("projects") | ANY,
        "integration": st.just("ftrack") | ANY,
    },
)
VERBS = st.sampled_from(["GET", "PUT", "POST", "DELETE"])
CALLS = (
    st.tuples(VERBS, st.sampled_from(URIS), DATA | st.none() | st.lists(ANY, max_size=2))
    | st.tuples(VERBS, st.just("workspace/file"), FILES)
    | st.tuples(VERBS, st.just("setting"), SETTINGS)
)


class Hostile:
    """A workspace beside a folder that nothing may touch."""

    def __init__(self, folder: Path) -> None:
        for name in ("volume", "berlin", "local", "outside"):
            (folder / name).mkdir()
        (folder / "outside" / "secret").write_bytes(b"secret")
        (folder / "outside" / "treasure").write_bytes(b"")
        (folder / "volume" / "link").symlink_to(folder / "outside")
        self.outside = folder / "outside"
        self.sibling = folder
        clock = Clock()
        self.workspace = furnished(
            "acme", folder / "volume", {"berlin": folder / "berlin"}, folder / "local", clock
        )
        journal = Journal()
        entities = EntityTopic(self.workspace)
        finder = Finder([entities])
        topics = [
            *(entities, FileTopic(self.workspace), SettingTopic(self.workspace, finder, SettingStore())),
            *(RecordTopic(self.workspace, journal, finder), PublishTopic()),
        ]
        self.calls = Calls(topics, Notes(journal, clock).call)
        self.ids = [None, "", "x", self.workspace.id, self.workspace.default_queue.id]

    def send(self, verb: str, event: Event, user: int) -> dict[str, Any] | None:
        async def answer() -> dict[str, Any] | None:
            try:
                return await self.calls.answer(verb, event, self.workspace.users[user])
            except Refusal:
                return None

        return asyncio.run(answer())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    hostile = Hostile(tmp_path_factory.mktemp("hostile").resolve())
    yield hostile
    assert sorted(path.name for path in hostile.outside.iterdir()) == ["secret", "treasure"]
    assert (hostile.outside / "secret").read_bytes() == b"secret"
    assert sorted(path.name for path in hostile.sibling.iterdir()) == ["berlin", "local", "outside", "volume"]


@given(
    CALLS,
    st.none() | st.sampled_from(["id=1", "code=*", "code matches '(a+)+$'", "("]),
    st.integers(0, 4),
    st.integers(0, 2),
)
def test_any_call_is_answered_or_refused(
    hostile: Hostile, call: tuple[str, str, Any], query: str | None, id: int, user: int
) -> None:
    verb, uri, data = call
    reply = hostile.send(verb, Event(uri, "acme", "", "", data, query, hostile.ids[id]), user)
    assert reply is None or "result" in reply or "report" in reply
    assert "treasure" not in str(reply)
