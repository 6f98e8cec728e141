"""Why a clock is due when it is, in both languages."""

from __future__ import annotations

from services.sla.domain.case import Case
from services.sla.domain.explain import explain_clocks
from tests.unit.sla.scenes import CALENDARS, CASE, at, occurrence, procedure


def test_each_skipped_day_has_its_name_and_an_extension_its_total() -> None:
    rules = procedure(
        {
            "from": ["admitted"],
            "until": ["resolved"],
            "duration": "P5WD",
            "extension": {"to": "P10WD", "source": ["sample.45"]},
            "source": ["sample.44"],
        }
    )
    events = (
        occurrence("2025-09-29 09:00", "admitted"),
        occurrence("2025-10-09 09:00", "extension-approved", "extension-approved:reply"),
    )
    (zh,) = explain_clocks(Case(CASE, rules.key, events), rules, CALENDARS, at("2025-10-10 09:00"), "zh")
    assert zh.due_at == at("2025-10-21 00:00")
    assert zh.source == ("sample.44", "sample.45")
    text = "\n".join(zh.lines)
    assert "国庆节" in text
    assert "调休" in text  # Saturday 11 October is worked
    assert "P10WD" in text
    (en,) = explain_clocks(Case(CASE, rules.key, events), rules, CALENDARS, at("2025-10-10 09:00"), "en")
    assert "National Day" in "\n".join(en.lines)


def test_time_used_and_left_are_counted_outside_the_pauses() -> None:
    rules = procedure(
        {
            "from": ["received"],
            "until": ["resolved"],
            "duration": "PT30M",
            "pauses": [{"from": "asked", "until": ["answered"]}],
        }
    )
    events = (
        occurrence("2025-09-29 09:00", "received"),
        occurrence("2025-09-29 09:10", "asked"),
        occurrence("2025-09-29 10:10", "answered"),
    )
    (found,) = explain_clocks(Case(CASE, rules.key, events), rules, CALENDARS, at("2025-09-29 10:15"), "en")
    assert (found.elapsed_seconds, found.remaining_seconds) == (900.0, 900.0)
    (late,) = explain_clocks(Case(CASE, rules.key, events), rules, CALENDARS, at("2025-09-29 10:40"), "en")
    assert late.remaining_seconds == -600.0
