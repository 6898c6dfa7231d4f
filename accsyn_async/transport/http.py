"""The aiohttp adapter: one pool of connections, certificates checked, one request sent once."""

from __future__ import annotations

import asyncio
import math
import os
import ssl as ssl_module
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from accsyn_async.errors import ArgumentError, SessionClosedError
from accsyn_async.transport.arrival import Arrival
from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure, FailureKind, cut_off

if TYPE_CHECKING:
    from aiohttp.client_middlewares import ClientHandlerType, ClientMiddlewareType
    from aiohttp.connector import BaseConnector

__all__ = ["MAX_CONNECTIONS", "MAX_REPLY", "AiohttpSender", "NotRepeatedError"]

MAX_CONNECTIONS = 64
"""Connections at most; the backend allows an address 100."""
MAX_REPLY = 48 * 1024 * 1024
"""Bytes of a reply, decompressed, at most."""

_AT_ONCE = 1024 * 1024
"""Bytes of a reply that may wait to be read; at aiohttp's 64 KiB each part of a long one pauses the next."""
_SKIPPED = ("Content-Type",)
_OF_ANOTHER = frozenset({62, 64})
"""OpenSSL's codes for a certificate that names another host, or another address."""
_REPEATS = "_retry_connection"
"""What of an aiohttp session says whether it repeats by itself (aiohttp 3.8 to 3.14)."""


class NotRepeatedError(aiohttp.ClientConnectionError):
    """The connection broke, and aiohttp is kept from sending the request again by itself.

    The error that it stands for is its cause.
    """


