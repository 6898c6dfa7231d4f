"""The settings of jobs: how they are written, and what is told of values that they cannot have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.jobs.name_filters import COMMA_REMEDY
from accsyn_async.jobs.settings import SETTINGS, JobSettings


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("task_bucketsize", 1, "1"),
        ("task_bucketsize", "1", "1"),
        ("task_bucketsize", True, True),
        ("transfer_speedlimit", 2.5, "2.5"),
        ("transfer_speedlimit", 2.0, "2"),
        ("transfer_speedlimit", 0.1, "0.1"),
        ("transfer_speedlimit", -1, "-1"),
        ("transfer_exclude", ["*tmp", "re('[0-9]')"], "*tmp\\,re('[0-9]')"),
        ("transfer_exclude", ("*tmp",), "*tmp"),
        ("transfer_exclude", "*tmp", "*tmp"),
        ("transfer_exclude", [], ""),
        ("transfer_exclude", ["a\\,b"], ["a\\,b"]),
        ("transfer_exclude", ["a", 7], ["a", 7]),
        ("transfer_include", ["a,b", "c"], "a,b\\,c"),
        ("transfer_ignore_existing", "file", "file"),
        ("transfer_conf", {"buffer": 1, "ß": None}, '{"buffer": 1, "\\u00df": null}'),
        ("transfer_conf", MappingProxyType({"buffer": 1}), '{"buffer": 1}'),
        ("transfer_conf", {}, "{}"),
        ("hook_conf", '{"a": 1}', '{"a": 1}'),
        ("hook_conf", {"a": float("nan")}, None),
        ("hook_conf", {"a": b"x"}, None),
        ("job_max_retries", 10**5000, None),
    ],
    ids=[str(number) for number in range(22)],
)
def test_how_a_setting_is_written(name: str, value: Any, written: Any) -> None:
    given: Any = {name: value}
    assert JobSettings(**given).to_json() == {name: value if written is None else written}


def test_what_is_left_out_is_not_written_and_extra_is_as_it_is() -> None:
    assert JobSettings().to_json() == {}
    assert JobSettings(task_bucketsize=0, extra={"new_one": [1], "task_bucketsize": 7}).to_json() == {
        "task_bucketsize": 7,
        "new_one": [1],
    }


NUMBER, WHOLE = "is not a number", "is not a whole number"


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "task_bucketsize",
            [0, 1, "1", "", 5.0, "100"],
            [-1, 1.5, "x", None, True, [], "nan", "inf", 10**5000],
        ),
        ("transfer_speedlimit", [0.5, "2.5", -1, "-1"], [0, "0", -2, "fast", "10 MB/s", float("inf")]),
        ("transfer_speed_limit", [0.5], [0]),
        ("job_speed_limit", [0.5], ["fast"]),
        ("transfer_resume_limit", [1, -1, "100"], [-2, 1.5]),
        ("transfer_concurrent", [1, 10, "5"], [0, 11, 2.5, {}]),
        ("transfer_reserved_space", [0, -1, 10**12], [-2, 0.5]),
        ("job_max_retries", [0, 3], [-1, 1.5]),
        ("job_autoretry_delay_s", [0, 1.5, "30"], [-1, "soon"]),
    ],
)
def test_numbers(name: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert SETTINGS[name].complain(value) == [], value
    for value in bad:
        [(message, remedy)] = SETTINGS[name].complain(value)
        assert NUMBER in message or WHOLE in message
        assert remedy.startswith("write a ")
        assert len(message) < 200


def test_what_numbers_are_told_to_be() -> None:
    assert SETTINGS["transfer_concurrent"].complain(11) == [
        ("11 is not a whole number from 1 to 10", "write a whole number from 1 to 10")
    ]
    assert SETTINGS["transfer_speedlimit"].complain("0") == [
        ("'0' is not a number above 0", "write a number above 0, or -1 for no limit")
    ]


@pytest.mark.parametrize(
    ("name", "good", "bad", "remedy"),
    [
        ("transfer_ignore_existing", ["file", "directory", "file+directory", "file + directory", ""],
         ["files", "file,directory", "file+", True, None, ["file"]], "write file or directory, or several"),
        ("transfer_encryption", ["aes128", "aes256", "none", ""], ["aes", "aes128+aes256", 128],
         "write aes128, aes256 or none"),
        ("transfer_mode", ["copy", "onewaysync"], ["sync", 1], "write copy or onewaysync"),
        ("transfer_comparison", ["size", "size+modified"], ["date"], "write size or modified, or several"),
        ("transfer_resume", ["enable", "disable"], [True, "true"], "write enable or disable"),
        ("transfer_attributes", ["owner+permissions"], ["acl"], "write owner, group or permissions, or sev"),
        ("transfer_log", ["info,files", "info, files"], ["info+files", "debug"], "of them joined by ','"),
        ("job_done_actions", ["delete_excluded"], ["delete"], "write delete_excluded"),
        ("job_on_missing", ["fail", "ignore"], ["skip"], "write fail or ignore"),
        ("compute_avoid", ["disable", "enable-permanent"], ["enable"], "write enable-clear-on-resume, ena"),
    ],
)  # fmt: skip
def test_choices(name: str, good: list[Any], bad: list[Any], remedy: str) -> None:
    for value in good:
        assert SETTINGS[name].complain(value) == [], value
    for value in bad:
        [(message, advice)] = SETTINGS[name].complain(value)
        assert message.endswith(" is no choice here")
        assert remedy in advice


@pytest.mark.parametrize("name", ["transfer_exclude", "transfer_include"])
def test_statements(name: str) -> None:
    complain = SETTINGS[name].complain
    assert complain("*tmp\\,re('[0-9]')") == []
    assert complain("") == []
    assert complain("re('[a\\,b]')")[0][1] == COMMA_REMEDY
    assert complain(["a", "re('a\\,b')"]) == [
        ("re('a\\,b') holds an escaped comma, which separates statements", COMMA_REMEDY)
    ]
    for value in (7, None, True, ["a", 7], {"a": 1}):
        [(message, remedy)] = complain(value)
        assert "is no text" in message
        assert "*tmp\\,*.bak" in remedy


@pytest.mark.parametrize("name", ["transfer_conf", "hook_conf", "email_conf", "mail_conf"])
def test_configurations(name: str) -> None:
    complain = SETTINGS[name].complain
    for good in ({}, {"a": [1]}, '{"a": 1}', "", "{}"):
        assert complain(good) == []
    for bad, problem in (
        ("{", "it is no JSON"),
        ("[1]", "is no JSON object"),
        ("null", "is no JSON object"),
        ('{"a": 1,}', "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        (f'{{"a": {"1" * 5000}}}', "is no JSON"),
        ([10**5000], "is no JSON object"),
        (7, "is no JSON object"),
    ):
        [(message, remedy)] = complain(bad)
        assert problem in message
        assert remedy == "write a JSON object"
        assert len(message) < 200


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(name=st.sampled_from(sorted(SETTINGS)), value=values | st.text("*re('[]\\,){}x+-.0123456789e_ "))
def test_whatever_a_value_is_its_problems_are_told(name: str, value: Any) -> None:
    for message, remedy in SETTINGS[name].complain(value):
        assert message
        assert remedy
        assert len(message) < 400


@given(name=st.sampled_from([one.name for one in fields(JobSettings) if one.name != "extra"]), value=values)
def test_whatever_a_value_is_it_is_written(name: str, value: Any) -> None:
    given: Any = {name: value}
    once = JobSettings(**given).to_json()
    assert set(once) == ({name} if value is not None else set())
    if not isinstance(value, list | bytes) and isinstance(once.get(name), str):
        assert JobSettings(**once).to_json() == once
    if isinstance(value, int | float) and SETTINGS[name].complain(value) == []:
        assert float(once[name]) == pytest.approx(value)
    if isinstance(value, Mapping) and isinstance(once[name], str):
        assert json.loads(once[name]) == value


def test_each_attribute_is_a_known_setting_whose_choices_are_those_of_its_type() -> None:
    hints = get_type_hints(JobSettings)
    for one in fields(JobSettings):
        if one.name == "extra":
            continue
        setting = SETTINGS[one.name]
        assert setting.about.endswith(".")
        assert setting.schema
        for option in get_args(hints[one.name]):
            for choice in get_args(option):
                if isinstance(choice, str):
                    assert setting.complain(choice) == [], (one.name, choice)
    assert set(SETTINGS) - {one.name for one in fields(JobSettings)} == {
        *("transfer_speed_limit", "job_speed_limit", "mail_conf"),
    }
