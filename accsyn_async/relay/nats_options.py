"""How to reach NATS, and as whom: addresses, certificates, credentials."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

import nkeys

from accsyn_async.errors import ArgumentError
from accsyn_async.wire.redact import Secret

__all__ = ["DEFAULT_SERVER", "Endpoint", "NatsOptions", "Proof", "read_servers"]

DEFAULT_SERVER: Final = "nats://127.0.0.1:4222"

_SCHEMES: Final = {"nats": False, "tls": True}
_PORT: Final = 4222


class Endpoint(NamedTuple):
    """One server's address.

    Attributes:
        host: its name or IP address.
        port: its port.
        tls: whether nothing may be said to it but over TLS.
        user: a user's name; ``None`` without one.
        secret: the user's password, or a token when there is no user.
        hostname: whom its certificate must be of.
    """

    host: str
    port: int
    tls: bool
    user: str | None
    secret: Secret | None
    hostname: str

    @property
    def url(self) -> str:
        """The address as a URL, without user, password and token."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tls' if self.tls else 'nats'}://{host}:{self.port}"


class Proof(NamedTuple):
    """What a credentials file holds.

    Attributes:
        jwt: the text of a ``.creds`` file: a user's JWT and its seed; ``None`` when there is only a seed.
        seed: a user's seed alone; ``None`` in the other case.
    """

    jwt: Secret | None
    seed: Secret | None


