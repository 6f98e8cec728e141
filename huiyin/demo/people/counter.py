"""How the people of the demonstration reach the services: over HTTP, and departments over their topic too, signed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from kafka import KafkaProducer

from huiyin.cli.client import Api, Connection
from huiyin.cli.databases import database_urls
from huiyin.cli.topics.broker import broker_errors
from huiyin.demo.people.handling import SIGNER, Step
from shared.errors import NotYet
from shared.events.assignments import MilestoneReport
from shared.events.envelope import CONTENT_TYPE, encode, make
from shared.events.topics import DEPARTMENT_REPORTS
from shared.procedures.least import LeastDocument
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

    def put_document(self, case_id: UUID, name: str, text: str, least: LeastDocument) -> None:
        """Put a document into the case, with what it must state and whose signatures it must bear."""
        body = {"text": text, "fields": dict(least.fields), "signed_by": list(least.signed_by)}
        self._intake.put(f"/v1/cases/{case_id}/documents/{name}", body | ({"by": least.by} if least.by else {}))

    def bring(self, case_id: UUID, step: Step, at: datetime) -> None:
        """Say that a notice was brought to its addressee, and who took it where the procedure asks for that.

        Raises `NotYet` until the notice was sent.
        """
        assert step.notice is not None  # noqa: S101  (such a step is one of a notice)
        made = self._notify.get("/v1/notices", case=str(case_id))["notices"]
        sent = [one for one in made if one["notice"] == step.notice.id and one["state"] in ("sent", "failed")]
        if not sent:
            raise NotYet("the notice has not been sent", field="notice")
        place = f"/v1/notices/{sent[-1]['id']}"
        if step.milestone.startswith("delivered:"):
            self._notify.post(f"{place}/delivery", {"form": "written", "by": step.by})
            return
        asked = step.notice.service.receipt if step.notice.service else ()
        slip = {"deliverer": {"person": "staff-1"}, "signer": {"signer": SIGNER}, "date": {"date": f"{at.date()}"}}
        receipt = {name: value for one in asked for name, value in slip[one].items()}
        self._notify.post(f"{place}/receipt", {"by": step.by, **receipt})

    def report(self, case_id: UUID, step: Step, at: datetime, clock: str | None = None) -> None:
        """Report a milestone over HTTP."""
        body = {"milestone": step.milestone, "by": step.by, "at": at.isoformat(), "fields": dict(step.fields)}
        body |= {"persons": list(step.persons)} if step.persons else {}
        self._routing.post(f"/v1/cases/{case_id}/milestones", body | ({"clock": clock} if clock else {}))

    def report_by_topic(self, case_id: UUID, procedure: tuple[str, int], step: Step, at: datetime) -> None:
        """Report a milestone as a department's own system does: on `huiyin.department-reports.v1`."""
        data = MilestoneReport(
            milestone=step.milestone, at=at, by=step.by, fields=dict(step.fields), persons=step.persons
        )
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

    def answer_follow_up(self, task_id: str, answer: dict[str, object]) -> None:
        """What came of a call to the complainant."""
        self._notify.post(f"/v1/follow-ups/{task_id}", answer)


def _make_signer(connection: Connection) -> RecordSigner:
    private = new_private_key()
    url = database_urls(connection, ("routing",))["routing"]
    made = ensure_key(
        url, KEY, ("reports:write",), new_secret(), acts_as=(EVERY_OFFICE,), public_key=public_key_of(private)
    )
    asyncio.run(made)
    return RecordSigner(KEY, private)
