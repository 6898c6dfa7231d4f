"""Whatever is asked of jobs of every kind, by whom, is answered or refused; nothing outside is touched."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accsyn_async.sandbox.backend import Backend, Options
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules.deliveries import KINDS
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.entities import (
    Acl,
    Client,
    ComputeEngine,
    Entity,
    Queue,
    SandboxUser,
    Share,
    Site,
)
from accsyn_async.sandbox.state.furnishing import furnished
from accsyn_async.sandbox.state.keyring import Keyring
from accsyn_async.sandbox.state.memory import Memory
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.event import Event
from tests.sandbox.complaints import no_complaints

ROLES: Final = ("admin", "employee", "standard")
PEOPLE: Final = [f"{role}@example.com" for role in ROLES]
MADE: Final[list[tuple[str, dict[str, Any]]]] = [
    ("delivery", {"source": "a", "recipients": PEOPLE[1:], "status": "pending"}),
    ("delivery", {"name": "draft"}),
    ("request", {"destination": "share=projects/inbox", "recipients": PEOPLE[1:], "status": "pending"}),
    ("stream", {"tasks": ["a", "show"], "recipients": [PEOPLE[2]], "status": "pending"}),
    ("transfer", {"tasks": ["a", "show"], "destination": "site=berlin"}),
    ("transfer", {"source": "a", "destination": "/in/", "status": "paused"}),
    ("compute", {"engine": "pipeline", "tasks": {"x": {"tasks": {"0": {}, "1": {"deps": ["x/0"]}}}}}),
    ("compute", {"engine": "pipeline", "compute": {"parameters": {"seconds": 600}}}),
    ("collection", {"name": "c", "files": ["a", "show"]}),
    ("folder", {"name": "f", "path": "show"}),
    ("queue", {"name": "q"}),
]
ID: Final = "an id of what is there"
"""Stands for one of those, as ids differ each time."""

JOBS: Final = ("job", "transfer", "compute", "delivery", "request", "stream")
URIS: Final = st.sampled_from(
    [
        *(f"{kind}/{what}" for kind in JOBS for what in ("find", "create", "edit", "delete")),
        *("task/find", "task/create", "task/edit", "setting", "file/add", "collection/file/remove"),
        *("job/recipient/add", "job/recipients", "job/recipient", "queue/delete", "queue/edit"),
        *("folder/deactivate", "folder/activate", "entitytypes", "attributes", "workspace/file"),
    ]
)
VERBS: Final = {
    "find": "GET",
    "create": "POST",
    "edit": "PUT",
    "delete": "DELETE",
    "add": "PUT",
    "activate": "POST",
    "deactivate": "DELETE",
    "recipient": "DELETE",
    "remove": "DELETE",
    "server": "PUT",
}
PATHS = st.sampled_from(
    [
        *("a", "show", "show/", "link/secret", "../outside/secret", "share=projects/a", "folder=f/b", "/in/"),
        *("/Users/x", "/Volumes/projects/a", "/projects/link/secret", "site=berlin", "site=berlin:a", "hq"),
        *(
            "acme:a",
            "admin@example.com:/x",
            "standard@example.com",
            "C:\\x",
            "collection=c/a",
            "collection=c",
            "~/x",
            "~",
        ),
        *("m.%04d.jpg[1-9]", "share=c", "home=", "\ud800", "a\0", "x" * 300, "client=x:/y", "", "away/x"),
    ]
)
STATUS = st.sampled_from(
    [
        *("init", "pending", "waiting", "running", "paused", "failed", "aborted", "done"),
        *("queued", "booting", "executing", "onhold", "excluded"),
    ]
)
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=4)
    | PATHS
    | st.just(ID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
PARAMETERS = st.fixed_dictionaries({}, optional={"seconds": st.sampled_from([0, 600, -1, "5"]), "fail": ANY})
COMPUTE = st.fixed_dictionaries({}, optional={"parameters": PARAMETERS | ANY})
URI = st.sampled_from(["0", "1", "x", "x/0", "y"])


def described(optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of these, each now and then something else altogether."""
    return st.fixed_dictionaries({}, optional={name: some | ANY for name, some in optional.items()})


