"""``python -m tests.docs.quickly …`` runs what Python would, but that sessions poll often."""

from __future__ import annotations

import os
import runpy
import sys

from accsyn_async import Session
from tests.quick_poll import OFTEN

__all__ = ["poll_often"]


def poll_often() -> dict[str, object]:
    """The defaults of a session's arguments, in which ``poll`` is to be replaced."""
    defaults = Session.__init__.__kwdefaults__
    assert defaults is not None
    assert "poll" in defaults
    return defaults


if __name__ == "__main__":
    poll_often()["poll"] = OFTEN
    del sys.argv[0]
    if sys.argv[0] == "-m":
        del sys.argv[0]
        sys.path.insert(0, os.getcwd())
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])))
        runpy.run_path(sys.argv[0], run_name="__main__")
