"""``accsyn-async completion``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from accsyn_async.cli.output import Output
from accsyn_async.errors import ArgumentError
from accsyn_async.safe_text import safe

if TYPE_CHECKING:
    from cyclopts import App

__all__ = ["completion"]

Shell = Literal["bash", "zsh", "fish"]

# A file of fpath is run as a function, each time that it is asked: cyclopts' only defines another one.
_ZSH_CALL: Final = """
if [[ $zsh_eval_context[-1] == *func ]]; then
  _cyclopts_accsyn-async "$@"
else
  compdef _cyclopts_accsyn-async accsyn-async
fi
"""
# Where anything can stand, zsh shows what that is, and types no option: unless it may choose, of nothing.
_ZSH_ANYTHING: Final = re.compile(r"^( +'[*0-9]:(?:[^':\n]|'\\''|\\:)*)(?=' \\$)", re.MULTILINE)


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
        output.line(_script(app, named).rstrip())
        return 0
    try:
        path = app.install_completion(shell=named)
        path.write_text(_script(app, named), "utf-8")
        is_off = named == "zsh" and _is_off(path)
    except OSError as error:
        where = error.filename or Path.home()
        raise ArgumentError(f"{str(where)!r} cannot be written: {error.strerror}") from None
    output.line(f"{safe(path)} completes accsyn-async in the next {named} that is started.")
    if is_off:
        output.line("If Tab does nothing there, let ~/.zshrc end with: autoload -Uz compinit && compinit")
    return 0


def _script(app: App, shell: Shell) -> str:
    script = app.generate_completion(shell=shell)
    return _ZSH_ANYTHING.sub(r"\1:()", script) + _ZSH_CALL if shell == "zsh" else script


def _is_off(path: Path) -> bool:
    """Whether zsh may not complete at all; where oh-my-zsh is, it does."""
    home = Path.home()
    if not path.is_relative_to(home / ".zsh"):
        return False
    return "compinit" not in (home / ".zshrc").read_text("utf-8", "replace")


def _detected() -> Shell:
    from cyclopts.completion import ShellDetectionError, detect_shell

    try:
        found = detect_shell()
    except ShellDetectionError:
        raise ArgumentError("which shell is this? accsyn-async completion bash, zsh or fish") from None
    if found not in ("bash", "zsh", "fish"):
        raise ArgumentError(f"nothing completes for {found} here; there is bash, zsh and fish")
    return found
