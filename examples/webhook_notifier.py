"""Tell a channel of Slack, Mattermost or the like which transfers fail, are aborted, or have arrived.

    WEBHOOK_URL=https://hooks.slack.com/services/… python examples/webhook_notifier.py told.db

Stop it (SIGTERM, Ctrl-C) and start it again when you like: what ended meanwhile is told then, and
no end twice, unless it is killed between posting and writing that down. To have failed is no end:
those that stand failed at a start are told anew, in one message. The address is a secret: it is
never printed. Needs
ACCSYN_WORKSPACE, ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import contextlib
import html
import os
import random
import signal
import sys
from collections.abc import Callable

import aiohttp

from accsyn_async import (
    AccsynError,
    Event,
    Job,
    JobChanged,
    JobFinished,
    JobFound,
    JobStatus,
    Session,
    Synced,
)
from accsyn_async.safe_text import safe

ATTEMPTS = 6
LONGEST_PAUSE = 60.0
NAMED = 20


class NotTakenError(Exception):
    """The webhook does not take a message."""


def text_of(event: Event) -> str | None:
    """What to say of an event, if anything."""
    match event:
        case JobFinished(job=job):
            return f"{name_of(job)} {'has arrived' if job.status is JobStatus.DONE else 'was aborted'}"
        case JobFound(job=job) | JobChanged(job=job, changes={"status": _}) if job.status is JobStatus.FAILED:
            return f"{name_of(job)} has failed"
    return None


def name_of(job: Job) -> str:
    """A job's name as text: Slack reads <!channel> and the like."""
    return html.escape(safe(job.name), quote=False)


def together(texts: list[str]) -> str:
    """One message of several."""
    more = [f"and {len(texts) - NAMED} more"] if len(texts) > NAMED else []
    return "\n".join(texts[:NAMED] + more)


async def post(client: aiohttp.ClientSession, url: str, text: str, stopping: asyncio.Event) -> None:
    """Post a message, again if need be, but not while stopping.

    Raises:
        NotTakenError: it was refused, or not taken after several attempts. Says nothing of where.
    """
    why, asked = "", 0.0
    for attempt in range(ATTEMPTS):
        if attempt:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), asked + random.random() * 2 ** (attempt - 1))
                break
        asked = 0.0
        try:
            async with client.post(url, json={"text": text}, allow_redirects=False) as answer:
                if answer.status < 300:
                    return
                why = f"it answers {answer.status}"
                after = answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError) as error:
            # Its text may hold the address.
            why = type(error).__name__
            continue
        if answer.status < 500 and answer.status not in (408, 429):
            break
        if after.isdecimal():
            asked = min(float(after), LONGEST_PAUSE)
    raise NotTakenError(why)


def on_stop(callback: Callable[[], object]) -> None:
    """Have a function called, in place of an earlier one, when the program is to stop."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, callback)


async def tell(url: str, checkpoint: str, stopping: asyncio.Event) -> None:
    """Tell until the program is to stop."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as client,
        Session() as session,
        session.watch("Transfer", checkpoint=checkpoint) as watch,
    ):
        closing: list[asyncio.Task[None]] = []

        def stop() -> None:
            stopping.set()
            # The loop below then ends, after the message that it is at.
            closing.append(asyncio.create_task(watch.aclose()))

        on_stop(stop)
        standing: list[str] | None = []
        async for event in watch:
            text = text_of(event)
            if text and isinstance(event, JobFound) and standing is not None:
                # Not so an end: to ask for the next event is to say that it was told.
                standing.append(text)
                continue
            if isinstance(event, Synced) and standing is not None:
                text, standing = together(standing), None
            if text:
                await post(client, url, text, stopping)


async def main(url: str, checkpoint: str) -> int:
    """Run and return an exit code."""
    stopping = asyncio.Event()
    telling = asyncio.create_task(tell(url, checkpoint, stopping))
    # Until there is a watch, nothing is lost by giving up.
    on_stop(telling.cancel)
    try:
        await telling
    except asyncio.CancelledError:
        return 0
    except NotTakenError as error:
        # What was not taken is told at the next start.
        if not stopping.is_set():
            print(f"the webhook does not take messages: {error}", file=sys.stderr)
            return 1
    except AccsynError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or "WEBHOOK_URL" not in os.environ:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(os.environ["WEBHOOK_URL"], sys.argv[1])))
