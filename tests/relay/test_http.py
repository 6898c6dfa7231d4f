"""What a relay serves over HTTP: to probes, to scrapers, and to those who do not mean well."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from accsyn_async import ArgumentError
from accsyn_async.cli.listening import listen, listening
from accsyn_async.relay.http import is_ready, relay_app, standing
from accsyn_async.relay.statistics import RelayStatistics
from accsyn_async.serving import gate
from accsyn_async.serving.exposition import OPEN_METRICS, TEXT
from tests.support.backend import Backend
from tests.support.raw_requests import METHODS, OTHER_HOSTS, assert_hardened, raw
from tests.support.relay_facts import LEADER, STANDBY

TOKEN = "correct horse battery staple"
BEARER = ("Authorization", f"Bearer {TOKEN}")
PAGE = (Path(__file__).parents[2] / "docs" / "monitoring" / "README.md").read_text()
PATHS = ("/healthz", "/healthz/ready", "/metrics")
SECRET = "the backend at 10.1.2.3 said: lisa@example.com may not log in"


class Served:
    """A relay's address; what it is can be set.

    Attributes:
        port: of loopback.
        now: how the relay is.
        routes: the paths that there are, and others.
    """

    def __init__(self, now: RelayStatistics) -> None:
        self.now = now
        self.port = 0
        self.routes: list[str] = []

    async def get(self, path: str, *headers: tuple[str, str]) -> tuple[int, str, dict[str, str]]:
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{self.port}{path}", headers=dict(headers)) as answer,
        ):
            return answer.status, await answer.text(), dict(answer.headers)

    async def told(self, path: str) -> tuple[int, Any]:
        status, text, _ = await self.get(path)
        return status, json.loads(text)


@contextlib.asynccontextmanager
async def serving(now: RelayStatistics = LEADER, **options: Any) -> AsyncIterator[Served]:
    served = Served(now)
    application = relay_app(lambda: served.now, Backend().session(), **options)
    paths = {route.resource.canonical for route in application.router.routes() if route.resource}
    assert paths == set(PATHS)
    served.routes = [*PATHS, "/", "/nothing", "//", "/healthz/../metrics", "/metrics/"]
    with contextlib.closing(listen("127.0.0.1", 0)) as listener:
        served.port = listener.getsockname()[1]
        async with listening(application, listener, "accsyn_async.relay.http"):
            yield served


WELL = {"alive": True, "ready": True, "nats": True}


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (LEADER, {**WELL, "role": "leader", "term": 7, "state": "ok", "age_s": 0.4}),
        (STANDBY, {**WELL, "role": "standby", "term": None, "state": None, "age_s": None}),
        (
            replace(LEADER, trouble=SECRET, age=71.26),
            {**WELL, "ready": False, "role": "leader", "term": 7, "state": "degraded", "age_s": 71.3},
        ),
        (
            replace(LEADER, age=None),
            {**WELL, "ready": False, "role": "leader", "term": 7, "state": "starting", "age_s": None},
        ),
        (
            replace(STANDBY, connected=False),
            {**WELL, "ready": False, "nats": False, "role": "standby"}
            | {"term": None, "state": None, "age_s": None},
        ),
        (
            replace(LEADER, connected=False),
            {**WELL, "ready": False, "nats": False, "role": "leader"}
            | {"term": 7, "state": "ok", "age_s": 0.4},
        ),
    ],
)
async def test_probes_are_told_how_it_is(now: RelayStatistics, told: dict[str, Any]) -> None:
    assert standing(now) == told
    async with serving(now, token=TOKEN) as served:
        # Alive is whatever answers: whoever kills what is not must not kill what waits for better weather.
        assert await served.told("/healthz") == (200, told)
        assert await served.told("/healthz/ready") == (200 if told["ready"] else 503, told)
        for path in PATHS:
            _, text, _ = await served.get(path, BEARER)
            assert SECRET not in text


async def test_a_probe_sees_it_change() -> None:
    async with serving(STANDBY) as served:
        seen = []
        for now in (STANDBY, replace(LEADER, age=None), LEADER, replace(LEADER, trouble="x"), STANDBY):
            served.now = now
            seen.append((await served.told("/healthz/ready"))[0])
    assert seen == [200, 503, 200, 503, 200]


def test_one_that_waits_is_as_ready_as_one_that_leads() -> None:
    assert is_ready(STANDBY)
    assert is_ready(LEADER)


async def test_metrics_are_for_who_brings_the_token() -> None:
    async with serving(token=TOKEN) as served:
        for headers in ([], [("Authorization", "Bearer x")], [("Authorization", f"Basic {TOKEN}")]):
            status, text, head = await served.get("/metrics", *headers)
            assert (status, head["WWW-Authenticate"]) == (401, "Bearer")
            assert json.loads(text) == {"error": "send the relay's token: Authorization: Bearer …"}
        status, text, head = await served.get("/metrics", BEARER, ("Accept", "*/*"))
        assert (status, head["Content-Type"]) == (200, TEXT)
        assert 'accsyn_relay_leader{workspace="acme"} 1.0' in text
        status, text, head = await served.get("/metrics", BEARER, ("Accept", OPEN_METRICS))
        assert (status, head["Content-Type"]) == (200, OPEN_METRICS)
        assert text.endswith("# EOF\n")


async def test_without_a_token_they_are_for_this_computer_alone() -> None:
    async with serving() as served:
        assert (await served.get("/metrics"))[0] == 200
        status, _, _ = await served.get("/metrics", ("Sec-Fetch-Site", "cross-site"))
        assert status == 403


async def test_without_a_token_nothing_is_told_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """However that came about: whoever listens for the network, has to have one."""
    monkeypatch.setattr(gate, "_local", lambda request: "192.0.2.2:8485")
    for token, healthz, metrics in ((None, 403, 403), (TOKEN, 200, 401)):
        async with serving(token=token, hosts=["relay.example.com"]) as served:
            host = ("Host", "relay.example.com")
            for path, status in zip(PATHS, (healthz, healthz, metrics), strict=True):
                assert (await served.get(path, host))[0] == status


async def test_tokens_cannot_be_tried_for_long_and_probes_are_answered_meanwhile() -> None:
    async with serving(token=TOKEN) as served:
        tried = [(await served.get("/metrics", ("Authorization", f"Bearer {n}")))[0] for n in range(12)]
        assert tried == [401] * 10 + [429] * 2
        assert (await served.get("/metrics", BEARER))[0] == 429
        for path in PATHS[:2]:
            assert (await served.get(path, BEARER))[0] == 200


async def test_no_route_answers_to_another_host() -> None:
    async with serving(token=TOKEN) as served:
        for path in served.routes:
            for method in METHODS:
                for hosts in OTHER_HOSTS:
                    headers = [("Host", host.format(port=served.port)) for host in hosts]
                    status, _ = await raw(served.port, method, path, [*headers, BEARER])
                    assert 400 <= status < 500, (method, path, hosts)


async def test_names_that_are_allowed_are_answered_to() -> None:
    async with serving(token=TOKEN, hosts=["relay.example.com"]) as served:
        for host, status in (("relay.example.com", 200), ("relay.example.com:81", 403), ("localhost", 403)):
            assert (await raw(served.port, "GET", "/healthz", [("Host", host)]))[0] == status


@pytest.mark.parametrize("token", [TOKEN, None])
async def test_nothing_can_be_written_to(token: str | None) -> None:
    """With a key or without, and whatever a page sends along."""
    async with serving(token=token) as served:
        own = ("Host", f"127.0.0.1:{served.port}")
        page = [
            ("Origin", f"http://127.0.0.1:{served.port}"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/json"),
        ]
        for path in served.routes:
            for method in METHODS:
                if method in ("GET", "HEAD"):
                    continue
                for more in ([], page, [BEARER], [BEARER, *page]):
                    status, _ = await raw(served.port, method, path, [own, *more], b"{}")
                    assert 400 <= status < 500, (method, path, more)


@pytest.mark.parametrize(
    "spoiled",
    [
        ("Origin", "http://evil.com"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ],
)
async def test_no_page_of_another_origin_reads_metrics(spoiled: tuple[str, str]) -> None:
    for token, more in ((TOKEN, [BEARER]), (None, [])):
        async with serving(token=token) as served:
            own = ("Host", f"127.0.0.1:{served.port}")
            for method in ("GET", "HEAD"):
                assert (await raw(served.port, method, "/metrics", [own, *more]))[0] == 200
                assert (await raw(served.port, method, "/metrics", [own, *more, spoiled]))[0] == 403


async def test_every_answer_is_hardened_and_none_sets_a_cookie() -> None:
    async with serving(replace(LEADER, trouble="x"), token=TOKEN) as served:
        own = ("Host", f"127.0.0.1:{served.port}")
        for path in served.routes:
            for method in METHODS:
                for headers in ([own, BEARER], [own], []):
                    _, head = await raw(served.port, method, path, headers, b"x")
                    if " 400 Bad Request" in head and "X-Frame" not in head:
                        continue  # Not even HTTP: answered below the application.
                    assert_hardened(head)
                    assert "set-cookie" not in head.lower()


async def test_nothing_is_expected_before_it_is_let_in() -> None:
    async with serving(token=TOKEN) as served:
        for host in ("evil.com", f"127.0.0.1:{served.port}"):
            for expect in ("100-continue", "banana"):
                headers = [("Host", host), ("Expect", expect)]
                status, head = await raw(served.port, "GET", "/metrics", headers)
                assert status in (401, 403), head


def test_the_page_says_what_there_is() -> None:
    text = PAGE.split("## Relays")[1]
    assert re.findall(r"^\| `(/[^`]*)` \|", text, re.MULTILINE) == list(PATHS)
    example = re.search(r"`(\{\"alive\".*?\})`", text)
    assert example is not None
    assert json.loads(example[1]) == standing(LEADER)
    (probes,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    paths = [probe["httpGet"]["path"] for probe in yaml.safe_load(probes).values()]
    assert paths == ["/healthz", "/healthz/ready"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"token": " "}, "token must not be empty"),
        ({"hosts": ["http://relay.example.com"]}, "is no host"),
        ({"hosts": [""]}, "is no host"),
    ],
)
def test_what_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        relay_app(lambda: LEADER, Backend().session(), **options)
