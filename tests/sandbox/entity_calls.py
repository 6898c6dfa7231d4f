"""Calls on entities."""

from __future__ import annotations

from typing import Any


async def made(wire: Any, kind: str, **data: Any) -> Any:
    reply = await wire.call("POST", f"{kind}/create", data)
    assert "result" in reply, reply
    return reply["result"][0]


async def edited(wire: Any, kind: str, ident: str, **data: Any) -> Any:
    reply = await wire.call("PUT", f"{kind}/edit", data, id=ident)
    assert "result" in reply, reply
    return reply["result"][0]


async def done(wire: Any, method: str, uri: str, ident: str, data: Any = None) -> None:
    reply = await wire.call(method, uri, data, id=ident)
    assert reply == {"result": True}


def codes(rows: list[Any]) -> list[str]:
    return [row["code"] for row in rows]
