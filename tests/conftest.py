"""What holds for every test: no task is left behind, no credential of the machine is used."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Begun in the background by a shell: the programs that tests start and interrupt would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        function = getattr(item, "obj", None)
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(function):
            item.obj = _without_leaks(function)
    # What takes longest is not begun last, when others have nothing left to do.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def _without_leaks(test: Any) -> Any:
    @functools.wraps(test)
    async def checked(*args: Any, **kwargs: Any) -> Any:
        before = asyncio.all_tasks()
        result = await test(*args, **kwargs)
        for _ in range(200):
            left = {task for task in asyncio.all_tasks() - before if not task.done()}
            # A sandbox that a fixture holds lives on, and with it jobs that wait to be retried.
            left = {task for task in left if not task.get_name().startswith("accsyn-sandbox job")}
            left.discard(asyncio.current_task())
            if not left:
                return result
            await asyncio.sleep(0.01)
        raise AssertionError(f"tasks left behind: {left}")

    return checked


@pytest.fixture(scope="module", autouse=True)
def _garbage_is_looked_for_among_what_is_new() -> None:
    # Modules, tests and reports live until the end: who collects garbage need not walk a million of them.
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    # pytest looks once more, at the very end: then among all there is.
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("ACCSYN_", "AS_DEV")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: more than half of the time tests wait for processes and timers."""
    return (os.cpu_count() or 1) * 2


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Who has nothing left to do takes what others have: long tests are near each other."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "worksteal"
