"""Standard output and standard error: the only place that writes to either."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Output", "open_what_is_closed", "spell_everything", "takes_unicode"]

_IN_ASCII = {"—": "-", "·": "|", "…": "~", "→": ">"}


class Output:
    """Data goes to standard output, everything else to standard error.

    Args:
        stdout: for data; ``None`` is ``sys.stdout``.
        stderr: for messages; ``None`` is ``sys.stderr``.
        environ: ``None`` is ``os.environ``.
    """

    def __init__(
        self,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._stdout = sys.stdout if stdout is None else stdout
        self._stderr = sys.stderr if stderr is None else stderr
        self._environ = os.environ if environ is None else environ
        self._above: Callable[[str], None] | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether data goes to a terminal."""
        return self._stdout.isatty()

    @property
    def takes_unicode(self) -> bool:
        """Whether data can be more than ASCII without being spelled."""
        return takes_unicode(self._stdout.encoding)

    @property
    def interactive(self) -> bool:
        """Whether data goes to a terminal with a person before it, that can redraw lines."""
        environ = self._environ
        in_ci = environ.get("CI", "").casefold() not in ("", "0", "false")
        return self.is_terminal and environ.get("TERM", "") not in ("dumb", "unknown") and not in_ci

    def line(self, text: str) -> None:
        """Write a line of data, at once.

        Raises:
            BrokenPipeError: nobody reads it any more.
        """
        self._stdout.write(f"{text}\n")
        self._stdout.flush()

    def note(self, text: str) -> None:
        """Write a message to standard error."""
        # While bars are drawn, what is written between them must be known to their owner.
        if self._above is not None and self._stderr.isatty():
            self._above(text)
            return
        with contextlib.suppress(OSError):
            self._stderr.write(f"{text}\n")
            self._stderr.flush()

    def styled(self, parts: Sequence[tuple[str, str]], *, note: bool = False) -> None:
        """Write a line whose parts have styles, which only a terminal shows.

        Args:
            parts: texts and their styles, in rich's words.
            note: whether it is a message.

        Raises:
            BrokenPipeError: it is data, and nobody reads it any more.
        """
        stream = self._stderr if note else self._stdout
        if not stream.isatty():
            (self.note if note else self.line)("".join(text for text, _ in parts))
            return
        from rich.text import Text

        with contextlib.suppress(OSError):
            self._console(stream).print(Text.assemble(*parts), soft_wrap=True)

    @contextlib.contextmanager
    def notes_above(self, write: Callable[[str], None]) -> Iterator[None]:
        """Have messages for a terminal written by somebody else for a while."""
        self._above = write
        try:
            yield
        finally:
            self._above = None

    def console(self) -> Console:
        """A rich console for data, which interprets nothing in the texts that it prints."""
        return self._console(self._stdout)

    def _console(self, stream: TextIO) -> Console:
        from rich.console import Console

        return Console(
            file=stream,
            force_terminal=stream.isatty(),
            highlight=False,
            markup=False,
            emoji=False,
            _environ=self._environ,
        )


def takes_unicode(stream_encoding: str | None) -> bool:
    """Whether a stream of this encoding shows more than ASCII.

    >>> takes_unicode("utf-8"), takes_unicode("cp1252"), takes_unicode(None)
    (True, False, False)
    """
    return (stream_encoding or "").lower().replace("-", "").startswith("utf")


def open_what_is_closed() -> None:
    """Give the process the standard streams that it was started without, as by ``>&-``: they lead nowhere.

    Else the first file or connection that it opens would take their place.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - for as long as it runs
            setattr(sys, name, stream)


def spell_everything(*streams: TextIO) -> None:
    """Let streams write texts that their encoding cannot spell: a name must not end a watch."""
    codecs.register_error("accsyn-spelled", _spelled)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="accsyn-spelled")


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    plain = (_IN_ASCII.get(each) or each.encode("ascii", "backslashreplace").decode() for each in text)
    return "".join(plain), error.end
