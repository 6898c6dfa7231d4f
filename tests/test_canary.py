"""No secret is shown: keys, passwords and session keys are recognisable, and every error path is walked.

What is caught are log records at every level, errors with their tracebacks, reprs, pickles, copies, and what
the command line writes.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import logging
import os
import secrets
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_args
from urllib.parse import quote

import aiohttp
import aiohttp_socks
import pytest
from aiohttp import web

import accsyn_async
from accsyn_async import (
    AccsynError,
    AuthenticationError,
    Degraded,
    Event,
    JobFinished,
    PollPolicy,
    Recovered,
    Session,
    SessionClosedError,
    Synced,
    TransportError,
    dashboard,
)
from accsyn_async.sandbox import FaultKind, Sandbox
from tests.support.canary import SHOWN, Net
from tests.support.raw_server import answer, raw_server
from tests.support.road import FastClock

API_KEY = "Canary?of the/api+key=ä"
PASSWORD = "Canary?of the/pass+word=ö"
WRONG = "Canary?that is/wrong+all=ü"
PROXY = "canary-of-the-proxy-password"
POLL = PollPolicy(soon=0.2, running=0.2, idle=0.2, backoff=0.2, longest_backoff=1)
ROOT = Path(accsyn_async.__file__).parents[1]

Call = Callable[[Session, str], Awaitable[Any]]
PROOFS: dict[str, dict[str, Any]] = {
    "v3": {"api_key": API_KEY},
    "v1, api key": {"api_key": API_KEY, "api_version": "v1"},
    "v1, password": {"pwd": PASSWORD, "api_version": "v1"},
    "v1, password that is asked for": {"pwd": lambda: PASSWORD, "api_version": "v1"},
}
CALLS: dict[str, Call] = {
    "find": lambda session, job: session.find(f"Transfer WHERE id={job}"),
    "get": lambda session, job: session.get_entity("Transfer", job),
    "create": lambda session, job: session.create(
        "Transfer", {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
    ),
    "update": lambda session, job: session.update("Transfer", job, {"metadata": {"note": "x"}}),
    "delete": lambda session, job: session.delete_one("Transfer", "0" * 24),
    "ls": lambda session, job: session.ls("share=projects"),
    "setting": lambda session, job: session.set_setting(
        entitytype="workspace", name="ftrack_api_key", value=API_KEY
    ),
    "get setting": lambda session, job: session.get_setting(entitytype="workspace", name="ftrack_api_key"),
    "api key": lambda session, job: session.get_api_key(),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "odd": {"field": "status", "value": 5},
    "cap": {"rows": 0},
    "delay": {"seconds": 3600, "count": 1},
    "throttle": {"retry_after": 1},
    "linger": {"seconds": 3600},
}


# -- the search can fail


def _in_base64(before: str) -> str:
    return base64.b64encode(f"{before}{API_KEY}, and more".encode()).decode()


SHOWN_AS = {
    "raw": API_KEY,
    "in small letters": API_KEY.lower(),
    "its beginning": API_KEY[:SHOWN],
    "quoted": quote(API_KEY),
    "quoted, slashes too": quote(API_KEY, safe=""),
    "as JSON": json.dumps({"note": API_KEY}),
    "base64": _in_base64(""),
    "base64, one byte on": _in_base64("x"),
    "base64, two bytes on": _in_base64("xy"),
    "base64 for URLs": base64.urlsafe_b64encode(f"?{API_KEY}".encode()).decode(),
    "base64 in a URL": quote(_in_base64("x"), safe=""),
    "base64 of its beginning": base64.b64encode(API_KEY[:SHOWN].encode()).decode(),
}


@pytest.mark.parametrize("form", SHOWN_AS)
@pytest.mark.parametrize(
    "where", ["message", "argument", "traceback", "extra", "error", "note", "cause", "repr"]
)
def test_a_secret_that_is_shown_is_found(form: str, where: str) -> None:
    net, shown = Net(), SHOWN_AS[form]
    net.know(API_KEY, PASSWORD)
    logger = logging.getLogger("accsyn_async.planted")
    error = AccsynError("all is well")
    with net.catching():
        match where:
            case "message":
                logger.debug(f"sends {shown}")
            case "argument":
                logger.debug("sends %.3s", shown)
            case "extra":
                logger.debug("sends", extra={"more": shown})
            case "traceback":
                try:
                    raise ValueError(shown)
                except ValueError:
                    logger.exception("it broke")
            case "error":
                net.add_error(AccsynError(f"refused: {shown}"))
            case "note":
                error.add_note(shown)
                net.add_error(error)
            case "cause":
                error.__cause__ = ValueError(shown)
                net.add_error(error)
            case "repr":
                net.add_copies({"held": shown})
    assert {secret for secret, _ in net.found()} == {API_KEY}


def test_what_is_no_secret_is_not_found() -> None:
    net = Net()
    net.know(API_KEY, PASSWORD)
    net.add("refused: ***", base64.b64encode(b"nothing of it, or much else").decode(), {"api_key": "***"})
    net.add_error(AccsynError("Canary?of"))
    assert net.found() == []


# -- what is caught


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Iterator[Net]:
    """Catches all that a test shows; afterwards, no secret is in it."""
    net = Net()
    net.know(API_KEY, PASSWORD, WRONG, PROXY)
    numbers = itertools.count(1)

    def token_hex(_size: int) -> str:
        key = f"canary-{next(numbers):04d}-of-a-session"
        net.know(key)
        return key

    # Sessions and their keys are recognisable too.
    known = SimpleNamespace(token_hex=token_hex, compare_digest=secrets.compare_digest)
    monkeypatch.setattr("accsyn_async.sandbox.server.access.secrets", known)
    monkeypatch.setattr("accsyn_async.sandbox.server.session_keys.secrets", known)
    with net.catching():
        yield net
    assert net.records
    assert net.found() == []


@asynccontextmanager
async def sandbox(**options: Any) -> AsyncIterator[Sandbox]:
    async with Sandbox(rate_limit=False, give_api_keys=True, **options) as box:
        box.user("admin").api_key = API_KEY
        box.user("admin").password = PASSWORD
        yield box


def session_to(box: Sandbox, **options: Any) -> Session:
    options = {"rate_limit": None, "poll": POLL, "_clock": FastClock(100), **options}
    return box.session(**options)


async def caught(net: Net, call: Awaitable[Any]) -> AccsynError | None:
    """Make a call and catch its error, if there is one."""
    try:
        await call
    except AccsynError as error:
        net.add_error(error)
        return error
    return None


async def add_job(session: Session) -> str:
    job: dict[str, Any] = await CALLS["create"](session, "")
    return str(job["id"])


@pytest.mark.parametrize("proof", PROOFS)
async def test_calls_in_any_weather(net: Net, proof: str) -> None:
    async with sandbox() as box, session_to(box, timeout=0.3, pretty_json=True, **PROOFS[proof]) as session:
        job = await add_job(session)
        for kind in get_args(FaultKind):
            for name, call in CALLS.items():
                if kind == "delay" and name not in ("find", "create"):
                    continue
                box.weather.add(kind, **{"uri": "*/*", **OPTIONS.get(kind, {})})
                await caught(net, call(session, job))
                box.weather.clear()
                net.add(session, session.get_last_message() or "")
        assert net.errors > 40
        assert box.statistics().logins > 2


@pytest.mark.parametrize("proof", PROOFS)
async def test_logins_in_any_weather(net: Net, proof: str) -> None:
    """The first, and one that an expired session makes necessary."""
    async with sandbox() as box:
        for kind in get_args(FaultKind):
            options: dict[str, Any] = {"uri": "login", **OPTIONS.get(kind, {})}
            async with session_to(box, timeout=0.3, **PROOFS[proof]) as session:
                box.expire_sessions()
                box.weather.add(kind, **options)
                await caught(net, session.find("User"))
                net.add(session)
            other = session_to(box, timeout=0.3, **PROOFS[proof])
            net.add(other)
            await caught(net, other.__aenter__())
            net.add(other)
            await other.aclose()
            box.weather.clear()
        assert net.errors > 8


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": WRONG},
        {"api_key": WRONG, "api_version": "v1"},
        {"pwd": WRONG, "api_version": "v1"},
        {"pwd": lambda: WRONG, "api_version": "v1"},
        {"session_key": WRONG, "api_version": "v1"},
        {"session_key": WRONG, "pwd": WRONG, "api_version": "v1"},
    ],
)
async def test_a_login_that_is_refused(net: Net, wrong: dict[str, Any]) -> None:
    async with sandbox() as box:
        session = session_to(box, **wrong)
        assert isinstance(await caught(net, session.__aenter__()), AuthenticationError)
        net.add(session, session.get_last_message() or "")


async def test_a_key_that_no_longer_logs_in(net: Net) -> None:
    async with sandbox() as box, session_to(box) as session:
        async with session.watch("Transfer") as watch:
            await anext(watch)
            box.user("admin").api_key = WRONG
            box.expire_sessions()
            for call in (session.find("User"), _rest(watch)):
                assert isinstance(await caught(net, call), AuthenticationError)
            net.add(watch)
        net.add(session)


async def _rest(watch: Any) -> list[Event]:
    return [event async for event in watch]


async def test_keys_that_a_session_makes(net: Net) -> None:
    async with sandbox() as box, session_to(box, api_version="v1") as session:
        made = [
            await session.generate_session_key(60),
            session.get_session_key(),
            await session.get_api_key(),
        ]
        assert all(str(key).casefold().startswith("canary") for key in made)
        net.add(session)
        async with session_to(box, api_version="v1", session_key=made[0]) as other:
            await other.find("User")
            box.expire_sessions()
            assert isinstance(await caught(net, other.find("User")), AuthenticationError)
            net.add(other)


async def test_tls_that_fails(net: Net) -> None:
    user: dict[str, Any] = {"workspace": "acme", "username": "admin@example.com", "api_key": API_KEY}
    async with sandbox(tls=True) as box, sandbox() as plain:
        port, plain_port = (each.url.rpartition(":")[2] for each in (box, plain))
        other = ssl.create_default_context()
        for address in (
            f"https://127.0.0.1:{port}",
            f"https://localhost:{plain_port}",
            f"http://127.0.0.1:{port}",
        ):
            for trust in (True, other):
                session = Session(url=address, ssl=trust, _clock=FastClock(100), **user)
                assert isinstance(await caught(net, session.__aenter__()), TransportError)
                net.add(session)


BAD: list[Callable[[Session], Any]] = [
    lambda session: session.find(""),
    lambda session: session.get_entity("Transfer", ""),
    lambda session: session.create("Transfer", []),
    lambda session: session.create("Nothing", {"a": 1}),
    lambda session: session.update("Transfer", "0" * 24, {}),
    lambda session: session.update("User", "0" * 24, {"pwd": {1, 2}}),
    lambda session: session.grant("user", "nobody@example.com", "transfer", "0" * 24),
    lambda session: session.wait("0" * 24, timeout=-1),
    lambda session: session.wait("0" * 24),
    lambda session: session.watch("User"),
    lambda session: session.watch([]),
]


async def test_bad_arguments(net: Net) -> None:
    async with sandbox() as box, session_to(box) as session:
        for use in BAD:
            before = net.errors
            try:
                made = use(session)
                if asyncio.iscoroutine(made):
                    await made
            except AccsynError as error:
                net.add_error(error)
            assert net.errors > before
        net.add(session)


async def test_sessions_that_are_not_open(net: Net) -> None:
    async with sandbox() as box:
        session = session_to(box)
        for name, call in CALLS.items():
            assert isinstance(await caught(net, call(session, "0" * 24)), SessionClosedError), name
        async with session:
            job = await add_job(session)
            box.weather.add("delay", seconds=3600)
            pending = [asyncio.ensure_future(call(session, job)) for call in CALLS.values()]
            pending.append(asyncio.ensure_future(session.wait(job)))
            while len(box.weather.faults) and box.weather.faults[0].hits < len(pending):
                await asyncio.sleep(0)
            net.add(session)
        for outcome in await asyncio.gather(*pending, return_exceptions=True):
            assert isinstance(outcome, AccsynError)
            net.add_error(outcome)
        for name, call in CALLS.items():
            assert isinstance(await caught(net, call(session, job)), SessionClosedError), name
        net.add(session)


async def test_calls_that_are_cancelled(net: Net) -> None:
    async with sandbox() as box, session_to(box) as session:
        job = await add_job(session)
        fault = box.weather.add("delay", seconds=3600)
        for call in CALLS.values():
            hits = fault.hits
            task = asyncio.ensure_future(call(session, job))
            while fault.hits == hits:
                await asyncio.sleep(0)
            net.add(task)
            task.cancel("no longer wanted")
            with pytest.raises(asyncio.CancelledError) as cancelled:
                await task
            net.add_error(cancelled.value)
            net.add(task)
        box.expire_sessions()
        login = box.weather.add("delay", uri="login", seconds=3600)
        task = asyncio.ensure_future(session.find("User"))
        box.weather.remove(fault)
        while not login.hits:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await task
        net.add_error(cancelled.value)


async def test_watches_callbacks_and_events(net: Net) -> None:
    """Polls that degrade and recover, callbacks that raise, waits that time out; every event is copied."""
    async with sandbox() as box, session_to(box) as session, session_to(box) as other:
        first, second = await add_job(other), await add_job(other)
        raised = 0

        def breaks(event: Event) -> None:
            nonlocal raised
            raised += 1
            raise RuntimeError("a callback broke")

        async def asks_in_vain(event: Event) -> None:
            await session.get_entity("Nothing", "0" * 24)

        async with session.watch("Transfer") as watch:
            watch.on(breaks)
            watch.on("status", asks_in_vain)
            events: list[Event] = []
            for kind in ("error", "html", "cut", "reset", "expire", "throttle", "odd", "omit", "double"):
                box.weather.add(kind, verb="GET", **{"count": 3, **OPTIONS.get(kind, {})})
            watch.on(events.append)
            running = asyncio.ensure_future(watch.run())
            await _until(lambda: any(isinstance(event, Synced) for event in events))
            box.weather.add("error", verb="GET", count=4)
            await _until(lambda: any(isinstance(event, Recovered) for event in events))
            await other.update("Transfer", first, {"status": "aborted"})
            await other.delete_one("Transfer", second)
            await _until(lambda: any(isinstance(event, JobFinished) for event in events))
            net.add(watch, watch.on, session, session.as_completed([first]))
            await watch.aclose()
            await running
        assert raised
        assert any(isinstance(event, Degraded) for event in events)
        net.add_copies(*events)
        for wait in (
            session.wait(first),
            session.wait(second),
            session.wait(await add_job(other), timeout=0),
        ):
            assert await caught(net, wait) is not None
    assert "a callback broke" in net.text


async def _until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.001)


async def test_proxies_with_a_login(net: Net) -> None:
    async def refuses(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"", "407 Proxy Authentication Required", Proxy_Authenticate="Basic"))

    async def breaks(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with sandbox() as box, raw_server(refuses) as (refusing, _), raw_server(breaks) as (breaking, _):
        for port in (refusing, breaking, 1):
            url = f"http://lisa:{PROXY}@127.0.0.1:{port}"
            for backend in (box.url, "https://acme.example.invalid"):
                async with aiohttp.ClientSession(proxy=url) as client:
                    await _fails_through(net, backend, client_session=client)
            connector = aiohttp_socks.ProxyConnector.from_url(f"socks5://lisa:{PROXY}@127.0.0.1:{port}")
            async with aiohttp.ClientSession(connector=connector) as client:
                await _fails_through(net, box.url, client_session=client)
    for proxy in (
        f"socks5:lisa:{PROXY}@10.0.0.5:1080",
        f"http://lisa:{PROXY}@10.0.0.5",
        f"lisa:{PROXY}@10.0.0.5",
    ):
        with pytest.raises(AccsynError) as bad:
            Session("acme", "admin@example.com", API_KEY, proxy=proxy)
        net.add_error(bad.value)


async def _fails_through(net: Net, url: str, **options: Any) -> None:
    session = Session(
        "acme", "admin@example.com", API_KEY, url=url, connect_timeout=0.2, _clock=FastClock(100), **options
    )
    assert await caught(net, session.__aenter__()) is not None
    net.add(session)


# -- the command line


@pytest.mark.parametrize(
    ("weather", "arguments", "code"),
    [
        ({}, ["find", "User", "--verbose"], 0),
        ({"kind": "error", "uri": "transfer/*"}, ["find", "Transfer", "--verbose", "--json"], 4),
        ({"kind": "error", "status": 401}, ["watch", "--verbose"], 3),
    ],
)
async def test_what_the_command_line_writes(
    net: Net, weather: dict[str, Any], arguments: list[str], code: int
) -> None:
    async with sandbox() as box:
        if weather:
            box.weather.add(**weather)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ACCSYN_", "AS_"))}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "accsyn_async", *arguments),
            env={
                **clean,
                "PYTHONPATH": str(ROOT),
                "ACCSYN_URL": box.url,
                "ACCSYN_WORKSPACE": box.workspace,
                "ACCSYN_API_USER": box.user("admin").username,
                "ACCSYN_API_KEY": API_KEY,
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        written = await asyncio.wait_for(process.communicate(), 60)
        net.add(*(each.decode() for each in written))
        assert process.returncode == code
        assert "login" in net.text


async def test_what_the_dashboard_tells(net: Net) -> None:
    token = "Canary?of the/dash+board=é"
    net.know(token)
    async with sandbox(synthetic_jobs=3, time_factor=0) as box, session_to(box, poll=POLL) as session:
        ids = [row["id"] for row in await session.find("Transfer")]
        application = dashboard.app(session, token=token)
        runner = web.AppRunner(application, shutdown_timeout=1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:

            async def ask(method: str, path: str, key: str | None = None, **options: Any) -> None:
                headers = {} if key is None else {"Authorization": f"Bearer {key}"}
                async with client.request(method, base + path, headers=headers, **options) as told:
                    if told.content_type == "text/event-stream":
                        while b"health" not in (line := await told.content.readline()):
                            net.add(line.decode())
                    else:
                        net.add(await told.text())

            for weather in (None, "error", "html", "reset", "expire"):
                if weather is not None:
                    box.weather.add(cast("FaultKind", weather))
                for key in (None, token) if weather else (None, token, WRONG):
                    for path in (
                        "",
                        "?once=x",
                        "app.js",
                        "metrics",
                        "healthz",
                        f"jobs/{ids[0]}/tasks",
                        "stream",
                    ):
                        await ask("GET", path, key)
                    for action in ("pause", "resume", "nothing"):
                        await ask("POST", f"jobs/{action}", key, json={"ids": [*ids, "0" * 24]})
                    await ask("GET", "login", key)
                box.weather.clear()
        net.add_copies(repr(application), repr([*application.values()]))
        await runner.cleanup()
    assert '"status": "paused"' in net.text
    assert "accsyn_up" in net.text
