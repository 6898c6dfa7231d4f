"""Calls on jobs of any kind, and on the recipients of deliveries."""

from __future__ import annotations

from typing import Any

from tests.sandbox.wire_client import until


async def result(reply: Any) -> Any:
    answer = await reply
    assert "result" in answer, answer
    return answer["result"]


async def make(wire: Any, kind: str = "delivery", **data: Any) -> Any:
    return (await result(wire.call("POST", f"{kind}/create", {"name": "Dailies", **data})))[0]


async def row(wire: Any, job: Any) -> Any:
    return (await result(wire.call("GET", "job/find", {}, id=job["id"])))[0]


async def edit(wire: Any, job: Any, **data: Any) -> Any:
    return await wire.call("PUT", "job/edit", data, id=job["id"])


async def add(wire: Any, job: Any, recipient: Any, **data: Any) -> Any:
    return await wire.call("PUT", "job/recipient/add", {"recipient": recipient, **data}, id=job["id"])


async def recipients(wire: Any, job: Any) -> list[Any]:
    return list(await result(wire.call("GET", "job/recipients", {}, id=job["id"])))


async def until_status(wire: Any, job: Any, *statuses: str) -> Any:
    now: Any = None

    async def there() -> bool:
        nonlocal now
        now = await row(wire, job)
        return now["status"] in statuses

    await until(there)
    return now


async def statuses(wire: Any, job: Any) -> dict[str, str]:
    return {row["uri"]: row["status"] for row in await wire.tasks(job["id"])}


async def compute(wire: Any, data: Any) -> Any:
    reply = await wire.call("POST", "compute/create", {"engine": "pipeline", **data})
    assert "result" in reply, reply
    return reply["result"][0]
