"""What aioresponses 0.7.9 needs to work with aiohttp 3.14."""

from __future__ import annotations

from types import SimpleNamespace

import aiohttp

__all__ = ["MockedReply"]


class MockedReply(aiohttp.ClientResponse):
    """A ``response_class`` for aioresponses, which passes no ``stream_writer`` on."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("stream_writer", SimpleNamespace(output_size=0))
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
