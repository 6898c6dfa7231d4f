"""A certificate of the sandbox's own."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

__all__ = ["make_certificate"]


def make_certificate(folder: Path, host: str) -> tuple[Path, ssl.SSLContext]:
    """Make an authority and a certificate for a host and this machine's own names.

    Returns:
        The PEM file of the authority, in ``folder``, and the server's context.

    Raises:
        RuntimeError: trustme is not installed.
    """
    try:
        import trustme
    except ImportError:
        raise RuntimeError("a sandbox with tls needs trustme: pip install 'accsyn-async[cli]'") from None
    authority = trustme.CA()
    names: Iterable[str] = dict.fromkeys((host, "localhost", "127.0.0.1", "::1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path, context