class AiohttpSender:
    """Sends requests through aiohttp.

    aiohttp repeats GET, PUT and DELETE by itself when a connection turns out to be
    dropped, a new one included. That would pass by the retry verdict and the limiter,
    so a session of ours is told not to; where it cannot be told, or is the caller's, a
    middleware hides those errors from it.

    Args:
        ssl: ``True`` checks certificates against the system's authorities (or as the
            connector of ``client_session`` was told to), a context does as it says,
            ``False`` checks nothing.
        connect_timeout: seconds to wait for a connection.
        socks: address of a SOCKS proxy (``socks5://host:port``), or ``None``.
        client_session: the caller's own session to send with, which is neither changed
            nor closed. Its connector, headers, cookies, proxy, middlewares and traces
            apply; its timeout, redirects and status checks do not.
        trace_configs: who is told of what a session of ours does; headers that they
            see hold the API key.

    Raises:
        ArgumentError: these do not go together, or a package is missing.
    """

    def __init__(
        self,
        *,
        ssl: bool | ssl_module.SSLContext = True,
        connect_timeout: float = 10.0,
        socks: str | None = None,
        client_session: aiohttp.ClientSession | None = None,
        trace_configs: Sequence[aiohttp.TraceConfig] = (),
    ) -> None:
        _check_traces(trace_configs)
        if client_session is not None:
            _check_own(client_session, socks, trace_configs)
        if socks is not None:
            _check_socks()
        self._ssl = ssl
        self._connect_timeout = connect_timeout
        self._socks = socks
        self._theirs = client_session
        self._trace_configs = list(trace_configs)
        self._session = client_session
        self._middlewares: tuple[ClientMiddlewareType, ...] = (
            _send_once,
            *getattr(client_session, "_middlewares", ()),
        )
        self._closed = False
        self._made_limits: dict[float, aiohttp.ClientTimeout] = {}

    async def send(self, request: Request, *, timeout: float) -> Response | Failure:
        """Send a request, once, and read the whole response.

        Raises:
            SessionClosedError: the caller's own session is closed.
            ArgumentError: the caller's own session cannot send this.
        """
        if self._closed:
            return Failure(FailureKind.UNREACHED, "the session is closed")
        session = self._session or self._open()
        if session is self._theirs:
            _check_usable(session)
        try:
            async with session.request(
                request.verb,
                URL(request.url, encoded=True),
                headers=request.headers,
                # Without a body there would be no such header, and saying so takes a while.
                skip_auto_headers=None if request.body is None else _SKIPPED,
                data=request.body,
                allow_redirects=False,
                raise_for_status=False,
                auto_decompress=True,
                read_bufsize=_AT_ONCE,
                ssl=self._ssl,
                timeout=self._limits(timeout),
                middlewares=self._middlewares,
            ) as response:
                body = await _read(response, request.known)
                if isinstance(body, Failure):
                    return body
                return Response(response.status, response.headers, body)
        except (aiohttp.InvalidURL, UnicodeError) as error:
            if isinstance(error, aiohttp.InvalidURL) and error.url != URL(request.url, encoded=True):
                # It may hold a password, and is not shown.
                return self._no_way(request, "the proxy", "its address is none, as http://HOST:PORT is")
            return Failure(FailureKind.UNREACHED, f"{_host(request)} is no address that can be reached")
        except aiohttp.ClientConnectorCertificateError as error:
            return _untrusted(f"{error.host}:{error.port}", error.certificate_error)
        except aiohttp.ClientSSLError as error:
            return Failure(
                FailureKind.UNTRUSTED, f"no TLS connection to {error.host}:{error.port}: {_cause(error)}"
            )
        except aiohttp.ClientProxyConnectionError as error:
            return self._no_way(request, f"the proxy {error.host}:{error.port}", _cause(error))
        except aiohttp.ClientHttpProxyError as error:
            return self._no_way(request, "the proxy", f"HTTP {error.status}")
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
        except (aiohttp.ClientError, OSError) as error:
            return _broke(_host(request), error)
        except _handshake_errors() as error:
            return self._no_way(request, "the SOCKS proxy", str(error) or "it closed the connection")
        except RuntimeError:
            if session is self._theirs:
                _check_usable(session)
            raise
        except asyncio.CancelledError:
            # Closing a session makes aiohttp cancel those who wait for a free connection.
            if _asked_to_end() or not session.closed:
                raise
            if session is self._theirs:
                _check_usable(session)
            return Failure(FailureKind.UNREACHED, "the session was closed")
        except ValueError as error:
            if session is self._theirs and session.trust_env:
                raise ArgumentError(
                    f"client_session cannot send this ({error}); with trust_env=True it takes logins "
                    "out of .netrc: make one without"
                ) from error
            raise

    async def aclose(self) -> None:
        """Close all connections, except those of the caller's own session. May be called twice."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None and session is not self._theirs:
            await session.close()

    def _limits(self, timeout: float) -> aiohttp.ClientTimeout:
        """The timeouts of one request; there are few, and making them takes a while."""
        limits = self._made_limits.get(timeout)
        if limits is None:
            limits = self._made_limits[timeout] = aiohttp.ClientTimeout(
                total=None,
                sock_connect=self._connect_timeout,
                sock_read=timeout if timeout < math.inf else None,
            )
        return limits

    def _open(self) -> aiohttp.ClientSession:
        session = self._session = aiohttp.ClientSession(
            connector=self._connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=self._trace_configs,
            trust_env=False,
        )
        if getattr(session, _REPEATS, None) is True:
            # As aiohttp's own test client does it.
            setattr(session, _REPEATS, False)
            self._middlewares = ()
        return session

    def _connector(self) -> BaseConnector:
        if self._socks is None:
            return aiohttp.TCPConnector(limit=MAX_CONNECTIONS)
        from accsyn_async.transport.socks import SocksConnector

        return SocksConnector(self._socks, limit=MAX_CONNECTIONS)

    def _no_way(self, request: Request, proxy: str, reason: str) -> Failure:
        advice = "check client_session's proxy" if self._theirs else "check proxy= or ACCSYN_PROXY"
        return Failure(
            FailureKind.UNREACHED, f"{proxy} gave no connection to {_host(request)}: {reason}; {advice}"
        )


async def _send_once(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise NotRepeatedError(str(error)) from error


def _check_own(
    session: aiohttp.ClientSession, socks: str | None, trace_configs: Sequence[aiohttp.TraceConfig]
) -> None:
    if not isinstance(session, aiohttp.ClientSession):
        raise ArgumentError(f"client_session is an aiohttp.ClientSession, not {type(session).__name__}")
    if session.closed:
        raise ArgumentError("client_session is closed")
    if session.auth is not None:
        raise ArgumentError(
            "client_session has a login of its own, which aiohttp refuses to combine with accsyn's; "
            "make one without auth="
        )
    if trace_configs:
        raise ArgumentError("trace_configs belong to client_session: pass them when you make it")
    if socks is not None:
        raise ArgumentError(
            "a SOCKS proxy (proxy= or ACCSYN_PROXY) does not go together with client_session; give that "
            f"session a connector of its own: aiohttp_socks.ProxyConnector.from_url({socks!r})"
        )


def _check_traces(trace_configs: object) -> None:
    if not isinstance(trace_configs, Sequence) or not all(
        isinstance(each, aiohttp.TraceConfig) for each in trace_configs
    ):
        raise ArgumentError(f"trace_configs is a list of aiohttp.TraceConfig, not {trace_configs!r}")


def _check_usable(session: aiohttp.ClientSession) -> None:
    if session.closed:
        raise SessionClosedError("the aiohttp session that was passed as client_session is closed")
    if getattr(session, "_loop", None) not in (None, asyncio.get_running_loop()):
        raise ArgumentError("client_session belongs to another event loop; make one in this loop")


def _asked_to_end() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _check_socks() -> None:
    try:
        import accsyn_async.transport.socks  # noqa: F401 - only whether it can be
    except ImportError as error:
        raise ArgumentError("a SOCKS proxy needs: pip install 'accsyn-async[socks]'") from error


def _handshake_errors() -> tuple[type[Exception], ...]:
    """What a plain connector of aiohttp-socks, in a caller's own session, lets through."""
    socks = sys.modules.get("aiohttp_socks")
    if socks is None:
        return ()
    return (socks.ProxyError, socks.ProxyConnectionError, socks.ProxyTimeoutError, EOFError)


