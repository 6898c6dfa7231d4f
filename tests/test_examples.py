"""Every example runs, against the sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import runpy
import signal
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from aiohttp import web

from accsyn_async import Session, relay
from accsyn_async.sandbox import Sandbox
from tests.quick_poll import OFTEN
from tests.relay.support.relaying import Relaying, relaying
from tests.support.examples import furnished, line_with, polled, program, send, stop
from tests.support.nats_servers import NatsServer

ROOT = Path(__file__).parents[1]


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox(speed=8) as box:
        with furnished(box):
            yield box


async def test_wait_for_transfer(box: Sandbox) -> None:
    async with program("wait_for_transfer.py", "share=projects/a.mov", "site=berlin") as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert output.decode().splitlines() == ["a.mov is on its way", "a.mov has arrived: 3000000 bytes"]
    assert process.returncode == 0
    async with program("wait_for_transfer.py", "share=projects/none.mov", "site=berlin") as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert b"has failed" in output
    assert process.returncode == 1


async def test_daily_sync(box: Sandbox) -> None:
    for name in ("a.mov", "b.mov"):
        async with program("daily_sync.py", "site=berlin", f"share=projects/{name}") as process:
            output, _ = await asyncio.wait_for(process.communicate(), 60)
        assert output.decode() == "Daily sync to site=berlin: all of today has arrived\n"
    async with box.session(poll=OFTEN) as session:
        (job,) = await session.find('Transfer WHERE name="Daily sync to site=berlin"', finished=True)
        assert len(await session.find("Task", entityid=job["id"])) == 3
    async with program("daily_sync.py", "site=berlin", "share=projects/none.mov") as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert output.decode().endswith("\n  none.mov\n")
    assert process.returncode == 1
    async with program("daily_sync.py", "site=berlin", "share=projects/a.mov", "site=") as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert b"names no site" in output
    assert process.returncode == 1


async def test_notify_on_failure(box: Sandbox) -> None:
    async with program("notify_on_failure.py") as process, box.session(poll=OFTEN) as session:
        assert process.stdout is not None
        await polled(box)
        await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
        await session.create("Transfer", {"source": "none.mov", "destination": "site=berlin"})
        lines = {(await asyncio.wait_for(process.stdout.readline(), 30)).decode() for _ in range(2)}
        assert {line.split()[0] for line in lines} == {"arrived", "FAILED"}


async def test_log_every_end(box: Sandbox, tmp_path: Path) -> None:
    log = tmp_path / "ends.log"
    async with box.session(poll=OFTEN) as session:
        for name in ("a.mov", "b.mov"):
            async with program("log_every_end.py", str(log)) as process:
                assert process.stdout is not None
                if name == "a.mov":
                    await polled(box)
                    await session.create("Transfer", {"source": name, "destination": "site=berlin"})
                line = await asyncio.wait_for(process.stdout.readline(), 30)
                assert line.decode() == f"done {name}\n"
                process.kill()
            if name == "a.mov":
                job = await session.create("Transfer", {"source": "b.mov", "destination": "site=berlin"})
                await session.wait(job["id"], timeout=30)
    assert [line.split()[1:] for line in log.read_text().splitlines()] == [
        ["done", "a.mov"],
        ["done", "b.mov"],
    ]


async def test_log_every_end_of_names_that_are_lines_and_of_lines_that_are_torn(
    box: Sandbox, tmp_path: Path
) -> None:
    log = tmp_path / "ends.log"
    async with box.session(poll=OFTEN) as session:
        async with program("log_every_end.py", str(log)) as process:
            await polled(box)
            await send(session, "a.mov", "evil\n\nacme:0:done:0 done other")
            await line_with(process, "done evil")
            process.kill()
        whole = log.read_text()
        assert whole.endswith(" done evil\\n\\nacme:0:done:0 done other\n")
        log.write_text(f"{whole}acme:5e6d")
        async with program("log_every_end.py", str(log)) as process:
            await polled(box, box.statistics().events["transfer/find"])
            await send(session, "b.mov", "b.mov")
            assert await line_with(process, "") == "done b.mov\n"
        first, second, last = log.read_text().split("\n")
        assert (f"{first}\n", second.split(" ")[1:], last) == (whole, ["done", "b.mov"], "")


async def test_try_it_in_a_sandbox() -> None:
    async with program("try_it_in_a_sandbox.py") as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    for shot in ("sh010", "sh020", "sh030"):
        assert f"{shot}.mov: done" in output.decode()
    assert "MB/s" in output.decode()


async def events_of(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    """What comes as server-sent events."""
    assert response.status == 200
    assert response.content_type == "text/event-stream"
    async for line in response.content:
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


async def until(stream: AsyncIterator[dict[str, Any]], event: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        async for told in stream:
            if told["event"] == event:
                return told
    raise AssertionError(f"it ended without {event}")


STREAMING = {
    "sse_aiohttp.py": ("0",),
    "sse_fastapi.py": ("--app-dir", str(ROOT / "examples"), "sse_fastapi:app", "--port", "0"),
}


@pytest.mark.parametrize("name", STREAMING)
async def test_server_sent_events(name: str, box: Sandbox) -> None:
    module = "uvicorn" if name == "sse_fastapi.py" else None
    async with (
        box.session(poll=OFTEN) as session,
        aiohttp.ClientSession() as client,
        program(name, *STREAMING[name], module=module) as process,
    ):
        paused = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
        there = await session.create("Transfer", paused)
        found = re.search(r"http://127\.0\.0\.1:\d+", await line_with(process, "unning on"))
        assert found
        url = f"{found[0]}/transfers"
        async with client.get(url) as response, client.get(url) as another:
            stream, second = events_of(response), events_of(another)
            assert (await until(stream, "found"))["job"]["id"] == there["id"]
            assert (await until(stream, "synced"))["jobs"] == 1
            new = await session.create("Transfer", {"source": "b.mov", "destination": "site=berlin"})
            for each in (stream, second):
                while (await until(each, "finished"))["job"]["id"] != new["id"]:
                    pass
            async with client.get(url, headers={"Host": "evil.example"}) as refused:
                assert refused.status in (400, 421)
            # Open streams do not keep it from stopping: they end.
            assert not re.search("Traceback|Error|Cancel", await stop(process))
            for each in (stream, second):
                assert "finished" not in [told["event"] async for told in each]
    assert process.returncode == (0 if module is None else -signal.SIGTERM)


@contextlib.asynccontextmanager
async def aiohttp_service() -> AsyncIterator[tuple[str, Session]]:
    example = runpy.run_path(str(ROOT / "examples" / "sse_aiohttp.py"))
    app: web.Application = example["service"]()
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", app[example["SESSION"]]
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def fastapi_service() -> AsyncIterator[tuple[str, Session]]:
    app = runpy.run_path(str(ROOT / "examples" / "sse_fastapi.py"))["app"]
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.01)
            assert not serving.done()
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", app.state.session
    finally:
        server.should_exit = True
        await serving


@pytest.mark.parametrize("service", [aiohttp_service, fastapi_service])
async def test_a_client_that_goes_frees_its_watch(service: Any, box: Sandbox) -> None:
    async with service() as (url, session), aiohttp.ClientSession() as client:
        async with client.get(f"{url}/transfers") as first:
            await until(events_of(first), "synced")
            async with client.get(f"{url}/transfers") as second:
                await until(events_of(second), "synced")
                assert session.monitor.statistics().watches == 2
                second.close()
            await watches(session, 1)
            first.close()
        # Nothing happens meanwhile that it could fail to send.
        await watches(session, 0)


async def watches(session: Session, count: int) -> None:
    async with asyncio.timeout(60):
        while session.monitor.statistics().watches != count:
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def webhook(*statuses: int) -> AsyncIterator[tuple[str, asyncio.Queue[str]]]:
    """A receiver that answers so, one message after the other, and 200 in the end; what it took."""
    taken: asyncio.Queue[str] = asyncio.Queue()
    answers = list(statuses)

    async def take(request: web.Request) -> web.Response:
        body = await request.json()
        assert body.keys() == {"text"}
        status = answers.pop(0) if answers else 200
        if status == 200:
            taken.put_nowait(body["text"])
        headers = {"Retry-After": "0"} if status == 429 else {"Location": "/elsewhere"}
        return web.Response(status=status, headers=headers)

    app = web.Application()
    app.router.add_post("/services/T0/very-secret", take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/services/T0/very-secret", taken
    finally:
        await runner.cleanup()


async def test_webhook_notifier(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = str(tmp_path / "told.db")
    async with webhook(500, 429) as (url, taken), box.session(poll=OFTEN) as session:
        monkeypatch.setenv("WEBHOOK_URL", url)
        async with program("webhook_notifier.py", kept) as process:
            await polled(box)
            await send(session, "a.mov", "<!channel> a&b")
            assert await asyncio.wait_for(taken.get(), 30) == "&lt;!channel&gt; a&amp;b has arrived"
            # When it tells of the next one, it has written down that it told of this.
            failing = await send(session, "none.mov", "none\x1b[2J")
            assert await asyncio.wait_for(taken.get(), 30) == "none\\x1b[2J has failed"
            output = await stop(process, signal.SIGINT)
            assert process.returncode == 0
        await session.wait(await send(session, "a.mov", "meanwhile"), timeout=30)
        await send(session, "none.mov", "another")
        while len(await session.find("Transfer WHERE status=failed")) < 2:
            await asyncio.sleep(0.01)
        async with program("webhook_notifier.py", kept) as process:
            told = {await asyncio.wait_for(taken.get(), 30) for _ in range(2)}
            (together,) = told - {"meanwhile has arrived"}
            assert set(together.split("\n")) == {"none\\x1b[2J has failed", "another has failed"}
            await session.update("Transfer", failing, {"status": "aborted"})
            assert await asyncio.wait_for(taken.get(), 30) == "none\\x1b[2J was aborted"
            output += await stop(process, signal.SIGTERM)
            assert process.returncode == 0
        assert taken.empty()
    assert output == ""


def test_webhook_notifier_names_so_many() -> None:
    example = runpy.run_path(str(ROOT / "examples" / "webhook_notifier.py"))
    together: Callable[[list[str]], str] = example["together"]
    texts = [f"{number} has failed" for number in range(1000)]
    assert together([]) == ""
    assert together(texts[:20]).split("\n") == texts[:20]
    assert together(texts).split("\n") == [*texts[:20], "and 980 more"]


async def test_webhook_notifier_stops_while_it_waits_to_try_again(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def busy(request: web.Request) -> web.Response:
        asked.set()
        return web.Response(status=429, headers={"Retry-After": "60"})

    app = web.Application()
    app.router.add_post("/", busy)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        monkeypatch.setenv("WEBHOOK_URL", f"http://127.0.0.1:{runner.addresses[0][1]}/")
        async with program("webhook_notifier.py", str(tmp_path / "told.db")) as process:
            await polled(box)
            async with box.session(poll=OFTEN) as session:
                await send(session, "a.mov", "a")
            await asyncio.wait_for(asked.wait(), 30)
            assert await stop(process, signal.SIGTERM) == ""
    finally:
        await runner.cleanup()
    assert process.returncode == 0


async def test_webhook_notifier_gives_up_where_it_is_refused_and_tells_it_at_the_next_start(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = str(tmp_path / "told.db")
    async with webhook(404) as (url, taken), box.session(poll=OFTEN) as session:
        monkeypatch.setenv("WEBHOOK_URL", url)
        async with program("webhook_notifier.py", kept) as process:
            await polled(box)
            await send(session, "a.mov", "a")
            output, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 1
        assert output == b"the webhook does not take messages: it answers 404\n"
        async with program("webhook_notifier.py", kept):
            assert await asyncio.wait_for(taken.get(), 30) == "a has arrived"


async def test_webhook_notifier_tries_so_often_and_does_not_say_where(
    unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = runpy.run_path(str(ROOT / "examples" / "webhook_notifier.py"))
    monkeypatch.setattr(example["random"], "random", lambda: 0.0)
    going_on = asyncio.Event()
    async with aiohttp.ClientSession() as client, webhook(*[500] * 6, 307) as (url, taken):
        for address, why in (
            (url, "it answers 500"),
            (url, "it answers 307"),
            (f"http://127.0.0.1:{unused_tcp_port}/very-secret", "ClientConnectorError"),
            ("https:///very-secret", "InvalidUrlClientError"),
        ):
            with pytest.raises(example["NotTakenError"]) as caught:
                await example["post"](client, address, "a has arrived", going_on)
            assert str(caught.value) == why
            assert "very-secret" not in "".join(traceback.format_exception(caught.value))
        await example["post"](client, url, "a has arrived", going_on)
        assert taken.get_nowait() == "a has arrived"


async def test_watcher_service(box: Sandbox, tmp_path: Path) -> None:
    kept = str(tmp_path / "seen.db")
    async with box.session(poll=OFTEN) as session:
        async with program("watcher_service.py", kept) as process:
            await polled(box)
            await send(session, "a.mov", "first")
            await line_with(process, "INFO watcher: done first")
            assert await stop(process, signal.SIGTERM) == "INFO watcher: stopped\n"
        assert process.returncode == 0
        await session.wait(await send(session, "a.mov", "meanwhile"), timeout=30)
        async with program("watcher_service.py", kept) as process:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"INFO watcher: watching\n"
            assert await process.stdout.readline() == b"INFO watcher: done meanwhile\n"
            assert await stop(process, signal.SIGINT) == "INFO watcher: stopped\n"
        assert process.returncode == 0


async def test_watcher_service_stops_before_it_has_begun_and_says_why_it_cannot_begin(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, asked = str(tmp_path / "seen.db"), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        with monkeypatch.context() as patch:
            patch.setenv("ACCSYN_URL", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            async with program("watcher_service.py", kept) as process:
                await asyncio.wait_for(asked.wait(), 30)
                assert await stop(process) == "INFO watcher: stopped before it began\n"
    assert process.returncode == 0
    monkeypatch.setenv("ACCSYN_API_KEY", "wrong")
    async with program("watcher_service.py", kept) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert output.startswith(b"ERROR watcher: ")
    assert process.returncode == 1


@pytest.fixture
def knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of accsyn, that is."""
    for name in [name for name in os.environ if name.startswith("ACCSYN_")]:
        monkeypatch.delenv(name)


