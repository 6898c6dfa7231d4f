"""Docstrings, written for readers of the code, as Markdown: examples and doctests become blocks of code."""

from __future__ import annotations

import re
from typing import Any

import griffe

import accsyn_async

__all__ = ["Docstrings", "as_markdown"]

_NAMED = re.compile(r"(?<![`\w\[])``?((?:accsyn_async\.)?([A-Z]\w+))``?(?![`\w])")
_RAISES = re.compile(r"^(\w+ raises):$")
_RULE = re.compile(r"^(=+)  =+$")
_REFERENCED = frozenset(accsyn_async.__all__) - {"__version__"}


def as_markdown(text: str, own: str = "") -> str:
    r"""A docstring's text with fenced examples and doctests, and links to what has a page.

    Args:
        text: cleaned, as `inspect.cleandoc` leaves it.
        own: the name of what it describes, which is not linked to itself.

    >>> print(as_markdown("Example::\n\n    await it"))
    **Example**
    <BLANKLINE>
    ```python
    await it
    ```
    >>> print(as_markdown("Two:\n\n>>> 1 + 1\n2"))
    Two:
    <BLANKLINE>
    ```pycon
    >>> 1 + 1
    2
    ```
    """
    lines, done = text.split("\n"), list[str]()
    while lines:
        line = lines.pop(0)
        if line.endswith("::"):
            block = _indented(lines, len(line) - len(line.lstrip()))
            if line.strip() != "::":
                done.append("**Example**" if line == "Example::" else line[:-1])
            if not _is_python(block):
                # There the marks of code stand for themselves.
                block = [each.replace("``", "") for each in block]
            language = "pycon" if block[0].startswith(">>>") else "python" if _is_python(block) else "text"
            done += ["", *_fenced(language, block), ""]
        elif line.lstrip().startswith(">>> "):
            margin = len(line) - len(line.lstrip())
            block = [line[margin:]]
            while lines and lines[0].strip():
                block.append(lines.pop(0)[margin:])
            done += ["", *(f"{' ' * margin}{each}" for each in _fenced("pycon", block)), ""]
        elif found := _RAISES.match(line):
            entries = re.sub(r"\n\s{4,}", " ", "\n".join(_indented(lines, 0))).split("\n")
            named = (entry.partition(": ") for entry in entries)
            rows = (_linked(f"- ``{name}``: {what}", own) for name, _, what in named)
            done += [f"**{found[1]}**", "", *rows, ""]
        elif found := _RULE.match(line):
            rows = (each for each in iter(lambda: lines.pop(0), line))
            cells = ((each[: len(found[1])].strip(), each[len(found[1]) :].strip()) for each in rows)
            done += ["| | |", "|---|---|", *(f"| {left} | {right} |" for left, right in cells)]
        else:
            done.append(_linked(line, own))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(done)).strip()


def _indented(lines: list[str], margin: int) -> list[str]:
    """Take what is indented deeper off the lines, and its indentation away."""
    block: list[str] = []
    while lines and (not lines[0].strip() or len(lines[0]) - len(lines[0].lstrip()) > margin):
        block.append(lines.pop(0))
    while block and not block[0].strip():
        del block[0]
    while block and not block[-1].strip():
        del block[-1]
        lines.insert(0, "")
    deep = min(len(line) - len(line.lstrip()) for line in block if line.strip())
    return [line[deep:] for line in block]


def _fenced(language: str, block: list[str]) -> list[str]:
    return [f"```{language}", *block, "```"]


def _is_python(block: list[str]) -> bool:
    try:
        compile("\n".join(block), "docstring", "exec", flags=0x2000)  # ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    except SyntaxError:
        return False
    return True


def _linked(line: str, own: str) -> str:
    def link(found: re.Match[str]) -> str:
        name = found[2]
        if name not in _REFERENCED or name == own:
            return f"`{found[1]}`"
        return f"[`{found[1]}`][accsyn_async.{name}]"

    return _NAMED.sub(link, line)


class Docstrings(griffe.Extension):
    """Turns each docstring into Markdown before it is taken apart."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """See griffe."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value, obj.name)

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Leave out parameters that are there for tests."""
        for name in [parameter.name for parameter in func.parameters if parameter.name[0] == "_"]:
            del func.parameters[name]

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Let the keys of a row be told of in its docstring, where a list has room for all of them."""
        keys = {
            name: each.docstring.value.replace("\n", " ")
            for name, each in cls.attributes.items()
            if each.docstring is not None and cls.path.startswith("accsyn_async.rows.")
        }
        if keys and cls.docstring is not None:
            told = "\n".join(f"    {name}: {what}" for name, what in keys.items())
            cls.docstring.value += f"\n\nAttributes:\n{told}"
