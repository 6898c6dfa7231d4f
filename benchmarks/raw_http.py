"""HTTP as bytes: requests made beforehand, so that who sends them takes next to nothing of the machine."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

__all__ = ["Caller", "exchange", "length_of", "load"]

_WORKSPACE = "acme"


@dataclass(frozen=True)
class Caller:
    """Who is logged in at a sandbox, and writes requests for it.

    Attributes:
        port: of the sandbox, on 127.0.0.1.
        headers: of all requests.
        session: what the login gave.
    """

    port: int
    headers: bytes
    session: str

    @classmethod
    def log_in(cls, port: int, username: str, api_key: str) -> Caller:
        """Log in.

        Args:
            port: of the sandbox.
            username: of whom.
            api_key: of the same.
        """
        who = ":".join(base64.b64encode(part.encode()).decode() for part in (username, api_key))
        headers = (
            f"Host: 127.0.0.1:{port}\r\nAuthorization: basic {who}\r\n"
            f"X-Accsyn-Workspace: {_WORKSPACE}\r\nX-Accsyn-Device: PythonAPI v3.4.0 @ linux here(posix)\r\n"
            "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\n"
        ).encode()
        login = b"PUT /api/v3/api/login HTTP/1.1\r\n%bContent-Length: 2\r\n\r\n{}" % headers
        with socket.create_connection(("127.0.0.1", port)) as connection:
            session = json.loads(exchange(connection, login))["result"]["session_id"]
        return cls(port, headers, session)

    def find(self, kind: str, data: Any, **fields: str) -> bytes:
        """The bytes of a request that finds something.

        Args:
            kind: such as ``transfer``.
            data: such as the attributes that are asked for.
            fields: such as ``query`` or ``id``.
        """
        event = {
            "audience": "api",
            "workspace": _WORKSPACE,
            "eid": "b7d6f9d2-6a5b-4a52-9d33-2f6b8b9a1c55",
            "session": self.session,
            "uri": f"{kind}/find",
            "ident": "admin@example.com",
            "created": "2026-01-22T08:35:59",
            "hostname": "here",
            "data": data,
            **fields,
        }
        return b"GET /api/v3/event?%b HTTP/1.1\r\n%b\r\n" % (quote(json.dumps(event)).encode(), self.headers)


def exchange(connection: socket.socket, request: bytes) -> bytes:
    """Send a request and give the body of the answer.

    Raises:
        ConnectionError: the server has hung up, or answers anything but 200.
    """
    connection.sendall(request)
    head = b""
    while b"\r\n\r\n" not in head:
        head += _received(connection)
    head, _, body = head.partition(b"\r\n\r\n")
    chunks, left = [body], length_of(head) - len(body)
    while left > 0:
        chunks.append(_received(connection))
        left -= len(chunks[-1])
    return b"".join(chunks)


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 20)
    if not data:
        raise ConnectionError("the server has hung up")
    return data


def length_of(head: bytes) -> int:
    r"""The length of the body after a head.

    >>> length_of(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: keep-alive")
    12

    Raises:
        ConnectionError: it is not that of a good answer.
    """
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ConnectionError(head.decode("latin-1"))
    return int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])


class _Loading(asyncio.Protocol):
    """Sends one request after another over a connection that is kept alive."""

    def __init__(self, request: bytes, count: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._left = count
        self._received = b""
        self._wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Send the next request when the answer is complete."""
        self._received += data
        if not self._wanted:
            head, end, _ = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            self._wanted = len(head) + 4 + length_of(head)
        if len(self._received) < self._wanted:
            return
        assert b'"result":[' in self._received
        self._received, self._wanted = b"", 0
        self._left -= 1
        if self._left:
            self._transport.write(self._request)
        else:
            self._transport.close()
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server has hung up"))


async def load(port: int, request: bytes, *, count: int, connections: int) -> None:
    """Send a request again and again over several connections, each the next when the last was answered.

    Args:
        port: on 127.0.0.1.
        request: its bytes.
        count: how often, over all.
        connections: how many.

    Raises:
        ConnectionError: the server has hung up, or answers anything but 200.
    """
    loop = asyncio.get_running_loop()
    share = count // connections
    made = [
        await loop.create_connection(lambda: _Loading(request, share), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(each.done for _, each in made))
