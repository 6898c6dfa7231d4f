"""Tell a channel of Slack, Mattermost or the like which transfers fail, are aborted, or have arrived.

    WEBHOOK_URL=https://hooks.slack.com/services/… python examples/webhook_notifier.py told.db

Stop it and start it again when you like: what ended meanwhile is told then, and no end twice,
unless it is killed between posting and writing that down. To have failed is no end: it is told
anew at a start, if it still stands. The address is a secret: it is never printed. Needs
ACCSYN_WORKSPACE, ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import contextlib
import html
import os
import random
import sys

import aiohttp

from accsyn_async import AccsynError, Event, JobChanged, JobFinished, JobFound, JobStatus, Session
from accsyn_async.safe_text import safe

ATTEMPTS = 6
LONGEST_PAUSE = 60.0


class NotTakenError(Exception):
    """The webhook does not take a message."""


def text_of(event: Event) -> str | None:
    """What to say of an event, if anything."""
    match event:
        case JobFinished(job=job):
            what = "has arrived" if job.status is JobStatus.DONE else "was aborted"
        case JobFound(job=job) | JobChanged(job=job, changes={"status": _}) if job.status is JobStatus.FAILED:
            what = "has failed"
        case _:
            return None
    # Slack reads <!channel> and the like; a name is a name.
    return f"{html.escape(safe(job.name), quote=False)} {what}"


async def post(client: aiohttp.ClientSession, url: str, text: str) -> None:
    """Post a message, again if need be.

    Raises:
        NotTakenError: it was refused, or not taken after several attempts. Says nothing of where.
    """
    why, asked = "", 0.0
    for attempt in range(ATTEMPTS):
        if attempt:
            await asyncio.sleep(asked + random.random() * 2 ** (attempt - 1))
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


async def main(url: str, checkpoint: str) -> int:
    """Tell until interrupted; an exit code when that is not possible."""
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            Session() as session,
            session.watch("Transfer", checkpoint=checkpoint) as watch,
        ):
            async for event in watch:
                if text := text_of(event):
                    await post(client, url, text)
    except NotTakenError as error:
        # What was not taken is told at the next start.
        print(f"the webhook does not take messages: {error}", file=sys.stderr)
    except AccsynError as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    if len(sys.argv) != 2 or "WEBHOOK_URL" not in os.environ:
        sys.exit(__doc__)
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(main(os.environ["WEBHOOK_URL"], sys.argv[1])))
