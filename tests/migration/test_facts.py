"""The tables of calls, held against both versions of the official client and against this library."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
import json
import os
import re
import warnings
from pathlib import Path
from typing import Any, get_args, get_type_hints, is_typeddict

import accsyn_api
import pytest

from accsyn_async import Session, rows
from accsyn_async.migration.facts import CALLS, HERE, NEWER, PROPERTIES, SESSION, TIMES
from tests.official.recorder import recording

OLDER = os.environ.get("OFFICIAL_2_2_1")
SIGNATURES = Path(__file__).with_name("signatures_2.2.1.json")


def parameters(method: Any) -> tuple[str, ...]:
    names = inspect.signature(method).parameters
    return tuple(name for name in names if name != "self")


def public(kind: type) -> dict[str, Any]:
    members = inspect.getmembers_static(kind)
    return {name: member for name, member in members if not name.startswith("_")}


def older_signatures() -> dict[str, list[str]]:
    """Of 2.2.1, from its source, or as they were read from it."""
    if OLDER is None:
        known: dict[str, list[str]] = json.loads(SIGNATURES.read_text())
        return known
    tree = ast.parse((Path(OLDER) / "accsyn_api" / "session.py").read_text())
    (session,) = (one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "Session")
    found = {
        one.name: [argument.arg for argument in one.args.args if argument.arg != "self"]
        for one in session.body
        if isinstance(one, ast.FunctionDef)
        and (not one.name.startswith("_") or one.name == "__init__")
        and not any(isinstance(each, ast.Name) and each.id == "property" for each in one.decorator_list)
    }
    if os.environ.get("RECORD"):
        SIGNATURES.write_text(json.dumps(found, indent=1) + "\n")
    return found


def test_every_method_of_the_newer_client_is_known() -> None:
    assert accsyn_api.__version__ == NEWER
    members = public(accsyn_api.Session)
    methods = {name for name, member in members.items() if not isinstance(member, property)}
    assert {name for name, fact in CALLS.items() if fact.newer is not None} == methods
    for name in methods:
        assert CALLS[name].newer == parameters(getattr(accsyn_api.Session, name)), name
    assert set(PROPERTIES) == members.keys() - methods
    assert SESSION.newer == parameters(accsyn_api.Session)


def test_every_method_of_the_older_client_is_known() -> None:
    signatures = older_signatures()
    assert SESSION.older == tuple(signatures.pop("__init__"))
    assert {name: tuple(names) for name, names in signatures.items()} == {
        name: fact.older for name, fact in CALLS.items() if fact.older is not None
    }
    assert signatures == {
        name: names for name, names in json.loads(SIGNATURES.read_text()).items() if name != "__init__"
    }


@pytest.mark.parametrize("name", CALLS)
def test_what_is_awaited_here(name: str) -> None:
    fact = CALLS[name]
    ours = inspect.getattr_static(Session, name, None)
    assert (ours is None) is bool(fact.gone)
    if ours is not None:
        assert inspect.iscoroutinefunction(getattr(Session, name)) is fact.awaited


@pytest.mark.parametrize("name", PROPERTIES)
def test_what_is_read_here(name: str) -> None:
    assert isinstance(inspect.getattr_static(Session, name), property)


async def test_what_is_deprecated_warns_and_names_what_to_call() -> None:
    """Each call that there is, with arguments of the wrong kind: whether it warns comes first."""
    async with recording() as (_, port):
        async with Session("acme", "lisa@example.com", "my-key", url=f"http://127.0.0.1:{port}") as session:
            for name, fact in CALLS.items():
                if fact.gone or name == "help":
                    continue
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    try:
                        outcome = getattr(session, name)(*[{} for _ in fact.newer or fact.older or ()])
                        if inspect.isawaitable(outcome):
                            await outcome
                    except (ValueError, TypeError):
                        pass
                told = [str(one.message) for one in caught if one.category is DeprecationWarning]
                # With every parameter given, so is offline=, which warns by itself.
                told = [text for text in told if "offline=" not in text]
                assert bool(told) is bool(fact.instead), name
                assert all(re.search(rf"\b{fact.instead}\b", text) for text in told), name


def test_parameters_of_2_2_1_are_taken_or_told_to_be_gone() -> None:
    """A keyword of 2.2.1 is known here by some name, or is told to be gone."""
    for name, fact in CALLS.items():
        if fact.gone or fact.older is None:
            continue
        ours = getattr(Session, name)
        known = set(parameters(inspect.unwrap(ours)))
        renamed = {"scope", "entity_id", "entitytype_id", "entitytype_child", "offline"}
        assert set(fact.older) - known - renamed == set(fact.dropped) - known, name
        assert not set(fact.dropped) & known, name
    taken = set(inspect.signature(Session).parameters)
    assert set(SESSION.older or ()) - taken == set(SESSION.dropped)


def test_what_is_a_time_in_a_row_is_known() -> None:
    found = set()
    for kind in vars(rows).values():
        if is_typeddict(kind):
            hints = get_type_hints(kind)
            found |= {name for name, hint in hints.items() if dt.datetime in (hint, *get_args(hint))}
    assert found == TIMES


def test_what_this_library_has_alone() -> None:
    assert set(public(Session)) - CALLS.keys() - set(PROPERTIES) == HERE
