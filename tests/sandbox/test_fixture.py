"""The pytest plugin: one server a session or worker, fresh for each test."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from accsyn_async.errors import RateLimitedError

if TYPE_CHECKING:
    from accsyn_async.testing import AccsynSandbox

ROOT = Path(__file__).parents[2]
pytest_plugins = ["pytester", "accsyn_async.testing"]


@pytest.mark.parametrize("number", [1, 2])
def test_each_test_has_it_to_itself(
    accsyn_sandbox: AccsynSandbox, number: int, official: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = accsyn_sandbox.requests
    assert before == ()
    assert accsyn_sandbox.weather.faults == ()
    assert list(accsyn_sandbox.volume.iterdir()) == []
    assert abs(accsyn_sandbox.now.timestamp() - time.time()) < 60
    for name, value in accsyn_sandbox.official_env("employee").items():
        monkeypatch.setenv(name, value)
    session = official.Session()
    assert session.find("Transfer") == []
    (accsyn_sandbox.volume / "a.mov").write_bytes(bytes(1000))
    job = session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
    accsyn_sandbox.advance(hours=6)
    assert session.get_entity("Transfer", job["id"])["status"] == "done"
    assert (accsyn_sandbox.site_root("berlin") / "projects" / "a.mov").exists()
    created = [one for one in accsyn_sandbox.requests if one.verb == "POST"]
    assert [one.uri for one in created] == ["transfer/create"]
    accsyn_sandbox.weather.add("error")
    with pytest.raises(Exception, match="E#E503"):
        session.find("Transfer")


async def test_this_library_s_session_beside_it(accsyn_sandbox: AccsynSandbox) -> None:
    (accsyn_sandbox.volume / "a.mov").write_bytes(bytes(1000))
    async with accsyn_sandbox.session("employee") as session:
        job = await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
        assert isinstance(job, dict)
        assert (await session.wait(job["id"], timeout=30)).progress == 100
        accsyn_sandbox.expire_sessions()
        assert await session.find("User")
        accsyn_sandbox.weather.add("throttle", retry_after=3600)
        with pytest.raises(RateLimitedError):
            await session.find("User")
    key = accsyn_sandbox.user("employee").api_key
    assert key not in repr(accsyn_sandbox.requests)


def test_start_reset_and_end(tmp_path: Path) -> None:
    from accsyn_async.testing import AccsynSandbox

    server = AccsynSandbox(volume=tmp_path, workspace="studio")
    with pytest.raises(RuntimeError, match="not started"):
        server.reset()
    server.start()
    assert server.workspace == "studio"
    assert server.volume == tmp_path.resolve()
    local = server.local_root
    port = server.url.rpartition(":")[2]
    with pytest.raises(OSError, match="address already in use"):
        AccsynSandbox(port=int(port)).start()
    with pytest.raises(ValueError, match="speed"):
        AccsynSandbox(speed=0).start()
    server.close()
    server.close()
    with pytest.raises(RuntimeError, match="has been closed"):
        server.advance(hours=1)
    assert not local.exists()
    assert server._thread not in threading.enumerate()


def test_as_a_plugin(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def accsyn_sandbox_options():
            return {"workspace": "studio", "seed": 7}
        """
    )
    pytester.makepyfile(
        """
        import json
        import urllib.request

        seen = []

        def test_one(accsyn_sandbox):
            assert accsyn_sandbox.workspace == "studio"
            seen.append((accsyn_sandbox.url, accsyn_sandbox.users))
            accsyn_sandbox.advance(hours=1)
            accsyn_sandbox.reset(seed=8)
            assert [user.id for user in accsyn_sandbox.users] != [user.id for user in seen[0][1]]

        def test_two(accsyn_sandbox):
            (url, users), = seen
            assert accsyn_sandbox.url == url
            assert [user.api_key for user in accsyn_sandbox.users] == [user.api_key for user in users]
            assert [user.id for user in accsyn_sandbox.users] == [user.id for user in users]
            path = "/api/v3/J3PKTtDvolDMBtTy6AFGA?%7B%22ident%22:%22studio%22%7D"
            with urllib.request.urlopen(url + path) as reply:
                assert json.load(reply)["result"]["port"] == int(url.rpartition(":")[2])
            assert [one.uri for one in accsyn_sandbox.requests] == ["discovery"]
        """
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = pytester.runpytest_subprocess("-p", "no:asyncio", "-p", "accsyn_async.testing", "-W", "error")
    done.assert_outcomes(passed=2)


def test_whatever_a_test_leaves_behind(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def accsyn_sandbox_options():
            return {"speed": 0.01}
        """
    )
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def running(accsyn_sandbox):
            (accsyn_sandbox.volume / "a.mov").write_bytes(bytes(1_000_000))

            async def run(status):
                async with accsyn_sandbox.session() as session:
                    job = await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
                    async with session.watch(job["id"]) as watch:
                        async for event in watch:
                            if getattr(event, "job", None) and event.job.status == "running":
                                break
                    await session.update("Transfer", job["id"], {"status": status})

            return run

        def clean(sandbox):
            assert sandbox.requests == ()
            assert sandbox.weather.faults == ()
            for folder in (sandbox.volume, sandbox.local_root, sandbox.site_root("berlin")):
                assert list(folder.iterdir()) == []

        @pytest.mark.parametrize("status", ["waiting", "paused", "aborted"])
        async def test_running(accsyn_sandbox, running, status):
            assert len(accsyn_sandbox.requests) == 0
            await running(status)

        async def test_failing(accsyn_sandbox, running):
            clean_but_for_a_file = [path.name for path in accsyn_sandbox.volume.iterdir()]
            assert clean_but_for_a_file == ["a.mov"]
            await running("waiting")
            for kind in ("error", "reset", "html", "expire"):
                accsyn_sandbox.weather.add(kind)
            accsyn_sandbox.weather.add("skew", seconds=1e6)
            accsyn_sandbox.expire_sessions()
            assert False, "on purpose"

        async def test_the_next(accsyn_sandbox):
            clean(accsyn_sandbox)
            async with accsyn_sandbox.session() as session:
                assert await session.find("Transfer") == []

        async def test_that_is_cancelled(accsyn_sandbox, running):
            await running("waiting")
            raise KeyboardInterrupt
        """
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    options = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function", "-W", "error")
    done = pytester.runpytest_subprocess(*options, "-p", "accsyn_async.testing", timeout=120)
    done.assert_outcomes(passed=4, failed=1)
    done.stdout.fnmatch_lines(["*AssertionError: on purpose", "*KeyboardInterrupt*"])
    done.stdout.no_fnmatch_line("*Error at *")


@pytest.mark.parametrize(
    ("options", "why"),
    [("'port': PORT", "OSError: * address already in use*"), ("'speed': 0", "ValueError: speed must be*")],
)
def test_why_it_does_not_start(pytester: pytest.Pytester, options: str, why: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        pytester.makeconftest(
            f"""
            import pytest
            PORT = {port}

            @pytest.fixture(scope="session")
            def accsyn_sandbox_options():
                return {{{options}}}
            """
        )
        pytester.makepyfile("def test(accsyn_sandbox): pass")
        run = ("-p", "no:asyncio", "-p", "accsyn_async.testing", "-W", "error")
        done = pytester.runpytest_subprocess(*run, timeout=60)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines([f"E*{why}"])


MEETINGS = [f"{when}-{number}" for when in ("created", "ended") for number in range(3)]


def test_workers_have_a_server_each(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def accsyn_sandbox_options():
            return {"seed": 7}
        """
    )
    code = """
        import asyncio
        import os
        from pathlib import Path

        import pytest

        HERE = Path(__file__).parent
        WORKER = os.environ["PYTEST_XDIST_WORKER"]
        MODE = "r" if Path(__file__).stem == "test_one" else "w"

        def meet(what):
            # A named pipe opens when both workers open it.
            open(HERE / what, MODE).close()

        @pytest.mark.parametrize("number", range(3))
        def test_transfer(accsyn_sandbox, number):
            assert accsyn_sandbox.requests == ()
            assert list(accsyn_sandbox.volume.iterdir()) == []
            (accsyn_sandbox.volume / "a.mov").write_text(f"{WORKER} {number}")

            async def run():
                async with accsyn_sandbox.session() as session:
                    assert await session.find("Transfer") == []
                    job = await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
                    meet(f"created-{number}")
                    await session.wait(job["id"], timeout=30)
                    assert [row["id"] for row in await session.find("Transfer", finished=True)] == [job["id"]]

            asyncio.run(run())
            meet(f"ended-{number}")
            there = accsyn_sandbox.site_root("berlin") / "projects" / "a.mov"
            assert there.read_text() == f"{WORKER} {number}"
            assert len([one for one in accsyn_sandbox.requests if one.verb == "POST"]) == 1
            with open(HERE / "seen.txt", "a") as seen:
                seen.write(f"{WORKER} {accsyn_sandbox.url} {accsyn_sandbox.volume}\\n")
    """
    pytester.makepyfile(test_one=code, test_two=code)
    for name in MEETINGS:
        os.mkfifo(pytester.path / name)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    options = ("-p", "xdist", "-p", "accsyn_async.testing", "-W", "error")
    done = pytester.runpytest_subprocess(*options, "-n", "2", "--dist", "loadfile", timeout=120)
    done.assert_outcomes(passed=6)
    seen = {tuple(line.split()) for line in (pytester.path / "seen.txt").read_text().splitlines()}
    assert len(seen) == 2
    assert all(len(set(column)) == 2 for column in zip(*seen, strict=True))


def test_over_tls_the_official_client_cannot_and_others_can() -> None:
    from accsyn_async.testing import AccsynSandbox

    server = AccsynSandbox(tls=True, control=True)
    server.start()
    try:
        with pytest.raises(RuntimeError, match="without tls"):
            server.official_env()
        context = ssl.create_default_context(cafile=server.ca)
        state = urllib.request.Request(
            f"{server.url}/_sandbox/state", headers={"X-Sandbox-Token": server.control_token}
        )
        with urllib.request.urlopen(state, context=context) as reply:
            assert json.load(reply)["result"]["url"] == server.url
    finally:
        server.close()


async def test_what_it_was_asked(
    accsyn_sandbox: AccsynSandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert accsyn_sandbox.ca is None
    with pytest.raises(RuntimeError, match="control"):
        _ = accsyn_sandbox.control_token
    for name, value in accsyn_sandbox.official_env().items():
        monkeypatch.setenv(name, value)
    async with accsyn_sandbox.session() as session:
        await session.find("User")
    assert caplog.messages == []
    assert accsyn_sandbox.statistics().events == {"user/find": 1}
    accsyn_sandbox.forget_requests()
    assert accsyn_sandbox.requests == ()
    assert accsyn_sandbox.statistics().logins == 1


def test_pytest_is_no_dependency() -> None:
    code = "import sys; sys.modules['pytest'] = None; import accsyn_async, accsyn_async.sandbox"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_somebody_who_was_invited(
    accsyn_sandbox: AccsynSandbox, official: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # where there is no .env
    with pytest.raises(KeyError, match="lisa@example.com' is no role"):
        accsyn_sandbox.official_env("lisa@example.com")

    def log_in(who: str) -> Any:
        for name, value in accsyn_sandbox.official_env(who).items():
            monkeypatch.setenv(name, value)
        return official.Session()

    log_in("admin").create("User", {"code": "lisa@example.com"})
    lisa = log_in("lisa@example.com")
    assert [row["code"] for row in lisa.find("User")] == ["lisa@example.com"]
    assert accsyn_sandbox.user("lisa@example.com").role == "standard"
    first = lisa.find_one("App")
    second = accsyn_sandbox.add_client(user="lisa@example.com")
    assert accsyn_sandbox.switch_client(second.id, online=False).status == "offline"
    assert [row["status"] for row in lisa.find("App")] == ["online", "offline"]
    accsyn_sandbox.map_share(first["id"], "lisa@example.com", "/home", write=True)
    (accsyn_sandbox.volume / "home" / "lisa@example.com").mkdir(parents=True)
    (accsyn_sandbox.volume / "home" / "lisa@example.com" / "a.mov").write_bytes(b"a")
    data = {"source": "home=lisa@example.com/a.mov", "destination": "lisa@example.com"}
    log_in("employee").create("Transfer", data)
    accsyn_sandbox.advance(minutes=1)
    assert (accsyn_sandbox.local_root / "home" / "a.mov").exists()
