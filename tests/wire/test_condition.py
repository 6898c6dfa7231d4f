"""Conditions: what they read, and what they refuse."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import re
from collections.abc import Callable
from enum import Enum, IntEnum
from fractions import Fraction
from typing import Any, assert_type
from uuid import UUID

import pytest

from accsyn_async.errors import ArgumentError
from accsyn_async.models import JobStatus
from accsyn_async.querying.query import parse
from accsyn_async.rows import JobRow, TaskRow
from accsyn_async.wire.condition import Condition, where
from accsyn_async.wire.query import parse_query


class Size(IntEnum):
    BIG = 5


class Flavour(Enum):
    SWEET = "sweet"


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (where("Transfer"), "Transfer"),
        (where(status="running"), 'status="running"'),
        (where("Transfer", status="running"), 'Transfer WHERE status="running"'),
        (
            where("Transfer", status="running") | where(progress__ge=50),
            'Transfer WHERE status="running" OR progress>=50',
        ),
        (where(status="running", name__contains="x"), 'status="running" AND name contains "x"'),
        (where(a__eq=1, b__ne=2), "a=1 AND b!=2"),
        (where(a__lt=1, b__le=2, c__gt=3, d__ge=4), "a<1 AND b<=2 AND c>3 AND d>=4"),
        (where(a__contains="x", b__not_contains="y"), 'a contains "x" AND b not contains "y"'),
        (where(a__matches=r"\S+", b__not_matches="^x"), r'a matches "\S+" AND b not matches "^x"'),
        (where(a__like="x*", b__not_like="*.mov"), 'a="x*" AND b!="*.mov"'),
        (where(a__in=["x", "y"], b__not_in=("z",)), 'a in "x,y" AND b not in "z"'),
        (where("task", job__id="6971"), 'task WHERE job.id="6971"'),
        (where(job__id__in=[1, 2]), 'job.id in "1,2"'),
        (where(**{"job.id__ge": 1}), "job.id>=1"),
        (where(metadata__like__eq=1, contains_x=2), "metadata.like=1 AND contains_x=2"),
        (where(entitytype="share", self=1), 'entitytype="share" AND self=1'),
        # values
        (where(a=True, b=False), "a=true AND b=false"),
        (where(a=-5, b=1.5, c=2.0, d=-0.25), "a=-5 AND b=1.5 AND c=2 AND d=-0.25"),
        (where(a=1e300), "a=1e+300"),
        (where(a="50", b="true"), 'a="50" AND b="true"'),
        (where(a=JobStatus.RUNNING, b=Size.BIG, c=Flavour.SWEET), 'a="running" AND b=5 AND c="sweet"'),
        (where(a__in=JobStatus), f'a in "{",".join(JobStatus)}"'),
        (where(a=UUID(int=1)), 'a="00000000-0000-0000-0000-000000000001"'),
        (where(created__gt=dt.date(2026, 1, 22)), 'created>"2026-01-22T00:00:00"'),
        (
            where(created__gt=dt.datetime(2026, 1, 22, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))),
            'created>"2026-01-22T08:30:00"',
        ),
        (where(a=""), 'a=""'),
        (where(a="x) OR b=1 OR (c=2"), 'a="x) OR b=1 OR (c=2"'),
        (where(a='6" reel', b="it's", c=r"C:\data"), """a='6" reel' AND b="it's" AND c="C:\\data\""""),
        # what quotes cannot hold
        (where(a="x*"), r'a matches "^x\*$(?!\n)"'),
        (where(a__ne="x*"), r'a not matches "^x\*$(?!\n)"'),
        (where(a="'\""), r'a matches "^\x27\x22$(?!\n)"'),
        (where(a="\\"), r'a matches "^\x5c$(?!\n)"'),
        (where(a="é\n[\x7f\x85]"), r'a matches "^é\x0a\[\x7f\x85\]$(?!\n)"'),
        (
            where(a__contains="x*'"),
            r'a matches "x\*\x27"',
        ),
        (where(a__not_contains="\\"), r'a not matches "\x5c"'),
        (where(a__like="x.*\\"), r'a matches "^x\.[\s\S]*\x5c$(?!\n)"'),
        (where(a__in=["x", "y,z", "y", "x"]), 'a in "x,y" OR a="y,z"'),
        (where(a__not_in=["x", "*"]), r'a not in "x" AND a not matches "^\*$(?!\n)"'),
        (where(a__in=["", " x", 'y"']), """a="" OR a=" x" OR a='y"'"""),
        (where(b=1, a__in=["x", "y,z"]), 'b=1 AND (a in "x" OR a="y,z")'),
        (where(a__in={"y", "x"}), 'a in "x,y"'),
        (where(a__in=(text for text in "xy")), 'a in "x,y"'),
        (where(a__matches="\"'\n"), r'''a matches "\x22'\x0a"'''),
        (where(a__matches='\\"\'[\\"]'), r'''a matches "\x22'[\x22]"'''),
        (where(a__matches="x\\\\"), r'a matches "x\x5c"'),
        (where(a__matches='"\\Q'), """a matches '"\\Q'"""),
        # trees
        (where(a=1) & where(b=1) & where(c=1), "a=1 AND b=1 AND c=1"),
        (where(a=1) & (where(b=1) & where(c=1)), "a=1 AND b=1 AND c=1"),
        (where(a=1) | where(b=1) | where(c=1), "a=1 OR b=1 OR c=1"),
        (where(a=1) & where(b=1) | where(c=1), "(a=1 AND b=1) OR c=1"),
        ((where(a=1) | where(b=1)) & where(c=1), "(a=1 OR b=1) AND c=1"),
        (where(a=1, b=1) | where(c=1, d=1), "(a=1 AND b=1) OR (c=1 AND d=1)"),
        (~where(a=1), "a!=1"),
        (~(where(a__lt=1) & where(b__ge=1) | ~where(c__like="x*")), '(a>=1 OR b<1) AND c="x*"'),
        (~where("Transfer", a__in=["x", "y,z"]), 'Transfer WHERE a not in "x" AND a!="y,z"'),
        # everything
        (where("Transfer") & where(a=1), "Transfer WHERE a=1"),
        (where(a=1) & where("Transfer"), "Transfer WHERE a=1"),
        (where("Transfer") & (where(a=1) | where(b=1)) & where(c=1), "Transfer WHERE (a=1 OR b=1) AND c=1"),
        (where("Transfer") | where(a=1), "Transfer"),
        (where("Transfer") & where("transfer"), "Transfer"),
    ],
)
def test_what_a_condition_reads(condition: Condition[Any], text: str) -> None:
    assert str(condition) == text
    query = text if condition.entitytype else f"Transfer WHERE {text}"
    read = parse_query(query)
    assert (read.expression is None) is (condition.expression is None)
    if read.expression is not None:
        parse(read.expression)


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"a": None}, "leave the condition out"),
        ({"a__in": [None]}, "leave the condition out"),
        ({"a": ["x"]}, "pass them to the attribute's name and __in"),
        ({"a": {}}, "cannot be compared with a dict"),
        ({"a": b"x"}, "a bytes; pass a str"),
        ({"a": Fraction(1, 2)}, "a Fraction; pass a str"),
        ({"a": dt.timedelta(1)}, "a timedelta; pass a str"),
        ({"a": float("nan")}, "finite"),
        ({"a__lt": float("-inf")}, "finite"),
        ({"a": "\ud800"}, "half a character"),
        ({"a": dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))}, "out of range"),
        ({"a": dt.datetime.min.replace(hour=0)}, "out of range"),
        ({"a__in": []}, "no values"),
        ({"a__not_in": iter(())}, "no values"),
        ({"a__in": "xy"}, "several values, such as a list, not a str"),
        ({"a__in": {"x": 1}}, "not a dict"),
        ({"a__in": 5}, "not a int"),
        ({"a__in": b"x"}, "not a bytes"),
        ({"a__lt": "x*"}, "cannot be written after <"),
        ({"a__ge": "'\""}, "cannot be written after >="),
        ({"a__gt": "x\\"}, "cannot be written after >"),
        ({"a__matches": 5}, "regular expression as text, not a int"),
        ({"a__matches": re.compile("x")}, "pass its .pattern"),
        ({"a__matches": "x\\"}, "middle of an escape"),
        ({"a__matches": "\\Q\"'\\E"}, "cannot be quoted"),
        ({"a__matches": "(?ix)a\nb"}, "cannot be quoted"),
        ({"a=b OR c": 1}, "is no attribute"),
        ({"": 1}, "is no attribute"),
        ({"a ": 1}, "is no attribute"),
        ({"a\n": 1}, "is no attribute"),
        ({"a.": 1}, "is no attribute"),
        ({"a__": 1}, "is no attribute"),
        ({"__in": 1}, "is no attribute"),
        ({"a____b": 1}, "is no attribute"),
        ({"1a": 1}, "is no attribute"),
        ({"a-b": 1}, "is no attribute"),
        ({"é": 1}, "is no attribute"),
        ({"not": 1}, "is no attribute"),
        ({"OR__in": [1]}, "is no attribute"),
        ({"progress__gte": 1}, "write progress__ge;"),
        ({"job__name__startswith": "x"}, "write job__name__like, with 'text"),
    ],
)
def test_what_is_refused(conditions: dict[str, object], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        where(**conditions)


@pytest.mark.parametrize("entitytype", ["", "a b", "a WHERE b=1", "a\n", "1", "é", 5, where("a")])
def test_an_entity_type_is_a_name(entitytype: Any) -> None:
    with pytest.raises(ArgumentError, match="such as 'Transfer'"):
        where(entitytype, a=1)


def test_where_needs_something() -> None:
    with pytest.raises(ArgumentError, match="of what"):
        where()


def test_a_query_is_of_one_entity_type() -> None:
    transfer: Condition[Any] = where("Transfer", a=1)
    task: Condition[Any] = where("task", b=1)
    with pytest.raises(ArgumentError, match="'Transfer' and 'task'"):
        transfer & task
    with pytest.raises(ArgumentError, match="one entity type"):
        transfer | task


def test_nothing_cannot_be_asked_for() -> None:
    with pytest.raises(ArgumentError, match="every Transfer"):
        ~where("Transfer")


@pytest.mark.parametrize("misuse", [lambda a, b: a and b, lambda a, b: a or b, lambda a, b: not a])
def test_the_words_and_or_not_do_not_lose_a_condition(misuse: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(ArgumentError, match="&, | and ~"):
        misuse(where(a=1), where(b=2))


def test_only_conditions_are_combined() -> None:
    with pytest.raises(TypeError):
        where(a=1) & "b=2"  # type: ignore[operator]
    with pytest.raises(TypeError):
        "b=2" | where(a=1)  # type: ignore[operator]


def test_a_condition_is_a_value() -> None:
    one, same = where("Transfer", a=1, b="x"), where("Transfer", a=1) & where(b="x")
    assert one == same
    assert len({one, same, ~one, ~~one}) == 2
    assert one not in (where(a=1, b="x"), str(one))
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one
    assert repr(one) == '<Condition Transfer WHERE a=1 AND b="x">'
    assert (one.entitytype, one.expression) == ("Transfer", 'a=1 AND b="x"')
    with pytest.raises(AttributeError):
        one.entitytype = "task"  # type: ignore[misc]


def test_a_long_chain_does_not_nest() -> None:
    chain = where("Transfer", a=0)
    for number in range(1, 2000):
        chain |= where(a=number)
    assert str(chain).count(" OR ") == 1999
    assert str(~chain).count(" AND ") == 1999
    assert "(" not in str(~chain)


def test_rows_are_typed() -> None:
    jobs: Condition[JobRow] = where("Transfer", status="running")
    assert_type(jobs & where(progress__ge=50), Condition[JobRow])
    assert_type(~jobs, Condition[JobRow])
    wider: Condition[JobRow | TaskRow] = jobs
    bare: Condition = jobs
    assert wider is bare
