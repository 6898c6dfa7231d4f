"""How soon ``accsyn-async top`` shows something: its first frame, and a thousand rows."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

from accsyn_async.sandbox import Sandbox
from benchmarks.figures import Effort, Figure, at_most
from benchmarks.processes import environment
from benchmarks.rounds import clocked

TITLE = "The terminal screen"
ABOUT = (
    "`accsyn-async top` is started again and again before a pseudo-terminal of 100×30, with a sandbox of"
    " a thousand jobs: until the frame is received that says that jobs are being asked for, and until the"
    " rows and their number are. Counted from the process's start: interpreter, imports, login and list"
    " are in it."
)
NEEDS = ("textual", "pty")

JOBS = 1000
ROUNDS = {"quick": 7, "full": 20}
LINES, COLUMNS = 30, 100
FIRST, ROWS = re.compile(b"asking for jobs"), re.compile(rb"\d{3,} jobs")
"""What is written by then. Of the jobs some have ended already, and are not listed."""
DEADLINE = 20.0


async def measure(effort: Effort) -> list[Figure]:
    """How soon the first frame is there, and all jobs."""
    async with Sandbox(synthetic_jobs=JOBS, rate_limit=False, time_factor=0) as box:
        user = box.user("admin")
        with tempfile.TemporaryDirectory() as state:
            env = environment(
                ACCSYN_URL=box.url,
                ACCSYN_WORKSPACE=box.workspace,
                ACCSYN_API_USER=user.username,
                ACCSYN_API_KEY=user.api_key,
                XDG_STATE_HOME=state,
                TERM="xterm-256color",
                COLORTERM="truecolor",
            )
            await asyncio.to_thread(_run, env)  # writes the bytecode
            rounds = [await asyncio.to_thread(_run, env) for _ in range(ROUNDS[effort])]
    first, listed = zip(*rounds, strict=True)
    return [
        clocked("first frame", first, "s", bound=at_most(0.4)),
        clocked(f"{JOBS:,} jobs listed", listed, "s", bound=at_most(1)),
    ]


def _run(env: dict[str, str]) -> tuple[float, float]:
    """Start it once: seconds until the first frame, and until all jobs are listed."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "accsyn_async", "top"],
        stdin=its,
        stdout=its,
        stderr=its,
        env=env,
        start_new_session=True,
    )
    os.close(its)
    try:
        written = b""
        first = 0.0
        while time.perf_counter() - began < DEADLINE:
            if not select.select([ours], [], [], 1.0)[0]:
                continue
            written += os.read(ours, 1 << 16)
            if not first and FIRST.search(written):
                first = time.perf_counter() - began
            if ROWS.search(written):
                return first, time.perf_counter() - began
        raise TimeoutError(f"nothing like it in {written[-2000:]!r}")
    finally:
        _end(process, ours)


def _end(process: subprocess.Popen[bytes], terminal: int) -> None:
    """End it, reading what it writes meanwhile: it would wait for that otherwise."""
    process.terminate()
    deadline = time.monotonic() + 10
    while process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
            break
        if select.select([terminal], [], [], 0.05)[0]:
            with contextlib.suppress(OSError):
                os.read(terminal, 1 << 16)
    process.wait()
    os.close(terminal)
