"""One relay polls for a whole studio: what happens goes to NATS JetStream, and watches read it there.

::

    async with accsyn_async.relay.connect("nats://nats.example.com") as feed:
        async with feed.watch("Transfer WHERE status=running") as watch:
            async for event in watch:
                print(event)

Needs the extra ``relay``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from accsyn_async.extras import need

need("relay", "nats", "nkeys", "prometheus_client")

if TYPE_CHECKING:
    from accsyn_async.relay.command_messages import Commanded
    from accsyn_async.relay.feed import Feed, connect
    from accsyn_async.relay.nats_options import NatsOptions
else:
    _LATER = {
        "Commanded": "accsyn_async.relay.command_messages",
        "Feed": "accsyn_async.relay.feed",
        "NatsOptions": "accsyn_async.relay.nats_options",
        "connect": "accsyn_async.relay.feed",
    }

    def __getattr__(name: str) -> Any:
        """Import what needs nats-py when it is asked for."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_LATER[name]), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LATER})


__all__ = ["Commanded", "Feed", "NatsOptions", "connect"]
