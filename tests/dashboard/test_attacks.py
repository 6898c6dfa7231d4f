"""What a page of another origin, or somebody without a key, can do: nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from accsyn_async import dashboard
from accsyn_async.sandbox import Sandbox
from accsyn_async.serving.guard import Access, Knock
from tests.dashboard.reading import Page
from tests.dashboard.serving import Served, browser, follow, serving
from tests.support.raw_requests import METHODS, OTHER_HOSTS, assert_hardened, raw

TOKEN = "correct horse battery staple"


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with Sandbox(synthetic_jobs=3, time_factor=0) as box, serving(box, token=TOKEN) as served:
        yield served


def routes(served: Served) -> list[str]:
    """Every path that there is, and one that there is not."""
    there = {route.resource.canonical for route in served.application.router.routes() if route.resource}
    assert {"/", "/stream", "/stream.js", "/metrics", "/healthz", "/jobs/abort", "/login"} <= there
    return [path.replace("{id}", "6" * 24) for path in sorted(there)] + ["/nothing", "//", "/jobs/../metrics"]


def let_in(served: Served) -> list[tuple[str, str]]:
    """All that a page of ours sends, and the cookie."""
    handlers = next(value for value in served.application.values() if hasattr(value, "keys"))
    return [
        ("Cookie", f"accsyn-dashboard-{served.port}={handlers.keys.cookie}"),
        ("X-Accsyn-Token", handlers.keys.csrf),
        ("Origin", f"http://127.0.0.1:{served.port}"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Content-Type", "application/json"),
    ]


async def statuses(served: Served) -> dict[str, str]:
    async with served.box.session() as session:
        return {row["id"]: row["status"] for row in await session.find("Transfer")}


def abort_all(before: dict[str, str]) -> bytes:
    return json.dumps({"ids": list(before)}).encode()


async def until_shown(served: Served) -> dict[str, str]:
    before = await statuses(served)
    async with browser(served) as client, client.get(served.base + "stream") as answer:
        await follow(answer, Page(), lambda page: len(page.rows) == len(before))
    return before


async def test_no_route_answers_to_another_host(served: Served) -> None:
    before = await until_shown(served)
    good, body = let_in(served), abort_all(before)
    for path in routes(served):
        for method in METHODS:
            for hosts in OTHER_HOSTS:
                headers = [("Host", host.format(port=served.port)) for host in hosts] + good
                status, _ = await raw(served.port, method, path, headers, body)
                assert 400 <= status < 500, (method, path, hosts)
    assert await statuses(served) == before


@pytest.mark.parametrize(
    "spoiled",
    [
        {"Origin": "http://evil.com"},
        {"Origin": "null"},
        {"Origin": None},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"X-Accsyn-Token": None},
        {"X-Accsyn-Token": "wrong"},
        {"Cookie": None},
        {"Cookie": "accsyn-dashboard-{port}=wrong"},
        {"Content-Type": "text/plain"},
        {"Content-Type": None},
    ],
    ids=str,
)
async def test_nothing_is_changed_unless_a_page_of_ours_asks(
    served: Served, spoiled: dict[str, str | None]
) -> None:
    before = await until_shown(served)
    headers = [("Host", f"127.0.0.1:{served.port}")]
    sent = [(name, spoiled.get(name, value)) for name, value in let_in(served)]
    headers += [(name, value.format(port=served.port)) for name, value in sent if value is not None]
    for path in routes(served):
        for method in METHODS:
            if method not in ("GET", "HEAD"):
                status, _ = await raw(served.port, method, path, headers, abort_all(before))
                assert 400 <= status < 500, (method, path)
    assert await statuses(served) == before


async def test_what_needs_a_key_is_shown_to_nobody_without(served: Served) -> None:
    await until_shown(served)
    host = ("Host", f"127.0.0.1:{served.port}")
    for path in routes(served):
        for cookie in (
            [],
            [("Cookie", f"accsyn-dashboard-{served.port}=x")],
            [("Authorization", "Bearer x")],
        ):
            status, _ = await raw(served.port, "GET", path, [host, *cookie])
            if path not in ("/healthz", "/healthz/fresh"):
                assert status in (401, 429), path
    status, _ = await raw(
        served.port, "GET", "/stream", [host, *let_in(served), ("Sec-Fetch-Site", "cross-site")]
    )
    assert status == 403


async def test_every_answer_is_hardened_and_none_invites_other_origins(served: Served) -> None:
    await until_shown(served)
    good = [("Host", f"127.0.0.1:{served.port}"), *let_in(served)]
    for path in routes(served):
        for method in METHODS:
            for headers in (good, good[:1], []):
                _, head = await raw(served.port, method, path, headers, b'{"ids": ["x"]}')
                low = head.lower()
                if " 400 bad request" in low and "x-frame" not in low:
                    continue  # Not even HTTP: answered below the application.
                assert_hardened(head)


async def test_an_address_of_one_use_lets_one_browser_in(served: Served) -> None:
    url = served.url
    async with browser() as first, browser() as second:
        async with first.get(url) as answer:
            assert answer.status == 200
            cookie = answer.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        async with second.get(url) as answer:
            assert answer.status == 403
            assert "Set-Cookie" not in answer.headers
        async with first.get(url) as answer:
            assert answer.status == 403
        for client, status in ((first, 200), (second, 401)):
            async with client.get(served.base) as answer:
                assert answer.status == status
            async with client.get(served.base + "metrics") as answer:
                assert answer.status == status


async def test_the_token_opens_by_hand_and_by_program(served: Served) -> None:
    origin = served.base.rstrip("/")
    async with browser() as client:
        for token, status in (("wrong", 401), (TOKEN, 200)):
            headers = {"Authorization": f"Bearer {token}", "Origin": origin}
            async with client.get(served.base + "login", headers=headers) as answer:
                assert answer.status == status
                assert ("Set-Cookie" in answer.headers) == (status == 200)
        async with client.get(served.base) as answer:
            assert answer.status == 200
    async with browser() as client:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with client.get(served.base + "metrics", headers=headers) as answer:
            assert answer.status == 200


async def test_tokens_cannot_be_tried_for_long(served: Served) -> None:
    async with browser() as client:
        for number in range(12):
            headers = {"Authorization": f"Bearer guess{number}"}
            async with client.get(served.base + "metrics", headers=headers) as answer:
                assert answer.status == (401 if number < 10 else 429)
        assert 0 < int(answer.headers["Retry-After"]) <= 60
    async with browser(served) as client, client.get(served.base) as answer:
        assert answer.status == 200


async def test_tokens_cannot_be_tried_at_the_page_either_and_health_is_told(
    served: Served,
) -> None:
    async with browser() as client:
        statuses = []
        for number in range(12):
            headers = {"Authorization": f"Bearer guess{number}"}
            async with client.get(served.base, headers=headers) as answer:
                statuses.append(answer.status)
        assert statuses == [401] * 10 + [429] * 2
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for path, status in (("", 429), ("healthz", 200)):
            async with client.get(served.base + path, headers=headers) as answer:
                assert answer.status == status
        async with client.post(served.base + "healthz", headers=headers, json={}) as answer:
            assert answer.status == 429


async def test_a_preview_of_an_address_does_not_use_it_up(served: Served) -> None:
    url = served.url
    async with browser() as client:
        async with client.head(url) as answer:
            assert "Set-Cookie" not in answer.headers
        async with client.get(url) as answer:
            assert answer.status == 200


async def test_nothing_is_expected_before_it_is_let_in(served: Served) -> None:
    for host in ("evil.com", f"127.0.0.1:{served.port}"):
        for expect in ("100-continue", "banana"):
            status, head = await raw(served.port, "GET", "/stream", [("Host", host), ("Expect", expect)])
            assert status in (401, 403), head


async def test_what_is_open_is_open_to_its_own_computer_alone() -> None:
    async with Sandbox(synthetic_jobs=1, time_factor=0) as box, box.session() as session:
        application = dashboard.app(session, open=True, hosts=["farm.example.com"])
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            handlers = next(value for value in application.values() if hasattr(value, "keys"))
            knock = Knock("GET", ["farm.example.com"], local="192.0.2.2:8484")
            refusal = handlers.gate._guard.refusal(knock, Access.KNOWN)
            assert refusal is not None
            assert refusal.status == 403
        finally:
            await runner.cleanup()


async def test_read_only_has_no_routes_that_write() -> None:
    async with Sandbox(synthetic_jobs=2) as box, serving(box, token=TOKEN, read_only=True) as served:
        writing = [
            route.resource.canonical
            for route in served.application.router.routes()
            if route.resource and route.method not in ("GET", "HEAD")
        ]
        assert writing == []
        before = await until_shown(served)
        headers = [("Host", f"127.0.0.1:{served.port}"), *let_in(served)]
        for action in ("pause", "resume", "abort"):
            status, _ = await raw(served.port, "POST", f"/jobs/{action}", headers, abort_all(before))
            assert status == 404
        assert await statuses(served) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"ids": []}', 400),
        (b'{"ids": "abc"}', 400),
        (b'{"ids": [1]}', 400),
        (b'{"ids": ["a"], "status": "done"}', 400),
        (b'{"ids": ["\xff"]}', 400),
        (b'{"ids": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", 400),
        (b'{"ids": [' + b",".join([b'"a"'] * 1001) + b"]}", 400),
        (b'{"ids": ["' + b"a" * 70_000 + b'"]}', 413),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_odd_orders_are_refused(served: Served, body: bytes, status: int) -> None:
    headers = [("Host", f"127.0.0.1:{served.port}"), *let_in(served)]
    answered, _ = await raw(served.port, "POST", "/jobs/abort", headers, body)
    assert answered == status


async def test_orders_come_whole_and_unpacked(served: Served) -> None:
    headers = [("Host", f"127.0.0.1:{served.port}"), *let_in(served), ("Content-Encoding", "gzip")]
    status, _ = await raw(served.port, "POST", "/jobs/abort", headers, b"not gzip")
    assert status == 415


async def test_jobs_that_are_not_shown_cannot_be_steered(served: Served) -> None:
    await until_shown(served)
    headers: Any = dict(let_in(served))
    hostile = ["6" * 24, "../../user/x", "\x1b[31m", "a" * 500]
    async with aiohttp.ClientSession() as client:
        answer = await client.post(served.base + "jobs/abort", headers=headers, json={"ids": hostile})
        results = (await answer.json())["results"]
    assert [result["ok"] for result in results] == [False] * 4
    assert results[2]["id"] == "\\x1b[31m"
    async with browser(served) as client:
        for ident in ("6" * 24, "x", "%2e%2e"):
            async with client.get(f"{served.base}jobs/{ident}/tasks") as answer:
                assert answer.status == 404
