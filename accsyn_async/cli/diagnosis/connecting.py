"""A connection to the backend without a request: does it come about, and who vouches for the certificate?"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import importlib.util
import os
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from accsyn_async.errors import TransportError

__all__ = ["Certificate", "Target", "Untrusted", "connect", "handshake"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, and by which way.

    Attributes:
        base: such as ``https://acme.accsyn.com``.
        socks: address of a SOCKS server, or ``None``.
    """

    base: str
    socks: str | None = None

    @property
    def is_tls(self) -> bool:
        """Whether TLS is spoken."""
        return self.base.startswith("https:")

    @property
    def host(self) -> str:
        """A name or address."""
        return urlsplit(self.base).hostname or ""

    @property
    def port(self) -> int:
        """A number from 1."""
        return urlsplit(self.base).port or (443 if self.is_tls else 80)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known of a server's certificate.

    Attributes:
        subject: whose it is.
        issuer: who vouches for it.
        until: when it ends, UTC; ``None`` where that is not known.
        protocol: the version of TLS.
    """

    subject: str
    issuer: str
    until: dt.datetime | None
    protocol: str


class Untrusted(TransportError):
    """The certificate is not trusted.

    Attributes:
        reason: in the words of OpenSSL.
        certificate: what it says; ``None`` where that cannot be read.
    """

    def __init__(self, reason: str, certificate: Certificate | None) -> None:
        super().__init__(f"the certificate is not trusted: {reason}")
        self.reason = reason
        self.certificate = certificate


async def connect(target: Target, timeout: float) -> str:
    """Connect, and hang up.

    Args:
        target: where to.
        timeout: seconds.

    Returns:
        The address that answered; empty where a SOCKS server knows it alone.

    Raises:
        TransportError: nobody answered.
    """
    with _told(target, timeout):
        async with asyncio.timeout(timeout), _open(target, None) as writer:
            return "" if target.socks else str(writer.get_extra_info("peername")[0])


async def handshake(target: Target, timeout: float, *, check: bool) -> Certificate:
    """Begin TLS, and hang up: nothing is sent.

    Args:
        target: where to.
        timeout: seconds.
        check: whether the certificate is checked.

    Raises:
        Untrusted: it is not trusted.
        TransportError: no TLS came about.
    """
    context = ssl.create_default_context()
    if not check:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with _told(target, timeout):
        try:
            async with asyncio.timeout(timeout), _open(target, context) as writer:
                return _read(writer.get_extra_info("ssl_object"))
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message or str(error)
    seen = None
    with contextlib.suppress(TransportError):
        # Only to be able to say whose it is.
        seen = await handshake(target, timeout, check=False)
    raise Untrusted(reason, seen)


@contextlib.contextmanager
def _told(target: Target, timeout: float) -> Any:
    """Say what went wrong in the words of the transport."""
    try:
        yield
    except TimeoutError:
        raise TransportError(f"no connection to {target} within {timeout:g} s") from None
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        reason = (error.reason or "TLS failed").replace("_", " ").lower()
        raise TransportError(f"no TLS with {target}: {reason}; does it speak https?") from None
    except socket.gaierror as error:
        raise TransportError(f"no connection to {target}: {error.strerror}; is the name right?") from None
    except OSError as error:
        known = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise TransportError(f"no connection to {target}: {known or type(error).__name__}") from None


@contextlib.asynccontextmanager
async def _open(target: Target, context: ssl.SSLContext | None) -> AsyncIterator[asyncio.StreamWriter]:
    options: dict[str, Any] = {"ssl": context}
    if target.socks is None:
        options |= {"host": target.host, "port": target.port}
    else:
        options["sock"] = await _through(target.socks, target)
    if context is not None:
        options["server_hostname"] = target.host
    _, writer = await asyncio.open_connection(**options)
    try:
        yield writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _through(socks: str, target: Target) -> socket.socket:
    """A connection that a SOCKS server made."""
    from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError, ProxyType
    from python_socks.async_.asyncio import Proxy as Server

    parts = urlsplit(socks)
    server = Server(
        proxy_type=ProxyType[parts.scheme.upper()],
        host=parts.hostname or "",
        port=parts.port or 1080,
        rdns=True,
    )
    try:
        connected: socket.socket = await server.connect(dest_host=target.host, dest_port=target.port)
    except (ProxyError, ProxyConnectionError, ProxyTimeoutError) as error:
        raise TransportError(f"the SOCKS proxy gave no connection to {target}: {error}") from None
    return connected


def _read(tls: ssl.SSLObject) -> Certificate:
    protocol = tls.version() or "TLS"
    if told := tls.getpeercert():
        until = dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), dt.UTC)
        return Certificate(_name(told.get("subject")), _name(told.get("issuer")), until, protocol)
    return _decoded(tls.getpeercert(binary_form=True) or b"", protocol)


def _decoded(der: bytes, protocol: str) -> Certificate:
    """What a certificate says that was not checked, which the standard library does not tell."""
    if importlib.util.find_spec("cryptography") is None:
        return Certificate("", "", None, protocol)
    from cryptography import x509

    try:
        read = x509.load_der_x509_certificate(der)
    except ValueError:
        return Certificate("", "", None, protocol)

    def name(of: x509.Name) -> str:
        said = {one.rfc4514_attribute_name: str(one.value) for one in of}
        return _put(said.get("CN", ""), said.get("O", ""))

    return Certificate(name(read.subject), name(read.issuer), read.not_valid_after_utc, protocol)


def _name(parts: Any) -> str:
    said = {key: str(value) for part in parts or () for key, value in part}
    return _put(said.get("commonName", ""), said.get("organizationName", ""))


def _put(common: str, organization: str) -> str:
    return f"{common} ({organization})" if common and organization else common or organization
