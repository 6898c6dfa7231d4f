"""What a relay serves over HTTP: whether it is well, for who starts and watches processes; metrics."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from aiohttp import web

from accsyn_async.errors import ArgumentError
from accsyn_async.relay.metrics import RelayMetrics
from accsyn_async.relay.statistics import RelayStatistics
from accsyn_async.serving.gate import Gate, expect_nothing
from accsyn_async.serving.guard import Access, Guard, check_hosts
from accsyn_async.serving.keys import Keys
from accsyn_async.serving.replies import harden
from accsyn_async.session import Session

__all__ = ["is_ready", "relay_app", "standing"]

_ACCESS: Final = {"healthz": Access.ANYBODY, "ready": Access.ANYBODY}
"""What those may ask for who bring no token, by the routes' names."""
_WAY: Final = "send the relay's token: Authorization: Bearer …"
_MOST_BYTES: Final = 1024
"""Nothing that is sent is of use."""


def relay_app(
    statistics: Callable[[], RelayStatistics],
    session: Session,
    *,
    token: str | None = None,
    hosts: Collection[str] = (),
) -> web.Application:
    """What a relay serves: ``/healthz``, ``/healthz/ready`` and ``/metrics``. Nothing can be changed by it.

    Args:
        statistics: of the relay.
        session: polls for it; its requests are counted.
        token: lets in to the metrics whoever sends it as a bearer token; ``None``: everybody on this
            computer may read them, and requests from elsewhere are refused, those about its health too.
        hosts: names that it is reached by, besides loopback's and the address that a request comes
            to; with the port, where that is not 80 or 443.

    Raises:
        ArgumentError: the token is empty; a host is an address with a scheme or a path.

    Example::

        application = relay_app(relay.statistics, session, token=token)
        runner = web.AppRunner(application)
    """
    if token is not None and not token.strip():
        raise ArgumentError("token must not be empty; leave it out where only this computer may ask")
    check_hosts(hosts)
    keys = Keys(token)
    gate = Gate(keys, Guard(keys, is_open=token is None, hosts=hosts, way=_WAY), _ACCESS)
    metrics = RelayMetrics(statistics, session)

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response(standing(statistics()))

    async def ready(_request: web.Request) -> web.Response:
        now = statistics()
        return web.json_response(standing(now), status=200 if is_ready(now) else 503)

    async def scraped(request: web.Request) -> web.Response:
        body, content_type = metrics.exposition(request.headers.get("Accept"))
        return web.Response(body=body, headers={"Content-Type": content_type})

    application = web.Application(middlewares=[gate.middleware()], client_max_size=_MOST_BYTES)
    for route in (
        web.get("/healthz", healthz, name="healthz"),
        web.get("/healthz/ready", ready, name="ready"),
        web.get("/metrics", scraped),
    ):
        # Before anything is expected to come, it has to be let in.
        route.kwargs["expect_handler"] = expect_nothing
        application.add_routes([route])
    application.on_response_prepare.append(harden)
    return application


def standing(now: RelayStatistics) -> dict[str, Any]:
    """That a relay is alive, and what it is; without names, as anybody may ask.

    ``state`` says whether the backend answers: ``starting`` before it ever did, ``ok`` or ``degraded``;
    ``None`` on standby, which asks it for nothing.
    """
    return {
        "alive": True,
        "ready": is_ready(now),
        "role": "leader" if now.leads else "standby",
        "term": now.term,
        "nats": now.connected,
        "state": _state(now),
        "age_s": None if now.age is None else round(now.age, 1),
    }


def is_ready(now: RelayStatistics) -> bool:
    """Whether a relay does what it is there for: to lead, or to be able to at any moment.

    One on standby is as ready as the leader. Who waits for it to be before the next is stopped would
    otherwise wait for ever.
    """
    return now.connected and _state(now) in (None, "ok")


def _state(now: RelayStatistics) -> str | None:
    if not now.leads:
        return None
    if now.trouble is not None:
        return "degraded"
    return "starting" if now.age is None else "ok"
