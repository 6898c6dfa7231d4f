"""The connection to NATS, against real servers: found again after each loss; secrets stay secret."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pickle
import ssl
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats.errors
import nats.js.errors
import pytest
import trustme
from nats.aio.client import Client

from accsyn_async.errors import (
    AccsynError,
    ArgumentError,
    AuthenticationError,
    BackendError,
    PermissionDeniedError,
    SessionClosedError,
    TransportError,
)
from accsyn_async.relay.connection import Connection
from accsyn_async.relay.link import Link, NatsOptions, translate
from accsyn_async.relay.nats_options import read_servers
from accsyn_async.transport.seam import AsyncioClock
from accsyn_async.wire.redact import Secret
from tests.support.nats_accounts import Accounts, new_key
from tests.support.nats_servers import CuttingProxy, NatsCluster, NatsServer, free_port

CANARY = "hunter2-canary"


class Changes:
    """Waits for what a link tells."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.seen: list[bool] = []
        self._event = asyncio.Event()
        self.off = link.on_change(self._note)

    def _note(self) -> None:
        self.seen.append(self.link.connected)
        self._event.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                self._event.clear()
                await self._event.wait()


@asynccontextmanager
async def linked(*servers: str, **options: object) -> AsyncIterator[Link]:
    async with Link(NatsOptions(servers, **options), ping_every=0.5) as link:  # type: ignore[arg-type]
        yield link


@pytest.fixture
def server_with(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., NatsServer]]:
    started: list[NatsServer] = []

    def start(config: str, scheme: str = "nats") -> NatsServer:
        started.append(NatsServer(tmp_path_factory.mktemp("nats"), config, scheme=scheme))
        started[-1].start()
        return started[-1]

    yield start
    for server in started:
        server.stop()


async def test_it_connects_asks_and_closes(nats_server: NatsServer) -> None:
    link = Link(NatsOptions((nats_server.url,), name="a test"))
    assert str(link.trouble) == "not connected yet"
    with pytest.raises(SessionClosedError, match="enter the link"):
        _ = link.client
    async with link:
        assert link.connected
        assert str(link.trouble) == "None"
        assert link.server == nats_server.url
        assert await link.ready() is link.client
        assert (await link.jetstream.account_info()).streams >= 0
        assert "streams" in await link.api("INFO")
        with pytest.raises(nats.js.errors.NotFoundError):
            await link.api("STREAM.INFO.there_is_none")
        with pytest.raises(TransportError, match="nobody answers there"):
            await link.request("nobody.listens")
        names = [each["name"] for each in nats_server.ask("/connz")["connections"]]
        assert "a test" in names
    assert str(link.trouble) == "closed"
    with pytest.raises(TransportError, match="out of reach: closed"):
        await link.request("anything")
    await link.aclose()


async def test_a_server_that_is_not_there_is_given_up() -> None:
    url = f"nats://lisa:{CANARY}@127.0.0.1:{free_port()}"
    link = Link(NatsOptions((url,)), patience=0.3)
    with pytest.raises(
        TransportError, match=r"out of reach \(nats://127\.0\.0\.1:\d+\): .*refused"
    ) as caught:
        await link.__aenter__()
    assert CANARY not in str(caught.value)
    await link.aclose()


async def test_a_server_that_comes_late_is_waited_for(own_server: NatsServer) -> None:
    own_server.stop()
    entering = asyncio.create_task(Link(NatsOptions((own_server.url,))).__aenter__())
    await asyncio.sleep(0)
    await asyncio.to_thread(own_server.start)
    link = await entering
    assert link.connected
    await link.aclose()


async def test_of_several_servers_one_that_answers_is_taken(nats_server: NatsServer) -> None:
    dead = f"nats://127.0.0.1:{free_port()}"
    async with linked(f"{dead}, {nats_server.url}", dead) as link:
        assert link.server == nats_server.url


async def test_after_a_restart_it_is_connected_again_with_another_client(own_server: NatsServer) -> None:
    async with linked(own_server.url) as link:
        changes, first = Changes(link), link.client
        await asyncio.to_thread(own_server.restart)
        await changes.until(lambda: changes.seen == [False, True])
        assert link.client is not first
        assert first.is_closed
        assert "streams" in await link.api("INFO")
        changes.off()
        own_server.kill()
        await first_trouble(link)
        assert changes.seen == [False, True]


