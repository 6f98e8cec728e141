"""Which notices an event causes, for whom, and which notices need not be sent any more."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.case import Case, fold, opened
from services.notify.domain.notices import BREACHED, WARNED, Unsent, notice_id, overtaken, plan_notices, superseded
from shared.events import assignments as a
from shared.events.envelope import Event
from tests.unit.notify.samples import START, Story, case_id, changed, procedure


def _case(*events: Event) -> Case:
    case = opened(events[0])
    for event in events:
        fold(case, event)
    return case


def _planned(case: Case, event: Event) -> dict[str, bool]:
    return {one.notice: one.due for one in plan_notices(case, event, procedure())}


def test_each_occurrence_causes_the_notices_that_name_it() -> None:
    story = Story()
    registered, assigned, warned, breached = (
        story.registered(),
        story.assigned(),
        story.warned(),
        story.later(days=1).breached(),
    )
    case = _case(registered, assigned, warned, breached)

    assert _planned(case, registered) == {"receipt": True}
    assert _planned(case, assigned) == {"assignment": True, "grave": False}
    assert _planned(case, warned) == {"urging": True}
    assert _planned(case, breached) == {"urging": True, "overdue": True}
    assert _planned(case, story.warned(clock="contact")) == {}


def test_the_same_event_gives_the_same_ids_and_another_event_gives_others() -> None:
    story = Story()
    case = _case(story.registered())
    half, late = story.warned("half"), story.later(days=1).warned("late")

    first, again, other = (plan_notices(case, event, procedure())[0].id for event in (half, half, late))

    assert first == again != other


def test_a_condition_is_judged_by_what_had_been_emitted_up_to_the_occurrence() -> None:
    story = Story()
    registered = story.registered()
    assigned = story.later(minutes=1).assigned()
    raised_later = story.later(minutes=1).classified("grave")
    raised_before = Story().later(seconds=30)

    assert _planned(_case(registered, assigned, raised_later), assigned)["grave"] is False
    assert _planned(_case(registered, assigned, raised_before.classified("grave")), assigned)["grave"] is True


def test_several_addressees_get_a_notice_each_and_a_single_ones_id_does_not_tell_whom() -> None:
    story = Story()
    assigned = story.assigned()
    case = _case(story.registered(), assigned)
    rules = changed(notices={"assignment": {"to": ["department", "water", "role:chief"]}})

    several = [one for one in plan_notices(case, assigned, rules) if one.notice == "assignment"]
    (single,) = [one for one in plan_notices(case, assigned, procedure()) if one.notice == "assignment"]

    # the case is with the department of water: it gets one notice and not two
    assert [one.to for one in several] == ["department", "role:chief"]
    assert [one.id for one in several] == [
        notice_id(case.id, "assignment", assigned.id, to) for to in ("department", "role:chief")
    ]
    assert single.id == notice_id(case.id, "assignment", assigned.id)


def test_a_rung_is_told_of_its_escalation_though_the_case_is_on_the_next_one_already() -> None:
    story = Story()
    registered, first, second = story.registered(), story.escalated("foreman"), story.escalated("head")
    case = _case(registered, first, second)
    rules = changed(notices={"assignment": {"at": ["escalated"], "to": "level"}})

    planned = [one for event in (first, second) for one in plan_notices(case, event, rules)]

    assert [one.to for one in planned if one.notice == "assignment"] == ["level:foreman", "level:head"]


def test_each_department_that_assists_gets_a_notice_but_not_the_one_that_has_the_case() -> None:
    story = Story()
    assigned = story.assigned()
    joined = [
        story.emit(a.AssistantAssigned(department=one, assisting=all_, cause="by:chief"))
        for one, all_ in (("roads", ("roads",)), ("parks", ("roads", "parks")))
    ]
    rules = changed(notices={"assignment": {"to": ["assistants"]}})

    def told(case: Case) -> dict[str, object]:
        return {one.to: one.id for one in plan_notices(case, assigned, rules) if one.notice == "assignment"}

    case = _case(story.registered(), assigned, *joined)
    assert told(case) == {
        to: notice_id(case.id, "assignment", assigned.id, to) for to in ("department:roads", "department:parks")
    }
    assert told(_case(story.registered(), assigned)) == {}
    assert list(told(_case(story.registered(), assigned, *joined, story.reassigned("roads")))) == ["department:parks"]


def _unsent(
    number: int, hour: int, rank: int, *, to: str = "department", clock: str = "handling", cycle: int = 1
) -> Unsent:
    return Unsent(case_id(1000 + number), case_id(), to, clock, cycle, rank, START + timedelta(hours=hour))


def test_of_unsent_warnings_only_the_last_is_kept_and_a_breach_is_never_lost_to_a_warning() -> None:
    # hour 1 and 2 warn, hour 3 breaches, hour 4 warns again: the breach overtakes 1 and 2, and stands beside 4
    first, second, breach, after = (
        _unsent(1, 1, WARNED),
        _unsent(2, 2, WARNED),
        _unsent(3, 3, BREACHED),
        _unsent(4, 4, WARNED),
    )

    assert overtaken([first, second]) == {first.id}
    assert overtaken([first, second, breach]) == {first.id, second.id}
    assert overtaken([first, second, breach, after]) == {first.id, second.id}


def test_notices_of_one_event_other_addressees_and_other_clocks_do_not_overtake_each_other() -> None:
    same_moment = [_unsent(1, 1, BREACHED), _unsent(2, 1, BREACHED)]
    others = [_unsent(3, 1, WARNED), _unsent(4, 2, WARNED, to="role:chief"), _unsent(5, 3, WARNED, clock="contact")]

    assert overtaken(same_moment) == set()
    assert overtaken(others) == set()


def test_a_warning_of_a_retracted_breach_s_clock_stays() -> None:
    warning = Unsent(case_id(7), case_id(), "chief", "handling", 1, WARNED, START)
    assert superseded([warning], {}, {(case_id(), "handling", 1)}) == {}


def test_a_retracted_breach_is_superseded() -> None:
    one, other = _unsent(1, 1, BREACHED), _unsent(2, 1, BREACHED, clock="contact")

    assert superseded([one, other], {}, {(case_id(), "handling", 1)}) == {one.id: "retracted"}
    assert superseded([one, other], {}, {(case_id(), "handling", 2)}) == {}


@given(hours=st.lists(st.integers(0, 20), min_size=1, max_size=30))
def test_of_any_heap_of_warnings_those_of_the_latest_instant_are_kept(hours: list[int]) -> None:
    heap = [_unsent(index, hour, WARNED) for index, hour in enumerate(hours)]

    kept = {one.occurred_at for one in heap if one.id not in overtaken(heap)}

    assert kept == {START + timedelta(hours=max(hours))}