@dataclass(frozen=True)
class NatsOptions:
    """How to reach NATS, and as whom. No repr shows a secret.

    Attributes:
        servers: URLs such as ``nats://host:4222`` or ``tls://host``, with ``user:password@`` or
            ``token@`` before the host where needed; each may be several, separated by commas.
        credentials: a ``.creds`` file, or one with a user's seed; ``None`` without.
        token: a token; ``None`` without.
        ca: a file with the certificates of who may vouch for the server; ``None`` for the system's.
        certificate: a file with this client's certificate; ``None`` without.
        key: a file with its key; ``None`` when it is in the certificate's file.
        name: as what it is seen in NATS's monitoring.
        tls: a context of one's own instead of ``ca``, ``certificate`` and ``key``.
    """

    servers: tuple[str, ...] = (DEFAULT_SERVER,)
    credentials: Path | None = None
    token: Secret | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    name: str = "accsyn-async"
    tls: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        try:
            shown = ", ".join(endpoint.url for endpoint in self.endpoints())
        except ArgumentError:
            shown = "servers that cannot be read"
        return f"NatsOptions({shown}, name={self.name!r})"

    def check(self) -> None:
        """See whether all of it can be used.

        Raises:
            ArgumentError: an address or a file cannot.
        """
        self.endpoints()
        self.context()
        self.proof()

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The servers' addresses.

        Raises:
            ArgumentError: one cannot be read, or there is none.
        """
        insists = any((self.ca, self.certificate, self.tls))
        return tuple(each._replace(tls=each.tls or insists) for each in read_servers(*self.servers))

    def context(self) -> ssl.SSLContext | None:
        """What TLS is done with; ``None`` for what is usual.

        Raises:
            ArgumentError: a file cannot be read.
        """
        if self.key is not None and self.certificate is None:
            raise ArgumentError("a key without a certificate: name the certificate's file too")
        if self.tls is not None or not (self.ca or self.certificate):
            return self.tls
        try:
            context = ssl.create_default_context(cafile=self.ca)
        except (OSError, ValueError) as error:
            raise ArgumentError(f"no certificates in {str(self.ca)!r}: {_reason(error)}") from None
        if self.certificate is not None:
            try:
                # A key with a password would be asked for at the terminal.
                context.load_cert_chain(self.certificate, self.key, password="")
            except (OSError, ValueError) as error:
                both = f"{str(self.certificate)!r}" + (f" and {str(self.key)!r}" if self.key else "")
                raise ArgumentError(f"no certificate and key in {both}: {_reason(error)}") from None
        return context

    def proof(self) -> Proof | None:
        """What the credentials file holds, read anew each time: such a file is renewed now and then.

        Raises:
            ArgumentError: it cannot be read, or holds no credentials.
        """
        if self.credentials is None:
            return None
        try:
            lines = self.credentials.read_text("ascii").split()
        except (OSError, ValueError) as error:
            raise ArgumentError(f"the credentials in {str(self.credentials)!r}: {_reason(error)}") from None
        text = " ".join(lines)
        jwt = _between(text, "-----BEGIN NATS USER JWT-----", "------END NATS USER JWT------")
        inside = _between(text, "-----BEGIN USER NKEY SEED-----", "------END USER NKEY SEED------")
        seed = inside or (lines[0] if len(lines) == 1 else None)
        if seed is None or not _is_seed(seed) or (inside is not None and jwt is None):
            raise ArgumentError(
                f"{str(self.credentials)!r} holds no NATS credentials: "
                "a .creds file has a user's JWT and seed, a seed alone begins with SU"
            )
        if jwt is None:
            return Proof(None, Secret(seed))
        whole = f"-----BEGIN NATS USER JWT-----\n{jwt}\n-----BEGIN USER NKEY SEED-----\n{seed}\n-\n"
        return Proof(Secret(whole), None)


def read_servers(*servers: str, free_port: bool = False) -> tuple[Endpoint, ...]:
    """Read servers' URLs, each of which may be several, separated by commas.

    Args:
        servers: the URLs.
        free_port: whether port 0 can be named, for any free one.

    Raises:
        ArgumentError: one cannot be read, or there is none. No secret is shown.

    >>> [endpoint.url for endpoint in read_servers("nats://lisa:s3cret@one:4223,two", "tls://three")]
    ['nats://one:4223', 'nats://two:4222', 'tls://three:4222']
    >>> read_servers("http://one")
    Traceback (most recent call last):
    ...
    accsyn_async.errors.ArgumentError: no NATS server's address: a URL such as nats://host:4222 ...
    """
    parts = [part.strip() for server in servers for part in server.split(",") if part.strip()]
    found = tuple(_read(part, free_port=free_port) for part in parts)
    if not found:
        raise ArgumentError("no NATS server: pass a URL such as nats://127.0.0.1:4222")
    return found


def _read(text: str, *, free_port: bool) -> Endpoint:
    try:
        parts = urlsplit(text if "://" in text else f"nats://{text}")
        port = parts.port
    except ValueError:
        raise _unreadable() from None
    wrong = parts.scheme not in _SCHEMES or not parts.hostname or (port == 0 and not free_port)
    if wrong or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _unreadable()
    user, password = parts.username, parts.password
    given = password if password is not None else user
    return Endpoint(
        host=parts.hostname or "",
        port=_PORT if port is None else port,
        tls=_SCHEMES[parts.scheme],
        user=unquote(user) if user is not None and password is not None else None,
        secret=Secret(unquote(given)) if given else None,
        hostname=parts.hostname or "",
    )


def _unreadable() -> ArgumentError:
    # What was given may hold a secret anywhere, as it cannot be read.
    return ArgumentError(
        "no NATS server's address: a URL such as nats://host:4222 or tls://host:4222 is, "
        "also with user:password@ or token@ before the host, written as in a URL (@ as %40)"
    )


def _between(text: str, begin: str, end: str) -> str | None:
    _, found, rest = text.partition(begin)
    inside, closed, _ = rest.partition(end)
    return inside.strip() if found and closed and " " not in inside.strip() and inside.strip() else None


def _is_seed(text: str) -> bool:
    try:
        return bool(text.startswith("SU") and nkeys.from_seed(bytearray(text.encode())))
    except (nkeys.NkeysError, ValueError):
        return False


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "they are not in the form that PEM files have, or do not belong together"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "that is no text" if isinstance(error, UnicodeDecodeError) else "it cannot be used"
