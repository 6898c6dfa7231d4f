"""The commands together, and their arguments."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from cyclopts import App, CycloptsError, Parameter

from accsyn_async import __version__
from accsyn_async.cli.exit_codes import USAGE
from accsyn_async.cli.help_pages import flowing
from accsyn_async.cli.output import Output, open_what_is_closed, spell_everything
from accsyn_async.cli.runner import guarded, run_command
from accsyn_async.safe_text import safe

__all__ = ["make_app", "run"]

_HELP = """Submit, follow and steer accsyn transfers. Begin with 'accsyn-async demo'; it needs no account.

Exit codes: 0 done; 1 a job failed, was aborted or removed, or the backend said no; \
2 wrong usage or settings; 3 cannot log in; 4 backend out of reach; 5 timed out; 130 interrupted."""


class _Command(NamedTuple):
    """What the help says of a command; its module is imported when it is called.

    Attributes:
        arguments: what follows its name.
        what: what it does, in a line.
        more: what else there is to know.
        examples: what follows the program's name, a line each.
    """

    arguments: str
    what: str
    more: str = ""
    examples: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The page's text, above the tables of its options."""
        examples = "\n".join(f"  accsyn-async {example}" for example in self.examples)
        return "\n\n".join(filter(None, (self.what, self.more, examples)))


_ID = "5d91b33ac71c12871d1fc3c2"

_COMMANDS = {
    "demo": _Command(
        "", "See real files being transferred, without an account.", "It takes some twenty seconds."
    ),
    "watch": _Command(
        "[QUERY | ID ...]",
        "Follow jobs, live.",
        "Those of a query until Ctrl-C; those given by id until each has come to its end.",
        (
            "watch",
            "watch 'Transfer WHERE user=\"lisa@example.com\"'",
            f"watch {_ID} --timeout 3600 --json",
        ),
    ),
    "top": _Command(
        "[QUERY | ID ...]",
        "See jobs on a screen of the terminal, and steer them.",
        "The key ? shows all the others. Columns, order and log are remembered.",
        ("top", "top 'Transfer WHERE status=running'", "top --once --json"),
    ),
    "find": _Command(
        "QUERY",
        "Find jobs, users, sites, volumes and the rest.",
        "Jobs that are done or aborted are found with --finished, old ones with --archived.",
        (
            "find 'Transfer WHERE status=running'",
            "find User --attributes code,role",
            f"find Task --parent {_ID} --json",
        ),
    ),
    "submit": _Command(
        "FILE | SOURCE ... DESTINATION",
        "Check a job and submit it.",
        "What is wrong with it is told before anything is sent.",
        (
            "submit share=projects/a.mov site=berlin --wait",
            "submit share=projects/a.mov share=projects/b.mov site=berlin",
            "submit job.json --name Dailies --dry-run",
        ),
    ),
    "validate": _Command(
        "FILE ...",
        "Check jobs in JSON, without connecting to anything.",
        "One line a problem, with line and column; exit code 2 when there is an error.",
        ("validate job.json", "validate jobs/*.json --strict"),
    ),
    "migrate": _Command(
        "FILE.py ...",
        "Tell what programs for the official client have to change.",
        "Line by line, without running them; exit code 1 when there is something to do, 2 for no Python.",
        ("migrate deliver.py", "migrate *.py --diff > moved.patch"),
    ),
    "schema": _Command(
        "[KIND]",
        "Print the JSON schema of job files, for editors.",
        'Keep it as accsyn-job.json, and let job files begin with "$schema": "./accsyn-job.json".',
        ("schema > accsyn-job.json", "schema delivery"),
    ),
    "pause": _Command("ID ...", "Pause transfers.", "What has arrived stays.", (f"pause {_ID}",)),
    "resume": _Command(
        "ID ...",
        "Let transfers go on.",
        "Those that are paused, have failed or were aborted.",
        (f"resume {_ID}",),
    ),
    "abort": _Command("ID ...", "Abort transfers.", "At a terminal it asks first.", (f"abort {_ID} --yes",)),
    "doctor": _Command(
        "",
        "See what is set and installed, whether the backend is reached, and who is logged in.",
        "It changes nothing, sends three requests at most, and shows no secret.",
        ("doctor", "doctor --envfile studio.env --checkpoint seen.ckpt"),
    ),
    "dashboard": _Command(
        "[QUERY]",
        "Serve a page on which jobs are seen to move, and metrics for Prometheus.",
        "Until Ctrl-C. On this computer alone, unless there is a token; needs the extra 'dashboard'.",
        ("dashboard", "dashboard 'Transfer WHERE status=running' --read-only --port 9000"),
    ),
    "relay": _Command(
        "",
        "Publish what happens to jobs on NATS JetStream, for other machines.",
        "Until Ctrl-C. Of several, one leads, and another takes over from it; needs the extra 'relay'.",
        ("relay --nats nats://nats.example.com --replicas 3", "relay --embedded --allow pause,resume,abort"),
    ),
    "sandbox": _Command(
        "",
        "Serve a workspace in a box, to develop against.",
        "Until Ctrl-C. Files are really copied, between folders of this computer. "
        "Keys are fresh at each start, unless --state keeps them.",
        ("sandbox", "sandbox --synthetic --jobs 500 --time-factor 60", "sandbox --state studio.db --tls"),
    ),
    "completion": _Command(
        "[SHELL]",
        "Print what makes a shell complete commands and options.",
        "With --install, each shell that is started from then on does so.",
        ("completion --install", "completion zsh > ~/.zfunc/_accsyn-async"),
    ),
}


def make_app() -> App:
    """The command line's app, with every command."""
    app = App(
        name="accsyn-async",
        help=_HELP,
        usage="Usage: accsyn-async COMMAND [OPTIONS]",
        version=__version__,
        help_format="plaintext",
        help_formatter=flowing,
        default_parameter=Parameter(negative=(), show_default=False),
    )
    for order, (name, command) in enumerate(_COMMANDS.items()):
        app.command(
            f"accsyn_async.cli.{name}:{name}",
            name=name,
            help=command.text,
            usage=" ".join(filter(None, ("Usage: accsyn-async", name, command.arguments, "[OPTIONS]"))),
            sort_key=order,
        )
    return app


def run(argv: Sequence[str]) -> int:
    """Run a command line.

    Args:
        argv: the arguments after the program's name.

    Returns:
        The exit code.
    """
    open_what_is_closed()
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
