"""What is written of a sandbox's memory, step by step, is all of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accsyn_async.sandbox.backend import Backend, Options
from accsyn_async.sandbox.files.folders import Folders
from accsyn_async.sandbox.keeping.portable import Portable, PortableError
from accsyn_async.sandbox.keeping.snapshot import Item, Snapshot, restored
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.furnishing import furnished
from accsyn_async.sandbox.state.jobs import End, Job, Party, Recipient, Task
from accsyn_async.sandbox.state.keyring import Keyring
from accsyn_async.sandbox.state.memory import Memory
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.event import Event

STANDARD = "standard@example.com"
MADE: dict[str, Any] = {
    "transfer": {"tasks": ["a", "b"], "destination": "site=berlin", "status": "paused"},
    "compute": {"engine": "pipeline", "tasks": {"x": {"tasks": {"0": {}, "1": {}}}}},
    "delivery": {"source": "a", "recipients": [STANDARD]},
    "request": {"destination": "share=projects/in", "recipients": ["new@example.com"]},
    "queue": {"name": "q"},
    "site": {"name": "s"},
    "folder": {"name": "f", "path": "show"},
    "user": {"code": "lisa@example.com", "role": "employee"},
    "collection": {"name": "c"},
}
"""What there is of each kind when the steps begin."""
JOBS = [kind for kind in MADE if kind in ("transfer", "compute", "delivery", "request")]
LIVES = ["folder", "user", "collection"]

KIND = st.sampled_from(sorted(MADE))
STEP = st.one_of(
    st.tuples(KIND, st.just("POST"), st.just("{kind}/create"), st.none()),
    st.tuples(
        KIND,
        st.just("PUT"),
        st.just("{kind}/edit"),
        st.sampled_from([{"name": "n"}, {"metadata": {"a": [1]}}, {"name": "m", "metadata": {}}]),
    ),
    st.tuples(KIND, st.just("DELETE"), st.just("{kind}/delete"), st.none()),
    st.tuples(st.sampled_from(LIVES), st.just("DELETE"), st.just("{kind}/deactivate"), st.none()),
    st.tuples(st.sampled_from(LIVES), st.just("POST"), st.just("{kind}/activate"), st.none()),
    st.tuples(
        st.sampled_from(JOBS),
        st.just("PUT"),
        st.just("job/edit"),
        st.sampled_from(["waiting", "paused", "aborted", "pending", "done"]).map(
            lambda status: {"status": status}
        ),
    ),
    st.tuples(
        st.sampled_from(["transfer", "compute"]),
        st.just("PUT"),
        st.just("task/edit"),
        st.tuples(
            st.sampled_from(["0", "1", "x", "x/0"]),
            st.sampled_from(["queued", "onhold", "excluded", "failed", "done"]),
            st.integers(1, 3),
        ).map(lambda told: [dict(zip(("uri", "status", "priority"), told, strict=True))]),
    ),
    st.tuples(
        st.sampled_from(["transfer", "delivery"]),
        st.just("POST"),
        st.just("task/create"),
        st.just({"tasks": [{"source": "show"}]}),
    ),
    *(
        st.tuples(st.sampled_from(["delivery", "request"]), st.just(verb), st.just(uri), st.just(data))
        for verb, uri, data in (
            ("PUT", "job/recipient/add", {"recipient": "employee@example.com"}),
            ("DELETE", "job/recipient", {"recipient": STANDARD}),
        )
    ),
    st.tuples(
        st.just("collection"), st.just("POST"), st.just("file/add"), st.just({"files": ["share=projects/a"]})
    ),
    st.tuples(
        st.just("queue"),
        st.sampled_from(["PUT", "DELETE"]),
        st.just("setting"),
        st.just({"entitytype": "queue", "name": "x", "value": "y"}),
    ),
)
"""Of a kind of thing: the HTTP method, the uri, the data."""


async def play(folders: Folders, steps: list[tuple[str, str, str, Any]]) -> None:
    clock = Clock(factor=0)
    keys = Keyring()
    workspace = furnished(
        "acme", folders.volume, folders.sites, folders.local_root, clock, folders.spare, keys
    )
    memory = Memory(workspace, keys)
    backend = Backend(memory, Options(speed=500.0))
    admin = backend.workspace.users[0]
    made: dict[str, str] = {}
    snapshot, written = Snapshot(folders.roots), dict[tuple[str, str], Item]()

    def write() -> None:
        for item in snapshot.changes(memory, now=1.0):
            if item.text is None:
                del written[item.kind, item.id]
            else:
                written[item.kind, item.id] = item

    async def call(kind: str, verb: str, uri: str, data: Any) -> None:
        makes = uri == "{kind}/create"
        event = Event(
            uri.format(kind=kind), "acme", "", "", MADE[kind] if makes else data, None, made.get(kind)
        )
        with suppress(Refusal):
            reply = await backend.calls.answer(verb, event, admin)
            if makes:
                made[kind] = reply["result"][0]["id"]
        await asyncio.sleep(0)  # The engine goes on.

    try:
        for kind in MADE:
            await call(kind, "POST", "{kind}/create", None)
        assert made.keys() == MADE.keys()
        write()
        for step in steps:
            await call(*step)
            write()
    finally:
        await backend.engine.aclose()
    write()
    whole = Snapshot(folders.roots).changes(memory, now=1.0)
    assert {(item.kind, item.id): item for item in whole} == written
    items = [item for item in written.values() if item.text is not None]
    again, box = restored(items, Workspace("acme", folders.local_root, clock, folders.spare), folders.roots)
    assert box == {"now": 1.0}
    assert Snapshot(folders.roots).changes(again, now=1.0) == whole


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    folders = Folders(tmp_path_factory.mktemp("files").resolve(), None, None)
    for name in ("a", "b"):
        (folders.volume / name).write_bytes(name.encode())
    (folders.volume / "show").mkdir()
    return folders


@settings(deadline=None, max_examples=120)
@given(st.lists(STEP, min_size=1, max_size=10))
def test_each_change_is_written_and_read_again(
    folders: Folders, steps: list[tuple[str, str, str, Any]]
) -> None:
    asyncio.run(play(folders, steps))


PATHS = st.lists(
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1), max_size=3
)
TEXT = st.text()
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=4,
)
END = st.builds(
    End,
    st.builds(Party, TEXT, TEXT, TEXT, st.tuples(TEXT, TEXT)),
    st.builds(lambda parts: Path("/files/volume", *(f"x{part}" for part in parts)), PATHS),
    st.tuples(TEXT),
    st.booleans(),
    TEXT,
    st.none(),
    st.none(),
    st.booleans(),
    st.none() | st.tuples(st.integers(), st.integers()),
)
TASK = st.builds(
    Task, TEXT, END, END, TEXT, metadata=st.dictionaries(TEXT, ANY, max_size=2), size=st.integers()
)


@given(TASK)
def test_what_is_written_is_read_again(task: Task) -> None:
    portable = Portable(
        (Job,), {"volume": Path("/files/volume"), "all": Path("/files")}, lambda kind, id: None
    )
    other = Portable((Job,), {"volume": Path("/moved"), "all": Path("/files")}, lambda kind, id: None)
    written = portable.write(task)
    copy = object.__new__(Task)
    portable.fill(copy, written)
    assert portable.write(copy) == written
    assert (copy.source, copy.metadata, copy.size) == (task.source, task.metadata, task.size)
    moved = object.__new__(Task)
    other.fill(moved, written)
    assert moved.source.root == Path("/moved", task.source.root.relative_to("/files/volume"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", 5),
        ("name", None),
        ("user", "nobody"),
        ("user", ["list"]),
        ("transfer", 7),
    ],
)
def test_what_does_not_fit_is_refused(name: str, value: Any) -> None:
    def find(kind: type, id: str) -> Any:
        raise KeyError(id)

    written = {"name": "", "user": None, "transfer": None}
    portable = Portable((Job, Workspace), {}, find)
    portable.fill(object.__new__(Recipient), written)
    with pytest.raises(PortableError):
        portable.fill(object.__new__(Recipient), {**written, name: value})
    with pytest.raises(PortableError, match="the fields of Recipient are others"):
        portable.fill(object.__new__(Recipient), {"name": ""})
