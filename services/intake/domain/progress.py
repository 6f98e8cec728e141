"""Where a case stands, in words for the complainant. They name no departments, levels or people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from services.intake.domain.admission import is_live
from services.intake.domain.case import Case
from services.intake.domain.forms import Form

WORDS: Mapping[str, tuple[str, str]] = {
    "held": ("已登记，正在审查是否受理", "Registered; whether it is admitted is being examined"),
    "admitted": ("已受理，正在安排办理单位", "Admitted; it is being given to those who will handle it"),
    "assigned": ("已交办，等待办理单位签收", "Given to those who will handle it"),
    "accepted-by-department": ("正在办理", "Being handled"),
    "resolved": ("已办结，等待结案", "Handled; to be closed"),
    "closed": ("已结案", "Closed"),
    "archived": ("已结案归档", "Closed and archived"),
    "reopened": ("已重新办理", "Reopened; being handled again"),
    "refused": ("不予受理", "Not admitted"),
    "transferred-out": ("已转交有权处理的单位", "Passed on to the body that is competent"),
    "merged": (
        "与先前的投诉属于同一事项，已并案办理",
        "The same matter as an earlier complaint; both are handled as one",
    ),
    "withdrawn": ("已撤回", "Withdrawn"),
}
"""zh and en for every status that a case can have."""


def progress(case: Case, form: Form, leading: Case | None) -> dict[str, Any]:
    """What the public page shows. Dates are days of the procedure's time zone, no finer.

    `leading` is the earlier case that a merged one goes on in: its state is shown, nothing else of it.
    """
    found: dict[str, Any] = {
        "case_number": case.number,
        "procedure": {"zh": form.procedure.name.zh, "en": form.procedure.name.en},
        "state": _state(case.status),
        "received_on": form.local_date(case.received_at).isoformat(),
        "registered_on": form.local_date(case.registered_at).isoformat(),
        "admitted_on": _day(form, case.admitted_at),
        "resolved_on": _day(form, case.resolved_at),
        "closed_on": _day(form, case.closed_at),
    }
    if leading is not None:
        found["goes_on_as"] = _state(leading.status)
    if case.status in ("refused", "transferred-out"):
        found["reason"] = _reason(form, case.rule)
    if case.missing and is_live(case.status):
        labels = [form.labels[name] for name in case.missing if name in form.labels]
        found["asked_for"] = [{"zh": label.zh, "en": label.en} for label in labels]
    return found


def progress_url(number: str) -> str:
    """Where that page is, below the address of this service; the receipt code is never part of it."""
    return f"/v1/progress?case_number={quote(number, safe='')}"


def _state(status: str) -> dict[str, str]:
    zh, en = WORDS[status]
    return {"id": status, "zh": zh, "en": en}


def _reason(form: Form, rule: str | None) -> dict[str, str] | None:
    found = next((known.reason for known in form.procedure.admissibility.rules if known.id == rule), None)
    return {"zh": found.zh, "en": found.en} if found else None


def _day(form: Form, at: datetime | None) -> str | None:
    return form.local_date(at).isoformat() if at else None