TASK: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        PATHS
        | described(
            {
                "uri": URI,
                "id": st.just(ID),
                "source": PATHS,
                "destination": PATHS,
                "status": STATUS,
                "priority": st.integers(0, 1001),
                "metadata": st.just({"a": 1}),
                "settings": st.sampled_from([{"transfer_exclude": "*x"}, {"task_bucketsize": 0}]),
                "compute": COMPUTE,
                "deps": st.lists(URI, max_size=2),
                "tasks": TASKS,
            }
        )
    )
)
TASKS: st.SearchStrategy[Any] = st.deferred(
    lambda: st.lists(TASK, max_size=3) | st.dictionaries(URI, TASK, max_size=3) | st.lists(PATHS, max_size=3)
)
DATA = described(
    {
        "tasks": TASKS,
        "source": PATHS,
        "destination": PATHS,
        "name": st.just("n"),
        "status": STATUS,
        "queue": st.sampled_from(["medium", "q"]),
        "priority": st.integers(0, 1001),
        "metadata": st.just({}),
        "settings": st.just({"job_max_retries": "1"}),
        "append": st.booleans(),
        "allow_duplicates": st.booleans(),
        "replace_duplicates": st.booleans(),
        "engine": st.just("pipeline"),
        "compute": COMPUTE,
        "parent": st.just(ID),
        "recipients": st.lists(st.sampled_from([*PEOPLE, "new@example.com"]), max_size=2),
        "recipient": st.sampled_from(PEOPLE),
        "entitytype": st.sampled_from(["transfer", "queue", "task"]),
        "value": st.text(max_size=2),
        "files": st.lists(PATHS, max_size=2),
        "finished": st.booleans(),
    }
)
PLAIN = (
    st.tuples(st.just("task/create"), st.fixed_dictionaries({"tasks": TASKS}))
    | st.tuples(
        st.just("task/create"), st.fixed_dictionaries({"tasks": st.lists(PATHS, min_size=1, max_size=2)})
    )
    | st.tuples(
        st.just("task/edit"),
        st.lists(st.fixed_dictionaries({"uri": URI, "status": STATUS}), min_size=1, max_size=2),
    )
    | st.tuples(st.just("job/edit"), st.fixed_dictionaries({"status": STATUS}))
    | st.tuples(st.just("transfer/edit"), st.fixed_dictionaries({"destination": PATHS}))
    | st.tuples(
        st.just("transfer/create"),
        st.fixed_dictionaries({"source": PATHS, "destination": PATHS}, optional={"append": st.booleans()}),
    )
    | st.tuples(
        st.just("transfer/create"), st.fixed_dictionaries({"parent": st.just(ID)}, optional={"source": PATHS})
    )
)
"""Events that could well be meant, of which some are answered."""
CALL = st.tuples(
    st.sampled_from(ROLES),
    st.sampled_from([*[None] * 12, "GET", "PUT", "POST", "DELETE"]),
    PLAIN | st.tuples(URIS, DATA | st.none() | st.lists(TASK, max_size=2)),
    st.sampled_from([*range(40), None]),
    st.sampled_from([*[None] * 4, "transfer WHERE status=paused", "code=*", "id in 'x'", "("]),
)

FOUNDATIONS: Final[dict[str, type[Entity]]] = {
    "user": SandboxUser,
    "queue": Queue,
    "site": Site,
    "engine": ComputeEngine,
    "client": Client,
    **dict.fromkeys(("volume", "folder", "home", "collection", "share"), Share),
    "acl": Acl,
}
"""What jobs depend on."""
ADVANCE: Final = "advance"
"""Stands in the place of a uri, for time that passes."""
TAKEN = st.one_of(
    st.tuples(
        st.just("admin"),
        st.none(),
        st.tuples(
            st.sampled_from(
                [f"{kind}/{what}" for kind in FOUNDATIONS for what in ("deactivate", "activate", "delete")]
            ),
            st.sampled_from([{}, {"force": True}]),
        ),
        st.integers(0, 9),
        st.none(),
    ),
    st.tuples(
        st.just("admin"),
        st.none(),
        st.one_of(
            st.tuples(
                st.sampled_from(["user/edit", "site/edit", "share/edit", "client/edit", "engine/edit"]),
                st.fixed_dictionaries({"status": st.sampled_from(["enabled", "disabled"])}),
            ),
            st.tuples(
                st.just("queue/edit"),
                st.fixed_dictionaries({"status": st.sampled_from(["waiting", "paused"])}),
            ),
            st.tuples(
                st.just("job/recipient"),
                st.fixed_dictionaries({"recipient": st.sampled_from(PEOPLE)}),
            ),
        ),
        st.integers(0, 9),
        st.none(),
    ),
    st.tuples(
        st.just("admin"),
        st.none(),
        st.tuples(st.just(ADVANCE), st.sampled_from([0, 1, 600])),
        st.none(),
        st.none(),
    ),
)
STILL_THERE = st.tuples(st.just("admin"), st.none(), PLAIN, st.integers(0, 40), st.none())


