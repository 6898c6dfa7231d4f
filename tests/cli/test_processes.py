"""The command line as a process: signals, pipes, the official client beside it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import accsyn_async
from accsyn_async import Session

DEADLINE = 30.0
ROOT = Path(accsyn_async.__file__).parents[1]
CLI = (sys.executable, "-m", "accsyn_async")

if sys.platform == "win32":
    pytest.skip("signals are otherwise there", allow_module_level=True)


class Process:
    """A process whose output is read by threads, so that no test waits for ever."""

    def __init__(
        self, *argv: str, env: dict[str, str] | None = None, stdin: int = subprocess.DEVNULL
    ) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ACCSYN_", "AS_"))}
        self._process = subprocess.Popen(
            argv,
            env={**clean, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "", **(env or {})},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._errors: list[str] = []
        self._threads = [
            threading.Thread(target=self._read, args=(self._process.stdout, self._lines.put)),
            threading.Thread(target=self._read, args=(self._process.stderr, self._errors.append)),
        ]
        for thread in self._threads:
            thread.start()

    def line(self) -> str:
        """The next line of standard output; empty at its end."""
        return self._lines.get(timeout=DEADLINE)

    def write(self, text: str) -> None:
        """Write to its standard input, which stays open."""
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)

    def interrupt(self) -> None:
        """Press Ctrl-C, as often as it takes: one that comes just before a read waits for its end."""
        until = time.monotonic() + DEADLINE
        while self._process.poll() is None and time.monotonic() < until:
            self.signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(3)

    def end(self) -> tuple[int, str, str]:
        """Wait for its end: the code, what is left of standard output, standard error."""
        code = self._process.wait(DEADLINE)
        for thread in self._threads:
            thread.join(DEADLINE)
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        rest = []
        while not self._lines.empty():
            rest.append(self._lines.get())
        return code, "".join(rest), "".join(self._errors)

    def stop(self) -> None:
        """End it: in order, so that it clears up, or else by force."""
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
        self.kill()

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.end()

    @staticmethod
    def _read(stream: Any, put: Callable[[str], object]) -> None:
        with stream:
            for line in stream:
                put(line)
        put("")


@contextlib.contextmanager
def process(
    *argv: str, env: dict[str, str] | None = None, stdin: int = subprocess.DEVNULL
) -> Iterator[Process]:
    started = Process(*argv, env=env, stdin=stdin)
    try:
        yield started
    finally:
        started.stop()


class Box:
    """A sandbox in a process."""

    def __init__(self, process: Process, volume: Path) -> None:
        self.process = process
        self.facts = json.loads(process.line())
        self.volume = volume
        admin = self.facts["users"][0]
        self.env = {
            "ACCSYN_URL": self.facts["url"],
            "ACCSYN_WORKSPACE": self.facts["workspace"],
            "ACCSYN_API_USER": admin["username"],
            "ACCSYN_API_KEY": admin["api_key"],
        }


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "a.mov").write_bytes(bytes(3_000_000))
    argv = ("sandbox", "--json", "--port", "0", "--speed", "1", "--volume", str(volume))
    with process(*CLI, *argv) as started:
        yield Box(started, volume)


OFFICIAL = """
import os
from accsyn_api.session import Session
session = Session(os.environ["WORKSPACE"], os.environ["USER_NAME"], os.environ["KEY"])
job = session.create("Transfer", {"source": "share=projects/a.mov", "destination": "site=berlin"})
print(job["id"], flush=True)
"""


def test_a_watch_follows_what_the_official_client_submits(box: Box) -> None:
    assert [user["role"] for user in box.facts["users"]] == ["admin", "employee", "standard"]
    assert set(box.facts) == {"url", "workspace", "users"}
    with process(*CLI, "watch", "--json", "Transfer", env=box.env) as watch:
        assert json.loads(watch.line())["event"] == "synced"
        official = {
            "ACCSYN_PROXY": box.facts["url"].partition("://")[2],
            "WORKSPACE": box.env["ACCSYN_WORKSPACE"],
            "USER_NAME": box.env["ACCSYN_API_USER"],
            "KEY": box.env["ACCSYN_API_KEY"],
        }
        with process(sys.executable, "-c", OFFICIAL, env=official) as client:
            code, told, errors = client.end()
            assert code == 0, errors
        ident = told.split()[-1]
        events: list[dict[str, Any]] = []
        until = time.monotonic() + DEADLINE
        while not events or events[-1]["event"] != "finished":
            assert time.monotonic() < until
            events.append(json.loads(watch.line()))
        assert {event["job"]["id"] for event in events} == {ident}
        assert events[0]["event"] == "found"
        assert "changed" in [event["event"] for event in events]
        assert events[-1]["job"]["status"] == "done"
        watch.signal(signal.SIGINT)
        code, rest, errors = watch.end()
        assert (code, rest) == (130, "")
        assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signals_end_a_watch_without_a_traceback(box: Box, number: signal.Signals, code: int) -> None:
    with process(*CLI, "watch", "--json", env=box.env) as watch:
        watch.line()
        watch.signal(number)
        assert watch.end() == (code, "", "")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGHUP, 129)]
)
def test_signals_end_a_sandbox_and_it_clears_up(tmp_path: Path, number: signal.Signals, code: int) -> None:
    (tmp_path / "tmp").mkdir()
    argv = ("sandbox", "--json", "--port", "0")
    with process(*CLI, *argv, env={"TMPDIR": str(tmp_path / "tmp")}) as sandbox:
        assert json.loads(sandbox.line())["workspace"]
        assert list((tmp_path / "tmp").iterdir())
        sandbox.signal(number)
        assert sandbox.end() == (code, "", "")
    assert not list((tmp_path / "tmp").iterdir())


async def test_a_sandbox_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    volume, content = tmp_path / "volume", bytes(range(250)) * 16000
    volume.mkdir()
    (volume / "a.mov").write_bytes(content)
    options = ("sandbox", "--json", "--port", "0", "--volume", str(volume), "--state", f"{tmp_path}/box.db")
    jobs: list[str] = []
    keys: set[str] = set()
    berlin = tmp_path / "box.db.files" / "sites" / "berlin" / "projects"
    for number in range(4):
        with process(*CLI, *options, "--speed", "0.5") as started:
            box = Box(started, volume)
            keys.add(box.env["ACCSYN_API_KEY"])
            async with session_to(box) as session:
                assert {row["id"] for row in await session.find("Transfer")} == set(jobs)
                for name in (f"{number}", f"{number}b"):
                    data = {"source": "a.mov", "destination": f"site=berlin:projects/{name}.mov"}
                    jobs.append((await session.create("Transfer", data))["id"])
                    await until_part(berlin)
                # What was answered is kept, however the process ends in the next moment.
                started.kill()
    assert len(keys) == 1
    with process(*CLI, *options, "--speed", "500") as started:
        async with session_to(Box(started, volume)) as session:
            ended = [job async for job in session.as_completed(jobs)]
        assert [job.status for job in ended] == ["done"] * len(jobs)
        copies = {path.name: path.read_bytes() for path in berlin.iterdir()}
        assert copies == {f"{number}{b}.mov": content for number in range(4) for b in ("", "b")}
        started.signal(signal.SIGTERM)
        assert started.end()[0] == 0


def session_to(box: Box) -> Session:
    env = box.env
    workspace, user, key = (env[f"ACCSYN_{name}"] for name in ("WORKSPACE", "API_USER", "API_KEY"))
    return Session(workspace, user, key, url=env["ACCSYN_URL"], rate_limit=None)


async def until_part(folder: Path) -> None:
    """Until a file is half written."""

    def parts() -> list[Path]:
        return list(folder.glob("*.part"))

    until = time.monotonic() + DEADLINE
    while not parts():
        assert time.monotonic() < until
        await asyncio.sleep(0.01)


def test_a_state_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "box.db").write_text("mine")
    with process(*CLI, "sandbox", "--port", "0", "--state", str(tmp_path / "box.db")) as sandbox:
        code, out, errors = sandbox.end()
    assert (code, out) == (2, "")
    assert "is no state of a sandbox, or damaged" in errors
    assert "Traceback" not in errors


def test_a_sandbox_for_people(tmp_path: Path) -> None:
    with process(*CLI, "sandbox", "--port", "0") as sandbox:
        lines = [sandbox.line()]
        while "ACCSYN_PROXY" not in lines[-1]:
            lines.append(sandbox.line())
        exports = [line for line in lines if line.startswith("export ")]
        env = dict(line.removeprefix("export ").strip().split("=", 1) for line in exports)
        with process(*CLI, "find", "Site", "--json", env=env) as find:
            code, out, errors = find.end()
        assert (code, errors) == (0, "")
        assert [json.loads(line)["code"] for line in out.splitlines()] == ["hq", "berlin"]


def test_a_sandbox_that_is_controlled_from_outside() -> None:
    options = ("--control", "--seed", "7", "--jobs", "30", "--synthetic", "--time-factor", "60")
    with process(*CLI, "sandbox", "--json", "--port", "0", *options) as sandbox:
        facts = json.loads(sandbox.line())
        headers = {"X-Sandbox-Token": facts["control_token"]}
        request = urllib.request.Request(f"{facts['url']}/_sandbox/state", headers=headers)
        with urllib.request.urlopen(request) as reply:
            state = json.load(reply)["result"]
        assert state["workspace"] == facts["workspace"]
        assert facts["users"][0]["api_key"] not in json.dumps(state)
        env = {
            "ACCSYN_URL": facts["url"],
            "ACCSYN_WORKSPACE": facts["workspace"],
            "ACCSYN_API_USER": facts["users"][0]["username"],
            "ACCSYN_API_KEY": facts["users"][0]["api_key"],
        }
        with process(*CLI, "find", "Transfer", "--json", env=env) as find:
            code, out, errors = find.end()
        assert (code, errors) == (0, "")
        assert len(out.splitlines()) > 20
    with process(*CLI, "sandbox", "--port", "0", "--control") as sandbox:
        while "curl" not in sandbox.line():
            pass


def test_a_sandbox_of_another_name_without_a_limit() -> None:
    argv = ("sandbox", "--json", "--port", "0", "--workspace", "studio", "--no-rate-limit")
    with process(*CLI, *argv) as sandbox:
        facts = json.loads(sandbox.line())
        assert facts["workspace"] == "studio"
        statuses = {urllib.request.urlopen(discovery(facts)).status for _ in range(100)}
    assert statuses == {200}


async def test_a_sandbox_that_gives_api_keys() -> None:
    with process(*CLI, "sandbox", "--json", "--port", "0", "--give-api-keys") as sandbox:
        facts = json.loads(await asyncio.to_thread(sandbox.line))
        user = facts["users"][0]
        who = (facts["workspace"], user["username"], user["api_key"])
        async with Session(*who, url=facts["url"]) as session:
            assert await session.get_api_key() == user["api_key"]


def discovery(facts: dict[str, Any]) -> str:
    asked = urllib.parse.quote(json.dumps({"ident": facts["workspace"]}))
    return f"{facts['url']}/api/v3/J3PKTtDvolDMBtTy6AFGA?{asked}"


def test_tls_with_the_authority_that_is_named() -> None:
    with process(*CLI, "sandbox", "--json", "--port", "0", "--tls") as sandbox:
        facts = json.loads(sandbox.line())
        user = facts["users"][2]
        env = {
            "ACCSYN_URL": facts["url"],
            "ACCSYN_WORKSPACE": facts["workspace"],
            "ACCSYN_API_USER": user["username"],
            "ACCSYN_API_KEY": user["api_key"],
        }
        for extra, options, expected in (
            ({}, (), 4),
            ({}, ("--insecure",), 0),
            ({"SSL_CERT_FILE": facts["ca"]}, (), 0),
        ):
            with process(*CLI, "find", "Site", *options, env={**env, **extra}) as find:
                code, _, errors = find.end()
            assert code == expected, errors
            assert "Traceback" not in errors


def test_nobody_reads(box: Box, tmp_path: Path) -> None:
    # More than a pipe holds.
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps([{"source": "a.mov", "priority": number} for number in range(2000, 4000)]))
    validate = (f"validate {bad}", f"validate --json {bad}")
    for command in ("find User --json", "watch --json", "--help", "schema", *validate):
        shell = f"{' '.join(CLI)} {command} | head -c 1 >/dev/null"
        with process("sh", "-c", shell, env=box.env) as piped:
            if command.startswith("watch"):
                # It hears of it when it next writes.
                with process(*CLI, "submit", "share=projects/a.mov", "site=berlin", env=box.env) as submit:
                    assert submit.end()[0] == 0
            assert piped.end() == (0, "", "")


@pytest.mark.parametrize("command", [("submit", "-"), ("submit", "-", "--dry-run"), ("validate", "-")])
def test_waiting_for_standard_input_can_be_interrupted(command: tuple[str, ...]) -> None:
    with process(*CLI, *command, stdin=subprocess.PIPE) as waiting:
        # A pipe does not hold so much: when it is written, the process reads.
        waiting.write(" " * 1_000_000)
        waiting.interrupt()
        assert waiting.end() == (130, "", "")


def test_a_job_through_pipes(box: Box, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text('{"source": "share=projects/a.mov", "destination": "site=berlin"}')
    cli = " ".join(CLI)
    script = f"{cli} submit - --priority 700 --dry-run < {tmp_path}/job.json | {cli} submit - --json"
    with process("sh", "-c", script, env=box.env) as piped:
        code, out, errors = piped.end()
    assert (code, errors) == (0, "Nothing was sent; it would make a transfer.\n")
    assert json.loads(out)["priority"] == 700


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_what_is_checked_in_any_locale(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "größe.json").write_text('{"source": "größe.mov", "destination": "site="}', encoding="utf-8")
    env = {"PYTHONIOENCODING": encoding}
    with process(*CLI, "validate", f"{tmp_path}/größe.json", f"{tmp_path}/fehlt.json", env=env) as validate:
        code, out, errors = validate.end()
    assert (code, errors) == (2, "")
    first, second = out.splitlines()
    name = "größe" if encoding == "utf-8" else "gr\\xf6\\xdfe"
    assert first.startswith(f"{tmp_path}/{name}.json:1:25: error: destination: ")
    assert second.startswith(f"{tmp_path}/fehlt.json: error: there is no such file")


def test_a_backend_that_goes_away_does_not_end_a_watch(box: Box) -> None:
    with process(*CLI, "watch", "--json", env=box.env) as watch:
        assert json.loads(watch.line())["event"] == "synced"
        box.process.stop()
        assert json.loads(watch.line())["event"] == "degraded"
        watch.signal(signal.SIGINT)
        assert watch.end()[0] == 130


def test_ctrl_c_leaves_a_terminal_in_order(box: Box) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    watch = subprocess.Popen(
        [*CLI, "watch"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "CI": "", **box.env},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    written = b""
    try:
        until = time.monotonic() + DEADLINE
        # A pseudo-terminal that nobody writes to any more reports an error.
        with contextlib.suppress(OSError):
            while chunk := os.read(ours, 4096):
                assert time.monotonic() < until
                if b"no jobs yet" in chunk and b"no jobs yet" not in written:
                    os.kill(watch.pid, signal.SIGINT)
                written += chunk
        assert watch.wait(DEADLINE) == 130
    finally:
        if watch.poll() is None:
            watch.kill()
            watch.wait()
        os.close(ours)
    assert b"Traceback" not in written
    assert written.count(b"\x1b[?25h") == 1
    assert written.rpartition(b"\x1b[?25h")[2] == b""


@pytest.mark.slow
def test_the_demo_moves_files_until_all_are_done_and_clears_up(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    with process(*CLI, "demo", "--json", "--speed", "40", env={"TMPDIR": str(tmp_path / "tmp")}) as demo:
        code, out, errors = demo.end()
    assert code == 0
    events = [json.loads(line) for line in out.splitlines()]
    assert sum(event["event"] == "finished" for event in events) == 7
    assert "Traceback" not in errors
    assert not list((tmp_path / "tmp").iterdir())


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    script = "import sys, accsyn_async.__main__; print('cyclopts' in sys.modules, 'rich' in sys.modules)"
    with process(sys.executable, "-c", script) as python:
        assert python.end() == (0, "False False\n", "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    "command", ["find User", "submit share=projects/a.mov site=berlin", "--help", "schema"]
)
def test_streams_that_are_closed_keep_nothing_from_being_done(box: Box, command: str, closed: str) -> None:
    ran = subprocess.run(
        ["sh", "-c", f"{shlex.join(CLI)} {command} {closed}"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **box.env},
        capture_output=True,
        encoding="utf-8",
        timeout=DEADLINE,
    )
    assert (ran.returncode, "Traceback" in ran.stderr) == (0, False), ran.stderr
    assert bool(ran.stdout) == (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_told_without_a_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*CLI, "schema"], stdout=full, stderr=subprocess.PIPE, encoding="utf-8", timeout=DEADLINE
        )
    assert (ran.returncode, ran.stderr) == (
        1,
        "accsyn-async: there is no room left for what was to be written\n",
    )


@pytest.mark.parametrize(
    "argv", [("--help",), ("watch", "--help"), ("--version",), ("migrate", "x.py"), ("schema",)]
)
def test_whom_nobody_reads_ends_as_the_others_do(argv: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("import accsyn_api\n\naccsyn_api.Session().find('User')\n")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            (*CLI, *argv),
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=DEADLINE,
            check=False,
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")
