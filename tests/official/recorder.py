"""A server that keeps what comes, and answers so that both clients go on."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, unquote

from aiohttp import web

from tests.official.calls_v3 import JOB, SHARE, USER

ROW = {
    "id": JOB,
    "name": "a",
    "created": "2026-01-22T08:35:59",
    "finished": "1970-01-01T00:00:00",
    "metadata": {"shot": "sh010"},
}
ROW_V1 = {"id": JOB, "name": "a"}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_CREATED = re.compile(r"(created%22%3A%20%22)[\dT%A-]{19,40}?(%22)")


class Recorder:
    """Keeps every request without what differs from call to call and from computer to computer."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.expire: list[str] = []
        """uris whose next call is told that the session has expired."""
        self.answer: Any = None
        """What every event is answered; ``None`` lets each be answered so that both clients go on."""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        query, text = request.rel_url.raw_query_string, quote(body)
        self.requests.append(
            {
                "verb": request.method,
                "path": request.path,
                "query": _masked(query),
                "body": _masked(text),
                "headers": {
                    name: request.headers[name]
                    for name in ("Authorization", "X-Accsyn-Workspace", "Content-Type")
                    if name in request.headers
                },
                "device": _device(
                    {name: request.headers.get(name, "") for name in ("X-Accsyn-Device", "ASDevice")}
                ),
            }
        )
        path = request.path
        if path.endswith("/J3PKTtDvolDMBtTy6AFGA"):
            return web.json_response({"result": {"hostname": "127.0.0.1", "port": 1}})
        if path.endswith("/registry/organization/domain"):
            return web.json_response({"domain": "acme"})
        if path.endswith("/api/login"):
            return web.json_response({"result": {"id": USER, "role": "admin", "session_id": "abc-123"}})
        if path.endswith("/user/login/auth"):
            logins = sum(each["path"] == path for each in self.requests)
            return web.json_response({"session_key": f"key-{logins}", "clearance": "admin", "id": USER})
        if self.answer is not None:
            return web.json_response(self.answer)
        return web.json_response(self._answer(path, json.loads(unquote(query or text))))

    def _answer(self, path: str, event: dict[str, Any]) -> dict[str, Any]:
        uri = event["uri"]
        if uri in self.expire:
            self.expire.remove(uri)
            return {"message": "E#S001 The session has expired", "session_expired": True}
        rows: list[dict[str, Any]] = [ROW_V1 if "/v1.0/" in path else ROW]
        if uri == "acl/find":
            user = re.search(r"entity=user:(\w+)", event.get("query", ""))
            who = user[1] if user else USER
            rows = [
                {
                    "id": JOB,
                    "entity": f"user:{who}",
                    "target": f"share:{SHARE}",
                    "read": True,
                    "write": False,
                }
            ]
        elif uri == "job/recipients":
            rows = [{"user": USER}, {"user_hr": "nobody@example.com"}]
        elif uri == "client/find":
            rows = [{"id": JOB, "status": "offline"}, {"id": USER, "status": "disabled"}]
        elif "nobody@" in event.get("query", ""):
            rows = []
        return {"result": rows, "report": "a report", "api_key": "my-key", "session_key": "generated"}


def _masked(quoted: str) -> str:
    """An event without what differs; of gzip, what is in it, as its header holds a time."""
    text = unquote(quoted)
    if "gz_data" in text:
        event = json.loads(text)
        packed = gzip.decompress(base64.b64decode(event["gz_data"]))
        event["gz_data"] = f"{len(packed)} bytes, sha256 {hashlib.sha256(packed).hexdigest()}"
        quoted = quote(json.dumps(event))
    quoted = _UUID.sub("EID", quoted)
    quoted = quoted.replace(quote(socket.gethostname()), "HOST")
    return _CREATED.sub(r"\1NOW\2", quoted)


def _device(headers: dict[str, str]) -> list[str]:
    here = f"@ {sys.platform} {socket.gethostname()}({os.name})"
    return [re.sub(r"v[\w.-]+ @", "v @", value).replace(here, "@ HERE") for value in headers.values()]


@asynccontextmanager
async def recording() -> AsyncIterator[tuple[Recorder, int]]:
    """A recorder and the port that it listens on."""
    recorder = Recorder()
    app = web.Application(client_max_size=10**7)
    app.router.add_route("*", "/{path:.*}", recorder.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield recorder, runner.addresses[0][1]
    finally:
        await runner.cleanup()
