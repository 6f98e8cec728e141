"""Checks on disclosure: who approves it, in which form, and what notices tell those who are bound by it."""

from __future__ import annotations

from collections.abc import Iterator

from shared.procedures.check.finding import Finding, error
from shared.procedures.disclosures import bound_offices
from shared.procedures.model import Confidentiality, Disclosure, Procedure
from shared.procedures.notice_documents import documents_of


def check_disclosures(procedure: Procedure) -> Iterator[Finding]:
    """Findings on each rule of disclosure, and on notices that show what none discloses."""
    for part in procedure.confidentiality:
        for place, rule in enumerate(part.disclose):
            path = f"confidentiality[{part.id}].disclose[{place}]"
            if part.abstract_only and rule.as_ == "original":
                yield error(f"{path}.as", "此处只许摘要", "only an abstract may be disclosed here: abstract_only")
            if part.disclosure_by:
                yield from _approved(path, rule, part, procedure)
    yield from _notices(procedure)


def _approved(path: str, rule: Disclosure, part: Confidentiality, procedure: Procedure) -> Iterator[Finding]:
    """Approval is a milestone that nobody reports but those of `disclosure_by`."""
    milestone = next((one for one in procedure.milestones if one.id == rule.after), None)
    if milestone is None or not milestone.by or set(milestone.by) - set(part.disclosure_by):
        yield error(
            f"{path}.after",
            f"须是只由 {'、'.join(part.disclosure_by)} 上报的里程碑",
            f"must be a milestone that only these report: {', '.join(part.disclosure_by)}",
        )


def _notices(procedure: Procedure) -> Iterator[Finding]:
    bound = bound_offices(procedure)
    rules = [rule for part in procedure.confidentiality for rule in part.disclose]
    for notice in procedure.notices:
        for to in notice.to:
            office = to.rpartition(":")[2]
            if office not in bound:
                continue
            shown = {name for rule in rules if rule.to == office for name in rule.documents}
            for name in documents_of(notice):
                if name not in shown:
                    yield error(
                        f"notices[{notice.id}].text",
                        f"{name} 未向 {office} 公开",
                        f"{name} is not disclosed to {office}",
                    )
