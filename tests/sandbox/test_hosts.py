"""Computers that are started, switched and set up from outside, and what is kept of that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from accsyn_async.sandbox import Sandbox
from tests.sandbox.wire_client import wire_to

STANDARD = "standard@example.com"


async def test_computers_under_control(start: Any) -> None:
    async with start(control=True) as (box, wire):
        good = {"X-Sandbox-Token": box.control_token, "Content-Type": "application/json"}

        async def ask(verb: str, what: str, **sent: Any) -> Any:
            body = json.dumps(sent).encode()
            return await wire.request(verb, f"/_sandbox/{what}", headers=good, data=body)

        app = (await ask("POST", "clients", user=STANDARD, hostname="Edit-2"))["result"]
        assert (app["code"], app["type_hr"], app["status"]) == ("Edit-2", "app", "online")
        server = (await ask("POST", "clients", site="berlin", volumes=["projects"]))["result"]
        assert (server["type_hr"], server["site_hr"]) == ("server", "berlin")
        found = (await ask("GET", "clients"))["result"]
        assert [row["id"] for row in found[-2:]] == [app["id"], server["id"]]
        assert [row["id"] for row in await wire.find("client")] == [row["id"] for row in found]
        off = (await ask("PUT", "clients", client=app["id"], online=False))["result"]
        assert (off["id"], off["status"]) == (app["id"], "offline")
        sent = {"client": app["id"], "share": "projects", "path": "/work", "write": True}
        assert (await ask("POST", "mappings", **sent)) == {"result": True}
        job = await wire.create({"source": "a.mov", "destination": f"client={app['id']}"})
        assert (await wire.until(job["id"], "waiting"))["destination_hr"].startswith(f"user:{STANDARD}")
        await ask("PUT", "clients", client=app["id"], online=True)
        await wire.until(job["id"], "done")
        assert (box.local_root / "work" / "a.mov").exists()
        count = len(found)
        for verb, what, data in (
            ("POST", "clients", {}),
            ("POST", "clients", {"user": "nobody@example.com"}),
            ("POST", "clients", {"user": STANDARD, "site": "berlin"}),
            ("POST", "clients", {"user": STANDARD, "type": "lane"}),
            ("POST", "clients", {"user": STANDARD, "hostname": 3}),
            ("POST", "clients", {"user": [STANDARD]}),
            ("POST", "clients", {"site": "berlin", "volumes": ["nothing"]}),
            ("POST", "clients", {"site": "berlin", "volumes": [3]}),
            ("POST", "clients", {"site": "berlin", "volumes": "projects"}),
            ("POST", "clients", {"site": "paris"}),
            ("POST", "clients", {"user": STANDARD, "self": None}),
            ("PUT", "clients", {"client": app["id"]}),
            ("PUT", "clients", {"client": app["id"], "online": "no"}),
            ("PUT", "clients", {"client": "nothing", "online": True}),
            ("POST", "mappings", {**sent, "share": "nothing"}),
            ("POST", "mappings", {**sent, "path": "work"}),
            ("POST", "mappings", {**sent, "path": "/a/../b"}),
            ("POST", "mappings", {**sent, "read": 1}),
            ("POST", "mappings", {**sent, "client": server["id"]}),
        ):
            reply = await ask(verb, what, **data)
            assert (wire.status, list(reply)) == (400, ["message"]), data
            assert reply["message"].startswith("E#E407 ")
        assert len((await ask("GET", "clients"))["result"]) == count


async def test_computers_and_homes_are_kept(tmp_path: Path) -> None:
    async with Sandbox(rate_limit=False, state=tmp_path / "box.db", give_api_keys=True) as box:
        (box.volume / "a.mov").write_bytes(b"a")
        app = box.hosts.start(user=STANDARD, hostname="edit")
        box.hosts.map_share(app.id, "projects", "D:\\work", write=True)
        box.hosts.switch(app.id, online=False)
        async with wire_to(box) as wire:
            await wire.create({"source": "a.mov", "destination": f"client={app.id}"})
    async with Sandbox(rate_limit=False, state=tmp_path / "box.db") as box:
        (known,) = (one for one in box.hosts.clients if one.id == app.id)
        ((mapped),) = known.mapped.values()
        assert (known.status, mapped.parts, mapped.read, mapped.write) == (
            "offline",
            ("D", "work"),
            False,
            True,
        )
        async with wire_to(box) as wire, wire_to(box, "employee") as employee:
            (job,) = await wire.find("transfer")
            box.hosts.switch(app.id, online=True)
            await wire.until(job["id"], "done")
            reply = await employee.call(
                "GET", "workspace/file", {"op": "ls", "path": "volume=projects/home/admin@example.com"}
            )
            assert reply["message"].startswith("E#F001 ")


async def test_who_is_meant_by_a_name(box: Sandbox) -> None:
    async with wire_to(box) as wire:
        await wire.call("POST", "user/create", {"code": "eva@example.com", "role": "employee"})
        eva = box.user("Eva@example.com")
        assert (eva.role, box.user(eva.id)) == ("employee", eva)
        assert box.user("employee").username == "employee@example.com"
        async with box.session("eva@example.com") as session:
            assert [row["code"] for row in await session.find("home")] == ["eva@example.com"]
        for unknown in ("nobody@example.com", "chief", ""):
            with pytest.raises(KeyError, match="is no role .admin, employee, standard. and no user .*eva@"):
                box.session(unknown)


@pytest.mark.parametrize(
    ("verb", "what", "told", "says"),
    [
        ("POST", "mappings", {}, "Say 'client' and 'share' and 'path' as well."),
        ("POST", "mappings", {"zz": 1}, "'zz' means nothing here; known: client, share, path, read, write."),
        ("PUT", "clients", {"client": "x"}, "Say 'online' as well."),
        ("PUT", "clients", {"client": "x", "online": 1}, "'online' must be true or false."),
        ("PUT", "clients", {"client": "x", "online": True}, "This cannot be done: there is no client 'x'."),
        ("POST", "clients", {"site": "berlin", "type": "app"}, "A site has servers only; leave 'type' out."),
        ("POST", "clients", {"site": "mars"}, "This cannot be done: there is no site 'mars' (hq, berlin)."),
        ("POST", "clients", {"volumes": [1]}, "'volumes' must be a list of texts."),
    ],
)
async def test_control_refuses_for_people(verb: str, what: str, told: Any, says: str) -> None:
    async with Sandbox(control=True) as box, aiohttp.ClientSession() as http:
        headers = {"X-Sandbox-Token": box.control_token}
        async with http.request(verb, f"{box.url}/_sandbox/{what}", json=told, headers=headers) as reply:
            assert (reply.status, (await reply.json())["message"]) == (400, f"E#E407 {says}")
