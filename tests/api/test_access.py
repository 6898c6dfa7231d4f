"""Access: a code names one thing, and only what was meant is touched."""

from __future__ import annotations

from typing import Any

import pytest

from accsyn_async.errors import ArgumentError, BackendError, NotFoundError
from accsyn_async.wire.message import Response
from tests.support.backend import Backend, Received, job_id, reply
from tests.support.virtual import run

USER, OTHER, SHARE, ELSEWHERE = (job_id(number) for number in (1, 2, 3, 4))

NO_CODES = [
    *("*", "*@example.com", "lisa*", "li*sa", "a\\", "\\", "a\nb", "a\tb", "a\x00b", "a\x1bb", "a\x7fb"),
    *("a\x85b", "a\u2028b", "a\u202eb", "a\u200bb", "a\ud800b", "a'b\"c", "", "   "),
]


@pytest.mark.parametrize("code", NO_CODES)
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("grant", lambda code: ("user", code, "folder", SHARE)),
        ("grant", lambda code: ("user", USER, "folder", code)),
        ("grant", lambda code: ("user", code, "delivery", SHARE)),
        ("grant", lambda code: ("user", USER, "delivery", code)),
        ("access", lambda code: ("folder", code)),
        ("revoke", lambda code: ("user", code, "folder", SHARE)),
        ("revoke", lambda code: ("user", USER, "folder", code)),
        ("revoke", lambda code: ("user", code, "delivery", SHARE)),
    ],
)
def test_what_may_stand_for_more_than_one_is_refused_before_anything_is_sent(
    name: str, args: Any, code: str
) -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            with pytest.raises(ArgumentError):
                await getattr(session, name)(*args(code))
        assert [received.uri for received in backend.received] == ["login"]

    run(main())


class Shares(Backend):
    """Answers every search for a user or folder, and every list of ACLs, with the same rows."""

    named: list[Any]
    acls: list[Any]

    def _event(self, received: Received) -> Response:
        match received.uri:
            case "user/find" | "folder/find":
                return reply({"result": self.named})
            case "acl/find":
                return reply({"result": self.acls})
            case "job/recipients":
                return reply({"result": [{"user": OTHER, "user_hr": "nobody@example.com"}]})
            case "acl/create":
                return reply({"result": [received.data]})
        return reply({"result": True})

    def deleted(self) -> list[str]:
        return [each.event["id"] for each in self.received if each.uri == "acl/delete"]


OTHERS_NAMED = [
    [{"id": OTHER, "code": "mona@example.com"}],
    [{"id": OTHER, "code": "lisa@example.com.evil"}],
    [{"id": OTHER, "code": None}, {"id": ELSEWHERE, "code": 5}],
    [],
]


@pytest.mark.parametrize("named", OTHERS_NAMED)
def test_rows_of_another_code_are_not_taken(named: list[Any]) -> None:
    async def main() -> None:
        backend = Shares()
        backend.named, backend.acls = named, []
        async with backend.session() as session:
            with pytest.raises(NotFoundError):
                await session.revoke("user", "lisa@example.com", "folder", SHARE)
            with pytest.raises(NotFoundError):
                await session.grant("user", USER, "folder", "lisa@example.com")
            with pytest.raises(NotFoundError):
                await session.grant("user", "lisa@example.com", "folder", SHARE, {"invite": False})
            # Who is unknown is invited by name, so never in the place of another.
            granted = await session.grant("user", "lisa@example.com", "folder", SHARE)
            assert granted["entity"] == "user:lisa@example.com"
            assert await session.revoke("user", "lisa@example.com", "delivery", SHARE) is False
        assert {each.uri for each in backend.received if each.verb != "GET"} == {"login", "acl/create"}

    run(main())


@pytest.mark.parametrize(
    "named",
    [
        [{"id": USER, "code": "Lisa@Example.com"}],
        [{"id": OTHER, "code": "mona@example.com"}, {"id": USER, "code": "lisa@example.com"}],
        [{"id": USER}],
    ],
)
def test_the_row_of_the_code_is_taken(named: list[Any]) -> None:
    async def main() -> None:
        backend = Shares()
        backend.named, backend.acls = named, []
        async with backend.session() as session:
            granted = await session.grant("user", " LISA@example.com ", "folder", SHARE)
            assert granted["entity"] == f"user:{USER}"

    run(main())


def _acl(number: int, user: object = f"user:{USER}", share: object = f"share:{SHARE}", **values: Any) -> Any:
    return {"id": job_id(100 + number), "entity": user, "target": share, **values}


def test_revoking_deletes_every_acl_of_that_user_on_that_share_and_no_other() -> None:
    async def main() -> None:
        backend = Shares()
        backend.named = []
        backend.acls = [
            _acl(1, f"user:{OTHER}"),
            _acl(2, path="/"),
            _acl(3, share=f"share:{ELSEWHERE}"),
            _acl(4, path="/in"),
            _acl(5, f"user:{USER}0"),
            _acl(6, f"group:{USER}"),
            _acl(7, None, None),
            _acl(8, [f"user:{USER}"], 5),
            {"id": job_id(109)},
            _acl(10, path="/out"),
        ]
        async with backend.session() as session:
            assert await session.revoke("user", USER, "folder", SHARE) is True
        assert backend.deleted() == [job_id(102), job_id(104), job_id(110)]

    run(main())


@pytest.mark.parametrize("acls", [[], [_acl(1, f"user:{OTHER}")], [_acl(1, share=f"share:{ELSEWHERE}")]])
def test_who_has_none_is_told_so(acls: list[Any]) -> None:
    async def main() -> None:
        backend = Shares()
        backend.named, backend.acls = [], acls
        async with backend.session() as session:
            assert await session.revoke("user", USER, "folder", SHARE) is False
        assert backend.deleted() == []

    run(main())


@pytest.mark.parametrize("ident", [None, 5, "", [USER]])
def test_an_acl_without_an_id_deletes_nothing(ident: object) -> None:
    """Before the first is deleted: half of it would be worse than none."""

    async def main() -> None:
        backend = Shares()
        backend.named = []
        backend.acls = [_acl(1), _acl(2) | {"id": ident}]
        async with backend.session() as session:
            with pytest.raises(BackendError, match="without an id"):
                await session.revoke("user", USER, "folder", SHARE)
        assert backend.deleted() == []

    run(main())
