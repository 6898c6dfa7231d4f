"""Whatever is missing, whole or in part: each entrance says which extra brings it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from accsyn_async.cli.extras import need
from accsyn_async.errors import ArgumentError

CODE = """
import asyncio, contextlib, io, os, sys
missing, entrance = sys.argv[1:3]
sys.modules[missing] = None
os.environ.update(ACCSYN_WORKSPACE='acme', ACCSYN_API_USER='lisa@example.com', ACCSYN_API_KEY='key')

def command(*argv):
    from accsyn_async.__main__ import main
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told):
        code = main(argv)
    assert code == 2, (code, told.getvalue())
    return told.getvalue().rstrip()

def raised(work):
    try:
        work()
    except Exception as error:
        return f'{type(error).__name__}: {error}'
    raise SystemExit('nothing was said')

def session():
    from accsyn_async import Session
    Session(proxy='socks:127.0.0.1:1080')

def sandbox():
    from accsyn_async.sandbox import Sandbox
    asyncio.run(Sandbox(tls=True).__aenter__())

def bars():
    from accsyn_async.progress import rich_progress
    rich_progress(None)

def dashboard():
    from accsyn_async import dashboard
    dashboard.app

def relay():
    from accsyn_async import relay
    relay.connect

inside = {'Session': session, 'Sandbox': sandbox, 'rich_progress': bars}
inside |= {'dashboard.app': dashboard, 'relay.connect': relay}
print(raised(inside[entrance]) if entrance in inside else command(*sys.argv[2:]))
"""

FROM = ("--from", "nats://127.0.0.1:1")


@pytest.mark.parametrize(
    ("extra", "missing", "entrance"),
    [
        ("cli", "cyclopts", ("watch",)),
        ("cli", "rich", ("watch",)),
        ("cli", "rich", ("rich_progress",)),
        ("cli", "trustme", ("sandbox", "--tls", "--port", "0")),
        ("cli", "trustme", ("Sandbox",)),
        ("dashboard", "aiohttp_sse", ("dashboard.app",)),
        ("dashboard", "prometheus_client", ("dashboard.app",)),
        ("dashboard", "aiohttp_sse", ("dashboard", "--port", "0")),
        ("dashboard", "prometheus_client", ("dashboard", "--port", "0")),
        ("relay", "nats", ("relay.connect",)),
        ("relay", "nkeys", ("relay.connect",)),
        ("relay", "nats", ("relay", "--json")),
        ("relay", "nkeys", ("relay", "--json")),
        ("relay", "prometheus_client", ("relay", "--json")),
        ("relay", "nats", ("watch", *FROM)),
        ("relay", "nkeys", ("watch", *FROM)),
        ("relay", "nats", ("top", "--once", *FROM)),
        ("relay", "nats", ("dashboard", "--port", "0", *FROM)),
        ("socks", "aiohttp_socks", ("Session",)),
        ("socks", "python_socks", ("Session",)),
    ],
)
def test_what_is_missing_is_told_with_the_extra_that_brings_it(
    extra: str, missing: str, entrance: tuple[str, ...]
) -> None:
    argv = [sys.executable, "-W", "ignore", "-c", CODE, missing, *entrance]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    assert len(done.stdout.splitlines()) == 1
    assert f"accsyn-async[{extra}]" in done.stdout
    assert "pip install" in done.stdout


def test_all_that_is_missing_is_named() -> None:
    need("relay", "json", "asyncio")
    with pytest.raises(ArgumentError) as caught:
        need("relay", "json", "no_nats", "no_keys")
    assert str(caught.value) == ("no_nats and no_keys are not installed: pip install 'accsyn-async[relay]'")