class Yard:
    """Folders for the files of many workspaces, beside what nobody may touch."""

    def __init__(self, folder: Path) -> None:
        for name in ("volume/show", "berlin", "local", "outside"):
            (folder / name).mkdir(parents=True)
        (folder / "outside" / "secret").write_bytes(b"secret")
        (folder / "outside" / "treasure").write_bytes(b"")
        for name in ("a", "show/b"):
            (folder / "volume" / name).write_bytes(b"content")
        for name in ("volume/link", "volume/away", "local/away", "berlin/projects"):
            (folder / name).symlink_to(folder / "outside")
        self.folder = folder

    def check(self) -> None:
        outside = self.folder / "outside"
        assert sorted(path.name for path in self.folder.iterdir()) == ["berlin", "local", "outside", "volume"]
        assert sorted(path.name for path in outside.iterdir()) == ["secret", "treasure"]
        assert (outside / "secret").read_bytes() == b"secret"
        names = ("volume", "berlin", "local")
        files = [path for name in names for path in (self.folder / name).rglob("*") if path.is_file()]
        assert not [path for path in files if path.resolve().parent != outside and path.stat().st_size == 6]


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    yard = Yard(tmp_path_factory.mktemp("yard").resolve())
    yield yard
    yard.check()


def with_ids(value: Any, id: str) -> Any:
    """The same with an id for each `ID`."""
    if isinstance(value, dict):
        return {key: with_ids(one, id) for key, one in value.items()}
    if isinstance(value, list):
        return [with_ids(one, id) for one in value]
    return id if value == ID else value


def known_ids(workspace: Workspace, uri: str) -> list[str]:
    """The ids that a call may name."""
    kind = FOUNDATIONS.get(uri.partition("/")[0])
    if kind is not None:
        return [one.id for one in workspace.every(kind)]
    shares = [share.id for share in workspace.shares]
    queues = [queue.id for queue in workspace.queues]
    return [*workspace.jobs, *workspace.jobs, *shares, *queues] or ["0" * 24]


async def play(yard: Yard, calls: list[Any]) -> None:
    with no_complaints():
        await play_all(yard, calls)
        gc.collect()


async def play_all(yard: Yard, calls: list[Any]) -> None:
    folder, clock, keys = yard.folder, Clock(factor=0), Keyring()
    workspace = furnished(
        "acme", folder / "volume", {"berlin": folder / "berlin"}, folder / "local", clock, keys=keys
    )
    backend = Backend(Memory(workspace, keys), Options(speed=500.0))
    users = dict(zip(ROLES, workspace.users, strict=False))
    try:
        for kind, data in MADE:
            event = Event(f"{kind}/create", "acme", "", "", data, None, None)
            (row,) = (await backend.calls.answer("POST", event, users["admin"]))["result"]
            assert row["id"]
        for role, verb, (uri, data), place, query in calls:
            if uri == ADVANCE:
                await backend.advance(data)
                continue
            ids = known_ids(workspace, uri)
            id = None if place is None else ids[place % len(ids)]
            event = Event(uri, "acme", "", "", with_ids(data, id or "x"), query, id)
            chosen = verb or VERBS.get(uri.rpartition("/")[2], "GET")
            try:
                reply = await backend.calls.answer(chosen, event, users[role])
            except Refusal as refusal:
                assert refusal.text
            else:
                assert "result" in reply or "report" in reply
                assert "treasure" not in str(reply)
            await asyncio.sleep(0)  # The engine goes on.
        await backend.advance(3600)
        for job in workspace.jobs.values():
            shown = [task.message for task in job.tasks.values()]
            assert not any("its log says why" in message for message in shown)
            if job.status == "done" and job.kind in ("transfer", "compute"):
                assert {task.status for task in job.counted()} <= {"done", "failed"}
            assert (job.finished is not None) is job.is_finished
            if job.kind in KINDS and job.status in ("waiting", "paused"):
                transfers = [one.transfer for one in job.recipients if one.transfer is not None]
                assert any(not transfer.is_finished for transfer in transfers)
    finally:
        await backend.engine.aclose()
    yard.check()


@settings(deadline=None, max_examples=150)
@given(st.lists(CALL, min_size=1, max_size=8))
def test_any_calls_are_answered_or_refused(yard: Yard, calls: list[Any]) -> None:
    asyncio.run(play(yard, calls))


@settings(deadline=None, max_examples=150)
@given(st.lists(TAKEN | TAKEN | STILL_THERE, min_size=1, max_size=12))
def test_whatever_jobs_depend_on_is_taken_away(yard: Yard, calls: list[Any]) -> None:
    asyncio.run(play(yard, calls))


def test_each_role_adds_tasks_to_whatever_is_there(yard: Yard) -> None:
    one = {"tasks": ["/Users/x", "a"]}
    calls = [(role, None, ("task/create", one), place, None) for role in ROLES for place in range(30)]
    asyncio.run(play(yard, calls))
