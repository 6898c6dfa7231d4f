"""A client of the older wire (v1), written from its description; it knows nothing of this library's own."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from accsyn_async.sandbox import Sandbox


def credentials(scheme: str, **told: Any) -> str:
    return f"{scheme} {base64.b64encode(json.dumps(told).encode()).decode()}"


class Old:
    """Sends v1, written from its description."""

    def __init__(self, http: aiohttp.ClientSession, box: Sandbox, role: str = "admin") -> None:
        self.http, self.box, self.user = http, box, box.user(role)
        self.key = ""
        self.status = 0

    def told(self, scheme: str, **secret: str) -> str:
        return credentials(scheme, domain=self.box.workspace, username=self.user.username, **secret)

    async def request(self, verb: str, path: str, authorization: str, body: bytes = b"") -> Any:
        url = URL(f"{self.box.url}/api/v1.0{path}", encoded=True)
        headers = {"Authorization": authorization, "ASDevice": "test"}
        async with self.http.request(verb, url, headers=headers, data=body or None) as reply:
            self.status = reply.status
            return await reply.json()

    async def log_in(self, authorization: str, **body: Any) -> Any:
        text = json.dumps({"session": str(uuid.uuid4()), **body}).encode()
        reply = await self.request("PUT", "/user/login/auth", authorization, text)
        self.key = reply.get("session_key", self.key)
        return reply

    async def call(self, verb: str, uri: str, data: Any = None, **fields: Any) -> Any:
        event = {
            "audience": "api",
            "domain": self.box.workspace,
            "eid": str(uuid.uuid4()),
            "session": str(uuid.uuid4()),
            "uri": uri,
            "ident": self.user.username,
            "created": "2026-01-22T08:35:59",
            "hostname": "test",
            "data": data,
            **fields,
        }
        authorization = self.told("ASSession", session_key=self.key)
        text = json.dumps(event)
        if verb in ("GET", "DELETE"):
            return await self.request(verb, "/event?" + quote(text), authorization)
        return await self.request(verb, "/event", authorization, text.encode())
