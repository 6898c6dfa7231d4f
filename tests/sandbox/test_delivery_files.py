"""What becomes of the files of deliveries and requests: those left out, on hold, and not yet chosen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.job_calls import edit, make, result, row, until_status

STANDARD = "standard@example.com"
EMPLOYEE = "employee@example.com"


async def tell(wire: Any, job: Any, uri: str, status: str) -> Any:
    return await wire.call("PUT", "task/edit", [{"uri": uri, "status": status}], id=job["id"])


async def sent(wire: Any, recipient: Any, *sources: Any) -> tuple[Any, Any]:
    """A delivery, and the transfer of its recipient."""
    job = await make(wire, tasks=list(sources), recipients=[STANDARD])
    await until_status(wire, job, "waiting")
    (transfer,) = await recipient.find("transfer", f"delivery={job['id']}")
    return job, transfer


async def states(wire: Any, job: Any) -> list[str]:
    return [task["status"] for task in await wire.tasks(job["id"])]


async def test_nothing_is_added_to_the_transfer_of_a_recipient(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        _, transfer = await sent(wire, standard, "a.mov")
        for who in (standard, wire):
            reply = await who.call("POST", "task/create", {"tasks": ["/Users/x"]}, id=transfer["id"])
            assert reply["message"].startswith("E#D013 ")


async def test_what_is_excluded_or_on_hold_is_not_delivered(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        left, held = {"source": "show", "status": "excluded"}, {"source": "show/b.mov", "status": "onhold"}
        job, transfer = await sent(wire, standard, "a.mov", left, held)
        assert await states(wire, job) == await states(wire, transfer) == ["pending", "excluded", "onhold"]
        await edit(standard, transfer, destination="/in")
        await until_status(standard, transfer, "paused")
        assert await states(wire, transfer) == ["done", "excluded", "onhold"]
        assert [path.name for path in (box.local_root / "in").iterdir()] == ["a.mov"]


async def test_a_file_that_is_excluded_later_is_not_delivered(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        job, transfer = await sent(wire, standard, "a.mov", "show", "show/b.mov")
        await result(tell(wire, job, "1", "excluded"))
        assert (await row(wire, transfer))["size"] == 102_000
        await result(tell(standard, transfer, "2", "excluded"))
        assert await states(wire, job) == ["pending", "excluded", "pending"]
        await result(wire.call("PUT", "job/recipient/add", {"recipient": EMPLOYEE}, id=job["id"]))
        await edit(standard, transfer, destination="/in")
        await until_status(standard, transfer, "done")
        assert [path.name for path in (box.local_root / "in").iterdir()] == ["a.mov"]
        theirs = next(one for one in await wire.find("transfer") if one["id"] != transfer["id"])
        assert await states(wire, theirs) == ["pending", "excluded", "pending"]
        # Sent again, it is what it is now.
        await result(tell(wire, job, "0", "excluded"))
        await edit(wire, job, status="pending")
        await until_status(wire, job, "waiting")
        assert await states(wire, transfer) == ["excluded", "excluded", "excluded"]
        # A file that was left out is measured when it is not.
        await result(tell(wire, job, "1", "queued"))
        await until_status(wire, job, "waiting")
        assert await states(wire, job) == ["excluded", "pending", "pending"]
        assert (await row(wire, job))["size"] == 7000


@pytest.mark.parametrize("status", ["queued", "done", "failed"])
async def test_a_recipient_chooses_before_anything_else(start: Any, connect: Any, status: str) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        job, transfer = await sent(wire, standard, "a.mov", "show")
        for who, one in ((standard, transfer), (wire, transfer), (wire, job)):
            assert (await tell(who, one, "0", status))["message"].startswith("E#D022 ")
        await result(tell(standard, transfer, "0", "excluded"))
        assert await states(standard, transfer) == ["excluded", "pending"]
        if status == "queued":
            await result(tell(standard, transfer, "0", status))
            assert await states(standard, transfer) == ["pending", "pending"]
        assert (await row(wire, transfer))["status"] == "pending"


async def test_what_was_aborted_before_it_was_chosen_is_chosen_first(start: Any, connect: Any) -> None:
    async with start() as (_, wire), connect(wire.box, "standard") as standard:
        box = wire.box
        _, transfer = await sent(wire, standard, "a.mov")
        await result(edit(standard, transfer, status="aborted"))
        assert (await edit(standard, transfer, status="waiting"))["message"].startswith("E#D012 ")
        assert (await tell(standard, transfer, "0", "queued"))["message"].startswith("E#D022 ")
        await result(edit(standard, transfer, status="pending"))
        await result(edit(standard, transfer, destination="/in/"))
        await until_status(standard, transfer, "done")
        assert (box.local_root / "in" / "a.mov").exists()


async def test_a_missing_file_can_be_left_out(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        job = await make(wire, tasks=["a.mov", "missing.mov"], recipients=[STANDARD])
        await until_status(wire, job, "failed")
        await result(tell(wire, job, "1", "excluded"))
        await until_status(wire, job, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        await edit(standard, transfer, destination="/in/")
        await until_status(standard, transfer, "done")


@pytest.mark.parametrize("by", ["task", "tasks", "parent"])
async def test_uploads_go_where_the_request_says(start: Any, connect: Any, by: str) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        (box.local_root / "up.bin").write_bytes(b"up")
        job = await make(wire, "request", destination="share=projects/inbox", recipients=[STANDARD])
        await until_status(wire, job, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        one = {"source": "/up.bin", "destination": "share=projects/evil"}
        if by == "parent":
            reply = await standard.call("POST", "transfer/create", {**one, "parent": job["id"]})
        else:
            data = {"tasks": one} if by == "task" else {"tasks": ["/up.bin"], "destination": "/x"}
            reply = await standard.call("POST", "task/create", data, id=transfer["id"])
        assert reply["message"].startswith("E#D007 ")
        assert await standard.tasks(transfer["id"]) == []
        (up,) = await result(
            standard.call(
                "POST",
                "transfer/create",
                {"parent": job["id"], "source": "/up.bin", "name": "Mine", "description": "d", "priority": 9},
            )
        )
        assert (up["id"], up["name"], up["description"], up["priority"]) == (transfer["id"], "Mine", "d", 9)
        await until_status(wire, job, "done")
        assert (box.volume / "inbox" / "up.bin").read_bytes() == b"up"


async def test_a_download_by_its_parent_is_checked_as_a_whole(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        job, transfer = await sent(wire, standard, "a.mov")
        data = {"parent": job["id"], "destination": "/in/"}
        for wrong in ({"bogus": 1}, {"priority": 0}, {"queue": "x"}, {"status": "done"}, {"settings": 3}):
            assert "message" in await standard.call("POST", "transfer/create", {**data, **wrong})
        assert (await row(wire, transfer))["status"] == "pending"
        made = {**data, "status": "paused", "metadata": {"a": 1}}
        (chosen,) = await result(standard.call("POST", "transfer/create", made))
        assert (chosen["id"], chosen["status"], chosen["metadata"]) == (transfer["id"], "paused", {"a": 1})
