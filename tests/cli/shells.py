"""Shells, for real: what they offer when Tab is pressed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import pytest

_PATIENCE: Final = 30
_RC: Final = r"""
PROMPT='> '
LISTMAX=0
autoload -Uz compinit && compinit -u -D
[[ -z $SOURCED ]] || source $SOURCED
tell() { print -r -u $TELL -- "$BUFFER" }
begin() { BUFFER= }
zle -N tell && zle -N begin && zle -N zle-line-init tell
bindkey '^I' complete-word
bindkey '^T' tell
bindkey '^B' begin
"""
_LEFT: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b.")


def shell(name: str) -> str:
    """Where a shell is; a test that needs one that is not here fails."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"What makes {name} complete is tested in a real {name}: apt-get install {name}")
    return path


def home(folder: Path) -> dict[str, str]:
    """The environment of somebody new, at home in a folder, to whom the program is installed."""
    program = folder / "bin" / "accsyn-async"
    program.parent.mkdir(exist_ok=True)
    program.touch(mode=0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return {"HOME": str(folder), "PATH": path, "LC_ALL": "C.UTF-8", "TERM": "xterm"}


def fish(folder: Path, line: str) -> set[str]:
    """What fish offers at the end of a line, to somebody at home in a folder."""
    argv = [shell("fish"), "-c", "complete -C $argv[1]", line]
    done = subprocess.run(
        argv, cwd=folder, env=home(folder), capture_output=True, text=True, timeout=_PATIENCE
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return {offer.partition("\t")[0] for offer in done.stdout.splitlines()}


class Tabbed(NamedTuple):
    """What became of a line when Tab was pressed.

    Attributes:
        line: the line.
        shown: what was written to the terminal meanwhile, such as a list to choose from.
    """

    line: str
    shown: str


class Zsh:
    """A zsh at a terminal of its own, whose completion is on.

    Args:
        folder: where its user is at home, and ``.zshrc`` is added to.
        sourced: a file that it reads after that.
    """

    def __init__(self, folder: Path, sourced: Path | None = None) -> None:
        with (folder / ".zshrc").open("a") as rc:
            rc.write(_RC)
        self._terminal, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("4H", 60, 200, 0, 0))
        self._told, tell = os.pipe()
        environ = home(folder) | {"TELL": str(tell), "SOURCED": str(sourced or "")}
        self._process = subprocess.Popen(
            [shell("zsh"), "-d", "-i"],
            cwd=folder,
            env=environ,
            stdin=its,
            stdout=its,
            stderr=its,
            pass_fds=(tell,),
            start_new_session=True,
        )
        os.close(its)
        os.close(tell)

    def __enter__(self) -> Self:
        started = self._until_told()
        assert started.line == ""
        assert "not found" not in started.shown, started
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._terminal)
        os.close(self._told)

    def tab(self, line: str) -> Tabbed:
        """Type a line, and press Tab."""
        os.write(self._terminal, b"\x02" + line.encode() + b"\t\x14")
        return self._until_told()

    def _until_told(self) -> Tabbed:
        shown, told = b"", b""
        while not told.endswith(b"\n"):
            ready, _, _ = select.select([self._terminal, self._told], [], [], _PATIENCE)
            assert ready, f"zsh is silent after {shown!r}"
            if self._terminal in ready:
                shown += os.read(self._terminal, 65536)
            if self._told in ready:
                more = os.read(self._told, 65536)
                assert more, f"zsh ended after {shown!r}"
                told += more
        while select.select([self._terminal], [], [], 0)[0]:
            shown += os.read(self._terminal, 65536)
        return Tabbed(told.decode().removesuffix("\n"), _LEFT.sub("", shown.decode(errors="replace")))


@contextmanager
def zsh_with(folder: Path, name: str, script: str) -> Iterator[Zsh]:
    """A zsh with a script in a folder of its fpath.

    Args:
        folder: where its user is at home.
        name: the script's file name.
        script: what the file holds.
    """
    functions = folder / ".zfunc"
    functions.mkdir()
    (functions / name).write_text(script)
    (folder / ".zshrc").write_text("fpath=(~/.zfunc $fpath)\n")
    with Zsh(folder) as zsh:
        yield zsh
