"""How commands reach NATS (provisional)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from accsyn_async.relay.nats_options import NatsOptions

__all__ = ["NatsConnection"]

_GROUP = Group("NATS", sort_key=9)


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True)
class NatsConnection:
    """How to reach NATS."""

    nats_creds: Annotated[Path | None, Parameter(help="A credentials file.")] = None
    nats_ca: Annotated[Path | None, Parameter(help="Who may vouch for the servers.")] = None
    nats_cert: Annotated[Path | None, Parameter(help="This client's certificate.")] = None
    nats_key: Annotated[Path | None, Parameter(help="Its key.")] = None

    def options(self, servers: str, *, name: str) -> NatsOptions:
        """As the link takes them."""
        from accsyn_async.relay.nats_options import NatsOptions

        return NatsOptions(
            (servers,),
            credentials=self.nats_creds,
            ca=self.nats_ca,
            certificate=self.nats_cert,
            key=self.nats_key,
            name=name,
        )
