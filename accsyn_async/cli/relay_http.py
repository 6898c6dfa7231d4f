"""The address on which a relay tells how it is: ``accsyn-async relay --http HOST:PORT``."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Final

from accsyn_async.cli.extras import need
from accsyn_async.cli.listening import SHORT, listen, listening, names_of, shown
from accsyn_async.errors import ArgumentError
from accsyn_async.serving.guard import check_hosts, is_loopback

if TYPE_CHECKING:
    from accsyn_async.relay.statistics import RelayStatistics
    from accsyn_async.session import Session

__all__ = ["TOKEN", "RelayHttp", "read_address"]

TOKEN: Final = "ACCSYN_RELAY_TOKEN"
"""The variable of the environment that holds the token."""
_ADDRESS: Final = re.compile(r"(?:(?P<host>\[[^\[\]]+\]|[^:\[\]\s]+):)?(?P<port>[0-9]{1,5})", re.ASCII)


class RelayHttp:
    """An address of this machine, taken at once; closed by whoever asked for it.

    Args:
        where: ``HOST:PORT``, or a port of 127.0.0.1; port 0 for a free one.
        token: lets in to the metrics; needed for what others than this computer can reach.
        hosts: names that it is reached by besides, such as ``relay.example.com:8485``.

    Attributes:
        url: where it is, with a slash at its end.
        advice: what to be told about the token, for people; ``None`` when it is a good one.

    Raises:
        ArgumentError: that is no address, it is open to others without a token, or prometheus-client is
            not installed.
        TransportError: the address cannot be had.

    Example::

        with contextlib.closing(RelayHttp("127.0.0.1:8485")) as http:
            async with http.serving(relay.statistics, session):
                await relay.run()
    """

    def __init__(self, where: str, *, token: str | None = None, hosts: Sequence[str] = ()) -> None:
        need("relay", "prometheus_client")
        host, port = read_address(where)
        if token is not None and not token.strip():
            raise ArgumentError(f"{TOKEN} must not be empty")
        if token is None and not is_loopback(host):
            raise ArgumentError(f"others on the network can reach {host}: set a token for them, in {TOKEN}")
        check_hosts(hosts)
        self.advice: str | None = None
        if token is not None and len(token) < SHORT:
            self.advice = f"a token of {len(token)} characters can be guessed; take {SHORT} or more"
        self._token = token
        self._listener = listen(host, port, option="port in --http")
        port = self._listener.getsockname()[1]
        self._hosts = (*names_of(host, port), *hosts)
        self.url = shown(host, port)

    def __repr__(self) -> str:
        return f"<RelayHttp {self.url}>"

    def close(self) -> None:
        """Give the address up; may be called twice."""
        self._listener.close()

    @contextlib.asynccontextmanager
    async def serving(
        self, statistics: Callable[[], RelayStatistics], session: Session
    ) -> AsyncIterator[None]:
        """Answer whoever asks.

        Args:
            statistics: of the relay.
            session: polls for it.
        """
        from accsyn_async.relay.http import relay_app

        application = relay_app(statistics, session, token=self._token, hosts=self._hosts)
        async with listening(application, self._listener, "accsyn_async.relay.http"):
            yield


def read_address(where: str) -> tuple[str, int]:
    """A host and a port.

    Raises:
        ArgumentError: that is no address.

    >>> read_address("0.0.0.0:8485"), read_address("[::1]:0"), read_address("8485")
    (('0.0.0.0', 8485), ('[::1]', 0), ('127.0.0.1', 8485))
    """
    found = _ADDRESS.fullmatch(where.strip())
    if found is None or int(found["port"]) > 65535:
        raise ArgumentError(f"--http is HOST:PORT, such as 127.0.0.1:8485, not {where!r}")
    return found["host"] or "127.0.0.1", int(found["port"])
