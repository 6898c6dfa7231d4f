"""Who may ask a server of ours for what. Pure: a request in, a refusal or nothing out.

A server on loopback is within reach of every page that the user's browser opens. So the
``Host`` must be one of ours (a name that an attacker points at 127.0.0.1 is none), what
changes anything must come from a page of ours, and all but a health check needs a key.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from accsyn_async.errors import ArgumentError
from accsyn_async.serving.keys import Keys

__all__ = [
    "COOKIE",
    "CSRF_HEADER",
    "Access",
    "Guard",
    "Knock",
    "Refusal",
    "check_hosts",
    "host_names",
    "is_loopback",
]

COOKIE: Final = "accsyn-dashboard"
"""The cookie's name, before the port: browsers send cookies to every port of a host."""
CSRF_HEADER: Final = "X-Accsyn-Token"

_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
_DEFAULT_PORTS: Final = ("80", "443")
_BY_PAGE: Final = "log in: open the address that the server printed, or send its token"


class Access(Enum):
    """What a way in asks of who comes."""

    ANYBODY = "nothing is told that others may not know"
    DOCUMENT = "a page to look at, or a page that asks for the token"
    KNOWN = "for those who were let in"


class Refusal(NamedTuple):
    """Why somebody is not let in.

    Attributes:
        status: of HTTP.
        reason: for people.
    """

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Knock:
    """What is known of a request before it is let in.

    Attributes:
        method: in capitals.
        hosts: every ``Host`` header.
        local: the address of ours that it came to, with the port: ``127.0.0.1:8484``; ``None`` when
            that has no port.
        origin: the ``Origin`` header; ``None`` when there is none, as for the following.
        site: ``Sec-Fetch-Site``.
        content_type: without parameters.
        authorization: ``Authorization``.
        csrf: ``X-Accsyn-Token``.
        cookie: the value of the dashboard's cookie.
    """

    method: str
    hosts: Sequence[str]
    local: str | None = None
    origin: str | None = None
    site: str | None = None
    content_type: str | None = None
    authorization: str | None = None
    csrf: str | None = None
    cookie: str | None = None

    @property
    def bearer(self) -> str | None:
        """The token that it brings in ``Authorization``; ``None`` without."""
        scheme, _, token = (self.authorization or "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method in ("GET", "HEAD")


class Guard:
    """Lets in, or refuses.

    Args:
        keys: what opens.
        is_open: whether everybody on this computer may look, without a key; nobody else may.
        hosts: names that it is reached by, besides those of loopback and the address that a
            request came to; with the port, where that is not 80 or 443.
        way: how to be let in, for people.
    """

    def __init__(
        self, keys: Keys, *, is_open: bool = False, hosts: Collection[str] = (), way: str = _BY_PAGE
    ) -> None:
        self._keys = keys
        self._open = is_open
        self._way = way
        self._hosts = frozenset(host.lower() for host in hosts)

    def refusal(self, knock: Knock, access: Access) -> Refusal | None:
        """Why a request is not let in; ``None`` when it is."""
        if len(knock.hosts) != 1:
            return Refusal(400, "one Host header is needed")
        host = knock.hosts[0].lower()
        if not self._is_ours(host, knock.local):
            return Refusal(403, "this server is not known by the name in the Host header; see --allow-host")
        if self._open and not _is_local(knock.local):
            return Refusal(403, "this is open to its own computer alone; others need a token for it")
        if knock.origin is not None and knock.origin.lower() not in (f"http://{host}", f"https://{host}"):
            return Refusal(403, "this comes from a page of another origin")
        reachable = knock.only_reads and access is not Access.KNOWN
        if knock.site not in (None, "same-origin", "none") and not reachable:
            return Refusal(403, "this comes from a page of another site")
        if not knock.only_reads:
            return self._write_refusal(knock)
        if access is not Access.KNOWN or self.knows(knock):
            return None
        return Refusal(401, self._way)

    def knows(self, knock: Knock) -> bool:
        """Whether who asks was let in, or brings the token."""
        if self._open:
            return True
        if knock.cookie is not None and self._keys.is_cookie(knock.cookie):
            return True
        return knock.bearer is not None and self._keys.fits(knock.bearer)

    def _write_refusal(self, knock: Knock) -> Refusal | None:
        if not self.knows(knock):
            return Refusal(401, self._way)
        # No other page can send a token of its own accord, nor learn what pages of ours send.
        if knock.bearer is None or not self._keys.fits(knock.bearer):
            if knock.csrf is None or not self._keys.is_csrf(knock.csrf):
                return Refusal(403, f"the header {CSRF_HEADER} of the page is missing or old; load it anew")
            if knock.origin is None:
                return Refusal(403, "the header Origin is missing")
        if knock.site not in (None, "same-origin"):
            return Refusal(403, "this does not come from a page of this server")
        if knock.content_type != "application/json":
            return Refusal(415, "what is sent must be application/json")
        return None

    def _is_ours(self, host: str, local: str | None) -> bool:
        if host in self._hosts:
            return True
        if local is None:
            return False
        port = local.rpartition(":")[2]
        names = [local, *(f"{name}:{port}" for name in _LOOPBACK)]
        if port in _DEFAULT_PORTS:
            names += [local.rpartition(":")[0], *_LOOPBACK]
        return host in names


def _is_local(local: str | None) -> bool:
    return local is None or is_loopback(local.rpartition(":")[0])


def check_hosts(hosts: Collection[str]) -> None:
    """See whether these are hosts, as in ``farm.example.com:8443``.

    Raises:
        ArgumentError: one is an address with a scheme or a path, or nothing.
    """
    for host in hosts:
        if not host or set(host) & set("/@ "):
            raise ArgumentError(f"{host!r} is no host: such as farm.example.com, or farm.example.com:8443")


def host_names(name: str, port: int) -> list[str]:
    """How a ``Host`` header may spell a name of ours.

    >>> host_names("Farm.example.com", 8484), host_names("::1", 80)
    (['farm.example.com:8484'], ['[::1]:80', '[::1]'])
    """
    name = name.lower()
    spelled = f"[{name}]" if ":" in name and not name.startswith("[") else name
    return [f"{spelled}:{port}", *([spelled] if str(port) in _DEFAULT_PORTS else [])]


def is_loopback(host: str) -> bool:
    """Whether nobody but this computer reaches an address.

    >>> is_loopback("localhost"), is_loopback("127.0.0.2"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
