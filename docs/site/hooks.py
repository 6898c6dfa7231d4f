"""What MkDocs does beside turning docs/ into pages.

Files of the repository that are worth a page get one: the changelog, how to contribute, what is measured, and
each example. Links that lead out of docs/ lead to these pages, so that the same Markdown can be read in a
checkout and on the site.
"""

from __future__ import annotations

import ast
import posixpath
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

__all__ = [
    "ROOT",
    "example_page",
    "examples_index",
    "on_config",
    "on_files",
    "on_page_markdown",
    "relinked",
]

ROOT = Path(__file__).parents[2]
COPIED = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "benchmarks.md",
}
"""Files of the repository, and the pages that they become."""
STANDING_IN = {
    "README.md": "index.md",
    "accsyn_async/errors.py": "reference/errors.md",
    "accsyn_async/rows": "reference/rows.md",
    "benchmarks": "benchmarks.md",
    "examples": "examples/index.md",
}
"""Pages that say what is to be known of a file or folder."""

_LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\])\(([^)\s]+)\)")
_CODE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n((?:(?!\$ |```).*\n)+)```", re.MULTILINE)
_COMMENT = re.compile(r"^<!-- (?:run: [^\n]*|prepare: .*?)-->\n", re.MULTILINE | re.DOTALL)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List each example in the navigation."""
    programs = sorted((ROOT / "examples").glob("*.py"))
    pages = ({path.name: f"examples/{path.stem}.md"} for path in programs)
    listed = [{"Overview": "examples/index.md"}, *pages]
    config.nav = [{"Examples": listed} if "Examples" in part else part for part in config.nav or ()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made of files outside docs/."""
    made = {page: (ROOT / name).read_text("utf-8") for name, page in COPIED.items() if (ROOT / name).exists()}
    programs = sorted((ROOT / "examples").glob("*.py"))
    made["examples/index.md"] = examples_index(programs)
    made |= {f"examples/{path.stem}.md": example_page(path) for path in programs}
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def example_page(path: Path) -> str:
    """A page of a program: what its docstring says, and its code."""
    source = path.read_text("utf-8")
    title, said = _told(source)
    # Its docstring is the page's text.
    body = ast.parse(source).body
    code = "".join(source.splitlines(keepends=True)[body[0].end_lineno :]).strip()
    said = re.sub(r"(?:^ {4}.*\n?)+", _console, said, flags=re.MULTILINE)
    return f'# {path.name}\n\n{title}\n\n{said}\n\n```python title="examples/{path.name}"\n{code}\n```\n'


def examples_index(programs: list[Path]) -> str:
    """The page that lists them."""
    rows = [f"| [{path.name}]({path.stem}.md) | {_told(path.read_text('utf-8'))[0]} |" for path in programs]
    head = "Small programs to begin with. Each is run by a test against the sandbox."
    return "\n".join(["# Examples", "", head, "", "| program | |", "|---|---|", *rows, ""])


def _told(source: str) -> tuple[str, str]:
    title, _, said = (ast.get_docstring(ast.parse(source)) or "").partition("\n\n")
    return title.replace("\n", " "), said


def _console(found: re.Match[str]) -> str:
    lines = [line.strip() for line in found[0].splitlines()]
    return "\n".join(["```console", *lines, "```"]) + "\n"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links out of docs/ to pages, and leave out what only tests read."""
    name = page.file.src_uri
    origin = next((file for file, made in COPIED.items() if made == name), f"docs/{name}")
    text = relinked(_COMMENT.sub("", markdown), origin, name)
    # Without prompts, what is typed would be shown as output.
    return _CONSOLE.sub(r"```bash\n\1```", text)


def relinked(markdown: str, origin: str, page: str) -> str:
    """Lead the links of a file to pages, wherever a page has what they lead to.

    Args:
        markdown: its text.
        origin: where it lies in the repository.
        page: where it lies among the pages.
    """
    code = [found.span() for found in _CODE.finditer(markdown)]

    def link(found: re.Match[str]) -> str:
        if any(begin <= found.start() < end for begin, end in code):
            return found[0]
        text, (path, hash_, anchor) = found[1], found[2].partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return found[0]
        led = _page_of(posixpath.normpath(posixpath.join(posixpath.dirname(origin), path)))
        if led is None:
            # It is in a checkout alone, and its name says where.
            return text[1:-1]
        return f"{text}({posixpath.relpath(led, posixpath.dirname(page) or '.')}{hash_}{anchor})"

    return _LINK.sub(link, markdown)


def _page_of(target: str) -> str | None:
    """The page, or file beside pages, that has what a path in the repository leads to; ``None`` without."""
    if led := COPIED.get(target) or STANDING_IN.get(target):
        return led
    path = PurePosixPath(target)
    if path.parts[0] == "docs":
        return "/".join(path.parts[1:])
    if path.parts[0] == "examples" and path.suffix == ".py":
        return f"examples/{path.stem}.md"
    # What is nowhere is left to MkDocs to complain of.
    return None if (ROOT / target).exists() else target