async def first_trouble(link: Link) -> str:
    async with asyncio.timeout(60):
        while link.trouble is None:
            await asyncio.sleep(0)
        return link.trouble


async def test_while_it_is_away_the_trouble_is_told_and_requests_fail_at_once(own_server: NatsServer) -> None:
    async with linked(own_server.url) as link:
        changes = Changes(link)
        await link.client.subscribe("slow")
        asking = asyncio.create_task(link.request("slow", timeout=30))
        await link.client.flush()
        own_server.kill()
        with pytest.raises(TransportError, match="lost before an answer came"):
            await asking
        await changes.until(lambda: changes.seen == [False])
        assert link.trouble
        assert own_server.url in link.trouble
        with pytest.raises(TransportError, match="NATS is out of reach"):
            await link.request("slow")


async def test_a_connection_on_which_nothing_comes_any_more_is_left(nats_server: NatsServer) -> None:
    async with CuttingProxy(nats_server.port) as proxy, linked(proxy.url) as link:
        changes = Changes(link)
        proxy.freeze()
        # More than sockets hold: neither publishing nor closing must wait until all is written.
        with pytest.raises(nats.errors.ConnectionClosedError):
            while True:
                await link.client.publish("nowhere", bytes(1_000_000))
        await changes.until(lambda: changes.seen == [False])
        proxy.resume()
        await changes.until(lambda: changes.seen == [False, True])
        assert "streams" in await link.api("INFO")


async def test_a_connection_that_is_cut_is_made_again(nats_server: NatsServer) -> None:
    async with CuttingProxy(nats_server.port) as proxy, linked(proxy.url) as link:
        changes = Changes(link)
        await proxy.cut()
        await changes.until(lambda: changes.seen == [False])
        proxy.resume()
        await changes.until(lambda: changes.seen == [False, True])
        assert "streams" in await link.api("INFO")


