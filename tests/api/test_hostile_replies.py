"""Whatever the backend answers, a caller gets a value or an ``AccsynError``."""

from __future__ import annotations

import asyncio
import json
import warnings
from typing import Any

import pytest

from accsyn_async import AccsynError, Session
from accsyn_async.errors import AuthenticationError, BackendError
from accsyn_async.wire.message import Request, Response
from tests.support.backend import Backend, Received, job_id, reply
from tests.support.older_backend import OlderBackend
from tests.support.virtual import run

JOB, OTHER = job_id(1), job_id(2)

RESULTS: list[Any] = [
    *(None, {}, {"a": 1}, {"id": JOB}, True, False, 0, 5, 1.5, "", "text"),
    *([None], ["text"], [5], [[]], [[1]], [{}], [{}, 5]),
    *([{"id": ident}] for ident in (None, 5, True, "", [1], {"a": 1}, "not an id")),
    [{"id": JOB, "status": ["x"], "progress": {}, "code": 5, "created": [], "user": 5}],
    [{"id": JOB, "status": None, "size": "x", "etr": 5, "metadata": 5, "finished": True}],
    [{"id": JOB, "entity": 5, "target": None, "user": [1], "user_hr": {}}],
]
SECRETS = ("result", "report", "api_key", "session_key")
NESTED = [400, 900, 990, 1500, 5000, 100_000]

BODIES: dict[str, bytes] = {
    **{json.dumps(result): json.dumps(dict.fromkeys(SECRETS, result)).encode() for result in RESULTS},
    **{
        f"as it is: {body!r}": body
        for body in (
            *(b"", b"{}", b"[]", b"null", b"5", b'"text"', b"true", b"{", b"\xff\xfe", b"\x00"),
            *(b'{"result": NaN}', b'{"result": [NaN]}', b'{"result": [{"id": NaN, "size": Infinity}]}'),
            b'{"result": "\\ud800"}',
            b'{"result": [{"id": "\\ud800", "name": "\\ud800"}]}',
            b'{"result": [{"id": "%s", "size": 1%s}]}' % (JOB.encode(), b"0" * 5000),
            *(b'{"message": null}', b'{"message": {"a": 1}}', b'{"message": ["x"]}', b'{"message": ""}'),
            *(b'{"message": "\\ud800"}', b'{"message": "x", "message_hr": {"a": 1}}', b'{"exception": null}'),
            *(b'{"session_expired": true, "message": [1]}', b'{"session_expired": "yes", "result": []}'),
        )
    },
    **{f"lists {depth} deep": b'{"result": %s%s}' % (b"[" * depth, b"]" * depth) for depth in NESTED},
    **{
        f"objects {depth} deep": b'{"result": [{"id": "x", "a": %s5%s}]}' % (b'{"a":' * depth, b"}" * depth)
        for depth in NESTED
    },
}

