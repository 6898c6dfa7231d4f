"""Wrong arguments get a clear error, and nothing is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accsyn_async.errors import AccsynError, ArgumentError, QueryError
from tests.support.backend import Backend, job_id
from tests.support.virtual import run

WRONG: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("find", ("",), {}, "empty"),
    ("find", (None,), {}, "a query is a text"),
    ("find", ('Transfer WHERE name="x',), {}, "never closed"),
    ("find", ("Transfer WHERE (a=b",), {}, "never closed"),
    ("find", ("attributes",), {}, "attributes WHERE entitytype"),
    ("find", ("attributes WHERE name=x",), {}, "attributes WHERE entitytype"),
    ("find", ("attributes WHERE entitytype=x",), {"create": "yes"}, "create is True"),
    ("find", ("Transfer",), {"attributes": "name"}, "list of attribute names"),
    ("find", ("Transfer",), {"attributes": ["name", ""]}, "list of attribute names"),
    ("find", ("Transfer",), {"attributes": [5]}, "list of attribute names"),
    ("find", ("Transfer",), {"finished": 1}, "finished is True"),
    ("find", ("Transfer",), {"inactive": "no"}, "inactive is True"),
    ("find", ("Transfer",), {"archived": 0}, "archived is True"),
    ("find", ("Transfer",), {"limit": "5"}, "limit is a whole number"),
    ("find", ("Transfer",), {"skip": 1.5}, "skip is a whole number"),
    ("find_one", ('Transfer WHERE name="x',), {}, "never closed"),
    ("get_entity", ("", job_id(1)), {}, "entitytype is a name"),
    ("get_entity", ("Transfer", "123"), {}, "no entity id"),
    ("get_entity", ("Transfer", None), {}, "entityid is a text"),
    ("get_entity", ("Transfer", "G" * 24), {}, "no entity id"),
    ("create", (None, {"a": 1}), {}, "entitytype is a name"),
    ("create", ("Transfer", {}), {}, "nothing to create"),
    ("create", ("Transfer", " "), {}, "nothing to create"),
    ("create", ("Transfer", None), {}, "data is a dict"),
    ("create", ("Transfer", "not json"), {}, "neither JSON nor the path"),
    ("create", ("Transfer", "\x00"), {}, "neither JSON nor the path"),
    ("create", ("Transfer", "x" * 5000), {}, "neither JSON nor the path"),
    ("create", ("Transfer", "broken.json"), {}, "is not JSON"),
    ("create", ("Transfer", {"a": object()}), {}, "cannot be sent as JSON"),
    ("create", ("Transfer", {"a": 1}), {"allow_duplicates": "x"}, "allow_duplicates is True"),
    ("update", ("Transfer", job_id(1), {}), {}, "data is a dict"),
    ("update", ("Transfer", job_id(1), ["x"]), {}, "data is a dict"),
    ("update", ("Transfer", "", {"a": 1}), {}, "entityid is a text"),
    ("update", ("acl", job_id(1), {"a": 1}), {}, "use grant"),
    ("update_many", ("Transfer", job_id(1), [{"id": "x"}]), {}, "only tasks"),
    ("update_many", ("task", "12", [{"id": "x"}]), {}, "no entity id"),
    ("update_many", ("task", job_id(1), {"id": "x"}), {}, "dict a task"),
    ("update_many", ("task", job_id(1), []), {}, "dict a task"),
    ("delete_one", ("acl", job_id(1)), {}, "use revoke"),
    ("delete_one", ("Transfer", None), {}, "entityid is a text"),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "words"), WRONG)
def test_nothing_is_sent(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], words: str) -> None:
    Path("broken.json").write_text('{"a": ')

    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            with pytest.raises(ArgumentError, match=words) as caught:
                await getattr(session, name)(*args, **kwargs)
            assert isinstance(caught.value, ValueError)
            assert isinstance(caught.value, AccsynError)
            if "closed" in words:
                assert isinstance(caught.value, QueryError)
                assert caught.value.position is not None
            assert [request.uri for request in backend.received] == ["login"]

    run(main())


def test_what_is_given_is_not_written_into() -> None:
    async def main() -> None:
        backend = Backend()
        data = {"source": "a", "destination": "b"}
        async with backend.session() as session:
            await session.create("Transfer", data, allow_duplicates=True)
        assert data == {"source": "a", "destination": "b"}

    run(main())


def test_data_may_be_a_file(tmp_path: Path) -> None:
    async def main() -> None:
        backend = Backend()
        path = tmp_path / "job.json"
        path.write_text('{"name": "from a file"}')
        async with backend.session() as session:
            assert (await session.create("Transfer", str(path)))["name"] == "from a file"

    run(main())


def test_offline_is_deprecated() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            with pytest.warns(DeprecationWarning, match="inactive"):
                await session.find("Transfer", offline=True)
            assert backend.requests()[-1].data == {"inactive": True}

    run(main())
