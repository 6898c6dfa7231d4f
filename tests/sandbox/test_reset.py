from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, get_args

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accsyn_async.sandbox import FaultKind
from tests.sandbox.wire_client import until

TRANSFER = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}


async def test_a_fresh_start(start: Any, tmp_path: Path) -> None:
    async with start(speed=0.001, volume=tmp_path / "volume") as (box, wire):
        users = {user.username: (user.api_key, user.password) for user in box.users}
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "running")
        (box.local_root / "in").mkdir()
        (box.local_root / "a.mov").write_bytes(b"a")
        box.weather.add("error")
        await box.advance(hours=1)
        await box.reset()
        assert (await wire.call("GET", "transfer/find", {}))["session_expired"] is True
        await wire.log_in()
        assert await wire.find("transfer") == []
        assert [one.uri for one in box.requests] == ["transfer/find", "login", "transfer/find"]
        assert {user.username: (user.api_key, user.password) for user in box.users} == users
        assert list(box.local_root.iterdir()) == list(box.site_root("berlin").iterdir()) == []
        assert (box.volume / "a.mov").exists()
        assert abs(box.now.timestamp() - time.time()) < 60
        job = await wire.create({"source": "a.mov", "destination": "site=berlin", "status": "paused"})
        assert job["status"] == "paused"


async def test_a_seed_given_to_a_reset(start: Any) -> None:
    async with start() as (box, wire):
        ids = []
        for _ in range(2):
            await box.reset(seed="again")
            await wire.log_in()
            (box.volume / "a.mov").write_bytes(b"a")
            data = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
            ids.append((await wire.create(data))["id"])
        assert ids[0] == ids[1]


async def test_a_call_that_outlives_a_reset_is_not_recorded_after_it(start: Any) -> None:
    async with start() as (box, wire):
        late = box.weather.add("delay", seconds=0.2)
        call = asyncio.create_task(wire.call("GET", "user/find", {}))

        async def struck() -> bool:
            return bool(late.hits == 1)

        await until(struck)
        await box.reset()
        await call
        assert wire.status == 410
        assert box.requests == ()


async def test_a_call_from_before_a_reset_changes_nothing_after_it(start: Any) -> None:
    async with start() as (box, wire):
        late = box.weather.add("delay", seconds=0.2, verb="POST")
        data = {"op": "mkdir", "path": "share=projects/late"}
        calls = [
            asyncio.create_task(wire.call("POST", "transfer/create", TRANSFER)),
            asyncio.create_task(wire.call("POST", "workspace/file", data)),
        ]

        async def struck() -> bool:
            return bool(late.hits == 2)

        await until(struck)
        await box.reset()
        for call in calls:
            assert "begun anew" in (await call)["message"]
        await wire.log_in()
        assert await wire.find("transfer") == []
        assert list(box.volume.iterdir()) == []
        assert [one.uri for one in box.requests] == ["login", "transfer/find"]


