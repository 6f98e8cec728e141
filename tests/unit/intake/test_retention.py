"""How long a case is kept, by its timeline in any order."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from services.intake.domain.retention import concerns, kept_until
from services.intake.domain.timeline import TimelineEntry
from tests.unit.intake.sample import FORM, PROCEDURE

LEAP_DAY = datetime(2024, 2, 29, 4, 0, tzinfo=UTC)
FIVE_YEARS_LATER = datetime(2029, 2, 28, 4, 0, tzinfo=UTC)  # 29 February has no fifth anniversary
MARCH = datetime(2024, 3, 10, 4, 0, tzinfo=UTC)
KEPT_FROM_MARCH = datetime(2029, 3, 10, 4, 0, tzinfo=UTC)


def entry(name: str, at: datetime) -> TimelineEntry:
    return TimelineEntry(uuid4(), UUID(int=1), "/huiyin/routing", 1, name, None, at, at, "x", {})


@pytest.mark.parametrize(
    ("happened", "until"),
    [
        ([], None),
        ([("resolved", LEAP_DAY)], None),
        ([("archived", LEAP_DAY)], FIVE_YEARS_LATER),
        ([("archived", LEAP_DAY), ("reopened", MARCH)], None),
        ([("reopened", MARCH), ("archived", LEAP_DAY)], None),
        ([("archived", LEAP_DAY), ("reopened", LEAP_DAY), ("archived", MARCH)], KEPT_FROM_MARCH),
    ],
)
def test_a_case_is_kept_from_when_its_dossier_was_last_closed_off(
    happened: list[tuple[str, datetime]], until: datetime | None
) -> None:
    assert kept_until(PROCEDURE, [entry(*one) for one in happened], FORM.calendar) == until


def test_only_a_dossier_with_a_time_to_keep_it_concerns_anybody() -> None:
    no_dossier = PROCEDURE.model_copy(update={"dossier": None})
    assert [concerns(one, ["archived"]) for one in (PROCEDURE, no_dossier)] == [True, False]
    assert [concerns(PROCEDURE, [word]) for word in ("reopened", "closed")] == [True, False]
    assert kept_until(no_dossier, [entry("archived", LEAP_DAY)], FORM.calendar) is None
