"""Blocks of Python, run in the namespace of their page."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import doctest
import inspect
import traceback
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from accsyn_async import Event, Synced, Watch
from tests.docs.pages import Block
from tests.docs.quickly import poll_often
from tests.docs.surroundings import DEADLINE, Surroundings
from tests.quick_poll import OFTEN

__all__ = ["run_doctest", "run_python", "user_at_the_keyboard"]


class Listeners:
    """Watches of queries, which never end."""

    def __init__(self) -> None:
        self._synced: weakref.WeakSet[Watch] = weakref.WeakSet()
        self._asking: weakref.WeakSet[Watch] = weakref.WeakSet()

    def asks(self, watch: Watch) -> None:
        """A watch asks for what comes next."""
        if watch._selection.ids is None:
            self._asking.add(watch)

    def told(self, watch: Watch, event: Event) -> None:
        """A watch was told of something."""
        self._asking.discard(watch)
        if isinstance(event, Synced):
            self._synced.add(watch)

    async def idle(self) -> None:
        """Wait until one has been told all there is, and waits for what happens."""
        while not any(watch in self._synced and not watch.backlog for watch in self._asking):
            await asyncio.sleep(0.005)


@contextlib.contextmanager
def user_at_the_keyboard(around: Surroundings) -> Iterator[Listeners]:
    """Let this process be a user's: with the environment, and sessions that poll often."""
    listeners = Listeners()
    ask = Watch.__anext__

    async def anext(watch: Watch) -> Event:
        listeners.asks(watch)
        event = await ask(watch)
        listeners.told(watch, event)
        return event

    with pytest.MonkeyPatch.context() as patch:
        for name, value in around.credentials.items():
            patch.setenv(name, value)
        patch.setenv("HOME", str(around.folder))
        patch.setitem(poll_often(), "poll", OFTEN)
        patch.setattr(Watch, "__anext__", anext)
        yield listeners


async def run_python(block: Block, names: dict[str, Any], around: Surroundings) -> None:
    """Run a block; one that watches a query for ever is cancelled when it was told enough.

    Raises:
        AssertionError: it failed; the text has page and line.
    """
    raises = block.mark.words[0] if block.mark and block.mark.kind == "raises" else None
    try:
        # As many lines before it as on the page: tracebacks name the right one.
        code = compile(
            "\n" * (block.line - 1) + block.text, block.page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        )
    except SyntaxError as error:
        raise AssertionError(f"{block.page}:{error.lineno}: {error.msg}") from None
    try:
        with user_at_the_keyboard(around) as listeners:
            result = eval(code, names)
            if inspect.iscoroutine(result):
                await _until_enough(asyncio.ensure_future(result), listeners, around)
    except Exception as error:
        if type(error).__name__ == raises:
            return
        frames = [
            frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == block.page
        ]
        line = frames[-1].lineno if frames else block.line
        raise AssertionError(f"{block.page}:{line}: {type(error).__name__}: {error}") from error
    assert raises is None, f"{block.where}: {raises} was not raised"


async def _until_enough(running: asyncio.Future[Any], listeners: Listeners, around: Surroundings) -> None:
    happening: asyncio.Future[Any] = asyncio.ensure_future(_once_somebody_waits(listeners, around))
    try:
        async with asyncio.timeout(DEADLINE):
            await asyncio.wait({running, happening}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        else:
            happening.result()
    finally:
        for task in (running, happening):
            task.cancel()
        await asyncio.wait({running, happening})
    if not running.cancelled():
        running.result()


async def _once_somebody_waits(listeners: Listeners, around: Surroundings) -> None:
    await listeners.idle()
    await around.let_something_happen()
    # And all of it has been used.
    await listeners.idle()


def run_doctest(block: Block, names: dict[str, Any]) -> None:
    """Run a block with ``>>>`` and what is expected.

    Raises:
        AssertionError: something else came.
    """
    test = doctest.DocTestParser().get_doctest(block.text, names, block.page, block.page, block.line - 1)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=told.append, clear_globs=False)
    names.update(test.globs)
    assert not runner.failures, f"{block.where}: {''.join(told)}"
