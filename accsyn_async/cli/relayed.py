"""``--from``: jobs out of what a relay publishes on NATS, for which nobody needs to log in to accsyn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.extras import need
from accsyn_async.cli.nats_connection import NatsConnection
from accsyn_async.errors import ArgumentError

if TYPE_CHECKING:
    from accsyn_async.relay.feed import Feed
    from accsyn_async.session import Session

__all__ = ["check_from", "feed_from", "source_of"]


def check_from(
    servers: str | None,
    connection: Connection,
    nats: NatsConnection,
    *,
    only_with: Mapping[str, object] | None = None,
    only_without: Mapping[str, tuple[object, str]] | None = None,
) -> None:
    """Refuse options that make no sense together with ``--from``, or without it.

    Args:
        servers: what ``--from`` was given; ``None`` without it.
        connection: how to reach the backend.
        nats: how to reach NATS.
        only_with: options that go with ``--from`` alone, and what they were given.
        only_without: options that do not go with it, what they were given, and why not.

    Raises:
        ArgumentError: there is one.
    """
    if servers is None:
        given = {f"--{name.replace('_', '-')}": value for name, value in asdict(nats).items()}
        for option, value in {**given, **(only_with or {})}.items():
            if value is not None:
                raise ArgumentError(f"{option} goes with --from, which names the NATS server of a relay")
        return
    if not servers.strip():
        raise ArgumentError("--from must not be empty: it is an address such as nats://127.0.0.1:4222")
    for option, (value, why) in (only_without or {}).items():
        if value:
            raise ArgumentError(f"{option} does not go with --from: {why}")
    logins = {
        "--username": connection.username,
        "--url": connection.url,
        "--envfile": connection.envfile,
        "--insecure": connection.insecure,
    }
    for option, value in logins.items():
        if value:
            raise ArgumentError(f"{option} does not go with --from: accsyn is asked by the relay")


def source_of(
    servers: str | None, connection: Connection, nats: NatsConnection, command: str
) -> Session | Feed:
    """A session, or what ``--from`` names, not yet entered.

    Args:
        servers: what ``--from`` was given; ``None`` without it.
        connection: how to reach the backend.
        nats: how to reach NATS.
        command: whose it is.

    Raises:
        AuthenticationError: credentials that a session needs are missing.
        ArgumentError: something cannot be used, or is not installed.
    """
    return connection.session() if servers is None else feed_from(servers, connection, nats, command)


def feed_from(servers: str, connection: Connection, nats: NatsConnection, command: str) -> Feed:
    """A relay's feed, not yet entered.

    Args:
        servers: addresses, with commas between them.
        connection: says which workspace; ``None`` for ``ACCSYN_WORKSPACE``, or else the only one there is.
        nats: how to reach NATS, and as whom.
        command: whose it is, for who looks at NATS's connections.

    Raises:
        ArgumentError: something cannot be used, or is not installed.
    """
    need("relay", "nats", "nkeys")
    # Imported late: nobody else needs it.
    from accsyn_async.relay import connect

    return connect(nats.options(servers, name=f"accsyn-async {command}"), workspace=connection.workspace)
