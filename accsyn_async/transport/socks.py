"""Connections through a SOCKS server; the one module that needs ``aiohttp-socks``."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace
from accsyn_async.extras import missing

try:
    from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError, ProxyType
except ModuleNotFoundError as error:
    raise missing(error, "socks") from None

__all__ = ["SocksConnector"]


class SocksConnector(ProxyConnector):
    """A pool whose connections all go through one SOCKS server, and nothing else does.

    Host names are the server's to resolve, for SOCKS4 as well (which makes it 4a): in
    a closed network nobody else may know them. TLS is spoken with the backend, through
    the server. What fails here failed before a byte of the request was written, and is
    raised as the errors of aiohttp's that say so.

    Args:
        url: ``socks5://host:port`` or ``socks4://host:port``.
        limit: connections at most.
    """

    def __init__(self, url: str, *, limit: int) -> None:
        self._server = URL(url)
        super().__init__(
            self._server.host or "",
            self._server.port or 1080,
            proxy_type=ProxyType[self._server.scheme.upper()],
            rdns=True,
            limit=limit,
        )

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Take a connection out of the pool, or make one.

        Raises:
            ClientProxyConnectionError: the server is out of reach, is none, or refuses.
            ClientConnectorCertificateError: the backend's certificate is refused.
            ClientConnectorSSLError: no TLS with the backend.
        """
        try:
            return await super().connect(req, traces, timeout)
        except aiohttp.ClientError:
            raise
        except ssl.SSLCertVerificationError as error:
            raise aiohttp.ClientConnectorCertificateError(req.connection_key, error) from error
        except ssl.SSLError as error:
            raise aiohttp.ClientConnectorSSLError(req.connection_key, error) from error
        except ProxyConnectionError as error:
            raise self._failed(req, _system_error(error)) from error
        except (ProxyTimeoutError, TimeoutError) as error:
            within = f"no answer within {timeout.sock_connect:g} s" if timeout.sock_connect else "no answer"
            raise self._failed(req, OSError(None, within)) from error
        except ProxyError as error:
            raise self._failed(req, OSError(None, str(error) or "it broke off")) from error
        except EOFError as error:
            text = f"it closed the connection; does it speak {self._server.scheme.upper()}?"
            raise self._failed(req, OSError(None, text)) from error
        except OSError as error:
            raise self._failed(req, error) from error

    def _failed(self, req: aiohttp.ClientRequest, cause: OSError) -> aiohttp.ClientProxyConnectionError:
        key = req.connection_key._replace(host=self._server.host or "", port=self._server.port)
        return aiohttp.ClientProxyConnectionError(key, cause)


def _system_error(error: BaseException) -> OSError:
    """What the system said; the words around it name the server, as the caller will."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error if isinstance(error, OSError) else OSError(None, str(error))