async def test_a_loss_is_noticed_while_a_ping_is_on_its_way(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinged = asyncio.Event()

    async def rtt(_: Client, timeout: float) -> float:
        pinged.set()
        await asyncio.Event().wait()
        return timeout

    monkeypatch.setattr(Client, "rtt", rtt)
    async with CuttingProxy(nats_server.port) as proxy, linked(proxy.url) as link:
        changes = Changes(link)
        async with asyncio.timeout(60):
            await pinged.wait()
        await proxy.cut()
        await changes.until(lambda: changes.seen == [False])


async def test_who_waits_for_a_connection_costs_nothing(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices = asyncio.Event()
    looks = 0

    async def until_lost(connection: Connection, _: float) -> None:
        await connection.lost.wait()
        await notices.wait()
        notices.clear()

    class Watched(Link):
        @property
        def connected(self) -> bool:
            nonlocal looks
            looks += 1
            return super().connected

    monkeypatch.setattr(Connection, "until_lost", until_lost)
    async with Watched(NatsOptions((nats_server.url,))) as link:
        first = link.client
        await first.close()
        waiting = asyncio.create_task(link.ready())
        for _ in range(100):
            await asyncio.sleep(0)
        assert looks == 1
        assert not waiting.done()
        notices.set()
        async with asyncio.timeout(60):
            assert await waiting is not first


async def test_closing_in_the_middle_of_an_attempt_leaves_nothing(nats_server: NatsServer) -> None:
    async with CuttingProxy(nats_server.port) as proxy:
        async with linked(proxy.url) as link:
            changes, before = Changes(link), proxy.connections
            proxy.freeze()
            await changes.until(lambda: changes.seen == [False])
            async with asyncio.timeout(60):
                while proxy.connections == before:
                    await asyncio.sleep(0)
        assert link.trouble == "closed"


async def test_a_cluster_s_other_servers_are_learned(tmp_path: Path) -> None:
    with NatsCluster(tmp_path, advertise=True) as cluster:
        async with linked(cluster.nodes[0].url) as link:
            changes = Changes(link)
            async with asyncio.timeout(60):
                while len(link.client.discovered_servers) < 2:
                    await asyncio.sleep(0)
            cluster.nodes[0].kill()
            await changes.until(lambda: changes.seen == [False, True])
            assert link.server in cluster.urls[1:]


@pytest.mark.parametrize("way", ["option", "url"])
async def test_a_token(way: str, server_with: Callable[..., NatsServer]) -> None:
    server = server_with(f'authorization {{ token: "{CANARY}@x" }}')
    right = (
        NatsOptions((server.url,), token=Secret(f"{CANARY}@x"))
        if way == "option"
        else NatsOptions((server.url.replace("//", f"//{CANARY}%40x@"),))
    )
    async with Link(right) as link:
        assert link.server == server.url
    with pytest.raises(AuthenticationError, match="refuses the login .*wrong or no token"):
        await Link(NatsOptions((server.url,))).__aenter__()


async def test_a_user_with_a_password(server_with: Callable[..., NatsServer]) -> None:
    server = server_with('authorization { user: "lisa@x", password: "p:w" }')
    async with linked(server.url.replace("//", "//lisa%40x:p%3Aw@")) as link:
        assert link.connected
    with pytest.raises(AuthenticationError):
        await Link(NatsOptions((server.url.replace("//", "//lisa%40x:wrong@"),))).__aenter__()


async def test_a_login_that_is_refused_later_is_tried_for_ever(
    server_with: Callable[..., NatsServer],
) -> None:
    server = server_with("authorization { token: one }")
    async with linked(server.url, token=Secret("one")) as link:
        changes = Changes(link)
        server.config = "authorization { token: two }"
        await asyncio.to_thread(server.restart)
        await changes.until(lambda: changes.seen == [False])
        async with asyncio.timeout(60):
            while "refuses the login" not in (link.trouble or ""):
                await asyncio.sleep(0)
        server.config = "authorization { token: one }"
        await asyncio.to_thread(server.restart)
        await changes.until(lambda: changes.seen == [False, True])


async def test_a_credentials_file(tmp_path: Path, server_with: Callable[..., NatsServer]) -> None:
    accounts, strangers = Accounts(), Accounts()
    server = server_with(accounts.config)
    right = accounts.user(tmp_path / "right.creds")
    right.write_text(right.read_text().replace("\n", "\r\n"))
    async with linked(server.url, credentials=right) as link:
        assert "streams" in await link.api("INFO")
    wrong = strangers.user(tmp_path / "wrong.creds")
    with pytest.raises(AuthenticationError, match="refuses the login"):
        await Link(NatsOptions((server.url,), credentials=wrong)).__aenter__()


async def test_a_file_with_a_seed_alone(tmp_path: Path, server_with: Callable[..., NatsServer]) -> None:
    _, name, seed = new_key()
    server = server_with(f"authorization {{ users: [ {{ nkey: {name} }} ] }}")
    file = tmp_path / "lisa.nk"
    file.write_text(seed + "\n")
    async with linked(server.url, credentials=file) as link:
        assert link.connected
    file.write_text(new_key()[2])
    with pytest.raises(AuthenticationError):
        await Link(NatsOptions((server.url,), credentials=file)).__aenter__()


@pytest.mark.parametrize(
    "text",
    [
        "",
        CANARY,
        f"SU{CANARY.upper()}",
        f"-----BEGIN NATS USER JWT-----\n{CANARY}\n------END NATS USER JWT------\n",
        "-----BEGIN USER NKEY SEED-----\nSEED\n------END USER NKEY SEED------\n",
        f"-----BEGIN USER NKEY SEED-----\n{new_key()[2]}\n------END USER NKEY SEED------\n",
        "\N{SNOWMAN}",
    ],
)
async def test_a_file_without_credentials_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "lisa.creds"
    file.write_text(text)
    with pytest.raises(ArgumentError, match=r"lisa\.creds") as caught:
        await Link(NatsOptions(credentials=file)).__aenter__()
    assert not text.strip() or text.strip().split("\n")[0] not in str(caught.value)
    file.unlink()
    with pytest.raises(ArgumentError, match="No such file"):
        await Link(NatsOptions(credentials=file)).__aenter__()


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    authority.issue_cert("lisa@example.com").private_key_and_cert_chain_pem.write_to_path(tmp_path / "me.pem")
    return authority


def _tls(folder: Path, more: str = "") -> str:
    file = folder / "server.pem"
    return f'tls {{ cert_file: "{file}", key_file: "{file}", ca_file: "{folder / "ca.pem"}", {more} }}'


@pytest.mark.parametrize("scheme", ["tls", "nats"])
async def test_tls(
    scheme: str, tmp_path: Path, authority: trustme.CA, server_with: Callable[..., NatsServer]
) -> None:
    server = server_with(_tls(tmp_path), scheme)
    async with linked(server.url, ca=tmp_path / "ca.pem") as link:
        assert link.server.startswith("tls://")
        changes = Changes(link)
        await asyncio.to_thread(server.restart)
        await changes.until(lambda: changes.seen == [False, True])
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with linked(server.url, tls=context) as link:
        assert link.connected
    link = Link(NatsOptions((server.url,)), patience=0.3)
    with pytest.raises(TransportError, match="certificate is not trusted"):
        await link.__aenter__()


async def test_a_certificate_of_one_s_own(
    tmp_path: Path, authority: trustme.CA, server_with: Callable[..., NatsServer]
) -> None:
    server = server_with(_tls(tmp_path, "verify: true"), "tls")
    async with linked(server.url, ca=tmp_path / "ca.pem", certificate=tmp_path / "me.pem") as link:
        assert link.connected
    with pytest.raises(TransportError):
        await Link(NatsOptions((server.url,), ca=tmp_path / "ca.pem"), patience=0.3).__aenter__()


async def test_nothing_is_said_without_tls_to_who_offers_none() -> None:
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.15.1","max_payload":1000,"headers":true}\r\n')
        heard.extend(await reader.read())
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        link = Link(NatsOptions((f"tls://lisa:{CANARY}@127.0.0.1:{port}",)), patience=0.3)
        with pytest.raises(TransportError, match="speaks no TLS, and nothing else will do"):
            await link.__aenter__()
    assert heard == b""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (NatsOptions((f"http://{CANARY}@one",)), "no NATS server's address"),
        (NatsOptions((f"nats://{CANARY}@one:99999",)), "no NATS server's address"),
        (NatsOptions((f"nats://{CANARY}@",)), "no NATS server's address"),
        (NatsOptions((f"nats://[{CANARY}",)), "no NATS server's address"),
        (NatsOptions((f"nats://lisa:{CANARY}/@one",)), "no NATS server's address"),
        (NatsOptions(("nats://one/path",)), "no NATS server's address"),
        (NatsOptions((" , ",)), "no NATS server: pass"),
        (NatsOptions(ca=Path("nowhere.pem")), "no certificates in 'nowhere.pem': No such file"),
        (
            NatsOptions(certificate=Path("nowhere.pem")),
            "no certificate and key in 'nowhere.pem': No such file",
        ),
        (NatsOptions(key=Path("key.pem")), "a key without a certificate"),
    ],
)
async def test_what_cannot_be_used_is_refused(options: NatsOptions, said: str) -> None:
    with pytest.raises(ArgumentError, match=said) as caught:
        await Link(options).__aenter__()
    assert CANARY not in str(caught.value)
    assert CANARY not in repr(options)


