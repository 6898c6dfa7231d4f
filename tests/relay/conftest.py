"""One nats-server for all quick tests; a workspace of its own for each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from accsyn_async.relay import link
from accsyn_async.relay.subjects import Names
from tests.support.nats_servers import NatsServer

_COUNT = itertools.count(1)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of a test's own is reached again at once when it is back; nobody else comes at that moment."""
    monkeypatch.setattr(link, "_PAUSES", (0.1, 1.0))


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A server that nobody stops, freezes or kills: others read from it too."""
    with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A server for one test, to be stopped, frozen and killed."""
    with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture
def workspace() -> str:
    """A workspace's code that no other test has."""
    return f"acme{next(_COUNT)}film"


@pytest.fixture
def names(workspace: str) -> Names:
    """What that workspace uses on NATS."""
    return Names.of(workspace)
