"""``accsyn-async demo``."""

from __future__ import annotations

from accsyn_async.board.quantities import size_text
from accsyn_async.cli.demo_files import specifications, write_files
from accsyn_async.cli.following import follow
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.output import Output
from accsyn_async.cli.renderer import renderer_for
from accsyn_async.cli.verdict import Verdict
from accsyn_async.errors import ArgumentError
from accsyn_async.monitor.schedule import PollPolicy

__all__ = ["demo"]

_POLL = PollPolicy(soon=0.25, running=0.25, idle=1.0)
"""Faster than is fair to the real backend: this one serves nobody else."""

_NEXT = """
Next, watch your own workspace:

  export ACCSYN_WORKSPACE=… ACCSYN_API_USER=… ACCSYN_API_KEY=…
  accsyn-async watch

or keep one in a box to develop against:  accsyn-async sandbox"""


async def demo(*, speed: float = 3.0, json: bool = False) -> int:
    """See real files being transferred, without an account: a workspace in a box, for some seconds.

    Args:
        speed: MB/s that each transfer gets; 3 when left out.
        json: Write each event as one JSON object a line.
    """
    if not 0 < speed < float("inf"):
        raise ArgumentError(f"--speed is MB/s, more than 0, not {speed:g}")
    from accsyn_async.sandbox import Sandbox

    output = Output()
    with logging_to(output, verbose=False):
        async with Sandbox(speed=speed) as box:
            written = await write_files(box.volume, box.local_root / "edit")
            todo = specifications(box.user("employee").username)
            output.note(
                f"A workspace in a box at {box.url}\n"
                f"{len(todo)} real files, {size_text(written)}, copied between temporary folders\n"
            )
            async with box.session("employee", poll=_POLL) as session:
                ids = [(await session.create("Transfer", data))["id"] for data in todo]
                renderer = renderer_for(output, json=json)
                verdict = Verdict(ids)
                async with session.watch(ids) as events:
                    code = await follow(events, renderer, verdict)
    if not json:
        output.note(_NEXT)
    return code
