"""Calls as older workspaces have them: what becomes of ids that go into a query."""

from __future__ import annotations

from typing import Any

import pytest

from accsyn_async.errors import ArgumentError, NotFoundError
from accsyn_async.wire.message import Call, Response
from accsyn_async.wire.v1_calls import to_v1
from tests.support.backend import Received, job_id, reply
from tests.support.older_backend import OlderBackend
from tests.support.virtual import run

JOB = job_id(1)


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        (None, f"job.id={JOB}"),
        ("status=done", f"job.id={JOB} and (status=done)"),
        ("a=b or c=d", f"job.id={JOB} and (a=b or c=d)"),
        ("(a=b) or (c=d)", f"job.id={JOB} and ((a=b) or (c=d))"),
    ],
)
def test_the_tasks_of_a_job_are_those_of_that_job_alone(query: str | None, sent: str) -> None:
    call = to_v1(Call("GET", "task/find", {"parent": JOB}, query))
    assert (call.uri, call.query, call.data) == ("job/task/find", sent, {})


def test_so_they_are_when_they_are_asked_for() -> None:
    async def main() -> None:
        backend = OlderBackend()
        backend.faults += [lambda _: None, lambda _: reply({"result": []})]
        async with backend.session() as session:
            await session.find("Task WHERE a=b OR c=d", entityid=JOB)
        assert backend.received[-1].event["query"] == f"job.id={JOB} and (a=b or c=d)"

    run(main())


@pytest.mark.parametrize("ident", ["a-code", "lisa@example.com", "x_1.y+z", JOB])
def test_codes_can_stand_in_a_query(ident: str) -> None:
    assert to_v1(Call("GET", "user/find", {}, id=ident)).query == f"id={ident}"


NO_VALUES = [
    *(
        "x or job.id!=1",
        "x' or '1'='1",
        "a b",
        'a"b',
        "a=b",
        "a)or(b",
        "*",
        "x*",
        "a\\",
        "a,b",
        "a\n",
        "a\tb",
    ),
    *("<x", "a~b", "åäö", "\u2028", "a\x85b", "\ud800", " "),
]


@pytest.mark.parametrize("ident", NO_VALUES)
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("find", lambda ident: ((), {"query": "Task", "entityid": ident})),
        ("find", lambda ident: ((), {"query": "Task WHERE a=b", "entityid": ident})),
        ("find_one", lambda ident: ((), {"query": "Task", "entityid": ident})),
        ("create", lambda ident: (("Task", {"source": "a"}, ident), {})),
        ("create", lambda ident: (("Queue", {"code": "low"}), {"entitytype_id": ident})),
        ("get_entity", lambda ident: (("Job", ident), {})),
        ("get_entity", lambda ident: (("User", ident), {})),
    ],
)
def test_an_id_that_is_more_than_a_value_is_refused_before_anything_is_sent(
    name: str, args: Any, ident: str
) -> None:
    async def main() -> None:
        backend = OlderBackend()
        given, named = args(ident)
        async with backend.session() as session:
            with pytest.raises(ArgumentError):
                await getattr(session, name)(*given, **named)
        assert [received.uri for received in backend.received] == ["auth"]

    run(main())


class Archive(OlderBackend):
    """Has its one entity in one place only, and may say of the others that there is nothing."""

    place: dict[str, Any] | None = None
    says_not_found = False

    def _event(self, received: Received) -> Response:
        data = {name: value for name, value in received.data.items() if name != "type"}
        if data == self.place:
            return reply({"result": [{"id": JOB, "name": "found"}]})
        return reply({"message": "E#J404 not found"} if self.says_not_found else {"result": []})


@pytest.mark.parametrize("says_not_found", [True, False])
@pytest.mark.parametrize(
    ("kind", "place", "asked"),
    [
        ("Job", {}, 1),
        ("Job", {"finished": True}, 2),
        ("Job", {"archived": True}, 3),
        ("User", {}, 1),
        ("User", {"offline": True}, 2),
        ("User", {"archived": True}, 3),
        ("Share", {"archived": True}, 3),
    ],
)
def test_an_entity_is_found_wherever_it_is(
    kind: str, place: dict[str, Any], asked: int, says_not_found: bool
) -> None:
    async def main() -> None:
        backend = Archive()
        backend.place, backend.says_not_found = place, says_not_found
        async with backend.session() as session:
            row = await session.get_entity(kind, JOB)
            assert row is not None
            assert row["id"] == JOB
        events = backend.received[1:]
        assert len(events) == asked
        assert {event.event["query"] for event in events} == {f"id={JOB}"}

    run(main())


@pytest.mark.parametrize("kind", ["Job", "User"])
def test_what_is_nowhere_is_not_found(kind: str) -> None:
    async def main() -> None:
        backend = Archive()
        async with backend.session() as session:
            assert await session.get_entity(kind, JOB) is None
            assert len(backend.received) == 1 + 3
            backend.says_not_found = True
            with pytest.raises(NotFoundError):
                await session.get_entity(kind, JOB)
            assert len(backend.received) == 1 + 6

    run(main())
