"""Wrong arguments get a clear error, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accsyn_async import where
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


def _in_itself() -> list[dict[str, Any]]:
    """Data that holds itself: an object, a list, and a file to publish."""
    entry: dict[str, Any] = {"filename": "a", "is_dir": True}
    entry["files"] = [entry]
    listed: list[Any] = []
    listed.append(listed)
    return [entry, {"a": listed}, {"a": {"b": [entry]}}]


def _deep(depth: int, *, listed: bool = False) -> dict[str, Any]:
    value: Any = {}
    for _ in range(depth):
        value = [value] if listed else {"filename": "a", "is_dir": True, "files": [value]}
    return {"a": value} if listed else value


ENDLESS: list[Callable[[], dict[str, Any]]] = [
    *(lambda index=index: _in_itself()[index] for index in range(3)),
    *(lambda depth=depth: _deep(depth) for depth in (501, 1_000, 50_000, 100_000)),
    *(lambda depth=depth: _deep(depth, listed=True) for depth in (501, 1_000, 50_000, 100_000)),
    lambda: _deep(50_000) | {"large": "x" * 200_000},
]
TAKERS: list[Callable[[Any, dict[str, Any]], Any]] = [
    lambda session, data: session.create("Transfer", data),
    lambda session, data: session.create("Transfer", [data]),
    lambda session, data: session.create("Task", data, job_id(1)),
    lambda session, data: session.update("Transfer", job_id(1), data),
    lambda session, data: session.update_many("task", job_id(1), [data]),
    lambda session, data: session.delete_one("Transfer", job_id(1), data),
    lambda session, data: session.delete_many("collection", job_id(1), data),
    lambda session, data: session.integration("ftrack", "sync", data),
    lambda session, data: session.get_setting("x", data=data),
    lambda session, data: session.grant("user", job_id(1), "folder", job_id(2), {"read": data}),
]


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("take", range(len(TAKERS)))
def test_data_without_an_end_is_refused(take: int, verbose: bool, tmp_path: Path) -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session(verbose=verbose, path_logfile=tmp_path / "log") as session:
            for make in ENDLESS:
                with pytest.raises(ArgumentError):
                    await TAKERS[take](session, make())
        assert [request.uri for request in backend.received] == ["login"]

    run(main())


def test_files_to_publish_without_an_end_are_refused() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            for data in (_in_itself()[0], _deep(1000), _deep(100_000)):
                with pytest.raises(ArgumentError, match="nested too deeply"):
                    await session.prepublish([data])
        assert [request.uri for request in backend.received] == ["login"]

    run(main())


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"a":['])
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("as_file", [True, False])
def test_json_text_100_000_deep_is_refused(opening: str, closed: bool, as_file: bool) -> None:
    closing = opening.replace("[", "]").replace('{"a":', "}")[::-1]
    text = opening * 100_000 + ("1" + closing * 100_000 if closed else "")

    Path("deep.json").write_text(text)

    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            with pytest.raises(ArgumentError):
                await session.create("Transfer", "deep.json" if as_file else text)
        assert [request.uri for request in backend.received] == ["login"]

    run(main())


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("lookup", ["size", "size__gt", "size__in", "size__not"])
def test_a_number_of_thousands_of_digits_is_refused(sign: int, lookup: str) -> None:
    number = sign * 10**5000
    with pytest.raises(ArgumentError):
        where("Transfer", **{lookup: [number] if lookup.endswith("in") else number})
