"""A sandbox whose clock stands still and that copies a thousand bytes a second, and its people."""

from __future__ import annotations

import inspect
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accsyn_async.testing import AccsynSandbox
from tests.sandbox.official_lives.noted import PROPERTIES, Noted
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


@pytest.fixture
def session(office: Office, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The admin's, for a test named after a method, each parameter of which must have been given after it."""
    session = Noted(office.admin)
    yield session
    name = request.function.__name__.removeprefix("test_")
    parameters = (
        set(inspect.signature(getattr(office.admin, name)).parameters) if name not in PROPERTIES else ()
    )
    assert session.given.get(name) == set(parameters), f"not every parameter of {name} was given"
