"""The pages as plain Markdown, for readers that see no page: one beside each, and llms-full.txt with all."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

__all__ = ["on_page_markdown", "on_post_build", "written_out"]

_ENTRY = re.compile(r"^::: (\S+)\n((?: {4}.*\n?)*)", re.MULTILINE)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> None:
    """Keep what a page is made of."""
    _sources(config)[page.file.src_uri] = markdown


def on_post_build(config: MkDocsConfig) -> None:
    """Write each page's Markdown beside it, and llms-full.txt: first what llms.txt lists, then the others."""
    site = Path(config.site_dir)
    texts = {name: written_out(text) for name, text in _sources(config).items()}
    for name, text in texts.items():
        (site / name).write_text(text, "utf-8")
    listed = re.findall(r"\]\(([^)]+)\)", (site / "llms.txt").read_text("utf-8"))
    parts = [f"<!-- {name} -->\n\n{texts[name].strip()}\n" for name in dict.fromkeys([*listed, *texts])]
    (site / "llms-full.txt").write_text("\n\n".join(parts), "utf-8")


def _sources(config: MkDocsConfig) -> dict[str, str]:
    sources: dict[str, str] = config.extra.setdefault("sources", {})
    return sources


def written_out(markdown: str) -> str:
    """A page in which each entry of the reference is its signature and its docstring."""
    return _ENTRY.sub(_entry, markdown)


def _entry(found: re.Match[str]) -> str:
    package, _, path = found[1].partition(".")
    return "\n".join(_lines(_package(package)[path], found[1], whole="members: false" not in found[2])) + "\n"


@functools.cache
def _package(name: str) -> griffe.Module:
    package = griffe.load(name, search_paths=[Path(__file__).parents[2]], resolve_aliases=True)
    assert isinstance(package, griffe.Module)
    return package


def _lines(thing: griffe.Object | griffe.Alias, path: str, *, whole: bool) -> list[str]:
    lines = []
    target = thing.final_target if isinstance(thing, griffe.Alias) else thing
    if isinstance(target, griffe.Function):
        kind = "async def" if "async" in target.labels else "def"
        lines = [f"### {path}", "", "```python", f"{kind} {target.signature(return_type=True)}", "```", ""]
    elif not thing.is_module:
        lines = [f"### {path}", ""]
    if thing.docstring is not None:
        lines += [thing.docstring.value, ""]
    for name, member in thing.members.items() if whole and thing.is_class else ():
        if name[0] != "_" and member.docstring is not None:
            lines += _lines(member, f"{path}.{name}", whole=False)
    return lines
