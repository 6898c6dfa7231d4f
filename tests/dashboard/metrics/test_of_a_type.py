"""Over HTTP: a dashboard of deliveries tells of deliveries, and one of compute jobs of those."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from accsyn_async.sandbox import Sandbox
from tests.cli.test_processes import CLI, process
from tests.dashboard.metrics.happenings import by, samples, value
from tests.dashboard.serving import serving


async def scrape_until(base: str, wanted: dict[Any, float]) -> dict[Any, float]:
    """Scrape until the jobs that there are, by type and state, are these."""
    async with aiohttp.ClientSession() as client, asyncio.timeout(30):
        while True:
            async with client.get(f"{base}metrics") as answer:
                assert answer.status == 200
                told = samples(await answer.read())
            if by(told, "accsyn_jobs", "type", "status") == wanted:
                return told
            await asyncio.sleep(0.02)


def types(told: dict[Any, float]) -> set[str]:
    return {dict(labels)["type"] for _, labels in told if "type" in dict(labels)}


async def test_the_command_tells_of_deliveries() -> None:
    async with Sandbox() as box, box.session() as session:
        (box.volume / "a.mov").write_bytes(bytes(1000))
        await session.create(
            "Transfer", {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
        )
        to = box.user("standard").username
        await session.create("Delivery", {"name": "D", "recipients": [to], "tasks": ["a.mov"]})
        admin = box.user("admin")
        env = {
            "ACCSYN_URL": box.url,
            "ACCSYN_WORKSPACE": box.workspace,
            "ACCSYN_API_USER": admin.username,
            "ACCSYN_API_KEY": str(admin.api_key),
        }
        with process(*CLI, "dashboard", "Delivery", "--port", "0", "--open", "--json", env=env) as served:
            base = json.loads(await asyncio.to_thread(served.line))["url"].partition("?")[0]
            told = await scrape_until(base, {("delivery", "waiting"): 1})
    assert types(told) == {"delivery"}


@pytest.mark.parametrize("query", ["Compute", "Compute WHERE engine=pipeline"])
async def test_compute_jobs_move_no_bytes(query: str) -> None:
    async with Sandbox() as box, serving(box, query=query, open=True) as served:
        await scrape_until(served.base, {})
        (box.volume / "a.mov").write_bytes(bytes(1000))
        await served.session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
        work = {"engine": "pipeline", "name": "C", "compute": {"parameters": {"seconds": 3600}}}
        job = await served.session.create("Compute", work)
        await scrape_until(served.base, {("compute", "running"): 1})
        await box.advance(seconds=4000)
        told = await scrape_until(served.base, {("compute", "done"): 1})
        row = await served.session.find_one(f"Compute WHERE id={job['id']}", finished=True)
        assert row is not None
    assert types(told) == {"compute"}
    assert value(told, "accsyn_job_ends_total", type="compute", status="done") == 1
    assert by(told, "accsyn_observed_bytes_total", "direction") == {}
    for name in ("accsyn_jobs_speed_bytes_per_second", "accsyn_jobs_remaining_bytes"):
        assert value(told, name, type="compute") == 0
