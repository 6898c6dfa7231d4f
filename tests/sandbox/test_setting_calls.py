"""The settings of the workspace and of entities, over the wire and by the official client."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox import Sandbox
from accsyn_async.sandbox.rules.inheritance import DEFAULTS, inherited
from accsyn_async.sandbox.state.setting_store import Scope, SettingStore, StoreError

NOBODY = "0" * 24


async def test_the_official_client(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        queue = session.find_one("Queue")["id"]
        assert session.get_settings() == {}
        assert session.get_setting("limit") is None
        assert session.set_setting("workspace", "limit", "10") is True
        assert session.get_setting("limit") == "10"
        assert session.get_settings("Workspace") == {"limit": "10"}
        assert session.set_setting("queue", "limit", '{"a": 1}', queue) is True
        assert session.set_setting("queue", "other", "x", entityid=queue) is True
        assert session.get_settings("queue", queue) == {"limit": '{"a": 1}', "other": "x"}
        job = session.create(
            "Transfer",
            {"source": "a.mov", "destination": "site=berlin", "status": "paused", "settings": {"kept": 1}},
        )
        assert session.get_settings("job", job["id"]) == {"kept": 1}
        assert session.get_settings("transfer", job["id"], upstream=True) == {
            "kept": 1,
            "limit": '{"a": 1}',
            "other": "x",
        }
        assert session.get_setting("other", "job", job["id"]) == "x"
        assert session.set_setting("job", "transfer_exclude", "*.tmp", job["id"]) is True
        assert session.find_one("Transfer")["settings"]["transfer_exclude"] == "*.tmp"
        assert session.delete_setting("job", "transfer_exclude", job["id"]) is True
        assert session.delete_setting("job", "transfer_exclude", job["id"]) is False
        (task,) = session.find("Task", entityid=job["id"])
        assert session.get_settings("task", task["id"], upstream=True)["kept"] == 1
        assert session.delete_setting("queue", "limit", queue) is True
        assert session.get_setting("limit", "queue", queue) == "10"
        assert session.get_settings("queue", queue, omit_defaults=False) == {**DEFAULTS, "other": "x"}
        volume = session.find_one("Volume")["id"]
        home = session.find_one("Home WHERE code=admin@example.com")["id"]
        session.set_setting("volume", "quota", "5", volume)
        session.set_setting("home", "quota", "1", home)
        assert session.get_settings("workspace", recursive=True) == {
            "limit": "10",
            f"home:{home}": {"quota": "1"},
            f"queue:{queue}": {"other": "x"},
            f"volume:{volume}": {"quota": "5"},
        }
        assert session.get_settings("queue", queue, recursive=True) == {"other": "x"}
        assert session.get_settings("queue", queue, share="projects") == {"other": "x", "quota": "5"}
        session.set_setting("integration", "upload_location", "there", "ftrack")
        assert session.get_setting("upload_location", integration="ftrack", data={"id": 1}) == "there"
        assert session.get_setting("nothing", integration="ftrack") is None
        for settings in (box.user("employee").id, box.user("standard").id):
            assert session.set_setting("user", "theme", "dark", settings) is True

    await judge(work)


@pytest.mark.parametrize(
    ("verb", "data", "id", "part"),
    [
        ("GET", {"entitytype": "queue"}, None, "give its id"),
        ("GET", {"entitytype": "queue"}, NOBODY, "no queue"),
        ("GET", {"entitytype": "nothing"}, NOBODY, "no entity type 'nothing'"),
        ("GET", {"entitytype": "workspace"}, NOBODY, "no workspace"),
        ("GET", {"entitytype": 1}, None, "'entitytype' must be a text"),
        ("GET", {"name": 1}, None, "'name' must be a text"),
        ("GET", {"upstream": "x"}, None, "'upstream' must be"),
        ("GET", {"share": "nothing"}, None, "no share 'nothing'"),
        ("GET", {"entitytype": "integration"}, None, "give its id"),
        ("PUT", {"name": "a"}, None, "'value' must be a text"),
        ("PUT", {"name": "a", "value": 1}, None, "'value' must be a text"),
        ("PUT", {"value": "a"}, None, "'name' must be a text"),
        ("PUT", {"name": "n" * 201, "value": "a"}, None, "more than 200"),
        ("PUT", {"name": "n", "value": "a" * 100_001}, None, "more than 100000"),
        ("PUT", [], None, "must be an object"),
        ("DELETE", {}, None, "'name' must be a text"),
        ("POST", {}, None, "GET or PUT or DELETE"),
    ],
)
async def test_refusals(wire: Any, verb: str, data: Any, id: Any, part: str) -> None:
    reply = await wire.call(verb, "setting", data, **({} if id is None else {"id": id}))
    assert part in reply["message"]


async def test_a_job_refuses_what_it_could_not_obey(start: Any) -> None:
    async with start() as (_, wire):
        job = await wire.create({"source": "a.mov", "destination": "site=berlin", "status": "paused"})
        data = {"entitytype": "job", "name": "transfer_exclude", "value": "re('(')"}
        assert "no regular expression" in (await wire.call("PUT", "setting", data, id=job["id"]))["message"]
        assert (await wire.get(job["id"]))["settings"] == {}


async def test_who_may_change_what(box: Sandbox, connect: Any) -> None:
    queue = box._started().workspace.default_queue.id
    admin, employee, standard = (box.user(role).id for role in ("admin", "employee", "standard"))
    table = {
        "admin": [("workspace", None, True), ("queue", queue, True), ("user", standard, True)],
        "employee": [("workspace", None, False), ("queue", queue, True), ("user", employee, True)],
        "standard": [("workspace", None, False), ("queue", queue, False), ("user", standard, True)],
    }
    for role, cases in table.items():
        async with connect(box, role) as wire:
            for kind, id, allowed in cases:
                fields = {} if id is None else {"id": id}
                data = {"entitytype": kind, "name": "a", "value": "1"}
                reply = await wire.call("PUT", "setting", data, **fields)
                assert ("result" in reply) is allowed, (role, kind, reply)
                reply = await wire.call("DELETE", "setting", data, **fields)
                assert ("result" in reply) is allowed
    async with connect(box, "standard") as wire:
        data = {"entitytype": "user", "name": "a", "value": "1"}
        assert "no user" in (await wire.call("PUT", "setting", data, id=admin))["message"]


def test_there_is_an_end_to_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accsyn_async.sandbox.state.setting_store.MAX_SETTINGS", 2)
    store, one, other = SettingStore(), Scope("queue", "1"), Scope("integration", "1")
    store.set(one, "a", "1")
    store.set(other, "a", "2")
    store.set(other, "a", "3")
    with pytest.raises(StoreError, match="already"):
        store.set(one, "b", "1")
    assert store.own(one) == {"a": "1"}
    assert store.own(other) == {"a": "3"}
    assert store.delete(one, "a")
    assert not store.delete(one, "a")
    assert store.scopes() == (other,)
    assert SettingStore(**json.loads(json.dumps(asdict(store)))).scopes() == store.scopes()


SETTINGS = st.dictionaries(st.sampled_from("abc"), st.text(max_size=2))


@given(st.lists(SETTINGS, max_size=4))
def test_the_nearest_holds(chain: list[dict[str, str]]) -> None:
    result = inherited(chain)
    assert set(result) == {name for settings in chain for name in settings}
    for name, value in result.items():
        assert value == next(settings[name] for settings in chain if name in settings)