SERVED = {"volume": JOB, "server": OTHER, "main": True}
CALLS: list[tuple[str, tuple[Any, ...]]] = [
    ("find", ("Transfer",)),
    ("find", ("File",)),
    ("find", ("entitytypes",)),
    ("find", ("attributes WHERE entitytype=user",)),
    ("find_one", ("Transfer",)),
    ("find_one", ("entitytypes",)),
    ("find_iter", ("Transfer",)),
    ("find_jobs", ()),
    ("get_entity", ("Transfer", JOB)),
    ("get_job", (JOB,)),
    ("create", ("Transfer", {"a": 1})),
    ("update", ("Transfer", JOB, {"status": "paused"})),
    ("update_one", ("Transfer", JOB, {"status": "paused"})),
    ("update_many", ("task", JOB, [{"id": JOB}])),
    ("activate_one", ("user", "lisa@example.com")),
    ("deactivate_one", ("user", JOB)),
    ("offline_one", ("user", JOB)),
    ("delete_one", ("Transfer", JOB)),
    ("delete_many", ("collection", JOB, {"files": ["a"]})),
    ("assign", ("volume", "server", SERVED)),
    ("assignments", ("volume", JOB)),
    ("deassign", ("volume", "server", SERVED)),
    ("grant", ("user", "lisa@example.com", "folder", JOB)),
    ("grant", ("user", "lisa@example.com", "folder", "a code")),
    ("grant", ("user", OTHER, "folder", JOB)),
    ("grant", ("user", OTHER, "delivery", JOB)),
    ("access", ("folder", JOB)),
    ("access", ("delivery", JOB)),
    ("revoke", ("user", "lisa@example.com", "folder", JOB)),
    ("revoke", ("user", OTHER, "folder", JOB)),
    ("revoke", ("user", OTHER, "delivery", JOB)),
    ("ls", ("share=a",)),
    ("getsize", ("share=a",)),
    ("exists", ("share=a",)),
    ("mkdir", ("share=a",)),
    ("rename", ("share=a", "share=b")),
    ("mv", ("share=a", "share=b")),
    ("delete", ("share=a",)),
    ("rm", ("share=a",)),
    ("prepublish", ([{"filename": "a"}],)),
    ("integration", ("ftrack", "sync", {})),
    ("get_setting", ("a",)),
    ("get_settings", ()),
    ("set_setting", ("workspace", "a", "b")),
    ("delete_setting", ("workspace", "a")),
    ("logs", ()),
    ("metrics", ("Transfer",)),
    ("report", ("Transfer",)),
    ("app_is_running", ()),
    ("gui_is_running", ()),
    ("daemon_is_running", ()),
    ("server_is_running", ()),
    ("get_api_key", ()),
    ("get_session_key", ()),
    ("generate_session_key", (5,)),
    ("get_last_message", ()),
    ("submit", ({"source": "a.mov", "destination": "site=berlin"},)),
    ("ensure_transfer", ()),
    ("handle", (JOB,)),
    ("split_folders", ("share=a",)),
    ("wait", (JOB,)),
    ("wait_all", ([JOB],)),
    ("as_completed", ([JOB],)),
    ("watch", ("Transfer",)),
    ("watch", (JOB,)),
]
ASK_NOBODY = {"aclose", "dump", "get_hostname", "help", "str"}
SEND_NOTHING = {
    "v3": {"get_session_key", "get_last_message", "generate_session_key"},
    "v1": {
        *("get_session_key", "get_last_message", "grant", "access", "revoke", "activate_one", "delete_many"),
        *("get_settings", "delete_setting", "logs"),
    },
}
PROPERTIES = {
    *("api_version", "connect_timeout", "monitor", "role", "timeout", "traffic", "username", "workspace"),
}


def test_every_public_method_is_called() -> None:
    public = {name for name in dir(Session) if not name.startswith("_")}
    assert {name for name, _ in CALLS} == public - ASK_NOBODY - PROPERTIES


async def _use(session: Session, name: str, args: tuple[Any, ...]) -> None:
    method = getattr(session, name)
    if name in ("find_iter", "as_completed"):
        count = 0
        async for _ in method(*args):
            count += 1
            if count > 20:
                return
    elif name == "watch":
        async with method(*args) as watch:
            async for _ in watch:
                pass
    elif name == "wait":
        await method(*args, timeout=20)
    elif name == "ensure_transfer":
        await method(name="daily", source_party="hq", destination_party="site=berlin")
    else:
        answer = method(*args)
        if asyncio.iscoroutine(answer):
            await answer


@pytest.mark.parametrize("kind", [Backend, OlderBackend])
@pytest.mark.parametrize(("name", "args"), CALLS)
def test_a_caller_gets_a_value_or_one_of_our_errors(
    kind: type[Backend], name: str, args: tuple[Any, ...]
) -> None:
    class Hostile(kind):  # type: ignore[misc, valid-type]
        said = b""

        def _event(self, received: Received) -> Response:
            return reply(self.said)

    wrong: list[tuple[str, Exception]] = []

    async def main() -> None:
        backend = Hostile()
        async with backend.session(rate_limit=None) as session:
            for shape, backend.said in BODIES.items():
                try:
                    async with asyncio.timeout(60):
                        with warnings.catch_warnings():
                            warnings.simplefilter("ignore", DeprecationWarning)
                            await _use(session, name, args)
                except (AccsynError, TimeoutError):
                    pass
                except Exception as error:
                    wrong.append((shape, error))

            if name not in SEND_NOTHING[session.api_version]:
                assert len(backend.requests(backend.received[-1].uri)) > len(BODIES) // 2

    run(main())
    assert wrong == []


