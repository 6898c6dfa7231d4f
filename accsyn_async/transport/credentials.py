"""Where the credentials of a session come from: the workspace, the user, and a key or password.

For each setting on its own: explicit argument, then explicit env file (``path_envfile``
or ``ACCSYN_CREDENTIALS_PATH``), then environment, then ``.env`` in the working
directory. Nothing is written into ``os.environ``.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from accsyn_async.errors import ArgumentError, AuthenticationError
from accsyn_async.transport.sources import VARIABLES, look_up, read_sources
from accsyn_async.wire.dialect import ApiVersion, is_host
from accsyn_async.wire.redact import Secret

__all__ = [
    "Credentials",
    "Password",
    "Proxy",
    "Settings",
    "check_base_url",
    "ignored_line",
    "is_loopback",
    "is_text",
    "parse_proxy",
    "resolve",
]

logger = logging.getLogger("accsyn_async.transport.credentials")

Password = str | Callable[[], str | Awaitable[str]]
"""A password, or a function that is asked for it at each login, sync or async."""

_MISSING = {
    "workspace": "no workspace: pass workspace=… or set ACCSYN_WORKSPACE",
    "username": "no user name: pass username=… (an e-mail address) or set ACCSYN_API_USER",
}
_NO_PROOF: dict[ApiVersion, str] = {
    "v3": "no API key: pass api_key=… or set ACCSYN_API_KEY",
    "v1": "no API key, password or session key: pass api_key=…, pwd=… or session_key=…, "
    "or set ACCSYN_API_KEY or ACCSYN_SESSION_KEY",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who logs in, where to, and with what: in v3 with an API key, in v1 with any of the three.

    Attributes:
        workspace: the workspace's code.
        username: the user's e-mail address.
        api_key: hidden in every repr; ``None`` when there is none.
        pwd: the password, or a function that is asked for it.
        session_key: a session that somebody else began.
    """

    workspace: str
    username: str
    api_key: Secret | None = None
    pwd: Secret | Callable[[], str | Awaitable[str]] | None = field(default=None, repr=False)
    session_key: Secret | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Credentials, and how to reach the backend.

    Attributes:
        credentials: who logs in.
        url: the backend's address; ``None`` to ask accsyn for it.
        proxy: ``accsyn:host:port`` and the like, or ``None``.
    """

    credentials: Credentials
    url: str | None = None
    proxy: str | None = None


def resolve(
    *,
    workspace: str | None = None,
    username: str | None = None,
    api_key: str | None = None,
    pwd: Password | None = None,
    session_key: str | None = None,
    api_version: ApiVersion = "v3",
    url: str | None = None,
    proxy: str | None = None,
    path_envfile: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Settings:
    """Find every setting.

    An address out of a ``.env`` that merely lies in the working directory counts only
    together with a key from that same file: no folder may send a key elsewhere. A key
    or password that is passed sets aside those of other kinds that lie elsewhere.

    Args:
        workspace: wins over every other source; so do the other arguments.
        username: the user's e-mail address.
        api_key: the user's API key.
        pwd: (v1) the user's password, or a function that is asked for it.
        session_key: (v1) the key of a session that somebody else began.
        api_version: the dialect that the workspace speaks.
        url: the backend's address.
        proxy: the proxy's address.
        path_envfile: an env file that must exist.
        environ: the environment; ``None`` is ``os.environ``.
        directory: where ``.env`` is looked for; ``None`` is the working directory.

    Raises:
        AuthenticationError: something is missing; the message names the argument and
            the variable.
        ArgumentError: the env file does not exist, or a setting cannot be used.
    """
    environ = os.environ if environ is None else environ
    if api_version == "v3" and (pwd or session_key):
        raise ArgumentError(
            "a password or session key logs in to older workspaces only: pass api_key=, or api_version='v1'"
        )
    if pwd and not isinstance(pwd, str) and not callable(pwd):
        raise ArgumentError("pwd is a text, or a function that returns one")
    if path_envfile is not None and not isinstance(path_envfile, str | os.PathLike):
        raise ArgumentError(f"path_envfile is a path, not {path_envfile!r}")
    if isinstance(pwd, str) and not is_text(pwd):
        raise ArgumentError("pwd is no text that can be sent")
    sources = read_sources(
        Path(path_envfile) if path_envfile else None, environ, Path() if directory is None else directory
    )
    given = {"api_key": api_key, "session_key": session_key, "workspace": workspace, "username": username}
    given |= {"url": url, "proxy": proxy}
    lookup = look_up(given, sources, api_version=api_version, has_password=bool(pwd))
    for name in lookup.ignored:
        logger.warning("%s", ignored_line(name))
    found = {name: one.value for name, one in lookup.found.items()}
    for name, message in _MISSING.items():
        if name not in found:
            raise AuthenticationError(message)
    if not (pwd or "api_key" in found or "session_key" in found):
        raise AuthenticationError(_NO_PROOF[api_version])
    for name, value in found.items():
        if not is_text(value):
            raise ArgumentError(f"{name} is no text that can be sent")
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise ArgumentError(f"{name} holds control characters; check {' or '.join(VARIABLES[name])}")
    return Settings(
        Credentials(
            workspace=found["workspace"],
            username=found["username"],
            api_key=_secret(found.get("api_key")),
            pwd=Secret(pwd) if isinstance(pwd, str) and pwd else pwd or None,
            session_key=_secret(found.get("session_key")),
        ),
        url=found.get("url"),
        proxy=found.get("proxy"),
    )


def ignored_line(name: str) -> str:
    """What is told of a setting in ``.env`` that does not count there.

    >>> ignored_line("url")
    'ACCSYN_URL in .env is ignored: the API key does not come from there'
    """
    return f"{VARIABLES[name][0]} in .env is ignored: the API key does not come from there"


def check_base_url(url: str, *, plain_allowed: bool) -> str:
    """Check the address of a backend and cut it down to ``scheme://host:port``.

    Args:
        url: such as ``https://acme.accsyn.com`` or ``http://127.0.0.1:8181``.
        plain_allowed: whether ``http://`` may lead beyond this computer.

    Raises:
        ArgumentError: it is no such address, or plain HTTP to another computer, which
            would show the API key to everybody between.

    >>> check_base_url("http://127.0.0.1:8181/", plain_allowed=False)
    'http://127.0.0.1:8181'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ArgumentError(f"{_shown(url)!r} is no address; write https://host") from None
    try:
        port = parts.port
    except ValueError:
        raise ArgumentError(f"the port in {_shown(url)!r} is not a number from 1 to 65535") from None
    if parts.username is not None or parts.password is not None:
        raise ArgumentError("an address must not hold a user name or password; pass username= and api_key=")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ArgumentError(f"{_shown(url)!r} is no address; write https://host or http://127.0.0.1:port")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ArgumentError(f"{_shown(url)!r} is followed by more than a host and a port")
    if parts.scheme == "http" and not plain_allowed and not is_loopback(parts.hostname):
        raise ArgumentError(
            f"plain http to {parts.hostname} would show the API key to the network; "
            "use https, or pass ssl=False"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A way through a closed network (accsyn's page on its Python API).

    Attributes:
        url: the address to talk to instead of the backend, or the SOCKS server's.
        is_socks: which of the two it is.
    """

    url: str
    is_socks: bool = False


def parse_proxy(text: str) -> Proxy:
    """Read a proxy as the official client 3.4.0 does.

    ``accsyn:host:port``, ``host:port`` and ``host`` (port 80) name an accsyn proxy,
    which speaks plain HTTP; ``socks:``, ``socks4:`` and ``socks5:`` a SOCKS server,
    which resolves host names as well.

    Two deliberate differences: the official client speaks plain HTTP as soon as there
    is any proxy, and so shows the API key to the SOCKS server; here https stays https
    through it. And no global is touched, where that one replaces ``socket.socket``.

    Raises:
        ArgumentError: it is none of these.

    >>> parse_proxy("10.0.0.5:8080")
    Proxy(url='http://10.0.0.5:8080', is_socks=False)
    >>> parse_proxy("socks:10.0.0.5:1080")
    Proxy(url='socks5://10.0.0.5:1080', is_socks=True)
    """
    kind, host, port = "accsyn", text, "80"
    match text.split(":"):
        case [kind, host, port]:
            pass
        case [host, port]:
            pass
        case [host]:
            pass
        case _:
            host = ""
    if not is_host(host) or not (port.isascii() and port.isdecimal()) or not 0 < int(port) < 65536:
        raise ArgumentError("a proxy is written accsyn:host:port or socks:host:port")
    match kind:
        case "accsyn":
            return Proxy(f"http://{host}:{port}")
        case "socks" | "socks5":
            return Proxy(f"socks5://{host}:{port}", is_socks=True)
        case "socks4":
            return Proxy(f"socks4://{host}:{port}", is_socks=True)
    # Not shown: somebody may have put a password into it.
    raise ArgumentError("that kind of proxy is not known; write accsyn:host:port or socks:host:port")


def is_text(value: object) -> bool:
    """Whether a value is a text with something in it, and one that UTF-8 can write."""
    try:
        return isinstance(value, str) and bool(value.encode())
    except UnicodeEncodeError:
        return False


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None


def is_loopback(host: str) -> bool:
    """Whether a name or address is this computer's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(url: str) -> str:
    """The address without what may be a secret in it: a password, a path, a query."""
    scheme, mark, rest = url.partition("://") if "://" in url else ("", "", url)
    # Where a password ends is nothing to guess: it may hold a slash, and a query an @.
    host = "***" if "@" in rest else re.split("[/?#]", rest, maxsplit=1)[0]
    return f"{scheme}{mark}{host}"
