"""Bad weather: which requests it hits, what they get, and what is recorded."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from accsyn_async.errors import AccsynError
from accsyn_async.sandbox import FaultKind, Sandbox, Weather
from tests.sandbox.wire_client import Wire, until


def hits(weather: Weather, *requests: tuple[str, str]) -> list[int]:
    return [len(weather.strike(verb, uri)) for verb, uri in requests]


FIND, CREATE = ("GET", "transfer/find"), ("POST", "transfer/create")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 1, 1, 1]),
        ({"count": 2}, [1, 1, 0, 0]),
        ({"count": 0}, [0, 0, 0, 0]),
        ({"skip": 1, "count": 1}, [0, 1, 0, 0]),
        ({"uri": "transfer/*"}, [1, 1, 1, 1]),
        ({"uri": "Transfer/Find"}, [1, 0, 1, 0]),
        ({"uri": "task/*"}, [0, 0, 0, 0]),
        ({"verb": "post", "count": 1}, [0, 1, 0, 0]),
        ({"share": 0}, [0, 0, 0, 0]),
    ],
)
def test_what_is_hit(options: dict[str, Any], expected: list[int]) -> None:
    weather = Weather()
    fault = weather.add("error", **options)
    assert hits(weather, FIND, CREATE, FIND, CREATE) == expected
    assert fault.hits == sum(expected)
    weather.remove(fault)
    weather.remove(fault)
    assert hits(weather, FIND) == [0]


def test_a_share_is_the_same_for_the_same_seed() -> None:
    def run(seed: int) -> list[int]:
        weather = Weather(seed)
        weather.add("throttle", share=0.3)
        return hits(weather, *[FIND] * 200)

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert 40 < sum(run(7)) < 80
    weather = Weather(7)
    weather.add("throttle", share=0.3)
    hits(weather, *[FIND] * 50)
    weather.clear(seed=7)
    assert weather.faults == ()
    weather.add("throttle", share=0.3)
    assert hits(weather, *[FIND] * 200) == run(7)


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "hail"},
        {"kind": []},
        {"share": 1.1},
        {"share": float("nan")},
        {"count": -1},
        {"count": 1.5},
        {"status": True},
        {"retry_after": "3"},
        {"skip": -1},
        {"retry_after": -1},
        {"kind": "delay", "seconds": -1},
        {"seconds": float("inf")},
        {"status": 99},
        {"uri": 5},
        {"skip": None},
        {"status": None},
        {"share": True},
        {"seconds": None},
        {"acted": 1},
        {"status": 200},
        {"status": 399},
        {"kind": "throttle", "status": 304},
        {"kind": "html", "status": 204},
        {"kind": "html", "status": 304},
        {"kind": "linger", "seconds": -1},
        {"kind": "odd"},
        {"kind": "odd", "field": 5},
        {"kind": "odd", "field": "progress", "value": object()},
        {"kind": "odd", "field": "progress", "value": float("nan")},
        {"kind": "omit", "field": ["progress"]},
        {"kind": "cap"},
        {"kind": "cap", "rows": -1},
        {"kind": "cap", "rows": 1.5},
        {"kind": "cap", "rows": True},
    ],
)
def test_no_weather(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Weather().add(**{"kind": "error", **options})


async def test_throttled_and_failing(box: Sandbox, wire: Wire) -> None:
    box.weather.add("throttle", count=1, retry_after=3)
    box.weather.add("throttle", count=1, skip=0, uri="site/*")
    box.weather.add("error", count=1, uri="queue/*", status=500)
    assert "slow" in (await wire.call("GET", "user/find", {}))["message"]
    assert (wire.status, wire.headers["Retry-After"]) == (429, "3")
    await wire.call("GET", "site/find", {})
    assert wire.status == 429
    assert "Retry-After" not in wire.headers
    assert "message" in await wire.call("GET", "queue/find", {})
    assert wire.status == 500
    assert await wire.find("user")
    assert [request.faults for request in box.requests] == [
        (),
        ("throttle",),
        ("throttle",),
        ("error",),
        (),
    ]


async def test_a_page_instead_of_an_object(box: Sandbox, wire: Wire) -> None:
    box.weather.add("html", count=1)
    with pytest.raises(json.JSONDecodeError):
        await wire.find("user")
    assert wire.status == 502
    assert wire.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("acted", [False, True])
async def test_a_connection_reset(start: Any, acted: bool) -> None:
    async with start() as (box, wire):
        box.weather.add("reset", uri="transfer/create", count=1, acted=acted)
        with pytest.raises(aiohttp.ClientConnectionError):
            await wire.create({"source": "a.mov", "destination": "site=berlin", "status": "paused"})
        assert len(await wire.find("transfer")) == int(acted)
        assert [one.status for one in box.requests if one.uri == "transfer/create"] == [0]


async def test_a_body_cut_off(start: Any) -> None:
    async with start() as (box, wire):
        box.weather.add("cut", verb="POST", count=1)
        with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientConnectionError)):
            await wire.create({"source": "a.mov", "destination": "site=berlin", "status": "paused"})
        assert len(await wire.find("transfer")) == 1


async def test_an_empty_list_and_a_delay(box: Sandbox, wire: Wire) -> None:
    box.weather.add("empty", count=1)
    box.weather.add("delay", seconds=0.05)
    begin = asyncio.get_running_loop().time()
    assert await wire.find("user") == []
    assert asyncio.get_running_loop().time() - begin > 0.04
    assert len(await wire.find("user")) == 3


async def test_an_answer_that_comes_late(start: Any) -> None:
    """With ``acted``, the call is carried out at once and only its answer waits."""
    async with start() as (box, wire):
        box.weather.add("delay", verb="POST", count=1, seconds=3600, acted=True)
        data = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
        late = asyncio.create_task(wire.create(data))

        async def there() -> bool:
            return len(await wire.find("transfer")) == 1

        await until(there)
        assert not late.done()
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late


async def test_a_reset_ends_a_delay(start: Any) -> None:
    """What was waiting has not been carried out, and never will be."""
    async with start() as (box, wire):
        fault = box.weather.add("delay", verb="POST", seconds=3600)
        data = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
        late = asyncio.create_task(wire.call("POST", "transfer/create", data))

        async def hit() -> bool:
            return bool(fault.hits)

        await until(hit)
        await box.reset()
        assert "anew" in (await late)["message"]
        await wire.log_in()
        assert await wire.find("transfer") == []


async def make_jobs(wire: Wire, count: int) -> list[str]:
    data = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
    return [(await wire.create({**data, "name": f"job {number}"}))["id"] for number in range(count)]


def ids_of(rows: list[Any]) -> list[Any]:
    return [row["id"] for row in rows]


async def test_rows_in_another_order_each_time(start: Any) -> None:
    async with start() as (box, wire):
        ids = await make_jobs(wire, 5)
        plain = await wire.find("transfer")
        fault = box.weather.add("shuffle", verb="GET")
        seen = [await wire.find("transfer") for _ in range(6)]
        assert fault.hits == 6
        for rows in seen:
            assert ids_of(rows) != ids
            assert sorted(rows, key=lambda row: ids.index(row["id"])) == plain
        assert len({tuple(ids_of(rows)) for rows in seen}) > 2


async def test_two_rows_are_never_in_order_when_they_are_shuffled(start: Any) -> None:
    async with start() as (box, wire):
        ids = await make_jobs(wire, 2)
        box.weather.add("shuffle", verb="GET")
        for _ in range(5):
            assert ids_of(await wire.find("transfer")) == ids[::-1]


async def test_rows_twice(start: Any) -> None:
    async with start() as (box, wire):
        one, two = await make_jobs(wire, 2)
        box.weather.add("double", verb="GET", count=1)
        assert ids_of(await wire.find("transfer")) == [one, one, two, two]
        assert ids_of(await wire.find("transfer")) == [one, two]


async def test_attributes_that_are_missing(start: Any) -> None:
    async with start() as (box, wire):
        (job,) = await make_jobs(wire, 1)
        whole = await wire.get(job)
        box.weather.add("omit", verb="GET", count=1)
        assert await wire.get(job) == {"id": job}
        box.weather.add("omit", verb="GET", count=1, field="status")
        assert await wire.get(job) == {name: whole[name] for name in whole if name != "status"}
        assert await wire.get(job) == whole


@pytest.mark.parametrize("value", ["unknown", 101, "half", None, -7.5, {"a": [1]}])
async def test_a_strange_value(start: Any, value: Any) -> None:
    async with start() as (box, wire):
        (job,) = await make_jobs(wire, 1)
        whole = await wire.get(job)
        box.weather.add("odd", verb="GET", field="progress", value=value)
        assert await wire.get(job) == {**whole, "progress": value}
        assert await wire.find("transfer", attributes=["status"]) == [{"id": job, "status": "paused"}]


async def test_a_list_that_is_capped(start: Any) -> None:
    async with start() as (box, wire):
        ids = await make_jobs(wire, 7)
        box.weather.add("cap", verb="GET", rows=3)
        assert ids_of(await wire.find("transfer")) == ids[:3]
        assert ids_of(await wire.find("transfer", limit=100)) == ids[:3]
        assert ids_of(await wire.find("transfer", skip=3)) == ids[3:6]
        assert ids_of(await wire.find("transfer", skip=5, limit=1)) == ids[5:6]
        assert ids_of(await wire.find("transfer", skip=6)) == ids[6:]
        assert ids_of(await wire.find("transfer", f'id in "{ids[5]},{ids[6]}"')) == ids[5:]
        assert (await wire.get(ids[6]))["id"] == ids[6]


async def test_what_is_no_list_of_rows_is_left_alone(start: Any) -> None:
    async with start() as (box, wire):
        plain = await wire.call("GET", "setting", {"name": "transfer_speedlimit"})
        for kind in ("shuffle", "double", "omit"):
            box.weather.add(kind)
        box.weather.add("cap", rows=0)
        assert await wire.call("GET", "setting", {"name": "transfer_speedlimit"}) == plain


@pytest.mark.parametrize("status", ["done", "aborted"])
async def test_a_finished_job_that_lingers(start: Any, status: str) -> None:
    """As in older workspaces, where it stays in memory, and so among the active ones, for an hour."""
    async with start(time_factor=0) as (box, wire):
        fault = box.weather.add("linger", seconds=3600)
        if status == "done":
            job = (await wire.create({"source": "a.mov", "destination": "site=berlin"}))["id"]
            await box.advance(seconds=60)
        else:
            (job,) = await make_jobs(wire, 1)
            await wire.edit(job, status="aborted")
        (row,) = await wire.find("transfer")
        assert (row["id"], row["status"], row["finished"] > "2000") == (job, status, True)
        assert await wire.find("transfer", f"status={status}") == [row]
        assert await wire.find("transfer", finished=True) == [row]
        await box.advance(seconds=3590)
        assert await wire.find("transfer") == ([row] if status == "aborted" else [])
        await box.advance(seconds=10)
        assert await wire.find("transfer") == []
        assert await wire.find("transfer", finished=True) == [row]
        box.weather.remove(fault)


async def test_it_lingers_for_as_long_as_the_weather_lasts(start: Any) -> None:
    async with start() as (box, wire):
        (job,) = await make_jobs(wire, 1)
        await wire.edit(job, status="aborted")
        assert await wire.find("transfer") == []
        fault = box.weather.add("linger", seconds=3600, uri="transfer/find")
        assert ids_of(await wire.find("transfer")) == [job]
        box.weather.remove(fault)
        assert await wire.find("transfer") == []


async def test_it_lingers_for_older_clients_too(start: Any) -> None:
    async with start() as (box, wire), box.session(api_version="v1") as session:
        (job,) = await make_jobs(wire, 1)
        await wire.edit(job, status="aborted")
        assert await session.find("Job") == []
        box.weather.add("linger", seconds=3600, uri="job/find")
        assert [(row["id"], row["status"]) for row in await session.find("Job")] == [(job, "aborted")]


async def test_sessions_that_expire(box: Sandbox, wire: Wire) -> None:
    box.weather.add("expire", count=1, skip=1)
    await wire.log_in()
    assert await wire.find("user")
    assert (await wire.call("GET", "user/find", {}))["session_expired"] is True
    assert (await wire.call("GET", "user/find", {}))["session_expired"] is True
    await wire.log_in()
    assert await wire.find("user")


def told(wire: Wire) -> datetime:
    return parsedate_to_datetime(wire.headers["Date"])


async def test_a_clock_that_is_wrong(start: Any) -> None:
    async with start() as (box, wire):
        box.weather.add("skew", seconds=-7200, count=1, verb="POST")
        data = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
        wrong = await wire.create({**data, "metadata": {"created": "2026-01-22T08:35:59"}})
        assert abs(told(wire) + timedelta(hours=2) - box.now) < timedelta(minutes=1)
        right = await wire.create(data)
        assert abs(told(wire) - box.now) < timedelta(minutes=1)
        assert wrong["created"] < right["created"]
        assert (wrong["finished"], wrong["metadata"]) == (
            right["finished"],
            {"created": "2026-01-22T08:35:59"},
        )
        assert (await wire.get(wrong["id"]))["created"] > wrong["created"]


async def test_what_is_kept_is_right_while_the_clock_is_wrong(start: Any) -> None:
    async with start() as (box, wire):
        box.weather.add("skew", seconds=-864_000, verb="POST")
        before = box.now.strftime("%Y-%m-%dT%H:%M:%S")
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        assert job["created"] < before
        done = await wire.until(job["id"], "done")
        assert before <= done["created"] <= done["finished"]
        (task,) = await wire.tasks(job["id"])
        assert before <= task["finished"]


async def test_logging_in_and_discovery_meet_it_too(box: Sandbox, wire: Wire) -> None:
    box.weather.add("error", uri="login", count=1)
    box.weather.add("error", uri="discovery", count=1)
    with pytest.raises(KeyError):
        await wire.log_in()
    await wire.request("GET", "/api/v3/J3PKTtDvolDMBtTy6AFGA?%7B%22ident%22:%22acme%22%7D")
    assert wire.status == 503
    assert [one.uri for one in box.requests] == ["login", "login", "discovery"]
    assert [one.user for one in box.requests] == ["admin@example.com", "", ""]


@pytest.mark.parametrize("api_version", ["v3", "v1"])
async def test_this_library_gets_through(box: Sandbox, api_version: Any) -> None:
    kinds: tuple[FaultKind, ...] = ("expire", "error", "html", "cut", "reset", "delay", "throttle")
    async with box.session(api_version=api_version) as session:
        for kind in kinds:
            fault = box.weather.add(kind, uri="user/find", count=1)
            assert len(await session.find("User")) == 3
            assert fault.hits == 1


async def test_what_was_asked(start: Any) -> None:
    async with start() as (box, wire):
        key = wire.user.api_key
        await wire.call("PUT", "setting", {"name": "ftrack_api_key", "value": "s3cret", "note": f"is {key}"})
        await wire.find("transfer", f"name={key}", limit=3)
        await wire.request("GET", f"/nowhere{key}")
        login, setting, find, nowhere = box.requests
        assert (login.dialect, login.verb, login.uri, login.status) == ("v3", "PUT", "login", 200)
        assert setting.data == {"name": "ftrack_api_key", "value": "***", "note": "is ***"}
        assert (find.verb, find.uri, find.data, find.query) == (
            "GET",
            "transfer/find",
            {"limit": 3},
            "name=***",
        )
        assert find.user == "admin@example.com"
        assert (nowhere.status, nowhere.uri) == (404, "/nowhere***")
        assert "nothing" in nowhere.message
        assert key not in repr(box.requests)
        box.forget_requests()
        assert box.requests == ()


@pytest.mark.parametrize("api_version", ["v3", "v1"])
async def test_no_secret_is_recorded_wherever_it_stands(
    box: Sandbox, wire: Wire, connect: Any, api_version: Any
) -> None:
    async with connect(box, "employee") as other, box.session(api_version=api_version) as session:
        user = await session.create("User", {"code": "new@example.com"})
        assert isinstance(user, dict)
        invited = next(one for one in box.users if one.username == "new@example.com")
        key = await session.generate_session_key(60) if api_version == "v1" else other.session
        for secret in (key, wire.session, other.session, invited.api_key, invited.password):
            box.forget_requests()
            note = {"note": f"<{secret}>", secret: {secret.upper(): [secret]}}
            await session.update("User", user["id"], {"metadata": note})
            await session.find(f'User WHERE name="{secret.lower()}"')
            with pytest.raises(AccsynError):
                await session.deactivate_one("User", secret)
            told = repr(box.requests)
            assert "<***>" in told
            assert secret.casefold() not in told.casefold()
        await session.delete_one("User", user["id"])
        assert invited not in box.users
        await wire.find("user", f"name={invited.api_key}")
        assert box.requests[-1].query == "name=***"


async def test_the_control_s_token_is_not_recorded(start: Any) -> None:
    async with start(control=True) as (box, wire):
        await wire.find("user", f"name={box.control_token}")
        assert box.requests[-1].query == "name=***"


async def test_a_seed_makes_runs_alike(start: Any) -> None:
    async def run(seed: Any) -> list[Any]:
        async with start(seed=seed) as (box, wire):
            data = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
            made = [(await wire.create(data))["id"] for _ in range(2)]
            tasks = [row["id"] for row in await wire.tasks(made[0])]
            users = [row["id"] for row in await wire.find("user")]
            keys = [user.api_key for user in box.users]
            return [made + tasks + users, keys]

    (one, keys), (two, others), (three, _) = await run(7), await run(7), await run(8)
    assert one == two
    assert not set(one) & set(three)
    assert not set(keys) & set(others)
