"""Slips of the pen in accsyn's notation: what was likely meant."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final, get_args

from accsyn_async.errors import NotationError
from accsyn_async.jobs.paths import ShareKind
from accsyn_async.jobs.quoting import quoted

__all__ = ["likely_place", "refuse_colon"]

_PARTIES: Final = ("site", "client", "user")
_SHARES: Final = get_args(ShareKind)
_SCHEMES: Final = frozenset(
    ("http", "https", "ftp", "ftps", "sftp", "ssh", "scp", "s3", "gs", "file", "smb", "afp", "nfs", "rsync")
)
_NAMED: Final = re.compile(r"\s*(?P<word>[A-Za-z]{3,12})\s*=\s*(?P<rest>[^\s/\\=].*)", re.DOTALL)
_RIGHT: Final = re.compile(rf"({'|'.join((*_PARTIES, *_SHARES))})=\S", re.IGNORECASE)
_SPACED: Final = re.compile(r"(?P<word>site|client)s?\s+(?P<rest>[\w-]+:?)", re.IGNORECASE)


def refuse_colon(text: str) -> None:
    """Refuse a colon that is no party's: ``share:projects/a.mov``, ``s3://…``.

    Raises:
        NotationError: it is one.
    """
    head, colon, tail = text.partition(":")
    word = head.casefold()
    if not colon:
        return
    if word in _SCHEMES and tail.startswith("//"):
        raise NotationError(
            f"{quoted(text)} is a URL, and a URL is no path of accsyn",
            "name a share, such as share=projects/a.mov, or a path on your own computer",
            text=text,
        )
    if word not in (*_PARTIES, *_SHARES):
        return
    if not tail.strip():
        meant = f"{word}=<{'id' if word == 'client' else 'code'}>"
    elif word in _SHARES:
        meant = f"{word}={tail}"
    else:
        code, slash, path = tail.partition("/")
        meant = f"{word}={code}" + (f":{path}" if slash and path and ":" not in code else slash + path)
    raise NotationError(f"{quoted(text)} has a colon behind {word}", f"write {meant}", text=text)


def likely_place(text: str) -> str | None:
    """What a place that is almost a party's or a share's was likely meant to be; ``None`` for others.

    >>> likely_place("sites=berlin"), likely_place("Site = berlin"), likely_place("site berlin")
    ('site=berlin', 'site=berlin', 'site=berlin')
    >>> likely_place("site=berlin"), likely_place("thefilm/a.mov")
    (None, None)
    """
    if _RIGHT.match(text):
        return None
    found = _NAMED.fullmatch(text) or _SPACED.fullmatch(text)
    if found is None:
        return None
    near = get_close_matches(found["word"].casefold(), (*_PARTIES, *_SHARES), 1, 0.8)
    meant = f"{near[0]}={found['rest'].strip()}" if near else None
    return None if meant is None or meant.casefold() == text.strip().casefold() else meant
