"""The commands together, and their arguments."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from typing import Any

from cyclopts import App, CycloptsError, Parameter

from accsyn_async import __version__
from accsyn_async.cli.exit_codes import USAGE
from accsyn_async.cli.output import Output, spell_everything
from accsyn_async.cli.runner import guarded, run_command
from accsyn_async.safe_text import safe

__all__ = ["make_app", "run"]

_HELP = """Follow and steer accsyn transfers. Begin with 'accsyn-async demo'; it needs no account.

Exit codes: 0 done; 1 a job failed, was aborted or removed, or the backend said no; 2 wrong usage; \
3 cannot log in; 4 backend out of reach; 5 timed out; 130 interrupted."""
_COMMANDS = {
    "demo": "See real files being transferred, without an account.",
    "watch": "Follow jobs, live.",
    "find": "Find jobs, users, sites, volumes and the rest.",
    "submit": "Submit a transfer.",
    "pause": "Pause transfers.",
    "resume": "Let transfers go on.",
    "abort": "Abort transfers.",
    "sandbox": "Serve a workspace in a box, to develop against.",
}
"""What each does; their modules are imported when they are called."""


def make_app() -> App:
    """The command line's app, with every command."""
    app = App(
        name="accsyn-async",
        help=_HELP,
        version=__version__,
        help_format="plaintext",
        default_parameter=Parameter(negative=(), show_default=False),
    )
    for order, (name, help_text) in enumerate(_COMMANDS.items()):
        app.command(f"accsyn_async.cli.{name}:{name}", name=name, help=help_text, sort_key=order)
    return app


def run(argv: Sequence[str]) -> int:
    """Run a command line.

    Args:
        argv: the arguments after the program's name.

    Returns:
        The exit code.
    """
    spell_everything(sys.stdout, sys.stderr)
    output = Output()
    return guarded(lambda: _run(list(argv), output), output)


def _run(argv: list[str], output: Output) -> int:
    try:
        command, bound, _ = make_app().parse_args(argv, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        output.note(f"accsyn-async: {safe(' '.join(str(error).split()))}")
        output.note("Try 'accsyn-async --help', or 'accsyn-async COMMAND --help'.")
        return USAGE
    outcome: Any = command(*bound.args, **bound.kwargs)
    if inspect.iscoroutine(outcome):
        return run_command(outcome)
    return outcome if isinstance(outcome, int) else 0
