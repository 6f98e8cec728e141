"""Cross-references: whether the parts of a procedure fit together. Form is checked when a file is loaded."""

from __future__ import annotations

from shared.procedures.check.awards import check_awards
from shared.procedures.check.clock_parts import check_clock_parts
from shared.procedures.check.clocks import check_clocks
from shared.procedures.check.conditions import check_conditions
from shared.procedures.check.consequences import check_consequences
from shared.procedures.check.disclosures import check_disclosures
from shared.procedures.check.documents import check_documents
from shared.procedures.check.finding import Finding
from shared.procedures.check.follow_ups import check_follow_ups
from shared.procedures.check.notices import check_notices
from shared.procedures.check.occurrences import check_occurrences
from shared.procedures.check.order import check_order
from shared.procedures.check.parties import check_parties
from shared.procedures.check.recurring_reports import check_recurring_reports
from shared.procedures.check.references import check_references
from shared.procedures.check.reports import check_reports
from shared.procedures.check.wording import check_wording
from shared.procedures.model import Procedure

__all__ = ["Finding", "check_procedure"]


def check_procedure(procedure: Procedure) -> tuple[Finding, ...]:
    """Everything that is wrong or odd, errors first, then by path; () if nothing is."""
    found = {
        *check_references(procedure),
        *check_occurrences(procedure),
        *check_conditions(procedure),
        *check_clocks(procedure),
        *check_clock_parts(procedure),
        *check_consequences(procedure),
        *check_follow_ups(procedure),
        *check_notices(procedure),
        *check_order(procedure),
        *check_reports(procedure),
        *check_awards(procedure),
        *check_documents(procedure),
        *check_parties(procedure),
        *check_disclosures(procedure),
        *check_wording(procedure),
        *check_recurring_reports(procedure),
    }
    return tuple(sorted(found))
