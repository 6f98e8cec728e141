"""The procedures of public offices at work: the services' pure cores, in virtual time.

Times are Shanghai's. 2025-10-01 to 10-08 are holidays; 2025-09-28 (a Sunday) and 10-11 (a Saturday) are make-up
workdays. The expected dates are counted by hand.
"""

from __future__ import annotations

import pytest

from shared.errors import Conflict, InvalidInput
from tests.unit.procedures.scenes import Scene


def test_the_levy_office_decides_on_filing_in_five_working_days_and_audits_in_sixty_or_ninety() -> None:
    scene = Scene("social-insurance-levy-complaints", "2025-09-29 10:30", "letter", kind="complaint")
    assert (scene.status, scene.due("filing")) == ("held", "2025-10-14 00:00")  # 30; 9, 10, 11, 13
    with pytest.raises(InvalidInput, match="lets these decide: section-chief"):
        scene.officer("admit", "acceptance-officer", "2025-10-09 10:00")
    scene.officer("admit", "section-chief", "2025-10-09 10:00")
    assert scene.words("met:filing", "assigned:") == ["10-09 10:00 assigned:audit-post", "10-09 10:00 met:filing"]
    assert scene.due("audit") == "2026-01-01 00:00"  # sixty working days after October 9th, 11th included
    scene.report("extension-approved", "section-chief", "2025-10-20 10:00", clock="audit")
    assert scene.words("extended:audit") == ["10-20 10:00 extended:audit"]
    with pytest.raises(Conflict, match="result-notice-given must be reported first"):
        scene.report("closed", "audit-post", "2025-10-21 10:00")


def test_the_levy_office_files_a_report_without_checking_conditions_and_refuses_with_a_reason() -> None:
    assert Scene("social-insurance-levy-complaints", "2025-09-29 10:30", "letter", kind="report").status == "admitted"
    scene = Scene("social-insurance-levy-complaints", "2025-09-29 10:30", "letter", kind="complaint")
    scene.officer("refuse", "section-chief", "2025-09-30 10:00", "conditions-not-met")
    assert scene.words("refused", "met:", "breached") == ["09-30 10:00 refused", "09-30 10:00 met:filing"]
