"""A backend of canned replies in a process of its own, so that only a client's CPU is counted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

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


@contextlib.contextmanager
def running() -> Iterator[int]:
    """Run the backend; its port on 127.0.0.1. ``limit`` in a request says how many jobs to send."""
    server = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        yield int(server.stdout.readline())
    finally:
        server.terminate()
        server.communicate()


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

    replies: dict[int, bytes]

    def __init__(self, replies: dict[int, bytes]) -> None:
        self.replies = replies
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, rest = self.received.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = int(length[1]) if length else 0
            if len(rest) < body:
                return
            self.received = rest[body:]
            self.transport.write(self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        found = _LIMIT.search(head)
        if found is None:
            return _http(json.dumps({"result": _WELCOME}).encode())
        count = int(found[1])
        if count not in self.replies:
            self.replies[count] = _http(reply(count))
        return self.replies[count]


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


async def _serve() -> None:
    replies: dict[int, bytes] = {}
    server = await asyncio.get_running_loop().create_server(lambda: _Answers(replies), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
