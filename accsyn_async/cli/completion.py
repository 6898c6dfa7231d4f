"""``accsyn-async completion``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from accsyn_async.cli.output import Output
from accsyn_async.errors import ArgumentError
from accsyn_async.safe_text import safe

__all__ = ["completion"]

Shell = Literal["bash", "zsh", "fish"]


def completion(shell: Shell | None = None, /, *, install: bool = False) -> int:
    """Print what makes a shell complete commands and options, or put it where the shell looks for it.

    Args:
        shell: bash, zsh or fish; the one that this is run from when left out.
        install: Put it where the shell looks for it; of bash and zsh, the start file is told to read it.
    """
    # Imported late: it imports the commands.
    from accsyn_async.cli.app import make_app

    app, output = make_app(), Output()
    named = shell or _detected()
    if not install:
        output.line(app.generate_completion(shell=named).rstrip())
        return 0
    try:
        path = app.install_completion(shell=named)
    except OSError as error:
        where = error.filename or Path.home()
        raise ArgumentError(f"{str(where)!r} cannot be written: {error.strerror}") from None
    output.line(f"{safe(path)} completes accsyn-async in the next {named} that is started.")
    return 0


def _detected() -> Shell:
    from cyclopts.completion import ShellDetectionError, detect_shell

    try:
        found = detect_shell()
    except ShellDetectionError:
        raise ArgumentError("which shell is this? accsyn-async completion bash, zsh or fish") from None
    if found not in ("bash", "zsh", "fish"):
        raise ArgumentError(f"nothing completes for {found} here; there is bash, zsh and fish")
    return found
