"""Prometheus and Grafana: each metric, label value and target that they name exists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.metrics import MetricWrapperBase

from deploy.checks.reading import ROOT, environment_of
from shared.observability import metrics
from shared.service_names import SERVICES

PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
_SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
_SELECTOR = re.compile(r"\b(huiyin_\w+)(?:\{([^}]*)\})?")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPED = re.compile(r"\b(?:by|on)\s*\(([^)]*)\)")
ADDED = {"job", "instance", "alertname", "alertstate", "severity", "le"}


def series() -> dict[str, frozenset[str]]:
    """Every time series that a service can show, with its own labels."""
    found: dict[str, frozenset[str]] = {}
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            for suffix in _SUFFIXES[str(metric._type)]:
                found[metric._name + suffix] = frozenset(metric._labelnames)
    return found


def rules(folder: Path = PROMETHEUS) -> list[tuple[str, str]]:
    """The alerts' names and expressions."""
    read = yaml.safe_load((folder / "rules.yml").read_text("utf-8"))
    return [(rule["alert"], rule["expr"]) for group in read["groups"] for rule in group["rules"]]


def panels(folder: Path = DASHBOARDS) -> list[tuple[str, str]]:
    """The panels' titles and expressions."""
    return [
        (panel["title"], target["expr"])
        for path in sorted(folder.glob("*.json"))
        for panel in json.loads(path.read_text("utf-8"))["panels"]
        for target in panel.get("targets", [])
    ]


def names(expressions: Iterable[tuple[str, str]]) -> list[str]:
    """Metrics and labels in expressions that no service shows."""
    known = series()
    found: list[str] = []
    for where, expression in expressions:
        labels: set[str] = set(ADDED)
        for name, selected in _SELECTOR.findall(expression):
            if name not in known:
                found.append(f"{where}: there is no metric {name}")
                continue
            labels |= known[name]
            unknown = set(_LABEL.findall(selected)) - known[name] - ADDED
            found += [f"{where}: {name} has no label {label}" for label in sorted(unknown)]
        grouped = {label.strip() for group in _GROUPED.findall(expression) for label in group.split(",")}
        found += [f"{where}: groups by {label}, which nothing has" for label in sorted(grouped - labels - {""})]
    return found


def unique(folder: Path = DASHBOARDS, titles: Iterable[str] | None = None) -> list[str]:
    """Every dashboard and every panel of one dashboard has an id of its own; every alert a name."""
    found = _repeated("alert", titles if titles is not None else [name for name, _ in rules()])
    boards = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    found += _repeated("dashboard uid", [board["uid"] for board in boards])
    for board in boards:
        found += _repeated(f"{board['uid']}: panel", [str(panel["id"]) for panel in board["panels"]])
    return found


def _repeated(what: str, values: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [f"{what} {value} is there twice" for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]


def targets(compose: Mapping[str, Any], prometheus: Mapping[str, Any]) -> list[str]:
    """Prometheus asks every service, at the port where it answers, with the key that it was given."""
    job = next(job for job in prometheus["scrape_configs"] if job["job_name"] == "huiyin")
    asked = {target for group in job["static_configs"] for target in group["targets"]}
    there = {f"{name}:{environment_of(compose['services'][name])['HUIYIN_PORT']}" for name in SERVICES}
    found = [f"prometheus: {target} is asked or answers, not both" for target in sorted(asked ^ there)]
    if job["authorization"].get("credentials_file") != "/run/secrets/metrics.key":
        found.append("prometheus: does not read the key for metrics from its secret")
    labels = {label for group in job["static_configs"] for label in group.get("labels", {})}
    clash = labels & {label for own in series().values() for label in own}
    return found + [f"prometheus: the target's label {label} is one of the metrics' own" for label in sorted(clash)]
