"""Relays and consumers, each a process of its own, stopped and killed by its pid."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

__all__ = ["Program", "Relay"]

ROOT = Path(__file__).parents[3]
PATIENCE = 20.0
"""Seconds that a process has to end when it is told to."""


class Program:
    """A process that says something, a line at a time.

    Args:
        arguments: the arguments of this Python.
        environment: joins this process's own, without what names a workspace.
        folder: where it runs; what it says on its standard error is written there.
        name: for people.
        on_line: is given each line.
        on_end: is told whether a signal ended it.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        name: str,
        on_line: Callable[[str], None],
        on_end: Callable[[bool], None] | None = None,
    ) -> None:
        self.name = name
        self._arguments = arguments
        self._environment = environment
        self._folder = folder
        self._on_line = on_line
        self._on_end = on_end
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._frozen = False

    @property
    def alive(self) -> bool:
        """Whether it runs; a frozen one does, too."""
        return self._process is not None and self._process.returncode is None

    @property
    def code(self) -> int | None:
        """What it ended with; ``None`` while it runs."""
        return None if self._process is None else self._process.returncode

    async def start(self) -> None:
        """Start it; it is not waited for."""
        environment = {key: text for key, text in os.environ.items() if not key.startswith("ACCSYN_")}
        environment |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **self._environment}
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, *self._arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=self._folder,
                env=environment,
            )
        self._listening = asyncio.create_task(self._listen())

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def freeze(self) -> None:
        """Stop it from running."""
        self._frozen = True
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it run again."""
        self._frozen = False
        self.send(signal.SIGCONT)

    async def kill(self) -> None:
        """End it by SIGKILL; one that has ended stays so."""
        self.send(signal.SIGKILL)
        await self.ended()

    async def stop(self) -> None:
        """End it as its supervisor would.

        Raises:
            TimeoutError: it did not end.
        """
        self.send(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            await self.ended()

    async def ended(self) -> None:
        """Wait until it is no more, and all that it said was heard."""
        assert self._process is not None
        assert self._listening is not None
        await self._process.wait()
        await asyncio.shield(self._listening)

    async def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._on_line(line.decode().rstrip("\n"))
        code = await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._on_end is not None:
            self._on_end(code in (-signal.SIGKILL, -signal.SIGTERM))


class Relay(Program):
    """A relay, and what it says of its role.

    Args:
        servers: where it finds NATS.
        environment: how it finds the backend.
        folder: where it runs.
        name: for people.
        changed: is called when its role has changed.
        options: more of its command line.

    Attributes:
        role: as it last said; ``None`` before.
        relay: its name on NATS.
        roles: how often it said so.
        faults: what it said that it must not.
    """

    def __init__(
        self,
        servers: str,
        environment: Mapping[str, str],
        folder: Path,
        name: str,
        changed: Callable[[], None],
        options: Sequence[str] = (),
    ) -> None:
        arguments = ["-m", "accsyn_async", "relay", "--nats", servers, "--json", *options]
        super().__init__(arguments, environment, folder, name, self._take, self._at_end)
        self.role: Literal["leader", "standby"] | None = None
        self.relay = ""
        self.roles = 0
        self.faults: list[str] = []
        self._changed = changed

    @property
    def leads(self) -> bool:
        """Whether it says that it leads, and can."""
        return self.alive and not self._frozen and self.role == "leader"

    def _take(self, line: str) -> None:
        try:
            said: dict[str, Any] = json.loads(line)
            self.role, self.relay = said["role"], said["relay"]
        except (ValueError, KeyError):
            self.faults.append(f"{self.name} said {line[:200]!r}")
        self.roles += 1
        self._changed()

    def _at_end(self, by_signal: bool) -> None:
        self.role = None
        self._changed()
