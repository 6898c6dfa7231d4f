"""Secrets that are recognised wherever they turn up, and a net for all that a program may show."""

from __future__ import annotations

import base64
import copy
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

SHOWN = 16
"""Whoever shows a secret, in whatever form, shows its first characters in that form."""


def forms_of(secret: str) -> set[str]:
    """The forms of a secret's beginning: raw, in any case, escaped, URL-quoted, and in base64.

    In base64 a text looks in one of three ways, by how many bytes stand before it.
    """
    start = secret[:SHOWN]
    forms = {start, start.casefold(), start.upper(), json.dumps(start)[1:-1], repr(start)[1:-1]}
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + start.encode()).decode().rstrip("=")
        # The first characters and the last tell of what stands before and after, too.
        inner = encoded[(0, 2, 3)[shift] : -1]
        forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return {each for form in forms for each in (form, quote(form), quote(form, safe=""))}


class Net:
    """Catches log records, errors and objects, and finds secrets in what they show."""

    def __init__(self) -> None:
        self._forms: dict[str, set[str]] = {}
        self._texts: dict[str, None] = {}
        self._formatter = logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s")
        self.errors = 0
        self.records = 0

    def know(self, *secrets: str) -> None:
        """Look for these."""
        for secret in secrets:
            assert len(secret) >= SHOWN, f"too short to be recognised: {secret!r}"
            self._forms[secret] = forms_of(secret)

    def found(self) -> list[tuple[str, str]]:
        """What was shown of which secret, each with the text that shows it."""
        return [
            (secret, text)
            for text in self._texts
            for secret, forms in self._forms.items()
            if any(form in text for form in forms)
        ]

    @property
    def text(self) -> str:
        """All that was caught."""
        return "\n".join(self._texts)

    def add(self, *shown: object) -> None:
        """Catch what is shown: texts as they are, of other objects the repr and the pickle."""
        for each in shown:
            if isinstance(each, str):
                self._texts[each] = None
            elif isinstance(each, bytes):
                self._texts[each.decode("latin-1")] = None
            else:
                self._texts[repr(each)] = None
                self._texts[str(each)] = None

    def add_copies(self, *values: object) -> None:
        """Catch objects that can be copied and pickled, and what comes of that."""
        for value in values:
            self.add(value, copy.copy(value), copy.deepcopy(value))
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                pickled = pickle.dumps(value, protocol)
                self.add(pickled)
                self.add(pickle.loads(pickled))

    def add_error(self, error: BaseException) -> None:
        """Catch an error with all that hangs on it."""
        self.errors += 1
        self.add("".join(traceback.format_exception(error)))
        todo, seen = [error], set()
        while todo:
            one = todo.pop()
            if id(one) in seen:
                continue
            seen.add(id(one))
            self.add(one, one.args, vars(one), getattr(one, "__notes__", []))
            todo += [more for more in (one.__cause__, one.__context__) if more is not None]
            if isinstance(one, BaseExceptionGroup):
                todo += one.exceptions
        if type(error).__module__.startswith("accsyn_async"):
            self.add_copies(error)

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Catch what anybody logs, at every level."""
        handler = _Handler(self)
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.setLevel(level)
            root.removeHandler(handler)

    def add_record(self, record: logging.LogRecord) -> None:
        """Catch a record: its message, how it is written with its traceback, and all that it holds."""
        self.records += 1
        self.add(record.getMessage(), self._formatter.format(record), repr(vars(record)))


class _Handler(logging.Handler):
    def __init__(self, net: Net) -> None:
        super().__init__(logging.DEBUG)
        self._net = net

    def emit(self, record: logging.LogRecord) -> None:
        self._net.add_record(record)
