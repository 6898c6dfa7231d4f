"""The dashboard's server over a real session and a real workspace in a box."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from accsyn_async import AccsynError, ArgumentError, AuthenticationError, QueryError, dashboard
from accsyn_async.dashboard.web.application import ended
from accsyn_async.sandbox import Sandbox
from tests.dashboard.reading import Page
from tests.dashboard.serving import QUICK, Served, browser, follow, serving


def words(page: Page) -> set[str]:
    return {row["word"] for row in page.rows.values()}


async def post(
    client: aiohttp.ClientSession, served: Served, action: str, ids: list[str]
) -> list[dict[str, Any]]:
    async with client.get(served.base) as answer:
        text = await answer.text()
    config = json.loads(text.partition('id="config"')[2].partition(">")[2].partition("<")[0])
    headers = {"X-Accsyn-Token": config["csrf"], "Origin": served.base.rstrip("/")}
    async with client.post(f"{served.base}jobs/{action}", headers=headers, json={"ids": ids}) as answer:
        assert answer.status == 200
        results: list[dict[str, Any]] = (await answer.json())["results"]
        return results


async def test_a_page_sees_a_real_transfer_from_beginning_to_end() -> None:
    async with Sandbox(speed=1, time_factor=0) as box, serving(box) as served, browser(served) as client:
        (box.volume / "a.mov").write_bytes(bytes(2_000_000))
        page = Page()
        async with client.get(served.base + "stream") as answer:
            assert answer.content_type == "text/event-stream"
            await follow(answer, page, lambda page: page.health.get("state") == "ok")
            assert page.rows == {}
            job = await served.session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
            seen = [-1.0]

            def moved(page: Page) -> bool:
                return any(row["progress"] > seen[-1] for row in page.rows.values())

            for _ in range(3):
                await follow(answer, page, moved)
                seen += [row["progress"] for row in page.rows.values()]
                assert words(page) <= {"init", "waiting", "running"}
                await box.advance(seconds=0.5)
            await box.advance(seconds=2)
            await follow(answer, page, lambda page: words(page) == {"done"})
        row = page.rows[job["id"]]
        assert (row["name"], row["source"], row["destination"]) == ("a.mov", "acme", "berlin")
        assert (row["user"], row["queue"]) == ("admin@example.com", "acme/medium")
        assert (row["size"], row["progress"], row["speed"]) == (2_000_000, 100, None)
        assert row["finished"] is not None


async def test_a_page_goes_on_where_it_was() -> None:
    async with Sandbox(synthetic_jobs=5, time_factor=0) as box, serving(box) as served:
        async with browser(served) as client:
            page = Page()
            async with client.get(served.base + "stream") as answer:
                await follow(answer, page, lambda page: len(page.rows) == 5)
            was = page.event_id
            assert was is not None
            first = next(iter(page.rows))
            (result,) = await post(client, served, "abort", [first])
            assert result == {"id": first, "ok": True, "status": "aborted"}
            again = Page()
            again.rows = {ident: dict(row) for ident, row in page.rows.items()}
            async with client.get(served.base + "stream", headers={"Last-Event-ID": was}) as answer:
                await follow(answer, again, lambda page: page.rows[first]["word"] == "aborted")
            assert "snapshot" not in again.messages
            assert again.event_id is not None
            async with client.get(served.base + "stream", params={"since": again.event_id}) as answer:
                await follow(answer, again, lambda page: page.messages[-1] == "health")
            assert "snapshot" not in again.messages
            async with client.get(served.base + "stream", params={"since": "other.1"}) as answer:
                await follow(answer, again, lambda page: page.messages[-1] == "snapshot")


async def test_actions_answer_for_each_job_and_are_seen_by_everybody() -> None:
    async with Sandbox(synthetic_jobs=30, time_factor=0) as box, serving(box) as served:
        async with browser(served) as client, client.get(served.base + "stream") as answer:
            page = Page()
            await follow(answer, page, lambda page: len(page.rows) == 30)
            by_word = {row["word"]: ident for ident, row in page.rows.items()}
            ids = [by_word["waiting"], by_word["running"], "6" * 24]
            results = await post(client, served, "pause", [*ids, ids[0]])
            assert [result["ok"] for result in results] == [True, True, False]
            assert results[2]["error"] == "it is not shown here any longer"
            await follow(answer, page, lambda page: {page.rows[i]["word"] for i in ids[:2]} == {"paused"})
            (result,) = await post(client, served, "pause", ids[:1])
            assert result["error"] == "it is paused"
            assert all(each["ok"] for each in await post(client, served, "resume", ids[:2]))
            await follow(answer, page, lambda page: page.rows[ids[1]]["word"] in ("waiting", "running"))
            box.weather.add("error", uri="transfer/*", verb="PUT", status=500)
            (result,) = await post(client, served, "abort", ids[:1])
            assert not result["ok"]
            assert result["unknown"]
            assert result["error"]


async def test_what_a_user_may_not_do_is_told_for_the_job() -> None:
    async with Sandbox(synthetic_jobs=3, time_factor=0) as box, serving(box, role="standard") as served:
        async with box.session("admin") as admin:
            (job, *_) = await admin.find("Transfer")
        async with browser(served) as client, client.get(served.base + "stream") as answer:
            await follow(answer, Page(), lambda page: page.health.get("state") == "ok")
            (result,) = await post(client, served, "abort", [job["id"]])
            assert not result["ok"]


async def test_tasks_are_asked_for_once_however_many_look() -> None:
    async with Sandbox(speed=500) as box, serving(box) as served, browser(served) as client:
        for name in ("a.mov", "b.mov"):
            (box.volume / name).write_bytes(bytes(1000))
        tasks = [{"source": name, "destination": "site=berlin"} for name in ("a.mov", "b.mov", "none.mov")]
        job = await served.session.create("Transfer", {"tasks": tasks})
        async with client.get(served.base + "stream") as answer:
            await follow(answer, Page(), lambda page: words(page) == {"failed"})
        box.forget_requests()
        url = f"{served.base}jobs/{job['id']}/tasks"
        answers = await asyncio.gather(*(client.get(url) for _ in range(20)))
        texts = {await answer.text() for answer in answers}
        assert len([request for request in box.requests if "task" in request.uri]) == 1
        (told,) = [json.loads(text) for text in texts]
        assert told["more"] == 0
        assert [(task["source"], task["status"]) for task in told["tasks"]] == [
            ("a.mov", "done"),
            ("b.mov", "done"),
            ("none.mov", "failed"),
        ]
        assert told["tasks"][2]["message"]


async def test_bad_weather_is_told_and_so_is_its_end() -> None:
    async with Sandbox(synthetic_jobs=2, time_factor=0) as box, serving(box) as served:
        async with browser(served) as client, client.get(served.base + "stream") as answer:
            page = Page()
            await follow(answer, page, lambda page: page.health.get("state") == "ok")
            async with client.get(served.base + "healthz/fresh") as health:
                assert health.status == 200
            box.weather.add("error")
            await follow(answer, page, lambda page: page.health["state"] == "degraded")
            assert page.health["reason"]
            assert page.health["age"] >= 0
            for path, status in (("healthz", 200), ("healthz/fresh", 503)):
                async with aiohttp.ClientSession() as anybody, anybody.get(served.base + path) as health:
                    assert health.status == status
                    told = await health.json()
                    assert (told["alive"], told["fresh"], told["state"]) == (True, False, "degraded")
            async with client.get(served.base + "metrics") as metrics:
                assert "accsyn_up 0.0" in await metrics.text()
            box.weather.clear()
            await follow(answer, page, lambda page: page.health["state"] == "ok")


async def test_a_refused_login_ends_what_is_shown_and_says_so() -> None:
    async with Sandbox(synthetic_jobs=2, time_factor=0) as box, serving(box) as served:
        async with browser(served) as client, client.get(served.base + "stream") as answer:
            page = Page()
            await follow(answer, page, lambda page: page.health.get("state") == "ok")
            box.weather.add("error", uri="login", status=401)
            box.expire_sessions()
            await follow(answer, page, lambda page: page.health["state"] == "closed")
            assert "login" in page.health["reason"]
            with pytest.raises(AuthenticationError):
                await ended(served.application)
            assert len(page.rows) == 2


async def test_a_fault_of_our_own_is_told_of_and_not_hidden(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Sandbox(synthetic_jobs=2, time_factor=0) as box, serving(box) as served:
        async with browser(served) as client, client.get(served.base + "stream") as answer:
            page = Page()
            await follow(answer, page, lambda page: page.health.get("state") == "ok")
            monkeypatch.setattr("accsyn_async.board.board.Board.take", None)
            await served.session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
            await follow(answer, page, lambda page: page.health["state"] == "closed")
            with pytest.raises(AccsynError, match="the dashboard failed: TypeError"):
                await ended(served.application)
            async with client.get(served.base + "healthz/fresh") as health:
                assert health.status == 503
    assert "Traceback" in caplog.text


async def test_a_session_that_is_closed_ends_what_is_shown() -> None:
    async with Sandbox(synthetic_jobs=2, time_factor=0) as box, serving(box) as served:
        async with browser(served) as client, client.get(served.base + "stream") as answer:
            page = Page()
            await follow(answer, page, lambda page: page.health.get("state") == "ok")
            await served.session.aclose()
            await follow(answer, page, lambda page: page.health["state"] == "closed")
            await ended(served.application)


async def test_no_more_than_so_many_pages() -> None:
    async with Sandbox(synthetic_jobs=1, time_factor=0) as box, serving(box) as served:
        jar = aiohttp.CookieJar(unsafe=True)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(cookie_jar=jar, connector=connector) as client:
            await (await client.get(served.url)).read()
            pages = await asyncio.gather(*(client.get(served.base + "stream") for _ in range(200)))
            assert {page.status for page in pages} == {200}
            async with client.get(served.base + "stream") as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
            pages[0].close()
            async with asyncio.timeout(60):
                while (answer := await client.get(served.base + "stream")).status == 503:
                    answer.release()
            for page in (*pages, answer):
                page.close()


async def test_a_page_that_does_not_read_holds_nobody_up_and_catches_up() -> None:
    async with Sandbox(synthetic_jobs=400) as box, serving(box) as served:
        async with browser(served) as client:
            slow = await client.get(served.base + "stream")
            async with client.get(served.base + "stream") as answer:
                quick = Page()
                await follow(answer, quick, lambda page: len(page.messages) > 6)
            page = Page()
            await follow(slow, page, lambda page: page.event_id == quick.event_id)
            assert page.rows.keys() == quick.rows.keys()
            slow.close()


async def test_in_an_application_of_somebody_else() -> None:
    async with Sandbox(synthetic_jobs=2, time_factor=0) as box, box.session(poll=QUICK) as session:
        mounted = dashboard.app(session, token="a token that nobody guesses")
        parent = web.Application()
        parent.add_subapp("/farm/transfers/", mounted)
        runner = web.AppRunner(parent, access_log=None, shutdown_timeout=1, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            base = f"http://127.0.0.1:{runner.addresses[0][1]}/farm/transfers/"
            async with browser() as client:
                async with client.get(base + dashboard.one_use_path(mounted)) as answer:
                    assert answer.status == 200
                    assert "Path=/farm/transfers/" in answer.headers["Set-Cookie"]
                async with client.get(base + "stream") as answer:
                    await follow(answer, Page(), lambda page: len(page.rows) == 2)
            async with browser() as client:
                headers = {"Authorization": "Bearer a token that nobody guesses"}
                async with client.get(base + "login", headers=headers) as answer:
                    assert "Path=/farm/transfers/" in answer.headers["Set-Cookie"]
        finally:
            await runner.cleanup()


async def test_what_cannot_be_served() -> None:
    async with Sandbox() as box, box.session() as session:
        with pytest.raises(QueryError):
            dashboard.app(session, "User")
        with pytest.raises(ArgumentError, match="token must not be empty"):
            dashboard.app(session, token=" ")
        with pytest.raises(ArgumentError, match="exclude each other"):
            dashboard.app(session, token="x", open=True)
        for host in ("https://farm.example.com", "farm/", "", "me@farm"):
            with pytest.raises(ArgumentError, match="is no host"):
                dashboard.app(session, hosts=[host])
    with pytest.raises(AttributeError, match="no attribute 'ap'"):
        _ = dashboard.ap


async def test_scripts_are_packed_and_kept() -> None:
    async with Sandbox() as box, serving(box, open=True) as served, browser() as client:
        for name in ("app.js", "stream.js"):
            async with client.get(served.base + name) as answer:
                assert answer.headers["Content-Encoding"] == "gzip"
                assert answer.content_type == "text/javascript"
                text = await answer.text()
            again = {"If-None-Match": answer.headers["ETag"]}
            async with client.get(served.base + name, headers=again) as answer:
                assert answer.status == 304
            async with client.get(served.base + name, headers={"Accept-Encoding": "identity"}) as answer:
                assert "Content-Encoding" not in answer.headers
                assert await answer.text() == text
