"""Deliveries, requests and streams that are paused, and go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox import Sandbox
from accsyn_async.sandbox.rules import deliveries, jobs
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.furnishing import furnished
from tests.sandbox.job_calls import add, edit, make, recipients, result, row, until_status

STANDARD = "standard@example.com"
EMPLOYEE = "employee@example.com"


async def transfers(wire: Any, job: Any) -> dict[str, Any]:
    """The transfers of a delivery by the role of the recipient."""
    rows = await wire.find("transfer", f"delivery={job['id']}")
    return {row["user_hr"].partition(":")[2].partition("@")[0]: row for row in rows}


async def statuses(wire: Any, *jobs: Any) -> list[str]:
    return [(await row(wire, job))["status"] for job in jobs]


@pytest.mark.parametrize("kind", ["delivery", "stream"])
async def test_what_was_begun_or_chosen_waits_and_goes_on(start: Any, connect: Any, kind: str) -> None:
    async with (
        start(speed=0.001, time_factor=0) as (box, wire),
        connect(box, "standard") as standard,
        connect(box, "employee") as employee,
    ):
        everybody = [STANDARD, EMPLOYEE, "admin@example.com"]
        job = await make(wire, kind, source="a.mov", recipients=everybody, status="init")
        assert (await edit(wire, job, status="paused"))["message"].startswith("E#D016 ")
        await edit(wire, job, status="waiting")
        await until_status(wire, job, "waiting")
        known = await transfers(wire, job)
        begun, later, own = known["standard"], known["employee"], known["admin"]
        await edit(standard, begun, destination="/begun/")
        await until_status(standard, begun, "running")
        await box.advance(seconds=20)
        await edit(wire, own, destination="/own/", status="paused")
        assert (await edit(standard, job, status="paused"))["message"].startswith("E#P001 ")
        (paused,) = (await edit(employee, job, status="paused"))["result"]
        assert paused["status"] == "paused"
        assert [found["id"] for found in await wire.find(kind, "status=paused")] == [job["id"]]
        assert await statuses(wire, begun, later, own) == ["paused", "pending", "paused"]
        (chosen,) = (await edit(employee, later, destination="/later/"))["result"]
        assert chosen["status"] == "paused"
        assert [one["actioned"] for one in await recipients(wire, job)] == [True, True, True]
        # A recipient cannot go on alone.
        for transfer, who in ((begun, standard), (later, employee)):
            assert (await edit(who, transfer, status="waiting"))["result"][0]["status"] == "paused"
        copied = (await row(wire, begun))["progress"]
        assert 0 < copied < 100
        await box.advance(hours=1)
        assert await statuses(wire, job, begun, later, own) == ["paused"] * 4
        assert (await row(wire, begun))["progress"] == copied
        (resumed,) = (await edit(wire, job, status="waiting"))["result"]
        assert resumed["status"] == "waiting"
        await until_status(wire, begun, "running")
        await until_status(wire, later, "running")
        await box.advance(hours=1)
        assert await statuses(wire, job, begun, later, own) == ["waiting", "done", "done", "paused"]
        assert {path.name for path in box.local_root.iterdir()} == {"begun", "later"}
        await edit(wire, own, status="waiting")
        await until_status(wire, own, "running")
        await box.advance(hours=1)
        assert await statuses(wire, job, own) == ["done", "done"]
        assert (await edit(wire, job, status="paused"))["message"].startswith("E#J021 ")


async def test_a_recipient_s_own_pause_outlasts_that_of_the_delivery(start: Any, connect: Any) -> None:
    async with start(speed=0.001, time_factor=0) as (box, wire), connect(box, "standard") as standard:
        job = await make(wire, source="a.mov", recipients=[STANDARD], status="waiting")
        (transfer,) = (await transfers(wire, job)).values()
        await edit(standard, transfer, destination="/in/")
        await edit(wire, job, status="paused")
        await edit(standard, transfer, status="paused")
        await edit(wire, job, status="waiting")
        assert await statuses(wire, transfer) == ["paused"]
        await edit(wire, job, status="paused")
        await edit(standard, transfer, status="waiting")
        assert await statuses(wire, transfer) == ["paused"]
        await edit(wire, job, status="waiting")
        await until_status(standard, transfer, "running")
        # A choice that is to wait does so too.
        await edit(standard, transfer, status="pending")
        await edit(wire, job, status="paused")
        await edit(standard, transfer, destination="/other/", status="paused")
        await edit(wire, job, status="waiting")
        assert await statuses(wire, transfer) == ["paused"]


@pytest.mark.parametrize("status", ["aborted", "done"])
async def test_a_paused_delivery_ends(start: Any, connect: Any, status: str) -> None:
    async with start(speed=0.001) as (box, wire), connect(box, "standard") as standard:
        job = await make(wire, source="a.mov", recipients=[STANDARD, EMPLOYEE], status="waiting")
        known = await transfers(wire, job)
        await edit(standard, known["standard"], destination="/in/")
        await until_status(standard, known["standard"], "running")
        await edit(wire, job, status="paused")
        assert (await edit(wire, job, status=status))["result"][0]["status"] == status
        assert await statuses(wire, *known.values()) == ["aborted", "aborted"]
        assert not list(box.local_root.rglob("*.mov"))
        assert (await edit(wire, job, status="paused"))["message"].startswith("E#J021 ")
        assert (await edit(wire, job, status="waiting", name="x"))["message"].startswith("E#J021 ")
        assert (await row(wire, job))["name"] == "Dailies"


async def test_the_recipients_of_a_paused_delivery_can_abort_and_that_ends_it(
    start: Any, connect: Any
) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        job = await make(wire, source="a.mov", recipients=[STANDARD], status="waiting")
        await edit(wire, job, status="paused")
        (transfer,) = (await transfers(wire, job)).values()
        await edit(standard, transfer, destination="/in/")
        await edit(standard, transfer, status="aborted")
        assert (await row(wire, job))["status"] == "aborted"


async def test_a_paused_delivery_is_sent_again(start: Any, connect: Any) -> None:
    async with start(speed=0.001) as (box, wire), connect(box, "standard") as standard:
        job = await make(wire, source="a.mov", recipients=[STANDARD], status="waiting")
        (transfer,) = (await transfers(wire, job)).values()
        await edit(standard, transfer, destination="/in/")
        await until_status(standard, transfer, "running")
        await edit(wire, job, status="paused")
        await edit(wire, job, status="pending")
        await until_status(wire, job, "waiting")
        assert await statuses(wire, transfer) == ["pending"]
        await edit(standard, transfer, destination="/out/")
        await until_status(standard, transfer, "running")


async def test_who_joins_a_paused_delivery_chooses_and_waits(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        job = await make(wire, source="a.mov", recipients=[EMPLOYEE], status="waiting")
        await edit(wire, job, status="paused")
        assert (await result(add(wire, job, STANDARD)))["status"] == "pending"
        transfer = (await transfers(wire, job))["standard"]
        assert (await edit(standard, transfer, destination="/in/"))["result"][0]["status"] == "paused"
        await edit(wire, job, status="waiting")
        await until_status(standard, transfer, "done")


async def test_what_failed_or_was_not_measured_is_measured_when_it_goes_on(start: Any) -> None:
    async with start() as (box, wire):
        job = await make(wire, source="missing.mov", recipients=[STANDARD], status="waiting")
        await until_status(wire, job, "failed")
        await edit(wire, job, status="paused")
        (box.volume / "missing.mov").write_bytes(b"here")
        await edit(wire, job, status="waiting")
        assert (await until_status(wire, job, "waiting"))["size"] == 4


async def test_a_transfer_that_failed_is_not_tried_again_while_its_delivery_is_paused(
    start: Any, connect: Any
) -> None:
    async with start(time_factor=0) as (box, wire), connect(box, "standard") as standard:
        job = await make(wire, source="a.mov", recipients=[STANDARD], status="waiting")
        await until_status(wire, job, "waiting")
        (box.volume / "a.mov").rename(box.volume / "gone.mov")
        (transfer,) = (await transfers(wire, job)).values()
        await edit(standard, transfer, destination="/in/")
        await until_status(standard, transfer, "failed")
        await edit(wire, job, status="paused")
        (box.volume / "gone.mov").rename(box.volume / "a.mov")
        await box.advance(hours=9)
        assert await statuses(wire, transfer) == ["paused"]
        (task,) = await standard.tasks(transfer["id"])
        data = {"id": task["id"], "status": "queued"}
        await result(standard.call("PUT", "task/edit", [data], id=transfer["id"]))
        assert await statuses(wire, transfer) == ["paused"]
        await edit(wire, job, status="waiting")
        await until_status(standard, transfer, "running", "done")
        await box.advance(hours=1)
        assert await statuses(wire, job, transfer) == ["done", "done"]


async def test_uploads_to_a_paused_request_are_kept(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        for name in "ab":
            (box.local_root / name).write_bytes(name.encode())
        job = await make(wire, "request", destination="inbox", recipients=[STANDARD], status="waiting")
        await edit(wire, job, status="paused")
        (transfer,) = (await transfers(wire, job)).values()
        for name in "ab":
            data = {"tasks": [f"/{name}"]}
            await result(standard.call("POST", "task/create", data, id=transfer["id"]))
            assert await statuses(wire, transfer) == ["paused"]
        assert [task["status"] for task in await standard.tasks(transfer["id"])] == ["queued"] * 2
        await edit(wire, job, status="waiting")
        await until_status(wire, job, "done")
        assert {path.name for path in (box.volume / "inbox").iterdir()} == {"a", "b"}


async def test_the_official_client_pauses_and_resumes(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        delivery = session.create("Delivery", {"source": "a.mov", "recipients": [STANDARD]})
        session.update("Delivery", delivery["id"], {"status": "pending"})
        assert session.update("Delivery", delivery["id"], {"status": "paused"})["status"] == "paused"
        assert session.find_one("Delivery WHERE status=paused")["id"] == delivery["id"]
        assert session.update("Delivery", delivery["id"], {"status": "waiting"})["status"] in (
            "pending",
            "waiting",
        )

    await judge(work)


async def test_this_client_pauses_and_resumes(start: Any) -> None:
    async with start() as (box, _), box.session() as session:
        delivery = await session.create("Delivery", {"source": "a.mov", "recipients": [STANDARD]})
        await session.update("Delivery", delivery["id"], {"status": "pending"})
        paused = await session.update("Delivery", delivery["id"], {"status": "paused"})
        assert paused["status"] == "paused"
        resumed = await session.update("Delivery", delivery["id"], {"status": "waiting"})
        assert resumed["status"] in ("pending", "waiting")


HOLD, RESUME, SEND_AGAIN, CHOOSE, CHOOSE_LATER, PAUSE, GO_ON, RESET = range(8)
STEPS = st.lists(st.integers(HOLD, RESET), max_size=12)


@given(STEPS)
def test_a_transfer_moves_when_neither_its_delivery_nor_its_recipient_pauses_it(steps: list[int]) -> None:
    root = Path("/nowhere")
    workspace = furnished("acme", root, {}, root / "local", Clock())
    admin, _, standard = workspace.users
    data = {"source": "/a.mov", "recipients": [STANDARD], "status": "waiting"}
    delivery = deliveries.create_delivery(workspace, admin, data, "delivery")
    transfer = delivery.recipients[0].transfer
    assert transfer is not None
    chosen = own = held = False
    for step in steps:
        if step in (HOLD, RESUME, SEND_AGAIN):
            status = {HOLD: "paused", RESUME: "waiting", SEND_AGAIN: "pending"}[step]
            deliveries.edit_delivery(workspace, admin, delivery, {"status": status})
            held = step == HOLD
            if step == SEND_AGAIN:
                chosen = own = False
        elif step == RESET:
            assert deliveries.edit_transfer(workspace, standard, transfer, {"status": "pending"})
            chosen = own = False
        elif step in (CHOOSE, CHOOSE_LATER) and not chosen:
            status = "waiting" if step == CHOOSE else "paused"
            choice = {"destination": "/in/", "status": status}
            assert deliveries.edit_transfer(workspace, standard, transfer, choice)
            chosen, own = True, step == CHOOSE_LATER
        elif step in (PAUSE, GO_ON) and chosen:
            status = "paused" if step == PAUSE else "waiting"
            jobs.edit_job(workspace, standard, transfer, {"status": status})
            own = step == PAUSE
        assert (delivery.status == "paused") is held
        moves = "waiting" if chosen else "pending"
        assert transfer.status == ("paused" if chosen and (own or held) else moves)
        assert transfer.held is (chosen and held and not own)
