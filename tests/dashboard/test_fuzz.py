"""Any bytes at the dashboard's door: an answer that is none of a server that fell over, or none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accsyn_async.sandbox import Sandbox
from tests.dashboard.serving import Served, serving
from tests.support.raw_requests import METHODS

TOKEN = "correct horse battery staple"

_PATHS = st.sampled_from(
    [
        "/",
        "/stream",
        "/jobs/abort",
        "/jobs/pause",
        "/login",
        "/metrics",
        "/healthz",
        "/app.js",
        "/jobs/x/tasks",
    ]
) | st.text(st.characters(exclude_characters="\r\n \0"), max_size=30).map("/{}".format)
_NAMES = st.sampled_from(
    [
        *("Host", "Origin", "Cookie", "Content-Type", "Authorization", "X-Accsyn-Token", "Last-Event-ID"),
        *(
            "Sec-Fetch-Site",
            "Content-Length",
            "Transfer-Encoding",
            "Accept-Encoding",
            "If-None-Match",
            "Expect",
            "Content-Encoding",
        ),
    ]
)
_VALUES = st.one_of(
    st.sampled_from(
        ["{host}", "http://{host}", f"Bearer {TOKEN}", "application/json", "same-origin", "gzip"]
    ),
    st.sampled_from(["0", "-1", "99999999999999999999", "chunked", "100-continue", "a" * 9000, "x.1", '"']),
    st.text(st.characters(exclude_characters="\r\n\0"), max_size=40),
)
_BODIES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b'{"ids":["' + b"6" * 24 + b'"]}', b'{"ids":' + b"[" * 5000, b"null", b'{"ids":["\\ud800"]}']
    ),
)
_REQUESTS = st.tuples(
    st.sampled_from(METHODS) | st.text("ABCxyz\t\x7f ", min_size=1, max_size=5),
    _PATHS,
    st.lists(st.tuples(_NAMES, _VALUES), max_size=6),
    _BODIES,
    st.booleans(),
    st.booleans(),
)


async def send(served: Served, request: Any) -> bytes:
    method, path, headers, body, right_host, let_in = request
    host = f"127.0.0.1:{served.port}"
    lines = [f"{method} {path} HTTP/1.1", *(["Host: " + host] if right_host else [])]
    if let_in:
        lines += [f"Authorization: Bearer {TOKEN}", "Content-Type: application/json"]
    lines += [f"{name}: {value.replace('{host}', host)}" for name, value in headers]
    if right_host and not any(name == "Content-Length" for name, _ in headers):
        lines.append(f"Content-Length: {len(body)}")
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("utf-8", "replace") + body)
        writer.write_eof()
        return await asyncio.wait_for(reader.readline(), 60)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def test_any_request(caplog: pytest.LogCaptureFixture) -> None:
    with asyncio.Runner() as runner:

        def run(work: Coroutine[Any, Any, Any]) -> Any:
            return runner.run(work)

        box = Sandbox(synthetic_jobs=1, time_factor=0)
        run(box.__aenter__())
        context = serving(box, token=TOKEN)
        served = run(context.__aenter__())

        @settings(max_examples=400, suppress_health_check=list(HealthCheck))
        @given(_REQUESTS)
        def each(request: Any) -> None:
            status = run(send(served, request)).split()
            assert not status or 100 <= int(status[1]) < 500

        try:
            with caplog.at_level(logging.WARNING):
                each()
        finally:
            run(context.__aexit__(None, None, None))
            run(box.__aexit__(None, None, None))
    assert [record.getMessage() for record in caplog.records if "Unhandled" in record.getMessage()] == []
