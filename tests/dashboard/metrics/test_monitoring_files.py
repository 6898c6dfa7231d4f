"""The alert rules, the Grafana dashboard and their page speak of metrics that there are."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from accsyn_async import JobStatus, Session, Traffic
from accsyn_async.board.board import Board
from accsyn_async.dashboard.metrics import Metrics
from accsyn_async.relay.metrics import RelayMetrics
from accsyn_async.transport.traffic import ENTITIES, METHODS, OUTCOMES
from tests.dashboard.metrics.happenings import changed, finished, found, job, samples
from tests.support.backend import Backend
from tests.support.relay_facts import LEADER, STANDBY
from tests.support.relayed import StandIn

FILES = Path(__file__).parents[3] / "docs" / "monitoring"
GRAFANA: dict[str, Any] = json.loads((FILES / "grafana.json").read_text())
RULE_FILES = ("alerts.yml", "relay-alerts.yml")
RULES_OF = {
    file: [rule for group in yaml.safe_load((FILES / file).read_text())["groups"] for rule in group["rules"]]
    for file in RULE_FILES
}
RULES = [rule for rules in RULES_OF.values() for rule in rules]
TEST_FILES = [file.replace(".yml", "_test.yml") for file in RULE_FILES]
CASES = [case for file in TEST_FILES for case in yaml.safe_load((FILES / file).read_text())["tests"]]
PAGE = (FILES / "README.md").read_text()
FROM_PROMETHEUS = {"job", "instance"}
"""Labels that a scrape adds."""


def promtool(*arguments: str, fed: bytes = b"") -> str:
    tool = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if tool is None:
        pytest.fail(
            "promtool is missing. Debian and Ubuntu have it in the package prometheus: "
            "apt-get install -y --no-install-recommends prometheus; elsewhere take it from "
            "https://prometheus.io/download/, and name it in PROMTOOL if it is not on PATH."
        )
    done = subprocess.run([tool, *arguments], input=fed, cwd=FILES, capture_output=True, check=False)
    told = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, told
    return told


def panels() -> list[dict[str, Any]]:
    """All of them, those in rows that are folded too."""
    outer = GRAFANA["panels"]
    return [*outer, *(inner for panel in outer for inner in panel.get("panels", []))]


def expressions() -> list[str]:
    """What the panels ask for."""
    return [target["expr"] for panel in panels() for target in panel.get("targets", [])]


@pytest.fixture(scope="module")
def bodies() -> dict[str, bytes]:
    """Expositions with as many series as there can be: of a dashboard, and of a relay."""
    keys = [(m, e, o) for m in METHODS for e in [*sorted(ENTITIES), "other"] for o in OUTCOMES]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "traffic", Traffic(dict.fromkeys(keys, 1), (1,) * 13, seconds=20.0))
        each = Metrics(Backend().session(), Board(), per_job=True)
        for number, status in enumerate(JobStatus):
            each.take(found(job(number, status)))
            each.take(changed(job(number, status, progress=50)))
        each.take(finished(job(99, "done", progress=100)))
        relay = RelayMetrics(lambda: LEADER, Backend().session())
        return {"dashboard": each.exposition()[0], "relay": relay.exposition()[0]}


@pytest.fixture(scope="module")
def known(bodies: dict[str, bytes]) -> dict[str, dict[str, set[str]]]:
    """The values of the labels of each metric."""
    told: dict[str, dict[str, set[str]]] = {}
    for body in bodies.values():
        for name, labels in samples(body):
            values = told.setdefault(name, {})
            for label, value in labels:
                values.setdefault(label, set()).add(value)
    return told


@pytest.mark.parametrize("server", ["dashboard", "relay"])
def test_prometheus_likes_what_it_reads(bodies: dict[str, bytes], server: str) -> None:
    assert promtool("check", "metrics", fed=bodies[server]) == ""


def test_what_both_have_is_labelled_alike(bodies: dict[str, bytes]) -> None:
    told = [
        {(name, frozenset(label for label, _ in labels)) for name, labels in samples(body)}
        for body in bodies.values()
    ]
    both = {name for name, _ in told[0]} & {name for name, _ in told[1]}
    assert {"accsyn_api_requests_total", "accsyn_build_info"} <= both
    assert {each for each in told[0] if each[0] in both} == {each for each in told[1] if each[0] in both}


def test_prometheus_likes_what_it_reads_of_a_relay_on_standby() -> None:
    empty = RelayMetrics(lambda: STANDBY, Backend().session())
    assert promtool("check", "metrics", fed=empty.exposition()[0]) == ""


def test_prometheus_likes_what_it_reads_of_a_session_that_has_done_nothing() -> None:
    empty = Metrics(Backend().session(), Board())
    assert promtool("check", "metrics", fed=empty.exposition()[0]) == ""


def test_prometheus_likes_what_it_reads_of_a_relays_feed() -> None:
    empty = Metrics(StandIn(Backend().session()), Board())
    assert promtool("check", "metrics", fed=empty.exposition()[0]) == ""


@pytest.mark.parametrize("file", RULE_FILES)
def test_the_rules_can_be_read(file: str) -> None:
    assert f"SUCCESS: {len(RULES_OF[file])} rules found" in promtool("check", "rules", file)


@pytest.mark.parametrize("file", TEST_FILES)
def test_the_rules_fire_when_they_should_and_not_otherwise(file: str) -> None:
    assert "SUCCESS" in promtool("test", "rules", file)


def test_the_scrape_configuration_can_be_read() -> None:
    assert "SUCCESS" in promtool("check", "config", "--syntax-only", "prometheus.yml")
    whole = yaml.safe_load((FILES / "prometheus.yml").read_text())
    assert tuple(whole["rule_files"]) == RULE_FILES
    configs = {config["job_name"]: config for config in whole["scrape_configs"]}
    asked = {name for rule in RULES for name in re.findall(r'job="([^"]*)"', rule["expr"])}
    assert configs.keys() == asked == {"accsyn", "accsyn-relay"}
    for config in configs.values():
        assert config["authorization"].keys() == {"type", "credentials_file"}
        assert f"`{config['authorization']['credentials_file']}`" in PAGE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_rule_is_whole_and_tested_both_ways(rule: dict[str, Any]) -> None:
    assert rule["for"]
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert rule["annotations"].keys() == {"summary", "description"}
    checks = [
        check["exp_alerts"]
        for case in CASES
        for check in case["alert_rule_test"]
        if check["alertname"] == rule["alert"]
    ]
    assert [] in checks
    fired = [alert for several in checks for alert in several]
    assert fired
    assert all(alert["exp_annotations"] for alert in fired)
    assert f"| `{rule['alert']}` | " in PAGE


def test_no_rule_stands_twice() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names))


NAME = re.compile(r"\b(accsyn_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
OBSERVED = {
    *("accsyn_jobs", "accsyn_jobs_stalled", "accsyn_jobs_speed_bytes_per_second"),
    *("accsyn_jobs_remaining_bytes", "accsyn_job_progress_ratio", "accsyn_job_speed_bytes_per_second"),
    "accsyn_job_remaining_bytes",
}
"""Gauges that stay as they were while the backend does not answer."""
GUARD = re.compile(
    r"and on \(job, instance\) "
    r"(?:accsyn_up\{instance=~\"\$instance\"\}|max_over_time\(accsyn_up\[5m\]\)) == 1"
)
IF = re.compile(r"and on \(job, instance\) accsyn_relay_\w+(\{[^}]*\})? == [01]")
"""What something is true of a relay by."""
GROUPED = re.compile(r"\b(?:by|on|ignoring|without)\s*\(([^)]*)\)")


@pytest.mark.parametrize("text", [*(rule["expr"] for rule in RULES), *expressions()])
def test_what_is_asked_for_is_there(text: str, known: dict[str, dict[str, set[str]]]) -> None:
    asked = NAME.findall(text)
    assert asked or text.startswith("up{")
    for name, matchers in asked:
        assert name in known, f"there is no {name}"
        for label, how, value in MATCHER.findall(matchers):
            if label in FROM_PROMETHEUS:
                continue
            values = known[name].get(label)
            assert values, f"{name} has no label {label}"
            for each in value.split("|") if "~" in how else [value]:
                assert each in values or (label, each) == ("type", "compute"), f"no {name} has {label}={each}"
    text = IF.sub("", GUARD.sub("", text))
    labels = {label.strip() for several in GROUPED.findall(text) for label in several.split(",")} - {""}
    for name, _ in NAME.findall(text):
        assert labels <= {*known[name], *FROM_PROMETHEUS}, f"{name} has not all of {labels}"


@pytest.mark.parametrize("text", [*(rule["expr"] for rule in RULES), *expressions()])
def test_what_is_no_longer_known_to_be_so_is_not_asked_for(text: str) -> None:
    about_jobs = OBSERVED & {name for name, _ in NAME.findall(text)}
    assert len(GUARD.findall(text)) == bool(about_jobs)


@pytest.mark.parametrize("panel", [p for p in panels() if "targets" in p], ids=lambda panel: panel["title"])
def test_legends_name_labels_that_there_are(
    panel: dict[str, Any], known: dict[str, dict[str, set[str]]]
) -> None:
    for target in panel["targets"]:
        labels = FROM_PROMETHEUS.union(*(known[name] for name, _ in NAME.findall(target["expr"])))
        assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels


def test_every_metric_has_a_panel_and_stands_on_the_page(known: dict[str, dict[str, set[str]]]) -> None:
    drawn = {name for text in expressions() for name, _ in NAME.findall(text)}
    assert drawn == known.keys()
    described = dict(re.findall(r"^\| `(accsyn_\w+)` \|([^|]*)\|", PAGE, re.MULTILINE))
    plain = {re.sub(r"_(bucket|count|sum)$", "", name): labels for name, labels in known.items()}
    assert described.keys() == plain.keys()
    for name, labels in plain.items():
        assert set(re.findall(r"`(\w+)`", described[name])) == labels.keys() - {"le"}, name


def test_the_dashboard_is_well_formed() -> None:
    each = panels()
    ids = [panel["id"] for panel in each]
    assert len(ids) == len(set(ids))
    assert GRAFANA["id"] is None
    (source, instance) = GRAFANA["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    assert instance["name"] == "instance"
    for panel in each:
        assert panel["title"]
        if panel["type"] == "row":
            continue
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["fieldConfig"]["defaults"]["unit"]
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs)) > 0
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"]
            assert target["expr"].count("accsyn_") == target["expr"].count('instance=~"$instance"')


def test_no_panel_lies_over_another() -> None:
    squares = [panel["gridPos"] for panel in panels()]
    for one in squares:
        assert one["x"] >= 0
        assert one["w"] > 0
        assert one["x"] + one["w"] <= 24
    for one, other in itertools.combinations(squares, 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart_x or apart_y, (one, other)


def test_prometheus_understands_what_the_panels_ask_for(tmp_path: Path) -> None:
    rules = []
    for number, text in enumerate(expressions()):
        for variable, value in (("$__rate_interval", "1m"), ("$__range", "6h"), ("$instance", ".*")):
            text = text.replace(variable, value)
        assert "$" not in text
        rules.append({"record": f"asked:for{number}", "expr": text})
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))
    assert f"SUCCESS: {len(rules)} rules found" in promtool("check", "rules", str(file))


def test_promtool_that_is_missing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMTOOL", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match="apt-get install -y --no-install-recommends prometheus"):
        promtool("--version")
