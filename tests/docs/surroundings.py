"""What a page is read in: a workspace with a user's environment, a folder, and programs on the path."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from accsyn_async.sandbox import Sandbox
from tests.docs.pages import ROOT
from tests.quick_poll import OFTEN
from tests.support.nats_servers import free_port

__all__ = ["DEADLINE", "Surroundings", "surroundings"]

DEADLINE = 60.0
"""Seconds after which a block is given up: what it waits for will not come."""
USER = "lisa@example.com"
_SEEN = 4
"""So many requests after a job was made: whoever polls has seen it."""
_POLLS = 10
"""So many more requests after what happened: whoever has not been told of it by then will not be."""
_PORTS = re.compile(r"\b(?:8000|8080|8181|8484|8485)\b")
_SHIMS = {
    "accsyn-async": 'exec {python} -m tests.docs.quickly -m accsyn_async "$@"',
    "uvicorn": 'exec {python} -m tests.docs.quickly -m uvicorn "$@"',
    "python": ('case "$1" in *.py) exec {python} -m tests.docs.quickly "$@";; *) exec {python} "$@";; esac'),
}


class Surroundings:
    """Where a page's blocks run, and what happens there.

    Attributes:
        box: the workspace.
        folder: to work in.
        credentials: what a user has set.
    """

    def __init__(self, box: Sandbox, folder: Path) -> None:
        self.box = box
        self.folder = folder
        self._programs = folder.with_name(f"{folder.name}-programs")
        self.credentials = {
            "ACCSYN_URL": box.url,
            "ACCSYN_WORKSPACE": box.workspace,
            "ACCSYN_API_USER": USER,
            "ACCSYN_API_KEY": box.user(USER).api_key,
        }
        self._settings: dict[str, str] = {}
        self._ports: dict[str, int] = {}
        self._happened = 0

    @property
    def requests(self) -> int:
        """How many requests the workspace was sent."""
        return self.box.statistics().requests

    @property
    def env(self) -> dict[str, str]:
        """The environment of programs."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ACCSYN_")}
        path = (str(self._programs), str(Path(sys.executable).parent), os.environ["PATH"])
        return {
            **inherited,
            "HOME": str(self.folder),
            "PATH": os.pathsep.join(path),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "TERM": "dumb",
            **self._settings,
            **self.credentials,
        }

    def with_free_ports(self, text: str) -> str:
        """A text in which the ports that pages like to name are free ones, the same for the whole page."""

        def port(found: re.Match[str]) -> str:
            if found[0] not in self._ports:
                self._ports[found[0]] = free_port()
            return str(self._ports[found[0]])

        return _PORTS.sub(port, text)

    def export(self, name: str, value: str) -> None:
        """Set a variable for the programs that follow; who logs in where stays as it is."""
        self._settings[name] = value

    def make_programs(self) -> None:
        """Put those on the path that poll often."""
        self._programs.mkdir()
        for name, line in _SHIMS.items():
            shim = self._programs / name
            shim.write_text(f"#!/bin/sh\n{line.format(python=shlex.quote(sys.executable))}\n")
            shim.chmod(0o755)
        (self._programs / "python3").symlink_to("python")

    async def let_something_happen(self) -> None:
        """A transfer that arrives and one that fails, then so much time that all have been told."""
        self._happened += 1
        name = f"shot{self._happened:03}.mov"
        (self.box.volume / name).write_bytes(b"frames" * 200_000)
        async with self.box.session(USER, poll=OFTEN) as session:
            # Time stands still until both have been seen: an end that nobody saw coming is found later.
            await self.box.run_at(0)
            jobs = [
                await session.create(
                    "Transfer", {"source": f"share=projects/{source}", "destination": "site=berlin"}
                )
                for source in (name, f"missing{self._happened:03}.mov")
            ]
            await self.requests_more(_SEEN)
            await self.box.run_at(1)
            for job in jobs:
                assert isinstance(job, dict)
                await session.wait(job["id"], until=["done", "failed"], timeout=DEADLINE)
        await self.requests_more(_POLLS)

    async def requests_more(self, count: int) -> None:
        """Wait until the workspace was sent so many more requests."""
        there = self.requests
        while self.requests < there + count:
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def surroundings(folder: Path) -> AsyncIterator[Surroundings]:
    """A workspace with two files and lisa, who may do everything; a folder to work in."""
    work = folder / "work"
    work.mkdir()
    async with Sandbox(speed=8, rate_limit=False) as box:
        for name in ("a.mov", "b.mov"):
            (box.volume / name).write_bytes(b"frames" * 500_000)
        async with box.session("admin") as session:
            await session.create("User", {"code": USER, "role": "admin"})
        around = Surroundings(box, work)
        around.make_programs()
        with _working_in(work):
            yield around


@contextlib.contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
