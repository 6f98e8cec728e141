"""Rules and dashboard name what exists, in two languages, and every alert is tried."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import shared.events.deadlines  # noqa: F401  (puts its types into the registry)
from deploy.checks import reading, watching
from deploy.grafana.make_dashboards import TARGET, dashboard, text
from shared.events.base import REGISTRY

RULES: list[dict[str, Any]] = yaml.safe_load((watching.PROMETHEUS / "rules.yml").read_text("utf-8"))["groups"][0][
    "rules"
]
PROMETHEUS: dict[str, Any] = yaml.safe_load((watching.PROMETHEUS / "prometheus.yml").read_text("utf-8"))
COMPOSE = reading.read(reading.COMPOSE.read_text("utf-8"))


def test_rules_and_panels_name_only_metrics_and_labels_that_exist() -> None:
    assert watching.names([*watching.rules(), *watching.panels()]) == []


@pytest.mark.parametrize(
    ("expression", "finding"),
    [
        ("sum(huiyin_complaints_registered)", "there is no metric huiyin_complaints_registered"),
        ("rate(huiyin_http_request_seconds[5m])", "there is no metric huiyin_http_request_seconds"),
        ("huiyin_no_such_thing_total > 0", "there is no metric huiyin_no_such_thing_total"),
        ('huiyin_outbox_depth{consumer="sla"}', "huiyin_outbox_depth has no label consumer"),
        ("sum by (case) (huiyin_outbox_depth)", "groups by case, which nothing has"),
    ],
)
def test_a_metric_or_label_that_does_not_exist_is_named(expression: str, finding: str) -> None:
    assert watching.names([("here", expression)]) == [f"here: {finding}"]


def test_series_have_the_suffix_of_their_kind() -> None:
    known = watching.series()

    assert known["huiyin_complaints_registered_total"] == {"procedure", "channel"}
    assert "huiyin_clock_step_lateness_seconds_bucket" in known
    assert "huiyin_clocks_open" in known


def test_event_types_in_the_panels_exist() -> None:
    named = {found for _, expression in watching.panels() for found in re.findall(r'type="([^"]+)"', expression)}

    assert named
    assert named <= set(REGISTRY)


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_an_alert_says_what_to_do_in_chinese_and_english(rule: dict[str, Any]) -> None:
    for part in ("summary", "description"):
        words = rule["annotations"][part]
        assert re.search(r"[一-鿿]", words)
        assert re.search(r"[a-z]{3,} [a-z]{2,}", words)
    assert rule["labels"]["severity"] in ("page", "ticket")


def test_every_alert_is_tried_by_the_rules_test() -> None:
    tried = (watching.PROMETHEUS / "rules_test.yml").read_text("utf-8")

    assert [rule["alert"] for rule in RULES if f'alertname="{rule["alert"]}"' not in tried] == []


def test_the_dashboard_in_the_repository_is_what_the_generator_makes() -> None:
    assert TARGET.read_text("utf-8") == text()


def test_panels_lie_side_by_side_and_not_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells


def test_ids_that_come_twice_are_named(tmp_path: Path) -> None:
    board = {"uid": "one", "panels": [{"id": 1}, {"id": 1}]}
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(board), encoding="utf-8")

    assert watching.unique() == []
    assert watching.unique(tmp_path, ["Down", "Down"]) == [
        "alert Down is there twice",
        "dashboard uid one is there twice",
        "one: panel 1 is there twice",
        "one: panel 1 is there twice",
    ]


def test_the_panels_use_the_data_source_that_is_provisioned() -> None:
    folder = reading.ROOT / "deploy" / "grafana" / "provisioning" / "datasources"
    provisioned = yaml.safe_load((folder / "prometheus.yml").read_text("utf-8"))["datasources"][0]["uid"]

    used = {panel["datasource"]["uid"] for panel in dashboard()["panels"] if panel["type"] != "row"}
    assert used == {provisioned}


def test_prometheus_asks_every_service_where_it_answers() -> None:
    assert watching.targets(COMPOSE, PROMETHEUS) == []


def test_a_target_that_nobody_answers_and_a_label_that_clashes_are_named() -> None:
    broken = copy.deepcopy(PROMETHEUS)
    broken["scrape_configs"][0]["static_configs"] = [
        {"targets": ["intake:8101", "routing:8102", "sla:8103", "notify:9999"], "labels": {"service": "x"}}
    ]

    assert watching.targets(COMPOSE, broken) == [
        "prometheus: notify:8104 is asked or answers, not both",
        "prometheus: notify:9999 is asked or answers, not both",
        "prometheus: the target's label service is one of the metrics' own",
    ]


def test_the_page_on_running_lists_every_alert_and_no_other() -> None:
    page = (reading.ROOT / "docs" / "running.md").read_text("utf-8")

    assert set(re.findall(r"^\| (Huiyin\w+) \|", page, re.MULTILINE)) == {rule["alert"] for rule in RULES}
