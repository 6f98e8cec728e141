"""What readers of cases are shown. Without `vault:read` there is nothing here that a person typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.intake.domain.case import Case
from services.intake.domain.timeline import TimelineEntry
from services.intake.store.same_matter import Link


def case_view(case: Case) -> dict[str, Any]:
    """A case with its coded values; instants in UTC."""
    return {
        "case_id": str(case.id),
        "case_number": case.number,
        "procedure": case.procedure,
        "procedure_version": case.procedure_version,
        "channel": case.channel,
        "language": case.language,
        "received_at": case.received_at.isoformat(),
        "registered_at": case.registered_at.isoformat(),
        "status": case.status,
        "attributes": case.attributes,
        "missing": case.missing,
        "class": case.class_,
        "department": case.department,
        "level": case.level,
        "admitted_at": case.admitted_at.isoformat() if case.admitted_at else None,
        "resolved_at": case.resolved_at.isoformat() if case.resolved_at else None,
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
        "rule": case.rule,
        "decided_by": case.decided_by,
        "document_numbers": case.document_numbers,
        "kept_until": case.kept_until.isoformat() if case.kept_until else None,
        "erased_at": case.erased_at.isoformat() if case.erased_at else None,
    }


def links_view(case: Case, merged: Sequence[UUID], same_matter: Sequence[Link]) -> dict[str, Any]:
    """The earlier case that this one goes on in, the later ones that go on in this one, and those of the same
    matter."""
    return {
        "same_matter": same_matter_view(same_matter),
        "duplicate_of": str(case.merged_into) if case.merged_into else None,
        "duplicates": [str(case_id) for case_id in merged],
    }


def same_matter_view(links: Sequence[Link]) -> list[dict[str, Any]]:
    """The cases that officers say are the same matter."""
    return [
        {"case_id": str(one.other_id), "by": one.linked_by, "linked_at": one.linked_at.isoformat()} for one in links
    ]


def entry_view(entry: TimelineEntry) -> dict[str, Any]:
    """One occurrence: its name as procedures know it, which service emitted it, and its coded details."""
    return {
        "occurrence": f"{entry.occurrence}:{entry.qualifier}" if entry.qualifier else entry.occurrence,
        "happened_at": entry.happened_at.isoformat(),
        "said_at": entry.emitted_at.isoformat(),  # the name that callers of this route know
        "by": entry.source.removeprefix("/huiyin/"),
        "type": entry.type,
        "event_id": str(entry.event_id),
        "details": entry.details,
    }
