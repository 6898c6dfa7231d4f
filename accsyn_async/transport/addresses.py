"""Which address requests go to, and by which way."""

from __future__ import annotations

import logging

from accsyn_async.transport.credentials import Settings, check_base_url, parse_proxy

__all__ = ["addresses_of"]

logger = logging.getLogger("accsyn_async.session")


def addresses_of(
    settings: Settings, hostname: str | None = None, port: int | None = None, *, plain_allowed: bool
) -> tuple[str | None, str | None]:
    """The backend's address, if it is known without asking accsyn; and that of a SOCKS server.

    Args:
        settings: as they were found.
        hostname: the backend's host, if no setting says where it is.
        port: its port; ``None`` for 443.
        plain_allowed: whether plain HTTP may lead beyond this computer.

    Raises:
        ArgumentError: an address cannot be used.
    """
    proxy = parse_proxy(settings.proxy) if settings.proxy else None
    socks = proxy.url if proxy and proxy.is_socks else None
    if settings.url:
        if proxy and not proxy.is_socks and proxy.url != settings.url.rstrip("/"):
            logger.warning("the accsyn proxy is not used, as url names the backend")
        return check_base_url(settings.url, plain_allowed=plain_allowed), socks
    if proxy and not proxy.is_socks:
        return proxy.url, None
    if hostname:
        address = f"https://{hostname}:{port or 443}"
        return check_base_url(address, plain_allowed=plain_allowed), socks
    return None, socks
