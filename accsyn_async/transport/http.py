"""The aiohttp adapter: one pool of connections, certificates checked, one request sent once."""

from __future__ import annotations

import os
import ssl as ssl_module
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from accsyn_async.errors import ArgumentError
from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure, FailureKind, cut_off

if TYPE_CHECKING:
    from aiohttp.connector import BaseConnector

__all__ = ["MAX_CONNECTIONS", "MAX_REPLY", "AiohttpSender"]

MAX_CONNECTIONS = 64
"""Connections at most; the backend allows an address 100."""
MAX_REPLY = 48 * 1024 * 1024
"""Bytes of a reply, decompressed, at most."""


class AiohttpSender:
    """Sends requests through aiohttp.

    aiohttp repeats GET, PUT and DELETE by itself when a kept-alive connection turns
    out to be dropped. That would pass by the retry verdict and the limiter, so it is
    switched off; where a future aiohttp has no such switch, changes get a fresh
    connection each.

    Args:
        ssl: ``True`` checks certificates against the system's authorities, a context
            does as it says, ``False`` checks nothing.
        connect_timeout: seconds to wait for a connection.
        socks: address of a SOCKS proxy (``socks5://host:port``), or ``None``.
    """

    def __init__(
        self,
        *,
        ssl: bool | ssl_module.SSLContext = True,
        connect_timeout: float = 10.0,
        socks: str | None = None,
    ) -> None:
        self._ssl = ssl
        self._connect_timeout = connect_timeout
        self._socks = socks
        self._session: aiohttp.ClientSession | None = None
        self._repeats = False
        self._closed = False
        self._last_limits = aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout)

    async def send(self, request: Request, *, timeout: float) -> Response | Failure:
        """Send a request, once, and read the whole response."""
        if self._closed:
            return Failure(FailureKind.UNREACHED, "the session is closed")
        session = self._session or self._open()
        headers = request.headers
        if self._repeats and request.verb != "GET":
            headers = {**headers, "Connection": "close"}
        try:
            async with session.request(
                request.verb,
                URL(request.url, encoded=True),
                headers=headers,
                data=request.body,
                allow_redirects=False,
                timeout=self._limits(timeout),
            ) as response:
                body = await _read(response)
                if isinstance(body, Failure):
                    return body
                headers_in = {name.lower(): value for name, value in response.headers.items()}
                return Response(response.status, headers_in, body)
        except (aiohttp.InvalidURL, UnicodeError):
            return Failure(FailureKind.UNREACHED, f"{_host(request)} is no address that can be reached")
        except aiohttp.ClientConnectorCertificateError as error:
            return Failure(FailureKind.UNTRUSTED, _certificate_message(error))
        except aiohttp.ClientSSLError as error:
            return Failure(
                FailureKind.UNTRUSTED, f"no TLS connection to {error.host}:{error.port}: {_cause(error)}"
            )
        except aiohttp.ClientConnectorError as error:
            return Failure(
                FailureKind.UNREACHED, f"no connection to {error.host}:{error.port}: {_cause(error)}"
            )
        except aiohttp.ConnectionTimeoutError:
            return Failure(
                FailureKind.UNREACHED, f"no connection to {_host(request)} within {self._connect_timeout:g} s"
            )
        except TimeoutError:
            return Failure(FailureKind.UNANSWERED, f"no answer from {_host(request)} within {timeout:g} s")
        except aiohttp.ServerDisconnectedError:
            return Failure(
                FailureKind.UNANSWERED, f"{_host(request)} closed the connection without an answer"
            )
        except (aiohttp.ClientError, OSError) as error:
            return Failure(
                FailureKind.UNANSWERED,
                f"the connection to {_host(request)} broke: {type(error).__name__}",
            )

    async def aclose(self) -> None:
        """Close all connections. May be called twice."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _limits(self, timeout: float) -> aiohttp.ClientTimeout:
        """The timeouts of one request; those of the last one mostly, as making them takes a while."""
        if self._last_limits.sock_read != timeout:
            self._last_limits = aiohttp.ClientTimeout(
                total=None, sock_connect=self._connect_timeout, sock_read=timeout
            )
        return self._last_limits

    def _open(self) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            connector=self._connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Content-Type",),
            raise_for_status=False,
            trust_env=False,
        )
        if hasattr(session, "_retry_connection"):
            session._retry_connection = False
        else:
            self._repeats = True
        self._session = session
        return session

    def _connector(self) -> BaseConnector:
        if self._socks is None:
            return aiohttp.TCPConnector(limit=MAX_CONNECTIONS, ssl=self._ssl)
        try:
            from aiohttp_socks import ProxyConnector
        except ImportError:
            raise ArgumentError("a SOCKS proxy needs: pip install 'accsyn-async[socks]'") from None
        connector: BaseConnector = ProxyConnector.from_url(self._socks, limit=MAX_CONNECTIONS, ssl=self._ssl)
        return connector


async def _read(response: aiohttp.ClientResponse) -> bytes | Failure:
    """The whole body, unless it is larger than allowed or cut off."""
    status = response.status
    if (response.content_length or 0) > MAX_REPLY:
        return _too_large(status)
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := await response.content.readany():
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_REPLY:
                response.close()
                return _too_large(status)
    except aiohttp.ClientPayloadError:
        return cut_off(status, b"".join(chunks))
    return b"".join(chunks)


def _too_large(status: int) -> Failure:
    return Failure(
        FailureKind.REFUSED,
        f"the reply is larger than {MAX_REPLY // 1024**2} MiB; ask for less (attributes=, limit=)",
        status=status,
    )


def _host(request: Request) -> str:
    url = URL(request.url, encoded=True)
    return f"{url.host}:{url.port}"


def _cause(error: aiohttp.ClientConnectorError) -> str:
    cause = error.os_error
    if isinstance(cause, ssl_module.SSLError):
        # Its number is not one of the system's.
        reason = (cause.reason or cause.strerror or "").replace("_", " ").lower()
        return f"{reason or 'TLS failed'}; does the server speak https?"
    # asyncio words a refused connection by itself; the system's words are shorter.
    return (os.strerror(cause.errno) if cause.errno and cause.errno > 0 else cause.strerror) or type(
        cause
    ).__name__


def _certificate_message(error: aiohttp.ClientConnectorCertificateError) -> str:
    reason = getattr(error.certificate_error, "verify_message", "") or str(error.certificate_error)
    return (
        f"the certificate of {error.host}:{error.port} is not trusted: {reason}; "
        "pass ssl=<SSLContext> with the right authority"
    )