@contextlib.asynccontextmanager
async def relayed_by(folder: Path, *allowed: str) -> AsyncIterator[Relaying]:
    """A relay on a server of its own."""
    with NatsServer(folder / "nats") as nats:
        async with relaying(nats.url, "acme", allowed, speed=8) as relayed:
            yield relayed


@pytest.mark.usefixtures("knows_nothing")
async def test_relay_archiver(tmp_path: Path) -> None:
    async with relayed_by(tmp_path) as relayed:
        await _archive(relayed, tmp_path)


async def _archive(relayed: Relaying, tmp_path: Path) -> None:
    archive = tmp_path / "archive.jsonl"
    arguments = ("relay_archiver.py", str(archive), relayed.url)
    async with program(*arguments) as process:
        first_job = await held(relayed, "first.mov")
        await line_with(process, "all is written; [01] on their way")
        await relayed.session.update("Transfer", first_job, {"status": "waiting"})
        assert await line_with(process, "^done") == "done first.mov\n"
        async with program("relay_archiver.py", str(tmp_path / "other.jsonl"), relayed.url) as another:
            output, _ = await asyncio.wait_for(another.communicate(), 30)
        assert re.fullmatch(rb"the durable watch 'archiver' is in use by .*\n", output)
        assert another.returncode == 1
        process.kill()
    await relayed.session.wait(await relayed.create("meanwhile.mov", 3_000_000), timeout=30)
    # As a power cut leaves it: an end that was written and one that was not quite.
    first = archive.read_text()
    archive.write_text(first + '{"id": "acme:')
    async with program(*arguments) as process:
        assert await line_with(process, "^done") == "done meanwhile.mov\n"
        await relayed.session.delete_one("Transfer", await held(relayed, "gone.mov"))
        assert await line_with(process, "^removed") == "removed gone.mov\n"
        assert await stop(process, signal.SIGTERM) == ""
        assert process.returncode == 0
    told = [json.loads(line) for line in archive.read_text().splitlines()]
    assert archive.read_text().startswith(first)
    assert [(each["name"], each["status"]) for each in told] == [
        ("first.mov", "done"),
        ("meanwhile.mov", "done"),
        ("gone.mov", "removed"),
    ]
    assert len({each["id"] for each in told}) == 3