UID = "5d91b33ac71c12871d1fc3c2"
NO_NAMES: list[Any] = [None, True, 5, [1], {"a": 1}, "", "a b", "\ud800", "x\n\0y", "it's", 'a"b']
NO_RESULTS: list[Any] = [[], "x", True, {}, [[1]]]
LOGINS: dict[type[Backend], list[Any]] = {
    Backend: [
        *(
            {"result": {"id": UID, "role": "admin", "session_id": "s-1"} | {name: value}}
            for name in ("id", "session_id")
            for value in NO_NAMES
        ),
        *({"result": result} for result in NO_RESULTS),
    ],
    OlderBackend: [
        {"id": UID, "clearance": "admin", "session_key": "key-1"} | {name: value}
        for name in ("id", "session_key")
        for value in NO_NAMES
    ],
}
NO_LOGINS: list[Any] = [{}, {"result": None}, [1], "x", 5, None, {"message": {"a": 1}}, {"exception": 1}]


@pytest.mark.parametrize(
    ("kind", "said"), [(kind, said) for kind, table in LOGINS.items() for said in [*table, *NO_LOGINS]]
)
def test_a_login_that_names_no_session_or_user_is_none(kind: type[Backend], said: Any) -> None:
    class Hostile(kind):  # type: ignore[misc, valid-type]
        def answer(self, received: Received, request: Request) -> Response:
            return reply(said)

    async def main() -> None:
        backend = Hostile()
        with pytest.raises(AccsynError) as caught:
            async with backend.session():
                pass
        assert isinstance(caught.value, AuthenticationError | BackendError)
        assert {received.uri for received in backend.received} <= {"login", "auth"}

    run(main())


@pytest.mark.parametrize("kind", [Backend, OlderBackend])
@pytest.mark.parametrize("role", [None, True, 5, [1], {"a": 1}, "", "\ud800"])
def test_a_role_of_any_kind_is_text(kind: type[Backend], role: Any) -> None:
    class Hostile(kind):  # type: ignore[misc, valid-type]
        def answer(self, received: Received, request: Request) -> Response:
            given = {"id": UID, "role": role, "clearance": role, "session_id": "s-1", "session_key": "k-1"}
            return reply({"result": given} | given)

    async def main() -> None:
        async with Hostile().session() as session:
            assert isinstance(session.role, str)

    run(main())


NO_HOSTS: list[Any] = [
    *(None, True, 5, [], {}, "", "h:80", "h/x", "h?x", "u@h", "h h", "[::1]", "h..", ".h", "-h"),
    *("h\r\nX: 1", "\ud800", "h#x", "ｈ"),
]
NO_PORTS: list[Any] = [True, -1, 0, 65536, 99999, 10**30, "443", 443.0, None, [443]]
NO_PLACES: list[tuple[type[Backend], Any]] = [
    *((Backend, {"result": {"hostname": host, "port": 443}}) for host in NO_HOSTS),
    *((Backend, {"result": {"hostname": "127.0.0.1", "port": port}}) for port in NO_PORTS),
    *((Backend, said) for said in [*NO_LOGINS, {"result": []}, {"result": "h"}]),
    *((OlderBackend, {"domain": host}) for host in NO_HOSTS),
    *((OlderBackend, said) for said in NO_LOGINS),
]


@pytest.mark.parametrize(("kind", "said"), NO_PLACES)
def test_a_place_that_is_none_gets_no_login(kind: type[Backend], said: Any) -> None:
    class Hostile(kind):  # type: ignore[misc, valid-type]
        def answer(self, received: Received, request: Request) -> Response:
            return reply(said)

    async def main() -> None:
        backend = Hostile()
        with pytest.raises(AccsynError) as caught:
            async with backend.session(url=None):
                pass
        assert isinstance(caught.value, AuthenticationError | BackendError)
        assert {received.uri for received in backend.received} <= {"J3PKTtDvolDMBtTy6AFGA", "domain"}

    run(main())
