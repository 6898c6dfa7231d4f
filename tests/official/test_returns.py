"""What a call returns is what the official client 3.4.0 returns, whatever shape the reply has."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import inspect
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import accsyn_api
import pytest

from accsyn_async import Session
from accsyn_async.errors import AccsynError, BackendError
from tests.official.calls_v3 import CALLS, JOB, SHARE, USER
from tests.official.recorder import recording

LOCAL = {"help", "str", "dump", "get_hostname", "get_last_message"}
ASKING = [call for call in CALLS if call[0] not in LOCAL]

ROW = {
    "id": JOB,
    "name": "a",
    "status": "online",
    "user": USER,
    "entity": f"user:{USER}",
    "target": f"share:{SHARE}",
    "read": True,
    "write": False,
}
MOMENT = "2026-01-02T03:04:05"

ANSWERS: dict[str, Any] = {
    "no rows": {"result": []},
    "null": {"result": None},
    "no result": {},
    "success": {"success": True},
    "one row": {"result": [ROW]},
    "two rows": {"result": [ROW, ROW | {"id": USER}]},
    "two ACLs": {"result": [ROW | {"id": USER}, ROW | {"id": USER, "path": "/below"}]},
    "true": {"result": True},
    "false": {"result": False},
    "an object": {"result": {"a": 1, "b": [2]}},
    "dates": {
        "result": [
            ROW | {"at": MOMENT, "list": [MOMENT], "deep": {"at": MOMENT, "rows": [{"at": MOMENT}, [MOMENT]]}}
        ]
    },
    "dates in an object": {"result": {"at": MOMENT, "deep": {"deeper": {"at": MOMENT}}, "list": [MOMENT]}},
    "the user's own": {"result": [ROW | {"name": MOMENT, "metadata": {"day": MOMENT}, "path": MOMENT}]},
    "ids": {"result": [ROW | {"owner": f"ObjectId:{USER}"}]},
}


@pytest.fixture(autouse=True)
def _no_log_of_the_official_client() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def _play_official(session: Any) -> list[Any]:
    played = []
    for name, args, kwargs in copy.deepcopy(ASKING):
        try:
            played.append(getattr(session, name)(*args, **kwargs))
        except Exception as error:
            played.append(error)
    return played


async def _play_ours(session: Session) -> list[Any]:
    played = []
    for name, args, kwargs in copy.deepcopy(ASKING):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                answer = getattr(session, name)(*args, **kwargs)
                played.append(await answer if inspect.isawaitable(answer) else answer)
            except AccsynError as error:
                played.append(error)
    return played


def _kept(value: Any, own: bool = False) -> Any:
    """What the official client made of a reply, its times below the user's own names as text again."""
    if isinstance(value, dict):
        return {
            name: _kept(item, own or name in ("name", "path", "metadata")) for name, item in value.items()
        }
    if isinstance(value, list):
        return [_kept(item, own) for item in value]
    return MOMENT if own and isinstance(value, dt.datetime) else value


LISTS = {"find", "assignments", "access"}
FIRSTS = {"find", "find_one", "get_entity"}


def _why_otherwise(answer: str, name: str, mine: Any, other: Any) -> str | None:
    """Why a call deliberately returns something else than the official client; ``None`` when it does not."""
    refused = isinstance(mine, BackendError)
    if answer == "null" and name in LISTS and (mine, other) == ([], None):
        return "what is annotated as a list is one: no rows are []"
    if "result" not in ANSWERS[answer] and refused and other in (None, False):
        return "a reply without result says nothing: neither None nor False can be made of it"
    if answer == "no result" and name == "create" and (mine, other) == ({}, None):
        return "create returns a reply that lists nothing as it is, an empty one too"
    if not isinstance(ANSWERS[answer].get("result"), list) and name in LISTS | FIRSTS and refused:
        return "what is annotated as rows is rows: something else is no answer"
    if answer == "the user's own" and mine == _kept(other):
        return "names, paths and metadata are the user's: what looks like a time there stays text"
    if name == "revoke" and mine is False and isinstance(other, list):
        return "revoke deletes ACLs of that user on that share, not the first that comes"
    return None


async def test_what_is_returned() -> None:
    otherwise: dict[str, int] = {}
    async with recording() as (record, port):
        url = f"http://127.0.0.1:{port}"
        official = await asyncio.to_thread(
            accsyn_api.Session, "acme", "lisa@example.com", "my-key", proxy=f"127.0.0.1:{port}"
        )
        async with Session("acme", "lisa@example.com", "my-key", url=url, rate_limit=None) as session:
            for answer, record.answer in ANSWERS.items():
                theirs = await asyncio.to_thread(_play_official, official)
                ours = await _play_ours(session)
                for call, mine, other in zip(ASKING, ours, theirs, strict=True):
                    if isinstance(other, Exception) or (type(mine) is type(other) and mine == other):
                        continue
                    why = _why_otherwise(answer, call[0], mine, other)
                    assert why is not None, (answer, call, mine, other)
                    otherwise[why] = otherwise.get(why, 0) + 1
    assert len(otherwise) == 6, otherwise
