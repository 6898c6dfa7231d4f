"""``python -m tests.quick_poll program.py …`` runs a program as if by itself, but that it polls often."""

from __future__ import annotations

import functools
import runpy
import sys

import accsyn_async
from accsyn_async import PollPolicy, Session

OFTEN = PollPolicy(soon=0.02, running=0.02, idle=0.02)

if __name__ == "__main__":
    accsyn_async.Session = functools.partial(Session, poll=OFTEN)  # type: ignore[misc,assignment]
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
