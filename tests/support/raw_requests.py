"""Requests byte for byte, as somebody sends them who does not mean well."""

from __future__ import annotations

import asyncio

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
OTHER_HOSTS = (
    ("evil.com",),
    ("127.0.0.1.evil:{port}",),
    ("evil.com", "127.0.0.1:{port}"),
    ("127.0.0.1:{port}", "127.0.0.1:{port}"),
    (),
    ("127.0.0.1",),
)
"""The ``Host`` headers of requests that are not for a server on some port of loopback."""


async def raw(
    port: int, method: str, path: str, headers: list[tuple[str, str]], body: bytes = b""
) -> tuple[int, str]:
    """Send a request to a port of loopback; the status and the head of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).decode()
        return int(head.split()[1]), head
    finally:
        writer.close()


def assert_hardened(head: str) -> None:
    """See whether an answer may neither be framed, nor guessed at, nor read from other origins."""
    low = head.lower()
    assert "x-content-type-options: nosniff" in low, head
    assert "cross-origin-resource-policy: same-origin" in low
    assert "referrer-policy: no-referrer" in low
    assert "frame-ancestors 'none'" in low
    assert "default-src 'none'" in low
    assert "access-control" not in low
