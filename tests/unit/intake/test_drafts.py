"""From drafts to numbered cases: which are merged, which numbers they take, and what their callers get."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.intake.domain.numbering import CASE, Counter
from services.intake.registration import drafts
from services.intake.registration.drafts import Draft
from services.intake.registration.request import Answer
from services.intake.store.registration import NewCase
from shared.security.vault import Vault
from tests.unit.intake.sample import FIELDS, MONDAY, complaint

VAULT = Vault((bytes(32),))
EARLIER = UUID(int=7)
CASES = Counter("test-desk", CASE, "2025")
REFUSALS = Counter("test-desk", "refusal-notice", "2025")


def draft(**changed: Any) -> Draft:
    return drafts.make_draft(complaint({**FIELDS, **changed}), "request:1", VAULT, None)


def numbered(*new: Draft, into: dict[UUID, UUID] | None = None) -> list[NewCase]:
    merged = into or {}
    due = [drafts.due_numbers(one, merged=one.case_id in merged, now=MONDAY) for one in new]
    return drafts.number_all(new, due, merged, {CASES: 5, REFUSALS: 3}, MONDAY)


@pytest.mark.parametrize(
    ("changed", "days_ago", "merged"),
    [
        ({}, 1, True),
        ({}, 14, True),
        ({}, 16, False),  # `within` is 15 days
        ({}, -1, True),  # received later, registered before
        ({"phone": "13900139000"}, 1, False),
    ],
)
def test_a_draft_is_merged_into_an_earlier_case_with_its_fingerprint(
    changed: dict[str, Any], days_ago: int, merged: bool
) -> None:
    fingerprint = draft().fingerprint
    assert fingerprint is not None
    one = draft(**changed)
    into = drafts.merge([one], {fingerprint: [(EARLIER, MONDAY - timedelta(days=days_ago))]})
    assert into == ({one.case_id: EARLIER} if merged else {})


def test_the_first_of_several_equal_drafts_leads_the_others() -> None:
    first, second, third = draft(), draft(), draft()
    assert drafts.merge([first, second, third], {}) == dict.fromkeys((second.case_id, third.case_id), first.case_id)


def test_nothing_is_merged_into_a_draft_that_is_refused() -> None:
    assert drafts.merge([draft(anonymous=True), second := draft()], {}).get(second.case_id) is None


def test_a_draft_without_the_compared_fields_is_never_merged() -> None:
    bare = [drafts.make_draft(complaint({"content": "质量问题"}), "request:1", VAULT, None) for _ in range(2)]
    assert drafts.merge(bare, {}) == {}


def test_a_refusal_takes_a_number_for_its_document_unless_it_is_merged() -> None:
    def series(one: Draft, *, merged: bool) -> list[Counter | None]:
        return [due.counter for due in drafts.due_numbers(one, merged=merged, now=MONDAY)]

    assert series(draft(), merged=False) == [CASES]
    refused = draft(anonymous=True)
    assert series(refused, merged=False) == [CASES, REFUSALS]
    assert series(refused, merged=True) == [CASES]


def test_numbers_are_given_in_the_order_of_the_drafts() -> None:
    first, second, third = numbered(draft(), draft(anonymous=True), draft())
    assert [one.number for one in (first, second, third)] == ["T2025-0005", "T2025-0006", "T2025-0007"]
    assert [one.document_numbers for one in (first, third)] == [{}, {}]
    assert second.document_numbers == {"refusal-notice": "不予受理[2025]3号"}


def test_a_merged_case_is_not_judged() -> None:
    one = draft()
    (judged,), (merged,) = numbered(one), numbered(one, into={one.case_id: EARLIER})
    assert (judged.status, judged.rule, judged.admitted_at, judged.merged_into) == ("admitted", "ours", MONDAY, None)
    assert (merged.status, merged.rule, merged.admitted_at, merged.merged_into) == ("merged", None, None, EARLIER)
    assert [event.data.__class__.__name__ for event in drafts.events(one, judged)] == [
        "ComplaintRegistered",
        "ComplaintAdmitted",
    ]
    assert [event.data.__class__.__name__ for event in drafts.events(one, merged)] == [
        "ComplaintRegistered",
        "ComplaintMerged",
    ]


def test_an_answer_is_the_same_after_it_was_kept() -> None:
    one = draft()
    (case,) = numbered(one)
    answer = drafts.answer(one, case)
    assert answer.document() == {
        "case_id": str(one.case_id),
        "case_number": "T2025-0005",
        "receipt_code": one.code,
        "status": "admitted",
        "missing": [],
        "progress_url": "/v1/progress?case_number=T2025-0005",
    }
    assert Answer.parse(json.dumps(answer.document())) == answer
    (merged,) = numbered(one, into={one.case_id: EARLIER})
    assert drafts.answer(one, merged).document()["duplicate_of"] == str(EARLIER)


def test_of_an_erased_case_only_its_id_is_answered() -> None:
    assert Answer("x").document() == {"case_id": "x"}
