"""What goes out for the jobs in accsyn's own documents is what the official client sends."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import accsyn_api
import pytest

from accsyn_async import Session
from accsyn_async.submission.handle import JobHandle
from tests.jobs.example import Example
from tests.jobs.seed_examples import EXAMPLES
from tests.official.calls_v3 import JOB
from tests.official.recorder import Recorder, recording

ACCOUNT = ("mycompany", "admin@example.com", "my-key")


def _changes(record: Recorder) -> list[dict[str, Any]]:
    """The calls that change something, without what differs from call to call."""
    sent = []
    for request in record.requests:
        if request["path"].endswith("/event") and request["verb"] in ("POST", "PUT"):
            sent.append({"verb": request["verb"], **json.loads(unquote(request["body"]))})
    record.requests = []
    return sent


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_the_same_goes_out(example: Example, tmp_path: Path) -> None:
    async with recording() as (record, port):
        await asyncio.to_thread(_by_them, port, example)
        theirs = _changes(record)
        async with Session(*ACCOUNT, url=f"http://127.0.0.1:{port}", rate_limit=None) as session:
            await _by_us(session, example, _written(tmp_path / "job.json", example))
        assert _changes(record) == theirs
        assert len(theirs) == 1


def _written(file: Path, example: Example) -> Path:
    file.write_text(example.accepted)
    return file


def _by_them(port: int, example: Example) -> None:
    session = accsyn_api.Session(*ACCOUNT, proxy=f"127.0.0.1:{port}")
    document = json.loads(example.accepted)
    match example.call:
        case "submit":
            session.create(example.kind.capitalize(), example.accepted)
        case "add":
            session.create("Task", document, JOB)
        case "update":
            session.update("Transfer", JOB, document)
        case "update_many":
            session.update_many("Task", JOB, document)


async def _by_us(session: Session, example: Example, file: Path) -> None:
    document = json.loads(example.accepted)
    handle = JobHandle(session, "transfer", {"id": JOB})
    match example.call:
        case "submit":
            await session.submit(file)
        case "add":
            await session.create("Task", document, JOB)
        case "update":
            await handle.update(document)
        case "update_many":
            await session.update_many("Task", JOB, document)
