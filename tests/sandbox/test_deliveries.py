"""Deliveries and requests from beginning to end, and their recipients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.job_calls import add, edit, make, recipients, result, row, until_status

STANDARD = "standard@example.com"


async def test_a_delivery_from_beginning_to_end(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        job = await make(wire)
        assert (job["status"], job["name"], job["destination"]) == ("init", "Dailies", "")
        assert (await edit(wire, job, status="pending"))["message"].startswith("E#D002")
        assert await result(add(wire, job, STANDARD, invite=True)) is True
        assert (await edit(wire, job, status="pending"))["message"].startswith("E#D003")
        data = {"tasks": ["share=projects/a.mov", "show"]}
        rows = await result(wire.call("POST", "task/create", data, id=job["id"]))
        assert [task["status"] for task in rows] == ["pending", "pending"]
        assert await wire.find("transfer") == []
        (one,) = await recipients(wire, job)
        assert (one["user"], one["user_hr"], one["actioned"]) == (box.user("standard").id, STANDARD, False)
        (submitted,) = (await edit(wire, job, status="waiting"))["result"]
        assert submitted["status"] == "pending"
        assert (await until_status(wire, job, "waiting"))["size"] == 105_000
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        assert [found["id"] for found in await wire.find("transfer", f"parent={job['id']}")] == [
            transfer["id"]
        ]
        assert (transfer["status"], transfer["delivery"]) == ("pending", job["id"])
        assert transfer["destination"] == f"user:{box.user('standard').id}"
        assert {task["status"] for task in await standard.tasks(transfer["id"])} == {"pending"}
        # Whether and where to is for the recipient to say.
        assert (await edit(wire, transfer, destination="/in/"))["message"].startswith("E#J013")
        assert (await edit(standard, transfer, status="waiting"))["message"].startswith("E#D012")
        for place in ("share=projects/x", "admin@example.com:/in/", "", 3):
            assert "message" in await edit(standard, transfer, destination=place)
        (chosen,) = (await edit(standard, transfer, destination="/in/"))["result"]
        assert chosen["status"] == "waiting"
        await until_status(standard, transfer, "done")
        ended = await until_status(wire, job, "done")
        assert ended["progress"] == 100
        assert (box.local_root / "in" / "show" / "b.mov").exists()
        assert (box.local_root / "in" / "a.mov").stat().st_size == 100_000
        assert (await recipients(wire, job))[0]["actioned"] is True
        assert await wire.find("delivery") == []
        assert [found["id"] for found in await wire.find("delivery", finished=True)] == [job["id"]]
        # It can be sent again, to be chosen anew.
        await edit(wire, job, status="pending")
        await until_status(wire, job, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        assert transfer["status"] == "pending"
        await edit(standard, transfer, status="aborted")
        assert (await row(wire, job))["status"] == "aborted"


async def test_recipients_come_and_go(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        named = ["new@example.com", {"recipient": STANDARD}]
        job = await make(wire, source="a.mov", recipients=named, status="init")
        assert [one["user"] is None for one in await recipients(wire, job)] == [True, False]
        assert len(await wire.find("user")) == 3
        for name, invite in (("other@example.com", False), ("nobody", True), ("", True), (None, True)):
            assert "message" in await add(wire, job, name, invite=invite)
        assert await result(add(wire, job, STANDARD)) is True
        reply = await wire.call("DELETE", "job/recipient", {"recipient": "x@example.com"}, id=job["id"])
        assert reply["message"].startswith("E#D404")
        await edit(wire, job, status="pending")
        assert [found["role"] for found in await wire.find("user", "code=new@example.com")] == ["standard"]
        added = await result(add(wire, job, "employee@example.com"))
        assert (added["user_hr"], added["status"]) == ("employee@example.com", "pending")
        assert len(await wire.find("transfer", f"delivery={job['id']}")) == 3
        assert len(await standard.find("transfer")) == 1
        assert len(await recipients(standard, job)) == 1
        for call in (
            add(standard, job, "employee@example.com"),
            edit(standard, job, status="aborted"),
            standard.call("DELETE", "job/recipient", {"recipient": STANDARD}, id=job["id"]),
            standard.call("POST", "delivery/create", {"name": "x"}),
        ):
            assert (await call)["message"].startswith("E#P00")
        data = {"recipient": box.user("standard").id}
        assert await result(wire.call("DELETE", "job/recipient", data, id=job["id"])) is True
        assert len(await wire.find("transfer", f"delivery={job['id']}")) == 2
        assert "message" in await standard.call("GET", "job/recipients", {}, id=job["id"])
        await edit(wire, job, status="aborted")
        assert await wire.find("transfer") == await wire.find("delivery") == []
        wrong: Any
        for wrong in ({"status": "done"}, {"status": "running"}, ["status"], {}, {"priority": 0}):
            assert "message" in await wire.call("PUT", "delivery/edit", wrong, id=job["id"])
        assert await result(wire.call("DELETE", "delivery/delete", {}, id=job["id"])) is True
        assert await wire.find("transfer", finished=True) == []


async def test_a_request(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        (box.local_root / "up").mkdir()
        (box.local_root / "up" / "u.mov").write_bytes(b"u" * 10)
        job = await make(wire, "request", destination="share=projects/inbox", recipients=[STANDARD])
        await edit(wire, job, status="pending")
        await until_status(wire, job, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        assert transfer["status"] == "pending"
        assert (await edit(standard, transfer, status="waiting"))["message"].startswith("E#D012")
        for source in ("share=projects/a.mov", "employee@example.com:/x"):
            data = {"tasks": [source]}
            assert "message" in await standard.call("POST", "task/create", data, id=transfer["id"])
        reply = await wire.call("POST", "task/create", {"tasks": ["/up/u.mov"]}, id=transfer["id"])
        assert "message" in reply
        await result(standard.call("POST", "task/create", {"tasks": ["/up/u.mov"]}, id=transfer["id"]))
        await until_status(wire, job, "done")
        assert (box.volume / "inbox" / "u.mov").read_bytes() == b"u" * 10


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("delivery", {"tasks": [{"source": "a.mov", "destination": "/x"}]}, "E#D007"),
        ("delivery", {"source": "employee@example.com:/a.mov"}, "E#J013"),
        ("delivery", {"source": "admin@example.com:share=projects/a.mov"}, "E#J014"),
        ("delivery", {"source": "/a.mov", "recipients": ["ADMIN@example.com"]}, "E#D015"),
        ("delivery", {"source": "share=elsewhere/a.mov"}, "E#J015"),
        ("stream", {"source": "site=berlin"}, "E#J003"),
        ("delivery", {"tasks": ["a.mov", "/elsewhere/a.mov"]}, "E#J004"),
        ("delivery", {"tasks": ["a.mov", "site=berlin:a.mov"]}, "E#J004"),
        ("delivery", {"tasks": [{"source": "a", "uri": "0"}, {"source": "b", "uri": "0"}]}, "E#J018"),
        ("delivery", {"status": "done"}, "E#D020"),
        ("delivery", {"status": "pending", "source": "a.mov"}, "E#D002"),
        ("stream", {"status": "waiting", "recipients": [STANDARD]}, "E#D003"),
        ("delivery", {"recipients": [STANDARD, STANDARD]}, "E#D014"),
        ("delivery", {"recipients": STANDARD}, "E#D004"),
        ("request", {"source": "a.mov"}, "E#D009"),
        ("request", {"destination": "/elsewhere"}, "E#D005"),
        ("request", {"queue": "low"}, "E#J019"),
        ("delivery", [], "E#D001"),
    ],
)
async def test_a_wrong_delivery_is_refused_with_a_reason(wire: Any, kind: str, data: Any, code: str) -> None:
    assert (await wire.call("POST", f"{kind}/create", data))["message"].startswith(code + " ")
    assert await wire.find(kind) == await wire.find("transfer") == []
    assert len(await wire.find("user")) == 3


async def test_a_delivery_of_what_is_not_there_fails_until_it_is(start: Any) -> None:
    async with start() as (box, wire):
        job = await make(wire, source="missing.mov", recipients=[STANDARD], status="pending")
        await until_status(wire, job, "failed")
        assert "does not exist" in (await wire.tasks(job["id"]))[0]["message"]
        (box.volume / "missing.mov").write_bytes(b"here")
        await edit(wire, job, status="pending")
        await until_status(wire, job, "waiting")
