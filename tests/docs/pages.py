"""Pages, taken apart into blocks by sybil."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sybil import Document
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, FencedCodeBlockLexer

__all__ = ["KINDS", "PREPARE", "ROOT", "Block", "Mark", "Page", "all_pages", "marked_for", "other_pages"]

ROOT = Path(__file__).parents[2]
KINDS = ("elsewhere", "fixture", "raises", "server")
"""What a comment before a block can say."""
PREPARE = "prepare"
"""The language of what readers do not see."""

_MARK = re.compile(r"<!-- run: *(\S+) *(.*?) *-->[ \t]*\n\s*\Z")
_ANY_MARK = re.compile(r"<!--\s*run\b.*?-->", re.DOTALL)
_PREPARE = DirectiveInHTMLCommentLexer("prepare", "python")
_FENCE_LINE = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})", re.MULTILINE)
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
            AssertionError: a comment about running is none that there is, or not before a block; or a
                fence is not closed.
        """
        document = Document(self.text, self.name)
        found: list[tuple[int, Block]] = []
        marks = fences = 0
        for region in _PREPARE(document):
            line = self.text.count("\n", 0, region.start) + 2
            text = str(region.lexemes["source"])
            found.append((region.start, Block(self.name, line, PREPARE, None, text, None)))
        for region in _FENCE(document):
            language, _, rest = region.lexemes["info"].strip().partition(" ")
            source = str(region.lexemes["source"])
            if self.text.startswith(("`", "~"), region.start):
                # As it stands: what sybil gives has lost the blanks of lines with nothing else.
                source = self.text[region.start : region.end].partition("\n")[2].rpartition("\n")[0] + "\n"
            line = self.text.count("\n", 0, region.start) + 2
            title = re.search(r'title="([^"]+)"', rest)
            mark = self._mark(region.start)
            marks += mark is not None
            block = Block(self.name, line, language, title[1] if title else None, source, mark)
            found.append((region.start, block))
            fences += 2 + len(_FENCE_LINE.findall(block.text))
        loose = len(_ANY_MARK.findall(self.text)) - marks
        assert not loose, f"{self.name}: {loose} comments about running are not right before a block"
        assert len(_FENCE_LINE.findall(self.text)) == fences, f"{self.name}: a fence is not closed"
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


def other_pages() -> Iterator[Page]:
    """Pages of the site from elsewhere: what is typed in them takes long, and is only looked at."""
    for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md"):
        yield Page(ROOT / name)


def marked_for(file: str) -> list[Block]:
    """The blocks that a test says it runs: all that are marked ``elsewhere`` with its path.

    Args:
        file: the test's own ``__file__``.
    """
    name = Path(file).resolve().relative_to(ROOT).as_posix()
    marked = [block for page in all_pages() for block in page.blocks() if block.mark is not None]
    return [block for block in marked if block.mark == Mark("elsewhere", (name,))]
