"""Test a pipeline without an account: a workspace in a box, bad weather, and a clock to turn.

    pip install pytest pytest-asyncio && pytest -o asyncio_mode=auto examples/test_pipeline.py

The fixture accsyn_sandbox comes with accsyn-async. What is tested here is publish(); yours is imported.
"""

import pytest

from accsyn_async import JobFailedError, PollPolicy, Session, TransferSpec
from accsyn_async.testing import AccsynSandbox

QUICK = PollPolicy(soon=0.05, running=0.05, idle=0.1)
"""Seconds between polls: nobody else is served here."""


async def publish(session: Session, shot: str) -> int:
    """Send a shot to Berlin; returns how many bytes have arrived."""
    handle = await session.submit(TransferSpec(f"share=projects/{shot}.mov", "site=berlin"))
    job = await handle.wait(timeout=24 * 3600)
    return job.size or 0


@pytest.fixture
def shot(accsyn_sandbox: AccsynSandbox) -> str:
    """A shot on the volume."""
    (accsyn_sandbox.volume / "sh010.mov").write_bytes(b"frames" * 1000)
    return "sh010"


def in_berlin(box: AccsynSandbox, shot: str) -> bytes:
    """What has arrived of a shot: sites are folders, too."""
    return (box.site_root("berlin") / "projects" / f"{shot}.mov").read_bytes()


async def test_it_arrives(accsyn_sandbox: AccsynSandbox, shot: str) -> None:
    """All of it, and as what it was."""
    async with accsyn_sandbox.session("employee", poll=QUICK) as session:
        assert await publish(session, shot) == 6000
    assert in_berlin(accsyn_sandbox, shot) == b"frames" * 1000


async def test_it_is_sent_once_in_bad_weather(accsyn_sandbox: AccsynSandbox, shot: str) -> None:
    """A busy backend and an expired session are nobody's business."""
    accsyn_sandbox.weather.add("throttle", uri="transfer/create", count=1, retry_after=0)
    async with accsyn_sandbox.session("employee", poll=QUICK) as session:
        accsyn_sandbox.expire_sessions()
        await publish(session, shot)
        assert len(await session.find("Transfer", finished=True)) == 1


async def test_what_is_not_there_fails(accsyn_sandbox: AccsynSandbox) -> None:
    """And says so."""
    async with accsyn_sandbox.session("employee", poll=QUICK) as session:
        with pytest.raises(JobFailedError):
            await publish(session, "sh999")
