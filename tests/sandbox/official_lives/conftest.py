"""A sandbox whose clock stands still and that copies a thousand bytes a second, and its people."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator
from pathlib import Path

import pytest

from accsyn_async.testing import AccsynSandbox
from tests.sandbox.official_lives.office import Office


@pytest.fixture(scope="module")
def accsyn_sandbox_server() -> Iterator[AccsynSandbox]:
    server = AccsynSandbox(time_factor=0, speed=0.001, give_api_keys=True)
    server.start()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def office(accsyn_sandbox: AccsynSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Office:
    monkeypatch.chdir(tmp_path)  # where there is no .env
    monkeypatch.setattr(webbrowser, "open", lambda _url: True)
    office = Office(accsyn_sandbox)
    office.put("a.mov", bytes(range(250)) * 40)
    office.put("show/b.mov", b"b" * 2000)
    office.put("show/deep/c.mov", b"c" * 3000)
    return office
