"""Call by call, what goes out in v1 is what the official client 2.2.1 sends.

Its package has the name of the newer one, so both cannot be installed at once. What it sends
is kept in ``recording_2.2.1.json``. Where ``OFFICIAL_2_2_1`` names a folder with that version
(``pip install --no-deps --target FOLDER accsyn-python-api==2.2.1``), as in CI, the recording is
made anew and must be the same; ``RECORD=1`` writes it.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from accsyn_async import Session
from accsyn_async.wire.v1 import V1
from tests.official.recorder import recording
from tests.official.scenarios_v1 import SCENARIOS, WHO, Scenario

RECORDING = Path(__file__).with_name("recording_2.2.1.json")
PLAY = Path(__file__).with_name("play.py")
OFFICIAL = os.environ.get("OFFICIAL_2_2_1")


async def _official(scenario: Scenario, folder: str) -> dict[str, Any]:
    async with recording() as (record, port):
        record.expire = list(scenario.expire)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(PLAY), str(port), json.dumps(WHO | scenario.options)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={"PYTHONPATH": folder, "PATH": os.environ["PATH"]},
        )
        out, _ = await process.communicate(json.dumps([call for call, _ in scenario.calls]).encode())
        assert process.returncode == 0
        played = json.loads(out)
        assert played["version"].startswith("2.2.1")
        discovery, *requests = record.requests
        return {"discovery": discovery, "requests": requests, "returned": played["returned"]}


async def _ours(scenario: Scenario) -> dict[str, Any]:
    returned = []
    async with recording() as (record, port):
        record.expire = list(scenario.expire)
        options: dict[str, Any] = {**WHO, **scenario.options, "url": f"http://127.0.0.1:{port}"}
        async with Session(**options, api_version="v1", rate_limit=None) as session:
            for _, (name, args, kwargs) in scenario.calls:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    answer = getattr(session, name)(*args, **kwargs)
                    returned.append(await answer if inspect.isawaitable(answer) else answer)
        return {"requests": record.requests, "returned": returned}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_call_by_call(name: str) -> None:
    expected = json.loads(RECORDING.read_text())[name]
    ours = await _ours(SCENARIOS[name])
    for mine, theirs in zip(ours["requests"], expected["requests"], strict=True):
        assert mine == theirs
    calls = [call for call, _ in SCENARIOS[name].calls]
    for call, mine, theirs in zip(calls, ours["returned"], expected["returned"], strict=True):
        if call[0] == "set_setting":
            # As in 3.4.0, it is whether the setting was set.
            theirs = bool(theirs)
        if call[0] != "get_hostname":
            assert mine == theirs, call


async def test_discovery() -> None:
    request = V1("acme", "lisa@example.com", "host", "session").discovery("http://127.0.0.1")
    for recorded in json.loads(RECORDING.read_text()).values():
        official = recorded["discovery"]
        assert (request.verb, request.url) == (official["verb"], f"http://127.0.0.1{official['path']}")
        assert quote(request.body or b"") == official["body"]
        assert set(request.headers) == {"ASDevice"}


async def test_the_recording_is_what_the_official_client_sends() -> None:
    """Without that client at hand, that nobody changed the calls and forgot the recording."""
    played = {}
    if OFFICIAL is not None:
        played = {name: await _official(scenario, OFFICIAL) for name, scenario in SCENARIOS.items()}
        for each in played.values():
            each["returned"] = [
                "HOST" if value == os.uname().nodename else value for value in each["returned"]
            ]
        if os.environ.get("RECORD"):
            RECORDING.write_text(json.dumps(played, indent=1) + "\n")
    recorded = json.loads(RECORDING.read_text())
    if OFFICIAL is not None:
        assert recorded == played
        return
    assert os.environ.get("CI") is None, "CI must have the official client 2.2.1: see OFFICIAL_2_2_1"
    calls = {name: len(scenario.calls) for name, scenario in SCENARIOS.items()}
    assert {name: len(each["returned"]) for name, each in recorded.items()} == calls