async def _read(response: aiohttp.ClientResponse, known: bytes) -> bytes | Failure:
    """The whole body, unless it is larger than allowed or cut off."""
    status = response.status
    if (response.content_length or 0) > MAX_REPLY:
        return _too_large(status)
    arrival = Arrival(known)
    try:
        while piece := await response.content.readany():
            arrival.take(piece)
            if arrival.size > MAX_REPLY:
                response.close()
                return _too_large(status)
    except (aiohttp.ClientPayloadError, RuntimeError):
        # The latter: the pool was closed just when the headers had come.
        return cut_off(status, arrival.whole())
    return arrival.whole()


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


def _untrusted(where: str, error: Exception) -> Failure:
    reason = (getattr(error, "verify_message", "") or str(error)).rstrip(".")
    another = getattr(error, "verify_code", None) in _OF_ANOTHER
    remedy = "check url= or ACCSYN_URL" if another else "pass ssl=<SSLContext> with the right authority"
    return Failure(FailureKind.UNTRUSTED, f"the certificate of {where} is not trusted: {reason}; {remedy}")


def _broke(host: str, error: Exception) -> Failure:
    cause = error.__cause__ or error
    if isinstance(cause, ssl_module.SSLCertVerificationError):
        return _untrusted(host, cause)
    if isinstance(cause, aiohttp.ServerDisconnectedError):
        return Failure(FailureKind.UNANSWERED, f"{host} closed the connection without an answer")
    return Failure(FailureKind.UNANSWERED, f"the connection to {host} broke: {type(cause).__name__}")
