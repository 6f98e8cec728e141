"""What the names in a text stand for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.notify.domain.case import Case, fold, opened
from services.notify.domain.notices import details
from services.notify.domain.wording import Contact, is_ready, moment, names_of, needs_vault, values
from shared.events import complaints as c
from shared.events import deadlines as d
from shared.events.envelope import Event
from tests.unit.notify.samples import START, Story, procedure

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _case(*events: Event) -> Case:
    case = opened(events[0])
    for event in events:
        fold(case, event)
    return case


def _values(
    case: Case, event: Event, occurrence: str, language: Any = "en", contact: Contact | None = None
) -> dict[str, str | None]:
    return values(
        occurrence,
        event.time,
        details(event),
        case,
        procedure(),
        language,
        contact or Contact(),
        "https://line.example",
    )


@pytest.mark.parametrize(
    ("instant", "zh", "en"),
    [
        (datetime(2026, 11, 2, 1, 5, tzinfo=UTC), "2026年11月2日 09:05", "2 November 2026, 09:05"),
        # 16:00 UTC is midnight in Shanghai: the end of the 2nd, not the beginning of the 3rd
        (datetime(2026, 11, 2, 16, 0, tzinfo=UTC), "2026年11月2日 24:00", "2 November 2026, 24:00"),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "2026年12月31日 24:00", "31 December 2026, 24:00"),
    ],
)
def test_an_instant_is_written_in_the_procedures_zone(instant: datetime, zh: str, en: str) -> None:
    assert (moment(instant, SHANGHAI, "zh"), moment(instant, SHANGHAI, "en")) == (zh, en)


def test_ids_are_shown_by_their_names_in_the_readers_language() -> None:
    story = Story()
    registered, classified, assigned, warned = (
        story.registered(),
        story.classified("grave"),
        story.assigned("roads"),
        story.warned("late"),
    )
    case = _case(registered, classified, assigned, warned)

    zh, en = _values(case, warned, "warned:handling", "zh"), _values(case, warned, "warned:handling")

    shown = ("procedure", "department", "class", "clock", "step", "due")
    assert [zh[name] for name in shown] == ["示例程序", "道路", "重大", "办理期限", "late", "2026年11月3日 09:00"]
    assert [en[name] for name in shown] == [
        "Sample procedure",
        "Roads",
        "Grave",
        "Handling",
        "late",
        "3 November 2026, 09:00",
    ]
    assert en["case_number"] == "T-2026-0001"
    assert en["progress_url"] == "https://line.example/v1/progress?case_number=T-2026-0001"


def test_the_due_instant_of_an_assignment_is_that_of_the_clock_that_begins_with_it() -> None:
    story = Story()
    case = _case(
        story.registered(),
        story.started("contact", days=1),
        assigned := story.assigned(),
        story.started("handling", days=7),
    )

    assert _values(case, assigned, "assigned")["due"] == "9 November 2026, 09:00"


def test_a_text_with_a_due_instant_waits_until_it_is_known() -> None:
    story = Story()
    registered, assigned = story.registered(), story.assigned()
    names = frozenset(("case_number", "due"))

    assert not is_ready(names, "assigned", {}, _case(registered, assigned), assigned.time, procedure())
    assert is_ready(names, "assigned", {}, _case(registered, assigned, story.started()), assigned.time, procedure())
    assert is_ready(frozenset(("case_number",)), "assigned", {}, _case(registered), assigned.time, procedure())


def test_a_named_clock_s_due_instant_is_shown_whatever_the_notice_is_about() -> None:
    story = Story()
    registered, assigned, started = story.registered(), story.assigned(), story.started("handling", days=7)
    case, names = _case(registered, assigned, started), frozenset(("due.handling",))

    assert _values(case, registered, "registered")["due.handling"] == "9 November 2026, 09:00"
    assert is_ready(names, "registered", {}, case, registered.time, procedure())
    assert not is_ready(names, "registered", {}, _case(registered), registered.time, procedure())


def test_an_extension_shows_the_new_due_instant() -> None:
    story = Story()
    registered, started = story.registered(), story.started()
    approved_at = story.later(days=1).now
    extended = story.emit(
        d.ClockExtended(clock="handling", cycle=1, due_at=START.replace(day=20), previous_due_at=START.replace(day=9))
    )
    names, emitted = frozenset(("due",)), {"clock": "handling"}

    assert not is_ready(
        names, "extension-approved:handling", emitted, _case(registered, started), approved_at, procedure()
    )
    assert is_ready(
        names, "extension-approved:handling", emitted, _case(registered, started, extended), approved_at, procedure()
    )


def test_a_paused_clock_says_so() -> None:
    story = Story()
    paused = story.emit(d.ClockPaused(clock="handling", cycle=1, due_at=None, at=START))

    assert _values(_case(story.registered(), paused), story.assigned(), "assigned")["due"] == "(the clock is paused)"


def test_a_reason_is_the_rules_or_the_chosen_one_and_never_free_text() -> None:
    story = Story()
    registered, refused, resolved = (
        story.registered(),
        story.emit(c.ComplaintRefused(rule="twice")),
        story.resolved(reason="complex"),
    )
    case = _case(registered, refused, resolved)

    assert _values(case, refused, "refused", "zh")["reason"] == "重复投诉"
    assert _values(case, resolved, "resolved")["reason"] == "It is complex"
    assert _values(case, story.resolved(reason="Mr Zhang shouted"), "resolved")["reason"] is None


def test_the_vault_is_asked_only_for_what_it_alone_knows() -> None:
    needing = {one.id for one in procedure().notices if needs_vault(names_of(one))}

    assert needing == {"receipt", "result"}
