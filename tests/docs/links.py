"""``python -m tests.docs.links site`` says which links of a site lead nowhere or load from elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["Problems", "problems"]

Problems = list[str]
_LOADED = {("img", "src"), ("script", "src"), ("source", "srcset"), ("iframe", "src"), ("object", "data")}
_LOADED_BY = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "modulepreload"}


class _Reading(HTMLParser):
    """What a page links to, and what can be linked to in it.

    Attributes:
        anchors: the ids in it.
        links: what leads to other pages, and whether it is loaded with the page.
    """

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and "href" in given:
            self.links.append((given["href"], False))
        if tag == "link" and _LOADED_BY & set(given.get("rel", "").split()):
            self.links.append((given.get("href", ""), True))
        for name, value in given.items():
            if (tag, name) in _LOADED:
                self.links += [(each.split()[0], True) for each in value.split(",") if each.strip()]


def problems(site: Path) -> Problems:
    """What is wrong with the links of a site: a line each, with the page that has it.

    Args:
        site: the folder of the built site.
    """
    pages = {}
    for path in sorted(site.rglob("*.html")):
        pages[path] = page = _Reading()
        page.feed(path.read_text("utf-8"))
    return [line for path, page in pages.items() for line in _wrong(site, path, page, pages)]


def _wrong(site: Path, path: Path, page: _Reading, pages: dict[Path, _Reading]) -> Iterator[str]:
    name = path.relative_to(site).as_posix()
    for link, loaded in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if loaded and parts.scheme != "data":
                yield f"{name} loads {link}"
            continue
        # The page for what is not found is shown at any address.
        base = site if parts.path.startswith("/") else path.parent
        target = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
        if target.is_dir():
            target /= "index.html"
        anchor = unquote(parts.fragment)
        if not target.is_file():
            yield f"{name} links to {link}, which is not there"
        elif anchor and target in pages and anchor not in pages[target].anchors:
            yield f"{name} links to {link}, which has no such anchor"


if __name__ == "__main__":
    found = problems(Path(sys.argv[1]).resolve())
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.exit(bool(found))
