"""Errors of NATS in this library's words."""

from __future__ import annotations

import os
import ssl
from typing import Final

import nats.errors
import nats.js.errors

from accsyn_async.errors import (
    AccsynError,
    ArgumentError,
    AuthenticationError,
    BackendError,
    PermissionDeniedError,
    TransportError,
)
from accsyn_async.safe_text import safe

__all__ = ["translate"]

_NO_CLUSTER: Final = 10074


def out_of_reach(why: str | None) -> str:
    """That there is no connection, and why.

    >>> out_of_reach("the connection was lost")
    'NATS is out of reach: the connection was lost'
    >>> out_of_reach("NATS is out of reach (nats://a:4222): Connection refused")
    'NATS is out of reach (nats://a:4222): Connection refused'
    """
    away = "NATS is out of reach"
    return why if why is not None and why.startswith(away) else f"{away}: {why or 'not connected'}"


def translate(error: BaseException, server: str = "") -> AccsynError:
    """An error of NATS in this library's words.

    Args:
        error: what was raised.
        server: where, without secrets.

    >>> translate(nats.errors.NoRespondersError())
    TransportError('NATS: nobody answers there')
    """
    where = f" ({server})" if server else ""
    said = str(error).removeprefix("nats: ").strip().strip("'")
    lower = said.lower()
    if isinstance(error, AccsynError):
        return error
    if isinstance(error, nats.errors.AuthorizationError) or "authorization violation" in lower:
        return AuthenticationError(
            f"NATS refuses the login{where}: wrong or no token, password or credentials"
        )
    if "authentication" in lower:
        return AuthenticationError(f"NATS refuses the login{where}: {safe(said)}")
    if "permissions violation" in lower:
        return PermissionDeniedError(f"NATS: {safe(said)}")
    if isinstance(error, nats.js.errors.APIError) and error.err_code == _NO_CLUSTER:
        return ArgumentError("this NATS server is no cluster: it keeps one replica, not several")
    if isinstance(error, nats.js.errors.APIError):
        temporary = error.code is None or error.code >= 500
        return BackendError(f"NATS JetStream: {safe(error.description)}", temporary=temporary)
    if isinstance(error, nats.errors.SecureConnRequiredError):
        return TransportError(f"NATS: the server{where} speaks no TLS, and nothing else will do")
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message or "it cannot be verified"
        return TransportError(f"NATS: the server's certificate is not trusted{where}: {safe(reason)}")
    if isinstance(error, ssl.SSLError):
        return TransportError(
            f"NATS: no TLS with the server{where}: {safe(getattr(error, 'reason', None) or error)}"
        )
    if isinstance(error, nats.errors.NoRespondersError):
        return TransportError("NATS: nobody answers there")
    if isinstance(error, TimeoutError):
        return TransportError(f"NATS does not answer{where}")
    if isinstance(error, OSError):
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
        return TransportError(f"NATS is out of reach{where}: {safe(reason)}")
    if isinstance(error, nats.errors.Error):
        return TransportError(f"NATS: {safe(said or type(error).__name__)}{where}")
    return ArgumentError(f"NATS{where}: {safe(said)}")
