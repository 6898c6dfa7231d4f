"""What is typed at a shell, looked at without being run: programs, options, modules, extras, variables."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import re
import shlex
import tomllib

from cyclopts import CycloptsError

from accsyn_async.cli.app import make_app
from tests.docs.pages import ROOT

__all__ = ["check_line", "check_requirements", "is_read"]

_ASSIGNED = re.compile(r"(\w+)=(.*)", re.DOTALL)
_BETWEEN = re.compile(r"[();<>|&]+")
_PIP = re.compile(r"(?:.*/)?pip[\d.]*")
_PYTHON = re.compile(r"(?:.*/)?python[\d.]*")
_OF_PYTHON = ("ensurepip", "pip", "pytest", "venv")


@functools.cache
def _source() -> str:
    return "\n".join(path.read_text() for path in (ROOT / "accsyn_async").rglob("*.py"))


def is_read(name: str) -> bool:
    """Whether the program reads a variable of the environment."""
    return f'"{name}"' in _source()


def check_line(text: str, where: str, context: str = "") -> None:
    """See that what a line names is there, as far as it is this project's.

    Args:
        text: without prompt and comment; several commands may be joined by ``&&``, ``|`` and the like.
        where: page and line.
        context: the block; a variable that occurs in it as ``$NAME`` is a shell's own.

    Raises:
        AssertionError: a command, an option, a module, an extra or a variable is not there.
    """
    lexer = shlex.shlex(text.replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        tokens = list(lexer)
    except ValueError as error:
        raise AssertionError(f"{where}: {error}") from None
    for token in [*tokens, ";"]:
        if not _BETWEEN.fullmatch(token):
            words.append(token)
            continue
        _check_command(words, where, context)
        words = []


def _check_command(words: list[str], where: str, context: str) -> None:
    while words and (words[0] == "export" or _ASSIGNED.fullmatch(words[0])):
        if found := _ASSIGNED.fullmatch(words[0]):
            known = is_read(found[1]) or re.search(rf"\$\{{?{found[1]}\b", context)
            assert known, f"{where}: nobody reads {found[1]}"
        words = words[1:]
    if not words:
        return
    program, *rest = words
    if program == "accsyn-async":
        _check_arguments(rest, where)
    elif _PYTHON.fullmatch(program) and rest[:1] == ["-m"]:
        assert rest[1:], f"{where}: -m what?"
        _check_module(rest[1], where)
        if rest[1:3] == ["pip", "install"]:
            check_requirements(rest[3:], where)
    elif _PIP.fullmatch(program) and rest[:1] == ["install"]:
        check_requirements(rest[1:], where)


def _check_arguments(words: list[str], where: str) -> None:
    try:
        make_app().parse_args(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise AssertionError(f"{where}: accsyn-async: {' '.join(str(error).split())}") from None


def _check_module(name: str, where: str) -> None:
    if name.split(".")[0] in _OF_PYTHON:
        return
    try:
        found = importlib.util.find_spec(name)
        if found is not None and found.submodule_search_locations is not None:
            found = importlib.util.find_spec(f"{name}.__main__")
    except ModuleNotFoundError:
        found = None
    assert found is not None, f"{where}: there is no module {name} to run"


def check_requirements(words: list[str], where: str) -> None:
    """See that what ``pip install`` is given is there.

    Raises:
        AssertionError: an extra is not there.
        importlib.metadata.PackageNotFoundError: a package is not among those of the extra ``dev``.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for word in words:
        if word.startswith("-"):
            continue
        name, _, extras = word.partition("[")
        there = project["optional-dependencies"].keys() | {""}
        unknown = set(extras.rstrip("]").split(",")) - there
        assert not unknown, f"{where}: there are no extras {unknown}"
        if name not in (".", project["name"]) and not name.endswith(".txt"):
            assert importlib.metadata.version(name), where
