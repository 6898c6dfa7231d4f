"""How soon ``accsyn-async top`` shows something: its first frame, and a thousand rows.

Run it as ``python benchmarks/top.py``; README.md beside it says what is counted. It needs a pseudo-terminal.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from accsyn_async.sandbox import Sandbox

JOBS = 1000
ROUNDS = 15
LINES, COLUMNS = 30, 100
ROOT = Path(__file__).parents[1]
FIRST, ROWS = re.compile(b"asking for jobs"), re.compile(rb"\d{3,} jobs")
"""What is written by then. Of the jobs some have ended already, and are not listed."""
DEADLINE = 20.0


async def main() -> None:
    """Measure and print."""
    async with Sandbox(synthetic_jobs=JOBS, rate_limit=False, time_factor=0) as box:
        user = box.user("admin")
        with tempfile.TemporaryDirectory() as state:
            env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
            env |= {
                "ACCSYN_URL": box.url,
                "ACCSYN_WORKSPACE": box.workspace,
                "ACCSYN_API_USER": user.username,
                "ACCSYN_API_KEY": user.api_key,
                "XDG_STATE_HOME": state,
                "PYTHONPATH": str(ROOT),
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
            }
            await asyncio.to_thread(_run, env)  # writes the bytecode
            rounds = [await asyncio.to_thread(_run, env) for _ in range(ROUNDS)]
    print(f"seconds from the process's start, of {ROUNDS} starts")
    print(f"{'':>24}{'least':>10}{'median':>10}{'most':>10}")
    for name, times in zip(("first frame", f"{JOBS} jobs listed"), zip(*rounds, strict=True), strict=True):
        print(f"{name:>24}{min(times):>10.3f}{statistics.median(times):>10.3f}{max(times):>10.3f}")


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
        process.terminate()
        while process.poll() is None:
            if select.select([ours], [], [], 0.05)[0]:
                try:
                    os.read(ours, 1 << 16)
                except OSError:
                    break
        process.wait()
        os.close(ours)


if __name__ == "__main__":
    asyncio.run(main())
