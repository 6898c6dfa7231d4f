"""What is asked under ``/_sandbox/``: by whom it may be, and that whatever is sent is answered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from typing import Any, get_args

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accsyn_async.sandbox import FaultKind

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
    ("GET", "clients"),
    ("POST", "clients"),
    ("PUT", "clients"),
    ("POST", "mappings"),
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
        odd: tuple[tuple[dict[str, Any], int], ...] = (
            ({"kind": "cap", "uri": "user/*", "rows": 1}, 1),
            ({"kind": "double", "uri": "user/*"}, 6),
            ({"kind": "odd", "uri": "user/*", "field": "role", "value": {"a": None}}, 3),
        )
        for given, told in odd:
            fault = await ask("POST", "faults", json.dumps(given).encode())
            assert {name: fault[name] for name in given} == given
            assert len(await wire.find("user")) == told
            assert await ask("DELETE", f"faults/{fault['id']}") is True
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
        **dict.fromkeys(("seconds", "acted", "self", "hits", "field", "value", "rows"), VALUES),
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