async def test_files_that_are_no_certificates_are_refused(tmp_path: Path, authority: trustme.CA) -> None:
    file = tmp_path / "x.pem"
    file.write_text("hello")
    with pytest.raises(ArgumentError, match=r"no certificates in '.*x\.pem'"):
        NatsOptions(ca=file).context()
    with pytest.raises(ArgumentError, match=r"no certificate and key in '.*ca\.pem' and '.*x\.pem'"):
        NatsOptions(certificate=tmp_path / "ca.pem", key=file).context()


def test_addresses() -> None:
    one, two, three = read_servers("lisa:a%40b@one, nats://tok%20en@[::1]:5", "tls://three/")
    assert (one.url, one.user, one.secret) == ("nats://one:4222", "lisa", Secret("a@b"))
    assert (two.url, two.user, two.secret) == ("nats://[::1]:5", None, Secret("tok en"))
    assert (three.url, three.tls, three.secret) == ("tls://three:4222", True, None)


async def test_what_one_may_not_is_said(server_with: Callable[..., NatsServer]) -> None:
    server = server_with(
        "authorization { users: ["
        ' { user: a, password: a, permissions: { publish: ["ok"], subscribe: ["_INBOX.>"] } },'
        ' { user: b, password: b, permissions: { publish: [">"], subscribe: ["ok"] } } ] }'
    )
    async with linked(server.url.replace("//", "//a:a@")) as link:
        with pytest.raises(PermissionDeniedError, match=r"may not publish to \$JS\.API\.INFO"):
            await link.request("$JS.API.INFO")
        assert link.is_denied("$js.api.info")
        assert not link.is_denied("ok")
        with pytest.raises(TransportError, match="nobody answers there"):
            await link.request("ok")
    async with linked(server.url.replace("//", "//b:b@")) as link:
        with pytest.raises(PermissionDeniedError):
            await link.request("anything")


