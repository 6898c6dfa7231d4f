"""The options that say how to reach NATS."""

from __future__ import annotations

from pathlib import Path

import pytest

from accsyn_async.cli.nats_connection import TOKEN, NatsConnection
from accsyn_async.errors import ArgumentError
from accsyn_async.wire.redact import Secret
from tests.support.nats_accounts import Accounts

CANARY = "hunter2-canary"


def test_all_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, CANARY)
    creds = Accounts().user(tmp_path / "lisa.creds")
    options = NatsConnection(nats_creds=creds).options("nats://one,tls://two", name="a watch")
    assert [endpoint.url for endpoint in options.endpoints()] == ["nats://one:4222", "tls://two:4222"]
    assert (options.credentials, options.token, options.name) == (creds, Secret(CANARY), "a watch")
    assert CANARY not in repr(options)


def test_without_anything() -> None:
    options = NatsConnection().options("127.0.0.1", name="x")
    assert (options.credentials, options.token, options.ca, options.certificate, options.key) == (None,) * 5


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        (NatsConnection(nats_creds=Path("nowhere.creds")), r"'nowhere\.creds'"),
        (NatsConnection(nats_ca=Path("nowhere.pem")), r"'nowhere\.pem'"),
        (NatsConnection(nats_cert=Path("nowhere.pem")), r"'nowhere\.pem'"),
        (NatsConnection(nats_key=Path("nowhere.pem")), "a key without a certificate"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_done(connection: NatsConnection, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        connection.options("nats://one", name="x")


def test_an_address_that_cannot_be_read_is_not_shown() -> None:
    with pytest.raises(ArgumentError, match="no NATS server's address") as caught:
        NatsConnection().options(f"http://lisa:{CANARY}@one", name="x")
    assert CANARY not in str(caught.value)
