"""A delivery ends when nobody is left to wait for; of two uploads of one name the latest stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.job_calls import add, edit, make, recipients, result, row, until_status
from tests.sandbox.wire_client import until

STANDARD = "standard@example.com"
EMPLOYEE = "employee@example.com"
NEVER = "1970-01-01T00:00:00"
KINDS = pytest.mark.parametrize("kind", ["delivery", "request", "stream"])


async def sent(wire: Any, kind: str, *names: str) -> Any:
    own = {"destination": "share=projects/inbox"} if kind == "request" else {"source": "a.mov"}
    job = await make(wire, kind, recipients=list(names), status="pending", **own)
    await until_status(wire, job, "waiting")
    return job


async def transfer_of(wire: Any, job: Any, name: str) -> Any:
    (one,) = [one for one in await recipients(wire, job) if one["user_hr"] == name]
    return await wire.get(one["transfer"])


async def act(box: Any, wire: Any, job: Any) -> None:
    """A recipient downloads, or uploads, all."""
    transfer = await transfer_of(wire, job, wire.user.username)
    if job["source"]:
        await result(edit(wire, transfer, destination="/in/"))
    else:
        (box.local_root / "up.mov").write_bytes(b"up")
        await result(wire.call("POST", "task/create", {"tasks": ["/up.mov"]}, id=transfer["id"]))
    await until_status(wire, transfer, "done")


async def take_off(wire: Any, job: Any, name: str, how: str) -> None:
    if how == "revoked":
        await result(wire.call("DELETE", "job/recipient", {"recipient": name}, id=job["id"]))
    elif how == "the transfer":
        transfer = await transfer_of(wire, job, name)
        await result(wire.call("DELETE", "transfer/delete", {}, id=transfer["id"]))
    else:
        (user,) = await wire.find("user", f"code={name}")
        await result(wire.call("DELETE", "user/delete", {}, id=user["id"]))


@KINDS
@pytest.mark.parametrize("how", ["revoked", "the transfer", "the user"])
@pytest.mark.parametrize("state", ["waiting", "paused"])
async def test_without_recipients_it_is_aborted(start: Any, kind: str, how: str, state: str) -> None:
    async with start() as (_box, wire):
        job = await sent(wire, kind, STANDARD, EMPLOYEE)
        if state == "paused":
            await result(edit(wire, job, status="paused"))
        await take_off(wire, job, STANDARD, how)
        assert (await row(wire, job))["status"] == state
        await take_off(wire, job, EMPLOYEE, how)
        ended = await row(wire, job)
        assert (ended["status"], await recipients(wire, job)) == ("aborted", [])
        assert ended["finished"] > NEVER
        assert await wire.find("transfer") == []


@KINDS
@pytest.mark.parametrize("how", ["revoked", "the transfer", "the user"])
async def test_it_is_done_when_one_of_them_had_it(start: Any, connect: Any, kind: str, how: str) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        job = await sent(wire, kind, STANDARD, EMPLOYEE)
        await act(box, standard, job)
        await take_off(wire, job, STANDARD, how)
        assert (await row(wire, job))["status"] == "waiting"
        await take_off(wire, job, EMPLOYEE, how)
        assert (await row(wire, job))["status"] == "done"


@KINDS
async def test_it_waits_for_another_recipient_instead(start: Any, connect: Any, kind: str) -> None:
    async with start() as (box, wire), connect(box, "employee") as employee:
        job = await sent(wire, kind, STANDARD)
        await take_off(wire, job, STANDARD, "revoked")
        assert (await edit(wire, job, status="pending"))["message"].startswith("E#D002")
        await result(add(wire, job, EMPLOYEE))
        again = await until_status(wire, job, "waiting")
        assert again["finished"] == NEVER
        await act(box, employee, job)
        assert (await row(wire, job))["status"] == "done"
        # What was aborted itself takes no more.
        other = await sent(wire, kind, STANDARD)
        await result(edit(wire, other, status="aborted"))
        assert (await add(wire, other, EMPLOYEE))["message"].startswith("E#D021")


async def test_one_that_was_not_yet_measured_or_submitted(start: Any) -> None:
    async with start() as (_box, wire):
        missing = await make(wire, source="missing", recipients=[STANDARD], status="pending")
        await until_status(wire, missing, "failed")
        await take_off(wire, missing, STANDARD, "revoked")
        assert (await row(wire, missing))["status"] == "aborted"
        await result(add(wire, missing, STANDARD))
        await until_status(wire, missing, "failed")
        draft = await make(wire, source="a.mov", recipients=[STANDARD], status="init")
        await take_off(wire, draft, STANDARD, "revoked")
        assert (await row(wire, draft))["status"] == "init"


async def test_who_was_deactivated_since_is_welcomed_back(start: Any) -> None:
    async with start() as (_box, wire):
        draft = await make(wire, source="a.mov", recipients=[STANDARD], status="init")
        ended = await sent(wire, "delivery", STANDARD)
        await result(edit(wire, ended, status="aborted"))
        (user,) = await wire.find("user", f"code={STANDARD}")
        for job in (draft, ended):
            await result(wire.call("DELETE", "user/deactivate", {}, id=user["id"]))
            assert await wire.find("user", f"code={STANDARD}") == []
            await result(edit(wire, job, status="pending"))
            assert [one["id"] for one in await wire.find("user", f"code={STANDARD}")] == [user["id"]]
            assert (await transfer_of(wire, job, STANDARD))["status"] == "pending"
            await result(edit(wire, job, status="aborted"))


async def test_who_ended_and_was_deactivated_is_left_alone(start: Any) -> None:
    async with start() as (_box, wire):
        job = await sent(wire, "delivery", STANDARD, EMPLOYEE)
        transfer = await transfer_of(wire, job, STANDARD)
        await result(edit(wire, transfer, status="aborted"))
        (user,) = await wire.find("user", f"code={STANDARD}")
        await result(wire.call("DELETE", "user/deactivate", {}, id=user["id"]))
        await result(add(wire, job, "new@example.com"))
        assert await wire.find("user", f"code={STANDARD}") == []


async def test_who_may_not_be_invited_again_is_no_recipient(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "employee") as employee:
        (user,) = await result(
            wire.call("POST", "user/create", {"code": "e@example.com", "role": "employee"})
        )
        await result(wire.call("DELETE", "user/deactivate", {}, id=user["id"]))
        job = await make(employee, "request", recipients=[STANDARD], status="pending")
        assert (await add(employee, job, "e@example.com"))["message"].startswith("E#P002")
        assert [one["user_hr"] for one in await recipients(employee, job)] == [STANDARD]


async def test_the_latest_of_two_uploads_of_one_name_replaces_the_other(start: Any, connect: Any) -> None:
    async with (
        start() as (box, wire),
        connect(box, "standard") as standard,
        connect(box, "employee") as employee,
    ):
        for name in ("x/a.mov", "y/a.mov", "z/a.mov"):
            (box.local_root / name).parent.mkdir()
            (box.local_root / name).write_text(name)
        job = await sent(wire, "request", STANDARD, EMPLOYEE)
        inbox = box.volume / "inbox"

        async def upload(who: Any, *names: str) -> None:
            transfer = await transfer_of(wire, job, who.user.username)
            data = {"tasks": [f"/{name}" for name in names]}
            await result(who.call("POST", "task/create", data, id=transfer["id"]))
            await until_status(who, transfer, "done")

        await upload(standard, "x/a.mov")
        assert (inbox / "a.mov").read_text() == "x/a.mov"
        await upload(employee, "y/a.mov", "z/a.mov")
        assert {path.name: path.read_text() for path in inbox.iterdir()} == {
            "a.mov": "y/a.mov",
            "a (2).mov": "z/a.mov",
        }
        await until_status(wire, job, "done")


async def test_what_an_official_client_revokes_ends(judge: Any) -> None:
    def work(session: Any, box: Any) -> None:
        data = {"name": "D", "recipients": [STANDARD], "tasks": ["a.mov"]}
        job = session.create("delivery", data)
        assert session.revoke("User", STANDARD, "Delivery", job["id"]) is True
        (ended,) = session.find("Delivery", finished=True)
        assert (ended["id"], ended["status"]) == (job["id"], "aborted")

    await judge(work)


async def test_it_ends_while_it_is_measured(start: Any) -> None:
    async with start() as (_box, wire):
        job = await make(wire, source="show", recipients=[STANDARD], status="pending")
        await take_off(wire, job, STANDARD, "revoked")

        async def ended() -> bool:
            return bool((await row(wire, job))["status"] == "aborted")

        await until(ended)


@pytest.mark.parametrize("begun", [False, True])
async def test_what_its_sender_aborted_its_recipients_cannot_bring_back(
    start: Any, connect: Any, begun: bool
) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        job = await make(wire, source="a.mov", recipients=[STANDARD])
        await until_status(wire, job, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        if begun:
            await edit(standard, transfer, destination="/in/", status="paused")
        await result(edit(wire, job, status="aborted"))
        refused = "E#D021 The delivery is aborted; only admin@example.com can send it again."
        for data in ({"status": "waiting"}, {"status": "pending"}, {"destination": "/in/"}):
            assert (await edit(standard, transfer, **data))["message"] == refused
        retry = [{"uri": "0", "status": "queued"}]
        assert (await standard.call("PUT", "task/edit", retry, id=transfer["id"]))["message"] == refused
        assert (await row(wire, job))["status"] == (await row(wire, transfer))["status"] == "aborted"
        await result(edit(wire, transfer, status="pending"))
        assert (await row(wire, job))["status"] == "waiting"
        await result(edit(standard, transfer, destination="/in/"))
        await until_status(standard, transfer, "done")
        await until_status(wire, job, "done")


async def test_what_its_recipients_aborted_they_can_bring_back(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        job = await make(wire, source="a.mov", recipients=[STANDARD])
        await until_status(wire, job, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        await result(edit(standard, transfer, status="aborted"))
        await until_status(wire, job, "aborted")
        await result(edit(standard, transfer, status="pending"))
        assert (await row(wire, job))["status"] == "waiting"
