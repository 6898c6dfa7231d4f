"""A client of the wire, written from its description; it knows nothing of this library's own."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from accsyn_async.sandbox import Sandbox


class Wire:
    """Sends events as PROTOCOL has them."""

    def __init__(self, http: aiohttp.ClientSession, box: Sandbox, role: str) -> None:
        self.http = http
        self.box = box
        self.user = box.user(role)
        self.session = ""
        self.status = 0
        self.headers: Any = None

    @property
    def authorization(self) -> str:
        parts = (self.user.username, self.user.api_key)
        return "basic " + ":".join(base64.b64encode(part.encode()).decode() for part in parts)

    async def request(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": self.authorization, "X-Accsyn-Workspace": self.box.workspace}
        headers |= options.pop("headers", {})
        url = URL(self.box.url + path, encoded=True)
        async with self.http.request(method, url, headers=headers, **options) as reply:
            self.status, self.headers = reply.status, reply.headers
            return json.loads(await reply.read())

    async def log_in(self) -> Wire:
        reply = await self.request("PUT", "/api/v3/api/login", data=b"{}")
        self.session = reply["result"]["session_id"]
        return self

    def event(self, uri: str, data: Any = None, **fields: Any) -> dict[str, Any]:
        return {
            "audience": "api",
            "workspace": self.box.workspace,
            "eid": str(uuid.uuid4()),
            "session": self.session,
            "uri": uri,
            "ident": self.user.username,
            "created": "2026-01-22T08:35:59",
            "hostname": "test",
            "data": data,
            **fields,
        }

    async def send(self, method: str, event: dict[str, Any]) -> Any:
        text = json.dumps(event)
        if method in ("GET", "DELETE"):
            return await self.request(method, "/api/v3/event?" + quote(text))
        return await self.request(method, "/api/v3/event", data=text.encode())

    async def call(self, method: str, uri: str, data: Any = None, **fields: Any) -> Any:
        return await self.send(method, self.event(uri, data, **fields))

    async def find(self, uri: str, query: str | None = None, **data: Any) -> list[Any]:
        fields = {} if query is None else {"query": query}
        reply = await self.call("GET", f"{uri}/find", data, **fields)
        assert "result" in reply, reply
        return list(reply["result"])

    async def create(self, data: Any) -> Any:
        reply = await self.call("POST", "transfer/create", data)
        assert "result" in reply, reply
        return reply["result"][0]

    async def edit(self, job: str, **data: Any) -> Any:
        return await self.call("PUT", "transfer/edit", data, id=job)

    async def get(self, job: str) -> Any:
        return (await self.call("GET", "transfer/find", {}, id=job))["result"][0]

    async def tasks(self, job: str, query: str | None = None) -> list[Any]:
        return await self.find("task", query, parent=job)

    async def until(self, job: str, *statuses: str) -> Any:
        """The row of a job once it is in one of the states."""
        row: Any = None

        async def there() -> bool:
            nonlocal row
            row = await self.get(job)
            return row["status"] in statuses

        await until(there)
        return row


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def wire_to(box: Sandbox, role: str = "admin") -> AsyncIterator[Wire]:
    async with aiohttp.ClientSession() as http:
        yield await Wire(http, box, role).log_in()