async def test_a_reset_waits_for_what_is_being_done_and_holds_back_what_is_asked_meanwhile(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing is held in its thread, a reset begins, a discovery is asked: they end in that order."""
    begun, go_on = threading.Event(), threading.Event()

    def held(*args: Any) -> list[Any]:
        begun.set()
        assert go_on.wait(15)
        return []

    monkeypatch.setattr("accsyn_async.sandbox.topics.files.list_files", held)
    async with start() as (box, wire):
        ended: list[str] = []

        async def note(name: str, work: Awaitable[Any]) -> Any:
            result = await work
            ended.append(name)
            return result

        data = {"op": "ls", "path": "share=projects"}
        listing = asyncio.create_task(note("listing", wire.call("GET", "workspace/file", data)))
        await asyncio.to_thread(begun.wait, 15)
        reset = asyncio.create_task(note("reset", box.reset()))
        await asyncio.sleep(0)
        path = "/api/v3/J3PKTtDvolDMBtTy6AFGA?%7B%22ident%22:%22acme%22%7D"
        discovery = asyncio.create_task(note("discovery", wire.request("GET", path)))
        go_on.set()
        assert await listing == {"result": []}
        await reset
        assert "result" in await discovery
        assert ended == ["listing", "reset", "discovery"]


async def test_a_seed_given_to_a_reset_holds_until_the_next(start: Any) -> None:
    async def made(box: Any, wire: Any) -> tuple[str, list[int]]:
        await wire.log_in()
        (box.volume / "a.mov").write_bytes(b"a")
        box.weather.add("error", share=0.5, uri="nothing")
        struck = [len(box.weather.strike("GET", "nothing")) for _ in range(40)]
        return (await wire.create(TRANSFER))["id"], struck

    async with start(seed=1) as (box, wire):
        await box.reset()
        first = await made(box, wire)
        await box.reset(seed=7)
        other = await made(box, wire)
        await box.reset()
        assert await made(box, wire) == first != other
    async with start() as (box, wire):
        await box.reset(seed=7)
        assert await made(box, wire) == other
        after = []
        for _ in range(2):
            await box.reset()
            after.append(await made(box, wire))
        assert after[0][0] != after[1][0]
        assert after[0][1] != after[1][1]


async def test_a_pace_of_time_given_holds_until_the_next_reset(start: Any) -> None:
    async with start(speed=0.0001, time_factor=0) as (box, wire):
        job = await wire.create(TRANSFER | {"status": "waiting"})
        await wire.until(job["id"], "running")
        await box.run_at(360_000)
        await wire.until(job["id"], "done")
        await box.reset()
        assert box.now == box.now
        with pytest.raises(ValueError, match="time_factor"):
            await box.run_at(-1)


async def test_temporary_folders_are_emptied_whatever_is_in_them(start: Any, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").write_bytes(b"kept")
    async with start() as (box, _):
        folder = box.volume.parent
        for _ in range(2):
            deep = box.volume / "deep" / "er"
            deep.mkdir(parents=True)
            (deep / "file").write_bytes(b"x")
            (box.volume / "link").symlink_to(tmp_path / "outside")
            (box.volume / "dangling").symlink_to("nowhere")
            await box.reset()
            assert list(box.volume.iterdir()) == []

        async def swept() -> bool:
            return list((folder / "aside").iterdir()) == []

        await until(swept)
        (box.volume / "late").mkdir()
        await box.reset()
    assert not folder.exists()
    assert (tmp_path / "outside" / "kept").exists()


TOKEN = "X-Sandbox-Token"
ROUTES = [
    ("GET", "state"),
    ("POST", "reset"),
    ("POST", "seed"),
    ("GET", "clock"),
    ("POST", "clock"),
    ("GET", "faults"),
    ("POST", "faults"),
    ("DELETE", "faults"),
    ("DELETE", "faults/1"),
    ("GET", "requests"),
    ("DELETE", "requests"),
]


@pytest.mark.parametrize(("verb", "what"), ROUTES)
async def test_who_may_control_it(start: Any, verb: str, what: str) -> None:
    async with start(control=True) as (box, wire):
        box.weather.add("error", uri="nothing")
        good = {TOKEN: box.control_token, "Content-Type": "application/json"}
        before = box.now
        for wrong, status in (
            ({TOKEN: "wrong"}, 401),
            ({TOKEN: ""}, 401),
            ({TOKEN: wire.user.api_key}, 401),
            ({"Origin": "http://evil.com"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": box.url.replace("http", "https")}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Host": "evil.com"}, 421),
            ({"Content-Type": "text/plain"}, 415),
            ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ):
            if status == 415 and verb == "GET":
                continue
            reply = await wire.request(verb, f"/_sandbox/{what}", headers={**good, **wrong}, data=b"{}")
            assert (wire.status, list(reply)) == (status, ["message"]), wrong
            assert not [name for name in wire.headers if name.lower().startswith("access-control-")]
        assert len(box.weather.faults) == 1
        assert (box.now - before).total_seconds() < 60
        assert [one.uri for one in box.requests] == ["login"]


async def test_it_is_off_unless_asked_for(start: Any) -> None:
    async with start() as (box, wire):
        with pytest.raises(RuntimeError, match="control"):
            _ = box.control_token
        await wire.request("GET", "/_sandbox/state", headers={TOKEN: "x"})
        assert wire.status == 404


async def test_control(start: Any) -> None:
    async with start(control=True) as (box, wire):
        good = {TOKEN: box.control_token, "Content-Type": "application/json", "Origin": box.url}

        async def ask(verb: str, what: str, body: bytes = b"") -> Any:
            reply = await wire.request(verb, f"/_sandbox/{what}", headers=good, data=body or None)
            return reply.get("result", reply.get("message", reply))

        state = await ask("GET", "state")
        assert state["workspace"] == "acme"
        assert state["statistics"]["logins"] == 1
        before = (await ask("GET", "clock"))["now"]
        assert (await ask("POST", "clock", b'{"advance": 7200}'))["now"] > before
        fault = await ask("POST", "faults", b'{"kind": "throttle", "uri": "user/*", "count": 1}')
        assert (fault["kind"], fault["status"], fault["hits"]) == ("throttle", 429, 0)
        await wire.call("GET", "user/find", {})
        assert wire.status == 429
        assert [one["hits"] for one in await ask("GET", "faults")] == [1]
        assert [one["uri"] for one in await ask("GET", "requests")] == ["login", "user/find"]
        assert await ask("DELETE", "requests") is True
        assert await ask("GET", "requests") == []
        second = await ask("POST", "faults", b'{"kind": "error", "uri": "user/*"}')
        assert await ask("DELETE", f"faults/{fault['id']}") is True
        assert [one["id"] for one in await ask("GET", "faults")] == [second["id"]]
        assert "no fault with the id" in await ask("DELETE", f"faults/{fault['id']}")
        assert wire.status == 404
        await wire.call("GET", "user/find", {})
        assert wire.status == 503
        assert await ask("DELETE", "faults") is True
        assert await ask("GET", "faults") == []
        assert (await ask("POST", "clock", b'{"factor": 60, "advance": 5}'))["factor"] == 60
        assert (await ask("POST", "clock", b'{"factor": 0}'))["factor"] == 0
        stopped = (await ask("GET", "clock"))["now"]
        assert (await ask("GET", "clock"))["now"] == stopped
        assert await ask("POST", "seed", b'{"seed": 7}') is True
        ids = [user.id for user in box.users]
        assert await ask("POST", "reset", b'{"seed": 9}') is True
        assert ids != [user.id for user in box.users]
        assert await ask("POST", "reset", b'{"seed": 7}') is True
        assert ids == [user.id for user in box.users]
        assert await ask("POST", "reset") is True
        assert (await ask("GET", "clock"))["factor"] == 1
        for what, body in (
            ("faults", b"{}"),
            ("faults", b'{"kind": "hail"}'),
            ("faults", b'{"kind": "error", "share": "x"}'),
            ("faults", b'{"kind": "error", "self": 1}'),
            ("clock", b'{"advance": -1}'),
            ("clock", b'{"advance": 1e300}'),
            ("clock", b'{"advance": "x"}'),
            ("clock", b"{}"),
            ("clock", b'{"advance": 1, "now": 5}'),
            ("clock", b'{"factor": -1}'),
            ("clock", b'{"factor": true}'),
            ("clock", b'{"factor": 1' + b"0" * 400 + b"}"),
            ("clock", b'{"advance": 1' + b"0" * 400 + b"}"),
            ("reset", b'{"seeds": 7}'),
            ("reset", b'{"seed": []}'),
            ("seed", b"{}"),
            ("seed", b"[]"),
            ("reset", b"nonsense"),
            ("other", b"{}"),
        ):
            said = await ask("POST", what, body)
            assert isinstance(said, str)
            assert 400 <= wire.status < 500
            assert not re.search(r"argument|self|__|convert", said.replace("'self'", ""))


VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just([])
)
FAULTS = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from([kind for kind in get_args(FaultKind) if kind != "delay"]) | VALUES,
        **dict.fromkeys(("uri", "verb", "count", "share", "skip", "status", "retry_after"), VALUES),
        **dict.fromkeys(("seconds", "acted", "self", "hits"), VALUES),
    },
)


async def test_any_fault_is_answered(start: Any) -> None:
    async with start(control=True) as (box, wire):
        good = {TOKEN: box.control_token, "Content-Type": "application/json"}
        loop = asyncio.get_running_loop()

        async def add(fault: Any) -> None:
            body = json.dumps(fault).encode()
            reply = await wire.request("POST", "/_sandbox/faults", headers=good, data=body)
            assert wire.status in (200, 400)
            assert {"result", "message"} & set(reply)
            with contextlib.suppress(aiohttp.ClientError, json.JSONDecodeError):
                reply = await wire.call("GET", "user/find", {})
                assert "exception" not in reply
            await wire.request("DELETE", "/_sandbox/faults", headers=good)

        @settings(max_examples=100)
        @given(FAULTS)
        def send(fault: Any) -> None:
            asyncio.run_coroutine_threadsafe(add(fault), loop).result(30)

        await asyncio.to_thread(send)
