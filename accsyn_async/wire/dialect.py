"""What a dialect of the protocol is, and what both have in common."""

from __future__ import annotations

import base64
import os
import re
import sys
from typing import Any, Literal, NamedTuple, Protocol

from accsyn_async._version import __version__
from accsyn_async.wire.envelope import Envelope
from accsyn_async.wire.message import Call, Request, Ticket
from accsyn_async.wire.redact import Secret
from accsyn_async.wire.reply import Failure

__all__ = [
    "ApiVersion",
    "Dialect",
    "Endpoint",
    "Proof",
    "base64_text",
    "device_header",
    "is_host",
    "is_name",
]

ApiVersion = Literal["v3", "v1"]

_NAME = re.compile(r"[!#-&*-~]+")
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class Proof(NamedTuple):
    """What shows the backend who logs in.

    Attributes:
        kind: what the secret is.
        secret: hidden in every repr.
    """

    kind: Literal["api_key", "pwd", "session_key"]
    secret: Secret


class Endpoint(NamedTuple):
    """Where a workspace's backend is."""

    host: str
    port: int


class Dialect(Protocol):
    """Writes the requests of one user of one workspace, and reads what answers them."""

    @property
    def version(self) -> ApiVersion:
        """Its name."""
        ...

    @property
    def master(self) -> str:
        """The address that knows where each workspace lives."""
        ...

    def discovery(self, base: str) -> Request:
        """Ask ``base`` where the workspace lives."""
        ...

    def read_discovery(self, reply: dict[str, Any]) -> Endpoint | Failure:
        """What the answer to ``discovery`` says."""
        ...

    def login(self, base: str, proof: Proof, before: Ticket | None = None) -> Request:
        """Log in; ``before`` is what the session has had until it expired."""
        ...

    def read_login(self, reply: dict[str, Any], proof: Proof) -> Ticket | Failure:
        """What the answer to ``login`` gives."""
        ...

    def envelope(self, ticket: Ticket) -> Envelope:
        """The envelope for the calls of a session."""
        ...

    def event(
        self, base: str, ticket: Ticket, envelope: Envelope, call: Call, eid: str, created: str
    ) -> Request:
        """The request that makes a call."""
        ...


def device_header(hostname: str) -> str:
    """Name the client and the computer that it runs on, as the official client does."""
    return f"PythonAPI v{__version__} @ {sys.platform} {_printable(hostname)}({os.name})"


def base64_text(text: str) -> str:
    """A text in base64, by way of UTF-8."""
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def is_host(text: object) -> bool:
    """Whether a value is the name or IPv4 address of a host, and nothing more.

    >>> is_host("acme.accsyn.com"), is_host("acme.com/x?"), is_host(None)
    (True, False, False)
    """
    return isinstance(text, str) and _HOST.fullmatch(text) is not None


def is_name(value: object) -> bool:
    """Whether a value can name a session or a user: a text of printable ASCII without space or quote.

    >>> is_name("5d91b33ac71c12871d1fc3c2"), is_name("a b"), is_name({"id": 1})
    (True, False, False)
    """
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _printable(text: str) -> str:
    return "".join(character for character in text if 32 < ord(character) < 127)
