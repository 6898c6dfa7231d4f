"""What makes the site: pages out of files, links, docstrings as Markdown, llms.txt, the reference."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

import accsyn_async
from accsyn_async import Session
from docs.site.docstrings import as_markdown
from docs.site.hooks import COPIED, STANDING_IN, example_page, examples_index, relinked
from docs.site.plain_pages import written_out
from tests.docs.links import problems
from tests.docs.pages import ROOT, all_pages

DOCS = ROOT / "docs"
LISTED = re.findall(r"^- \[[^]]+\]\(([^)]+)\): \S", (DOCS / "llms.txt").read_text(), re.MULTILINE)
REFERENCE = "".join(path.read_text() for path in (DOCS / "reference").glob("*.md"))


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, whose tags name functions."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: suffix)


def leaves(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    else:
        for each in part.values() if isinstance(part, dict) else part:
            yield from leaves(each)


SETTINGS = yaml.load((ROOT / "mkdocs.yml").read_text(), _Loader)
NAV = list(leaves(SETTINGS["nav"]))


def test_llms_txt_lists_each_page_once_and_none_else() -> None:
    assert sorted(LISTED) == sorted(NAV)
    text = (DOCS / "llms.txt").read_text()
    assert re.match(r"# \S.*\n\n> \S", text)
    assert len(LISTED) == text.count("](")


def test_pages_of_the_navigation_are_there_and_all_pages_are_in_it() -> None:
    made = {*COPIED.values(), "examples/index.md"}
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert {*NAV} - made <= there
    assert there <= {*NAV}


def test_nothing_is_fetched_for_a_page() -> None:
    assert SETTINGS["theme"]["font"] is False
    assert "repo_url" not in SETTINGS
    assert not re.search(r"@import|url\(", (DOCS / "site" / "site.css").read_text())


@pytest.mark.parametrize("name", sorted({*accsyn_async.__all__} - {"__version__"}))
def test_every_public_name_is_in_the_reference(name: str) -> None:
    assert re.search(rf"^::: accsyn_async\.{name}$", REFERENCE, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(name for name in dir(Session) if name[0] != "_"))
def test_everything_that_a_session_can_do_is_in_the_reference(name: str) -> None:
    own = name in vars(Session)
    assert own or re.search(rf"^::: accsyn_async\.Session\.{name}$", REFERENCE, re.MULTILINE)


@pytest.mark.parametrize("module", ["dashboard", "progress", "relay", "rows", "sandbox", "testing"])
def test_every_public_name_of_a_module_is_in_the_reference(module: str) -> None:
    there = importlib.import_module(f"accsyn_async.{module}")
    names = getattr(there, "__all__", None) or [name for name in vars(there) if name[0].isupper()]
    for name in names:
        # What takes the place of a query's first word is a type for editors alone.
        if not (module == "rows" and name.endswith("Name")):
            assert re.search(rf"^::: accsyn_async\.{module}\.{name}$", REFERENCE, re.MULTILINE), name


@pytest.mark.parametrize(
    ("origin", "page", "link", "led"),
    [
        ("docs/dashboard.md", "dashboard.md", "[a](../examples)", "[a](examples/index.md)"),
        ("docs/scale-out.md", "scale-out.md", "[a](../examples/x.py)", "[a](examples/x.md)"),
        ("docs/howto/x.md", "howto/x.md", "[a](../errors.md#e)", "[a](../errors.md#e)"),
        ("docs/howto/x.md", "howto/x.md", "[a](../../CHANGELOG.md)", "[a](../changelog.md)"),
        ("docs/performance.md", "performance.md", "[b](../benchmarks/README.md#q)", "[b](benchmarks.md#q)"),
        ("CHANGELOG.md", "changelog.md", "[a](docs/guarantees.md)", "[a](guarantees.md)"),
        ("CHANGELOG.md", "changelog.md", "![a](docs/images/top.png)", "![a](images/top.png)"),
        ("benchmarks/README.md", "benchmarks.md", "[a](../docs/scale-out.md)", "[a](scale-out.md)"),
        ("CONTRIBUTING.md", "contributing.md", "[`a`](tests/conftest.py)", "`a`"),
        ("CONTRIBUTING.md", "contributing.md", "[a](nowhere.py)", "[a](nowhere.py)"),
        ("README.md", "x.md", "[a](#here) [b](https://accsyn.com)", "[a](#here) [b](https://accsyn.com)"),
        ("README.md", "x.md", "```\n[a](docs/x.md)\n```", "```\n[a](docs/x.md)\n```"),
    ],
)
def test_links_lead_to_pages(origin: str, page: str, link: str, led: str) -> None:
    assert relinked(link, origin, page) == led


def test_what_is_copied_of_a_terminal_is_what_is_typed() -> None:
    css = (DOCS / "site" / "site.css").read_text()
    rule = re.search(r"^code\[data-md-copying\] :is\(([^)]*)\) \{\s*display: none;\s*\}", css, re.MULTILINE)
    assert rule is not None
    hidden = {name.strip().removeprefix(".") for name in rule[1].split(",")}
    shown = [block for page in all_pages() for block in page.blocks() if block.language == "console"]
    typed = [block for block in shown if block.text.startswith("$ ")]
    assert typed
    for block in typed:
        html = highlight(block.text, get_lexer_by_name("console"), HtmlFormatter(nowrap=True))
        kept = re.sub(r'<span class="(\w+)">([^<]*)</span>', lambda m: m[2] * (m[1] not in hidden), html)
        commands = re.findall(r"^\$ (.*(?:\n> .*|(?<=\\)\n.*)*)", block.text, re.MULTILINE)
        copied = [line for line in unescape(re.sub("<[^>]*>", "", kept)).splitlines() if line.strip()]
        assert copied == [line.removeprefix("> ") for text in commands for line in text.splitlines()]


def test_files_that_pages_stand_in_for_are_there() -> None:
    assert [name for name in STANDING_IN if not (ROOT / name).exists()] == []
    assert {*STANDING_IN.values()} <= {*NAV}


def test_a_program_becomes_its_docstring_and_its_code(tmp_path: Path) -> None:
    program = tmp_path / "greet.py"
    program.write_text('"""Greet.\n\n    python greet.py\n\nPolitely.\n"""\n\nprint("hello")\n')
    assert example_page(program) == (
        "# greet.py\n\nGreet.\n\n```console\npython greet.py\n```\n\nPolitely.\n\n"
        '```python title="examples/greet.py"\nprint("hello")\n```\n'
    )
    assert "| [greet.py](greet.md) | Greet. |" in examples_index([program])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.\n\nExample::\n\n    x = 1\n", "One.\n\n**Example**\n\n```python\nx = 1\n```"),
        ("Do so::\n\n    <a b>\n\nThen.", "Do so:\n\n```text\n<a b>\n```\n\nThen."),
        ("::\n\n    a ``b``  c\n", "```text\na b  c\n```"),
        (">>> 1\n1\n", "```pycon\n>>> 1\n1\n```"),
        (
            "Iterating raises:\n    A: b\n        c.\n    D: e.",
            "**Iterating raises**\n\n- ``A``: b c.\n- ``D``: e.",
        ),
        ("===  ===\na    b\n===  ===\n\nThen.", "| | |\n|---|---|\n| a | b |\n\nThen."),
        ("A ``Job`` is.", "A [`Job`][accsyn_async.Job] is."),
        ("A ``Watch`` of `Nonesuch`.", "A [`Watch`][accsyn_async.Watch] of `Nonesuch`."),
    ],
)
def test_docstrings_become_markdown(text: str, expected: str) -> None:
    assert as_markdown(text) == expected


def test_the_plain_reference_has_signatures_and_docstrings() -> None:
    text = written_out("# Calls\n\n::: accsyn_async.Session.find_one\n\n::: accsyn_async.RateLimit\n")
    assert "### accsyn_async.Session.find_one\n\n```python\nasync def find_one(query: " in text
    assert "### accsyn_async.RateLimit\n\nHow many requests a session may send." in text
    assert ":::" not in text


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ('<a href="b.html#there">', []),
        ('<a href="b.html#gone">', ["a.html links to b.html#gone, which has no such anchor"]),
        ('<a href="c.html">', ["a.html links to c.html, which is not there"]),
        ('<a href="https://accsyn.com">', []),
        ('<img src="gone.png">', ["a.html links to gone.png, which is not there"]),
        ('<img src="//example.com/x.png">', ["a.html loads //example.com/x.png"]),
        ('<script src="https://example.com/x.js">', ["a.html loads https://example.com/x.js"]),
        ('<link rel="stylesheet" href="https://x/y">', ["a.html loads https://x/y"]),
        ('<link rel="canonical" href="https://x/y">', []),
        ('<p id="here"><a href="#here">', []),
        ('<a href="#here">', ["a.html links to #here, which has no such anchor"]),
    ],
)
def test_links_that_lead_nowhere_are_told(page: str, told: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page)
    (tmp_path / "b.html").write_text('<h1 id="there">')
    assert problems(tmp_path) == told
