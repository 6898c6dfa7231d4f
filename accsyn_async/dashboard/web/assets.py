"""The files of the page, read once, joined and compressed."""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Asset", "Assets", "joined"]

_IMPORT: Final = re.compile(r'^import \{[^}\n]*\} from "\./[\w-]+\.js";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=const |let |class |function |async function )", re.MULTILINE)
_APP: Final = ("app",)
_STREAM: Final = ("stream",)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served.

    Attributes:
        body: its bytes.
        packed: the same, gzipped.
        content_type: with the character set.
        etag: names this content.
    """

    body: bytes
    packed: bytes
    content_type: str
    etag: str

    @classmethod
    def of(cls, text: str, content_type: str) -> Asset:
        """A file of this text."""
        body = text.encode()
        packed = gzip.compress(body, 9, mtime=0)
        return cls(body, packed, content_type, f'"{hashlib.sha256(body).hexdigest()[:20]}"')


class Assets:
    """The page and its scripts.

    Attributes:
        app: the page's script.
        stream: the script of the worker that tabs share.
    """

    def __init__(self) -> None:
        self._page = _read("page.html")
        self._login = _read("login.html")
        self._style = _read("style.css")
        self.app = Asset.of(joined(_modules(_APP)), "text/javascript; charset=utf-8")
        self.stream = Asset.of(joined(_modules(_STREAM)), "text/javascript; charset=utf-8")

    def page(self, nonce: str, config: dict[str, Any]) -> str:
        """The document.

        Args:
            nonce: what lets its style and scripts be.
            config: what the scripts are told.
        """
        return self._filled(self._page, nonce, config)

    def login(self, nonce: str, config: dict[str, Any]) -> str:
        """The document that asks for the token."""
        return self._filled(self._login, nonce, config)

    def _filled(self, text: str, nonce: str, config: dict[str, Any]) -> str:
        parts = {"nonce": nonce, "style": self._style, "config": _script_json(config)}
        # In one pass: what is put in is not looked through again.
        return re.sub(r"\{\{(nonce|style|config)\}\}", lambda found: parts[found[1]], text)


def joined(modules: Sequence[str]) -> str:
    r"""Several ES modules as one script: what they import from each other is there already.

    >>> print(joined(['export const one = 1;', 'import { one } from "./a.js";\nlet two = one;']))
    "use strict";
    {
    const one = 1;
    let two = one;
    }
    """
    body = "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)).strip() for text in modules)
    return f'"use strict";\n{{\n{body}\n}}'


def _modules(roots: Sequence[str]) -> list[str]:
    """The texts of modules and of what they import, each after what it needs."""
    texts: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in texts:
            return
        text = _read(f"js/{name}.js")
        for line in _IMPORT.findall(text):
            visit(line.rpartition("./")[2].removesuffix('.js";\n'))
        texts[name] = text

    for root in roots:
        visit(root)
    return list(texts.values())


def _read(name: str) -> str:
    return importlib.resources.files("accsyn_async.dashboard").joinpath("static", name).read_text("utf-8")


def _script_json(value: dict[str, Any]) -> str:
    """JSON that may stand in a script element."""
    text = json.dumps(value, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
