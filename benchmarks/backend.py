"""A backend of canned replies in a process of its own, so that only a client's CPU is counted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import signal
import ssl
from collections.abc import Iterator
from typing import Any

import msgspec

from benchmarks.processes import line, started

__all__ = ["Address", "reply", "rows", "running"]

_WELCOME = {
    "id": "6676f3e9c7ef4e27da254e57",
    "role": "admin",
    "session_id": "9f1c2a",
    "hostname": "127.0.0.1",
    "port": 0,
}
"""Answers a login, and the question where the workspace lives."""

_NAMES = (
    "README.txt",
    "TRAILER_screening_v003.mov",
    "sc010_sh0040_comp_v012.exr",
    "Daily backup",
    "Teaser DCP Final",
    "GRADE_reel_2.dpx",
    "SHOW_OPENING_v01.mov",
    "x and y.png",
)
_STATUSES = ("running", "waiting", "paused", "failed", "init")
_LIMIT = re.compile(rb"%22limit%22%3A%20(\d+)")


def rows(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Jobs as ``find("Transfer")`` lists them (the transfers of the API documentation)."""
    dice = random.Random(seed)
    return [_row(dice) for _ in range(count)]


def reply(count: int) -> bytes:
    """The body of a reply with that many jobs, written as the backend writes JSON."""
    return json.dumps({"result": rows(count)}).encode()


class Address(msgspec.Struct, frozen=True):
    """Where a backend is.

    Attributes:
        port: on 127.0.0.1.
        certificate: of the authority that vouches for it, as PEM; "" when it speaks plain http.
    """

    port: int
    certificate: str = ""

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}"

    def trust(self) -> ssl.SSLContext | bool:
        """What checks its certificate, as aiohttp and a session take it."""
        return ssl.create_default_context(cadata=self.certificate) if self.certificate else True


@contextlib.contextmanager
def running(*, core: int | None = None, tls: bool = False, delay: float = 0.0) -> Iterator[Address]:
    """Run the backend; ``limit`` in a request says how many jobs to send.

    Args:
        core: the core to keep it on; ``None`` for any.
        tls: whether it speaks https, with a certificate made for this run.
        delay: seconds that it lets pass before each answer.
    """
    options = ("--delay", str(delay), *(["--tls"] if tls else []))
    with started("benchmarks.backend", *options, core=core) as server:
        yield msgspec.json.decode(line(server), type=Address)


def _row(dice: random.Random) -> dict[str, Any]:
    name, status = dice.choice(_NAMES), dice.choice(_STATUSES)
    user, running = _hex(dice), status == "running"
    row: dict[str, Any] = {
        "code": name,
        "created": _time(dice),
        "destination": f"user:{user}",
        "destination_hr": f"user:lisa@example.com[standard]({user})",
        "etr": f"{dice.randrange(5)}h:{dice.randrange(60)}m:{dice.randrange(60)}s" if running else "",
        "finished": "1970-01-01T00:00:00",
        "id": _hex(dice),
        "metadata": {"project": "SEAGULL", "shot": f"sc010_{dice.randrange(999):03}"},
        "modified": _time(dice),
        "modifier": user,
        "name": name,
        "progress": dice.randrange(100),
        "size": dice.randrange(10**12),
        "source": "workspace:6645fbca9f8c4d3e7a3b678d",
        "source_hr": "workspace:seagull(6645fbca9f8c4d3e7a3b678d)",
        "speed": round(dice.random() * 100, 3) if running else -1.0,
        "status": status,
        "uri": "seagull/low",
        "user": user,
        "user_hr": f"user:lisa@example.com[standard]({user})",
    }
    return row


def _hex(dice: random.Random) -> str:
    return f"{dice.getrandbits(96):024x}"


def _time(dice: random.Random) -> str:
    day, clock = dice.randrange(1, 29), dice.randrange(86_400)
    return f"2026-01-{day:02}T{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}"


class _Answers(asyncio.Protocol):
    """HTTP/1.1 as far as the contenders speak it: whole requests, kept-alive connections."""

    def __init__(self, replies: dict[int, bytes], delay: float) -> None:
        self._replies = replies
        self._delay = delay
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = int(length[1]) if length else 0
            if len(rest) < body:
                return
            self._received = rest[body:]
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._transport.write, self._answer(head))
            else:
                self._transport.write(self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        found = _LIMIT.search(head)
        if found is None:
            return _http(json.dumps({"result": _WELCOME}).encode())
        count = int(found[1])
        if count not in self._replies:
            self._replies[count] = _http(reply(count))
        return self._replies[count]


def _http(body: bytes) -> bytes:
    lines = (
        "HTTP/1.1 200 OK",
        "Server: nginx",
        "Date: Thu, 22 Jan 2026 08:35:59 GMT",
        "Content-Type: application/json; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Connection: keep-alive",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


def _certificate() -> tuple[str, ssl.SSLContext]:
    """That of a new authority, and what a server of this machine shows."""
    import trustme

    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return authority.cert_pem.bytes().decode(), context


async def _serve() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backend")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--tls", action="store_true")
    asked = parser.parse_args()
    certificate, context = _certificate() if asked.tls else ("", None)
    replies: dict[int, bytes] = {}
    server = await asyncio.get_running_loop().create_server(
        lambda: _Answers(replies, asked.delay), "127.0.0.1", 0, ssl=context, backlog=1024
    )
    address = Address(server.sockets[0].getsockname()[1], certificate)
    print(msgspec.json.encode(address).decode(), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    # Whoever started it ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(_serve())