async def test_no_secret_is_seen_anywhere(
    tmp_path: Path, server_with: Callable[..., NatsServer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = server_with(f'authorization {{ token: "{CANARY}" }}')
    shown: list[str] = []
    async with linked(server.url, token=Secret(CANARY)) as link:
        changes = Changes(link)
        server.config = "authorization { token: other }"
        await asyncio.to_thread(server.restart)
        await changes.until(lambda: changes.seen == [False])
        async with asyncio.timeout(60):
            while "refuses" not in (link.trouble or ""):
                await asyncio.sleep(0)
        shown += [str(link.trouble), repr(link), link.server, repr(link._options), repr(vars(link))]
    for options in (
        NatsOptions((server.url,), token=Secret(CANARY)),
        NatsOptions((server.url.replace("//", f"//{CANARY}@"),)),
        NatsOptions((server.url.replace("//", f"//lisa:{CANARY}@"),)),
    ):
        with pytest.raises(AuthenticationError) as caught:
            await Link(options).__aenter__()
        shown += [repr(options), str(options), *traceback.format_exception(caught.value)]
        shown.append(str(pickle.dumps(caught.value)))
    assert CANARY not in "\n".join(shown)
    assert CANARY not in caplog.text
    assert "connected to" in caplog.text


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (nats.errors.AuthorizationError(), AuthenticationError),
        (nats.errors.Error("nats: 'Authorization Violation'"), AuthenticationError),
        (nats.errors.Error("nats: 'user authentication expired'"), AuthenticationError),
        (nats.errors.Error('nats: permissions violation for publish to "x"'), PermissionDeniedError),
        (nats.errors.TimeoutError(), TransportError),
        (nats.errors.ConnectionClosedError(), TransportError),
        (ConnectionResetError(104, "Connection reset by peer"), TransportError),
        (ssl.SSLError(1, "wrong version"), TransportError),
        (nats.js.errors.ServerError(code=500, description="replicas > 1 not supported"), BackendError),
        (nats.js.errors.BadRequestError(code=400, description="no"), BackendError),
        (TransportError("as it is"), TransportError),
        (ValueError("x"), ArgumentError),
    ],
)
def test_errors_of_nats_in_this_library_s_words(error: Exception, kind: type[AccsynError]) -> None:
    assert type(translate(error)) is kind


class HastyClock(AsyncioClock):
    """Sleeps for a moment, whatever is asked."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def test_a_cancellation_that_is_swallowed_does_not_make_it_try_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = 0

    async def fail(link: Link) -> None:
        nonlocal tries
        tries += 1
        # As nats-py does when what it waits for is there at the same moment.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.02)
        raise TransportError("nobody answers")

    monkeypatch.setattr(Link, "_connect_anywhere", fail)
    link = Link(NatsOptions(("nats://127.0.0.1:1",)), HastyClock(), patience=0.01)
    with pytest.raises(TransportError):
        await link.__aenter__()
    assert tries == 1
