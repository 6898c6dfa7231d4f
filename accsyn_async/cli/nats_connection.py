"""The options of every command that talks to NATS."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Group, Parameter

from accsyn_async.wire.redact import Secret

if TYPE_CHECKING:
    from accsyn_async.relay.nats_options import NatsOptions

__all__ = ["TOKEN", "NatsConnection"]

TOKEN: Final = "ACCSYN_NATS_TOKEN"
"""The environment variable with a token for NATS."""

_GROUP = Group("NATS", sort_key=9)


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True)
class NatsConnection:
    """How to reach NATS, and as whom.

    A token always is in the environment, as ACCSYN_NATS_TOKEN: a command line is seen by everybody on
    the machine.
    """

    nats_creds: Annotated[
        Path | None,
        Parameter(help="A .creds file, or one with a user's seed. A token goes into ACCSYN_NATS_TOKEN."),
    ] = None
    nats_ca: Annotated[
        Path | None, Parameter(help="The certificates (PEM) of who vouches for the servers; TLS only.")
    ] = None
    nats_cert: Annotated[
        Path | None, Parameter(help="This computer's certificate (PEM), if the servers ask for one.")
    ] = None
    nats_key: Annotated[
        Path | None, Parameter(help="Its key (PEM), if that is not in the certificate's file.")
    ] = None

    def options(self, servers: str, *, name: str) -> NatsOptions:
        """What a link is made of.

        Args:
            servers: URLs, with commas between them.
            name: as what the connection is seen in NATS's monitoring.

        Raises:
            ArgumentError: an address or a file cannot be used.
        """
        # Imported late: it takes longer than a screen's first frame may.
        from accsyn_async.relay.nats_options import NatsOptions

        token = os.environ.get(TOKEN)
        options = NatsOptions(
            (servers,),
            credentials=self.nats_creds,
            token=Secret(token) if token else None,
            ca=self.nats_ca,
            certificate=self.nats_cert,
            key=self.nats_key,
            name=name,
        )
        options.check()
        return options
