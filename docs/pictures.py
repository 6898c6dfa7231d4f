"""Takes the pictures of README and documentation anew: a recording of the terminal, the page, the screen.

    python docs/pictures.py           # three minutes: lines of speed and log show the last ones
    python docs/pictures.py --check   # whether they show what is to be seen today; half a minute

Beside each picture lies, as text, what it was made of. The check compares this with what the programs show
today, but for numbers and times, prints how it differs, and ends with 1 when it does. How fast the machine
is changes nothing. Colours, widths and drawings are not compared: who changes those takes the pictures anew.
Needs the extra ``dev``, and chromium.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from docs.picturing.film import film
from docs.picturing.recording import record
from docs.picturing.seen import difference, of_recording, of_screen
from docs.picturing.views import Views

IMAGES = Path(__file__).parent / "images"
COLUMNS, ROWS = 96, 24
SECONDS = 150
ABOUT = """\
A terminal. accsyn-async demo is typed. It names a workspace in a box and seven real files, then shows a line
for each transfer with name, bar, percent, speed, time left and state. Some run, the others wait; each ends as
done. At last it says how to watch a workspace of one's own."""


async def take() -> None:
    """Take all pictures, and write down what they were made of."""
    frames = await asyncio.to_thread(record, ["demo"], columns=COLUMNS, rows=ROWS)
    moving, still = film("accsyn-async demo", frames, columns=COLUMNS, about=ABOUT, faster=1.5, still=0.4)
    (IMAGES / "demo.svg").write_text(moving, "utf-8")
    (IMAGES / "demo-still.svg").write_text(still, "utf-8")
    seen = {"demo": of_recording([frame.lines for frame in frames])}
    async with Views.open() as views:
        seen |= await of_views(views)
        await views.move()
        await asyncio.gather(
            views.take_page(IMAGES / "dashboard.png", IMAGES / "dashboard-dark.png", after=SECONDS),
            views.take_screen(IMAGES / "top.png", after=SECONDS),
        )
    for name, text in seen.items():
        (IMAGES / f"{name}.txt").write_text(text, "utf-8")


async def check() -> int:
    """Look at all that there are pictures of.

    Returns:
        How many pictures are stale.
    """
    recording = asyncio.create_task(asyncio.to_thread(record, ["demo"], columns=COLUMNS, rows=ROWS))
    async with Views.open() as views:
        seen = await of_views(views)
    seen["demo"] = of_recording([frame.lines for frame in await recording])
    told = stale(seen, IMAGES)
    count = f"{len(told)} of {len(seen)} pictures are stale" + ": python docs/pictures.py" * bool(told)
    sys.stdout.write("\n\n".join([*told, count]) + "\n")
    return len(told)


def stale(seen: Mapping[str, str], images: Path) -> list[str]:
    """What is to be seen otherwise than when the pictures were taken.

    Args:
        seen: what is to be seen today, by the name of the picture.
        images: where, beside the pictures, the texts lie that they were made of.

    Returns:
        For each picture that is stale, how it differs.
    """
    told = (
        difference(name, (images / f"{name}.txt").read_text("utf-8"), text) for name, text in seen.items()
    )
    return list(filter(None, told))


async def of_views(views: Views) -> dict[str, str]:
    """What is to be seen on the page and the screen while time stands still."""
    return {"dashboard": of_screen(await views.page_text()), "top": of_screen(await views.screen_text())}


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            asyncio.run(take())
        case ["--check"]:
            sys.exit(min(1, asyncio.run(check())))
        case _:
            sys.exit("usage: python docs/pictures.py [--check]")
