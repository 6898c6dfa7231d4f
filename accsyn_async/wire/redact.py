"""Taking secrets out of text before anybody sees it: keys and passwords, out of messages and logs."""

from __future__ import annotations

import base64
import json
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

__all__ = ["HIDDEN", "Redactor", "Secret", "sounds_secret"]

HIDDEN = "***"

_PASSING = 16
"""Secrets that come and go, such as the keys of sessions, of which this many are remembered."""

_TELLING = r"pwd|passw|token|secret|credential|api[_-]?key|access[_-]?key|private[_-]?key"
"""What a name holds that is a secret's, in any case."""
_NAMES = (
    rf"(?!\w*(?:Error|Exception)\b)\w*?(?:{_TELLING})\w{{0,64}}+"
    r"|(?:\w*_)?(?:session(?:_?key|_?id)?|authorization)"
)
_QUOTE = r"(?:\\?[\"']|%22)"
_PAIR = re.compile(
    rf"(?P<head>(?:%22|\b)(?:{_NAMES})(?:{_QUOTE})?\s*(?:%20)*(?::|=|%3A)\s*(?:%20)*)"
    rf"(?P<value>\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?|%22.*?(?:%22|$)|[^\s,;}}&]+(?:\s[^\s,;}}&]{{12,}})?)",
    re.IGNORECASE,
)

_SETTING = re.compile(
    rf"(?P<head>{_QUOTE}name{_QUOTE}\s*:\s*{_QUOTE}(?:{_NAMES})(?:_\w*)?{_QUOTE}\s*,"
    rf"\s*{_QUOTE}value{_QUOTE}\s*:\s*)(?P<value>\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?|[^\s,}}]+)",
    re.IGNORECASE,
)
"""A setting: its name stands beside its value."""


def sounds_secret(name: str) -> bool:
    """Whether a name is likely that of a secret.

    >>> sounds_secret("AWS_SECRET_ACCESS_KEY"), sounds_secret("apiKey"), sounds_secret("range")
    (True, True, False)
    """
    return re.search(_TELLING, name, re.IGNORECASE) is not None


class Secret:
    """A text that shows itself to nobody who does not ask for it by name.

    >>> key = Secret("f0a8b9a9-879f")
    >>> key, f"{key}", key.reveal()
    (Secret(***), '***', 'f0a8b9a9-879f')
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a secret cannot be pickled")

    def reveal(self) -> str:
        """The text itself."""
        return self._text


class Redactor:
    """Hides known secrets, in every form in which they travel, and whatever bears a secret's name.

    >>> redact = Redactor()
    >>> redact.know("hunter2-is-my-key")
    >>> redact('sent hunter2-is-my-key and {"pwd": "abc"}')
    'sent *** and {"pwd": "***"}'
    """

    __slots__ = ("_known", "_passing")

    def __init__(self) -> None:
        self._known: list[set[str]] = []
        self._passing: deque[set[str]] = deque(maxlen=_PASSING)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a redactor cannot be pickled: it holds secrets")

    def know(self, secret: str, *, passing: bool = False) -> None:
        """Hide a secret from now on: raw, in base64, URL-quoted, and its first 16 characters.

        Args:
            secret: what to hide; less than four characters are no secret.
            passing: it is one of many, such as a session's id: the newest are remembered.
        """
        forms = _forms(secret)
        if len(secret) >= 4 and forms not in self._known:
            if forms in self._passing:
                self._passing.remove(forms)
            (self._passing if passing else self._known).append(forms)

    @contextmanager
    def knowing(self, *secrets: str) -> Iterator[None]:
        """Hide secrets for a while, and forget them."""
        forms = [_forms(secret) for secret in secrets if len(secret) >= 4]
        self._known += forms
        try:
            yield
        finally:
            for each in forms:
                self._known.remove(each)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        # Not by a regular expression: those are cached for all of the process.
        for form in sorted(set().union(*self._known, *self._passing), key=len, reverse=True):
            text = text.replace(form, HIDDEN)
        return _PAIR.sub(_hide_value, _SETTING.sub(_hide_value, text))


def _forms(secret: str) -> set[str]:
    """The forms in which a secret travels."""
    forms: set[str] = set()
    encoded = base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode("ascii")
    for form in (secret, encoded, encoded.rstrip("="), json.dumps(secret)[1:-1]):
        forms.update((form, quote(form, errors="replace"), quote(form, safe="", errors="replace")))
        if len(form) > 16:
            forms.add(form[:16])
    return forms


def _hide_value(found: re.Match[str]) -> str:
    value = found["value"]
    for mark in ('"', "'", "%22"):
        if value.startswith(mark):
            return f"{found['head']}{mark}{HIDDEN}{mark}"
    return f"{found['head']}{HIDDEN}"
