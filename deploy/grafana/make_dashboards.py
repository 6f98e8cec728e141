"""Writes deploy/grafana/dashboards/huiyin.json from the table of panels below: python deploy/grafana/make_dashboards.py

Change the table, run this, commit both. A test holds that the file is what this makes, and that its metrics exist.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "dashboards" / "huiyin.json"
DATASOURCE = {"type": "prometheus", "uid": "huiyin-prometheus"}
WIDTH = 24
HEIGHT = 7

_CONSUMED_MET = 'huiyin_events_consumed_total{service="notify", type="huiyin.deadline.met.v1"}'
_STEPS = 'sum(increase(huiyin_clock_steps_total{kind="%s"}[1h]))'
_LATENESS = "histogram_quantile(%s, sum by (le) (rate(huiyin_clock_step_lateness_seconds_bucket[5m])))"
_ANSWER = "histogram_quantile(%s, sum by (service, le) (rate(huiyin_http_request_seconds_bucket[5m])))"


@dataclass(frozen=True)
class Panel:
    """One panel: `queries` are pairs of PromQL and legend; `unit` is Grafana's; `width` in 24ths of the page."""

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    width: int = 8
    kind: str = "timeseries"
    red_from: float | None = None
    """For a stat: the value from which it is red."""


def per_hour(metric: str, by: str) -> tuple[tuple[str, str], ...]:
    """How many in the last hour, by a label."""
    return ((f"sum by ({by}) (increase({metric}[1h]))", f"{{{{{by}}}}}"),)


ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "现状 · Now",
        (
            Panel("服务 · services up", (('sum(up{job="huiyin"})', ""),), width=4, kind="stat"),
            Panel("时限运行中 · clocks open", (("max(huiyin_clocks_open)", ""),), width=4, kind="stat"),
            Panel("待发通知 · notices waiting", (("max(huiyin_notices_waiting)", ""),), width=4, kind="stat"),
            Panel("待回访 · call-backs open", (("max(huiyin_call_backs_open)", ""),), width=4, kind="stat"),
            Panel(
                "死信（一天）· dead letters in a day",
                (("sum(increase(huiyin_dead_letters_total[1d])) or vector(0)", ""),),
                width=4,
                kind="stat",
                red_from=1,
            ),
            Panel(
                "补回的定时（一天）· timers restored in a day",
                (("sum(increase(huiyin_timers_restored_total[1d]))", ""),),
                width=4,
                kind="stat",
                red_from=1,
            ),
        ),
    ),
    (
        "投诉 · Complaints",
        (
            Panel("每小时受理 · registered per hour", per_hour("huiyin_complaints_registered_total", "channel")),
            Panel("受理决定（每小时）· admission decisions per hour", per_hour("huiyin_admissions_total", "decision")),
            Panel(
                "重复与不合格（每小时）· duplicates and refused inputs per hour",
                (
                    ("sum(increase(huiyin_complaints_duplicate_total[1h]))", "重复 duplicates"),
                    ("sum(increase(huiyin_intake_rejected_total[1h]))", "不合格 refused"),
                ),
            ),
        ),
    ),
    (
        "办理 · Cases",
        (
            Panel("交办（每小时）· assigned per hour", per_hour("huiyin_assignments_total", "department"), width=6),
            Panel("办理环节（每小时）· milestones per hour", per_hour("huiyin_milestones_total", "milestone"), width=6),
            Panel("升级（每小时）· escalations per hour", per_hour("huiyin_escalations_total", "level"), width=6),
            Panel(
                "退回的报告（每小时）· reports rejected",
                per_hour("huiyin_reports_rejected_total", "reason"),
                width=6,
            ),
        ),
    ),
    (
        "时限 · Deadlines",
        (
            Panel(
                "按时、预警、超时（每小时）· met, warned, breached per hour",
                (
                    (f"sum(increase({_CONSUMED_MET}[1h]))", "按时 met"),
                    (_STEPS % "warned", "预警 warned"),
                    (_STEPS % "breached", "超时 breached"),
                ),
            ),
            Panel(
                "处理延迟 · lateness of acting on a deadline",
                ((_LATENESS % "0.5", "50 %"), (_LATENESS % "0.99", "99 %")),
                unit="s",
            ),
            Panel(
                "最早的到期未处理 · oldest deadline not acted on",
                (("max(huiyin_timer_oldest_due_seconds)", ""),),
                unit="s",
            ),
            Panel(
                "启动的时限（每小时）· clocks started per hour",
                per_hour("huiyin_clocks_started_total", "clock"),
                width=12,
            ),
            Panel(
                "超时的时限（每小时）· breached per hour, by clock",
                (('sum by (clock) (increase(huiyin_clock_steps_total{kind="breached"}[1h]))', "{{clock}}"),),
                width=12,
            ),
        ),
    ),
    (
        "通知 · Notices",
        (
            Panel("已发送（每小时）· sent per hour", per_hour("huiyin_notices_sent_total", "sink"), width=6),
            Panel(
                "并入另一件通知（每小时）· told within another, per hour",
                per_hour("huiyin_notices_joined_total", "procedure"),
                width=6,
            ),
            Panel("放弃（每小时）· given up per hour", per_hour("huiyin_notices_failed_total", "reason"), width=6),
            Panel(
                "待发与待回访 · waiting",
                (("max(huiyin_notices_waiting)", "通知 notices"), ("max(huiyin_call_backs_open)", "回访 call-backs")),
                width=6,
            ),
        ),
    ),
    (
        "事件 · Events",
        (
            Panel("待发布 · outbox depth", (("max by (service) (huiyin_outbox_depth)", "{{service}}"),)),
            Panel(
                "最早的未发布 · age of the oldest unpublished",
                (("max by (service) (huiyin_outbox_oldest_seconds)", "{{service}}"),),
                unit="s",
            ),
            Panel("待消费 · consumer lag", (("max by (service) (huiyin_consumer_lag_records)", "{{service}}"),)),
            Panel(
                "发布 · published",
                (("sum by (service) (rate(huiyin_outbox_published_total[5m]))", "{{service}}"),),
                unit="cps",
                width=6,
            ),
            Panel(
                "消费 · consumed",
                (("sum by (service) (rate(huiyin_events_consumed_total[5m]))", "{{service}}"),),
                unit="cps",
                width=6,
            ),
            Panel(
                "重复到达与跳过 · came again, passed over",
                (
                    ("sum by (service) (rate(huiyin_events_redelivered_total[5m]))", "{{service}} 重复 again"),
                    ("sum by (service) (rate(huiyin_events_skipped_total[5m]))", "{{service}} 跳过 passed over"),
                ),
                unit="cps",
                width=6,
            ),
            Panel(
                "死信（每小时）· dead letters per hour",
                (("sum by (service, reason) (increase(huiyin_dead_letters_total[1h]))", "{{service}} {{reason}}"),),
                width=6,
            ),
        ),
    ),
    (
        "接口 · HTTP",
        (
            Panel(
                "请求 · requests",
                (("sum by (service, status) (rate(huiyin_http_requests_total[5m]))", "{{service}} {{status}}"),),
                unit="reqps",
            ),
            Panel("响应时间 50 % · time to answer, median", ((_ANSWER % "0.5", "{{service}}"),), unit="s"),
            Panel("响应时间 99 % · time to answer, 99 of 100", ((_ANSWER % "0.99", "{{service}}"),), unit="s"),
        ),
    ),
)


def dashboard() -> dict[str, Any]:
    """The dashboard in Grafana's form: rows from top to bottom, panels filled in from the left."""
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in ROWS:
        panels.append(
            {
                "id": len(panels) + 1,
                "type": "row",
                "title": title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
            }
        )
        top += 1
        left = 0
        height = 4 if all(panel.kind == "stat" for panel in row) else HEIGHT
        for panel in row:
            if left + panel.width > WIDTH:
                left, top = 0, top + height
            place = {"x": left, "y": top, "w": panel.width, "h": height}
            panels.append(_panel(panel, len(panels) + 1, place))
            left += panel.width
        top += height
    return {
        "uid": "huiyin-overview",
        "title": "回音 · Huiyin",
        "tags": ["huiyin"],
        "schemaVersion": 41,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "browser",
        "panels": panels,
    }


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.red_from is not None:
        steps = [{"color": "green", "value": None}, {"color": "red", "value": panel.red_from}]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {"refId": "ABCDEF"[index], "datasource": DATASOURCE, "expr": expression, "legendFormat": legend}
            for index, (expression, legend) in enumerate(panel.queries)
        ],
    }


def text() -> str:
    """The file's text."""
    return json.dumps(dashboard(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
