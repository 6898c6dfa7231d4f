"""What the connection uses of nats-py that it does not promise: a release that changes it is known here."""

from __future__ import annotations

import inspect
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from nats.aio import transport
from nats.aio.client import Client
from packaging.requirements import Requirement

from accsyn_async.relay.link import Link
from accsyn_async.relay.nats_options import NatsOptions
from tests.support.nats_servers import NatsServer

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def test_releases_that_were_not_tried_are_not_installed() -> None:
    (needed,) = (
        each for each in map(Requirement, PROJECT["optional-dependencies"]["relay"]) if each.name == "nats-py"
    )
    assert needed.specifier.contains(version("nats-py"))
    major, minor, *_ = map(int, version("nats-py").split("."))
    assert not needed.specifier.contains(f"{major}.{minor + 1}.0"), "its privates may be others"
    assert not needed.specifier.contains(f"{major + 1}.0.0")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("_close", ["self", "status", "do_cbs"]), ("_connect_command", ["self"])],
)
def test_what_is_overridden_is_called_as_it_was(name: str, parameters: list[str]) -> None:
    method = getattr(Client, name, None)
    assert method is not None, f"nats-py has no Client.{name} any more, which relay/connection.py overrides"
    assert list(inspect.signature(method).parameters) == parameters, f"Client.{name} of nats-py takes others"


async def test_what_is_looked_into_is_there(nats_server: NatsServer) -> None:
    async with Link(NatsOptions((nats_server.url,))) as link:
        client = link.client
        for name in ("_transport", "_server_info"):
            assert hasattr(client, name), f"nats-py's Client has no {name}, which relay/connection.py uses"
        assert "version" in client._server_info, "Client._server_info is not what the server said first"
        assert isinstance(client._transport, transport.TcpTransport), "Client._transport is another one"
        for name in ("_io_writer", "_bare_io_writer"):
            writer = getattr(client._transport, name, None)
            assert hasattr(writer, "transport"), (
                f"TcpTransport.{name} of nats-py is no stream's writer any more"
            )
