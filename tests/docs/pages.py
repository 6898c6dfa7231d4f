"""Pages, taken apart into blocks by sybil."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sybil import Document
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, FencedCodeBlockLexer

__all__ = ["KINDS", "PREPARE", "ROOT", "Block", "Mark", "Page", "all_pages"]

ROOT = Path(__file__).parents[2]
KINDS = ("elsewhere", "fixture", "raises", "server")
"""What a comment before a block can say."""
PREPARE = "prepare"
"""The language of what readers do not see."""

_MARK = re.compile(r"<!-- run: *(\S+) *(.*?) *-->[ \t]*\n\s*\Z")
_ANY_MARK = re.compile(r"<!--\s*run\b.*?-->", re.DOTALL)
_PREPARE = DirectiveInHTMLCommentLexer("prepare", "python")
_FENCE = FencedCodeBlockLexer(language="[^`\n]*", mapping={"language": "info", "source": "source"})


@dataclass(frozen=True, slots=True)
class Mark:
    """How a block is run that does not run as it stands.

    Attributes:
        kind: one of `KINDS`.
        words: what stands behind it.
    """

    kind: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code.

    Attributes:
        page: the page's path in the repository.
        line: where its first line of code is, from 1.
        language: ``python``, ``console`` …; empty without one; `PREPARE` in an invisible comment.
        title: the name of the file that it is; ``None`` when it is none.
        text: what is in it.
        mark: the comment before it, if there is one.
    """

    page: str
    line: int
    language: str
    title: str | None
    text: str
    mark: Mark | None

    @property
    def where(self) -> str:
        """Page and line, as editors understand them."""
        return f"{self.page}:{self.line}"

    def named(self, name: str) -> bool:
        """Whether a program's name occurs in it, as a word."""
        return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", self.text) is not None


class Page:
    """A page of Markdown."""

    def __init__(self, path: Path, root: Path = ROOT) -> None:
        self.path = path
        self.name = path.relative_to(root).as_posix()
        self.text = path.read_text("utf-8")

    def blocks(self) -> list[Block]:
        """Its blocks, in order.

        Raises:
            AssertionError: a comment about running is none that there is, or not before a block.
        """
        document = Document(self.text, self.name)
        found: list[tuple[int, Block]] = []
        marks = 0
        for region in _PREPARE(document):
            line = self.text.count("\n", 0, region.start) + 2
            text = str(region.lexemes["source"])
            found.append((region.start, Block(self.name, line, PREPARE, None, text, None)))
        for region in _FENCE(document):
            language, _, rest = region.lexemes["info"].strip().partition(" ")
            source = region.lexemes["source"]
            line = self.text.count("\n", 0, region.start) + 2
            title = re.search(r'title="([^"]+)"', rest)
            mark = self._mark(region.start)
            marks += mark is not None
            block = Block(self.name, line, language, title[1] if title else None, str(source), mark)
            found.append((region.start, block))
        loose = len(_ANY_MARK.findall(self.text)) - marks
        assert not loose, f"{self.name}: {loose} comments about running are not right before a block"
        return [block for _, block in sorted(found, key=lambda each: each[0])]

    def _mark(self, start: int) -> Mark | None:
        found = _MARK.search(self.text[:start])
        if found is None:
            return None
        line = self.text.count("\n", 0, found.start()) + 1
        assert found[1] in KINDS, f"{self.name}:{line}: {found[1]!r} is none of {', '.join(KINDS)}"
        return Mark(found[1], tuple(found[2].split()))


def all_pages() -> Iterator[Page]:
    """The README, and what is in docs/."""
    yield Page(ROOT / "README.md")
    for path in sorted((ROOT / "docs").rglob("*.md")):
        yield Page(path)
