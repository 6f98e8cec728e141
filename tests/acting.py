"""Every action over HTTP that names an office, by service: what is asked for, and the office that it is done as.

In a path, `{id}` stands for a case, a follow-up or a notice. tests/unit/hosting/test_acting.py holds that none is
missing; each service's integration tests hold that a key without the office is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(frozen=True)
class Action:
    """A request that may name its office as `by`, in body or query; `office` is who does it, given or by default."""

    method: str
    path: str
    office: str
    body: dict[str, Any] = field(default_factory=dict)

    async def send(self, http: httpx.AsyncClient, id: object, secret: str) -> httpx.Response:
        """Send it of a case, follow-up or notice, with an API key."""
        path = self.path.replace("{id}", str(id))
        return await http.request(self.method, path, json=self.body, headers={"Authorization": f"Bearer {secret}"})


_ANSWER = {"reached": True, "satisfied": True, "score": 5}
ACTIONS: dict[str, tuple[Action, ...]] = {
    "routing": (
        Action(
            "POST",
            "/v1/cases/{id}/milestones",
            "desk",
            {"milestone": "investigated", "by": "desk", "fields": {"investigators": 2}},
        ),
        Action("POST", "/v1/cases/{id}/reassignment", "head", {"department": "centre", "by": "head"}),
        Action("POST", "/v1/cases/{id}/assistants", "head", {"department": "centre", "by": "head"}),
    ),
    "intake": (
        Action("POST", "/v1/cases/{id}/admission", "chief", {"decision": "admit", "by": "chief"}),
        Action("POST", "/v1/cases/{id}/supplements", "desk", {"by": "desk", "fields": {"amount": 5}}),
        Action("POST", "/v1/cases/{id}/supplements", "complainant", {"fields": {"amount": 5}}),
        Action("POST", "/v1/cases/{id}/supplement-requests", "chief", {"by": "chief", "supplement": "particulars"}),
        Action("POST", "/v1/cases/{id}/withdrawal", "desk", {"by": "desk"}),
        Action("POST", "/v1/cases/{id}/withdrawal", "complainant"),
        Action("PUT", "/v1/cases/{id}/documents/reply", "chief", {"by": "chief", "text": "…"}),
        Action("PUT", "/v1/cases/{id}/documents/reply", "desk", {"text": "…"}),
        Action("POST", "/v1/cases/{id}/documents/evidence/files?by=chief", "chief", {"a": "text"}),
        Action("POST", "/v1/cases/{id}/documents/evidence/files", "desk", {"a": "text"}),
    ),
    "notify": (
        Action("POST", "/v1/follow-ups/{id}", "chief", {**_ANSWER, "by": "chief"}),
        Action("POST", "/v1/follow-ups/{id}", "water", _ANSWER),
        Action(
            "POST",
            "/v1/notices/{id}/receipt",
            "chief",
            {"by": "chief", "signer": "signer-1", "date": "2026-11-02"},
        ),
        Action("POST", "/v1/notices/{id}/delivery", "chief", {"by": "chief", "form": "written"}),
        Action("POST", "/v1/cases/{id}/satisfaction", "roads", {"satisfied": True, "by": "roads"}),
        Action("POST", "/v1/cases/{id}/satisfaction", "complainant", {"satisfied": True}),
    ),
}

# Those of recurring reports, which are no actions on a case: tests/integration/intake/test_reports.py.
OF_REPORTS = {"intake": {("POST", "/v1/reports/{}/sign-off"), ("POST", "/v1/reports/{}/editions")}}

# Those that need another case, or a document that is there: test_same_matter.py and test_documents.py of intake.
OF_SEVERAL = {
    "intake": {
        ("POST", "/v1/cases/{}/same-matter"),
        ("DELETE", "/v1/cases/{}/same-matter/{}"),
        ("POST", "/v1/cases/{}/documents/{}/copies"),
    }
}


def is_refused_for_office(answer: httpx.Response) -> bool:
    """Whether it was refused because the key may not act as the office: 403, problem details, field `by`."""
    return (
        answer.status_code == 403
        and answer.headers["content-type"] == "application/problem+json"
        and answer.json()["field"] == "by"
    )
