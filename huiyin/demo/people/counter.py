"""How the people of the demonstration reach the services: over HTTP, and departments over their topic too, signed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from kafka import KafkaProducer

from huiyin.cli.client import Api, Connection
from huiyin.cli.databases import database_urls
from huiyin.cli.topics.broker import broker_errors
from huiyin.demo.people.handling import Step
from shared.events.assignments import MilestoneReport
from shared.events.envelope import CONTENT_TYPE, encode, make
from shared.events.topics import DEPARTMENT_REPORTS
from shared.security.acting import EVERY_OFFICE
from shared.security.keys import ensure_key, new_secret
from shared.security.signing import RecordSigner, new_private_key, public_key_of

KEY = "demo-departments"
"""The API key under which all departments of the demonstration sign; made anew by each run, kept by nobody."""

_SEND_SECONDS = 10.0


class Counter:
    """The services' public side. May be used by several threads; close it when all have ended.

    Every method raises the `HuiyinError` that the service answers, `Unavailable` where it does not answer.
    """

    def __init__(self, connection: Connection) -> None:
        self._kafka = connection.kafka()
        self._intake: Api = connection.open("intake")
        self._routing: Api = connection.open("routing")
        self._notify: Api = connection.open("notify")
        self._signer = _make_signer(connection)
        with broker_errors(self._kafka):
            self._producer = KafkaProducer(bootstrap_servers=self._kafka, acks="all", linger_ms=0)

    def close(self) -> None:
        """Let go of everything."""
        self._producer.close(timeout=5)
        for api in (self._intake, self._routing, self._notify):
            api.http.close()

    def put_document(self, case_id: UUID, name: str, text: str) -> None:
        """Put a text into the case's vault."""
        self._intake.put(f"/v1/cases/{case_id}/documents/{name}", {"text": text})

    def report(self, case_id: UUID, step: Step, at: datetime, clock: str | None = None) -> None:
        """Report a milestone over HTTP."""
        body = {"milestone": step.milestone, "by": step.by, "at": at.isoformat(), "fields": dict(step.fields)}
        self._routing.post(f"/v1/cases/{case_id}/milestones", body | ({"clock": clock} if clock else {}))

    def report_by_topic(self, case_id: UUID, procedure: tuple[str, int], step: Step, at: datetime) -> None:
        """Report a milestone as a department's own system does: on `huiyin.department-reports.v1`."""
        data = MilestoneReport(milestone=step.milestone, at=at, by=step.by, fields=dict(step.fields))
        cause = f"{step.milestone}|{at.isoformat()}"
        event = make(f"departments/{step.by}", case_id, procedure, data, cause=cause, at=at)
        value = encode(event)
        headers = [
            ("content-type", CONTENT_TYPE.encode()),
            ("ce_type", event.type.encode()),
            ("ce_id", str(event.id).encode()),
            *self._signer.headers(str(event.id), value, datetime.now(UTC)),
        ]
        with broker_errors(self._kafka):
            sent = self._producer.send(DEPARTMENT_REPORTS.name, key=str(case_id).encode(), value=value, headers=headers)
            sent.get(timeout=_SEND_SECONDS)

    def decide(self, case_id: UUID, decision: str, by: str, rule: str | None) -> None:
        """An officer's decision on a held complaint."""
        body = {"decision": decision, "by": by} | ({"rule": rule} if rule else {})
        self._intake.post(f"/v1/cases/{case_id}/admission", body)

    def supplement(self, case_id: UUID, fields: dict[str, object]) -> None:
        """The complainant's further particulars."""
        self._intake.post(f"/v1/cases/{case_id}/supplements", {"fields": fields})

    def call_back(self, task_id: str, *, satisfied: bool) -> None:
        """The complainant was reached, and is satisfied or not."""
        body = {"reached": True, "satisfied": satisfied, "score": 5 if satisfied else 2}
        self._notify.post(f"/v1/call-backs/{task_id}", body)


def _make_signer(connection: Connection) -> RecordSigner:
    private = new_private_key()
    url = database_urls(connection, ("routing",))["routing"]
    made = ensure_key(
        url, KEY, ("reports:write",), new_secret(), acts_as=(EVERY_OFFICE,), public_key=public_key_of(private)
    )
    asyncio.run(made)
    return RecordSigner(KEY, private)