async def held(relayed: Relaying, name: str) -> str:
    """A transfer that is paused, and seen to be."""
    ident = await relayed.create(name, 8_000_000)
    await relayed.session.update("Transfer", ident, {"status": "paused"})
    async with relay.connect(relayed.url) as feed:
        await feed.wait(ident, until=["paused"], timeout=30)
    return ident


@pytest.mark.usefixtures("knows_nothing")
async def test_relay_quiet_time(tmp_path: Path) -> None:
    async with relayed_by(tmp_path, "pause", "resume") as relayed:
        await _keep_quiet(relayed)


async def _keep_quiet(relayed: Relaying) -> None:
    there = await relayed.create("there.mov", 100_000_000)
    paused = await held(relayed, "paused.mov")
    async with program("relay_quiet_time.py", "Transfer", relayed.url) as process:
        assert await line_with(process, "^pause") == "pause there.mov: paused\n"
        new = await relayed.create("new.mov", 100_000_000)
        assert await line_with(process, "^pause") == "pause new.mov: paused\n"
        for ident in (there, new):
            assert await status_of(relayed, ident) == "paused"
        output = await stop(process)
    assert output.splitlines() == ["resume there.mov: waiting", "resume new.mov: waiting"]
    assert process.returncode == 0
    for ident in (there, new):
        assert await status_of(relayed, ident) in ("waiting", "running")
    assert await status_of(relayed, paused) == "paused"


@pytest.mark.usefixtures("knows_nothing")
async def test_relay_quiet_time_says_that_nothing_is_allowed(tmp_path: Path) -> None:
    async with relayed_by(tmp_path) as relayed:
        ident = await relayed.create("a.mov", 100_000_000)
        async with program("relay_quiet_time.py", ident, relayed.url) as process:
            output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert output == b"the relay does not allow to pause; it allows nothing\n"
    assert process.returncode == 1


async def status_of(relayed: Relaying, ident: str) -> str:
    job = await relayed.session.get_job(ident)
    assert job is not None
    return job.status.value
