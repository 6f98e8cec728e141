"""Departments' reports on Kafka: taken when they are signed, turned away with the reason when they are not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from huiyin.dead_letters import replay
from huiyin.dead_letters.replay import DeadLetter
from huiyin.dead_letters.resend import _headers
from services.routing.consumer import Consumer
from services.routing.rule_book import RuleBook
from shared.business_time.clock import VirtualClock
from shared.business_time.loader import load_calendars
from shared.events.assignments import MilestoneReport
from shared.events.base import EventData
from shared.events.complaints import ComplaintAdmitted
from shared.events.envelope import Event, decode, encode, make
from shared.events.topics import COMPLAINTS, DEPARTMENT_REPORTS
from shared.messaging.inbox.processor import Processor
from shared.messaging.kafka.records import Record
from shared.messaging.outbox import Outbox
from shared.observability import metrics
from shared.procedures.loader import Library
from shared.security.keys import ensure_key, revoke_key, rotate_signing_key
from shared.security.signing import RecordSigner, new_private_key, public_key_of
from tests.integration.conftest import Open
from tests.integration.routing.test_cases import registered
from tests.unit.routing.sample import NOW, PROCEDURE

pytestmark = pytest.mark.asyncio

TODAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PRIVATE = new_private_key()
SIGNER = RecordSigner("desk-system", PRIVATE)
REPORT = MilestoneReport(milestone="investigated", at=NOW, by="desk", fields={"investigators": 2})


def report_of(case: UUID, report: MilestoneReport = REPORT, cause: str = "1") -> Event:
    return make("departments/desk", case, PROCEDURE.key, report, cause=cause, at=NOW)


class Routing:
    """Routing's consumer over its database, fed with records as Kafka brings them."""

    def __init__(self, engine: AsyncEngine, url: str) -> None:
        self.engine = engine
        self.url = url
        self.consumer = Consumer(RuleBook(Library((PROCEDURE,)), load_calendars()))
        clock = VirtualClock(NOW + timedelta(minutes=10))
        self.processor = Processor(Outbox(engine), "routing", clock, self.consumer)
        self._offset = 0

    async def emit(self, case: UUID, *data: EventData) -> None:
        """Events of intake's."""
        await self.processor.process(
            [
                Record(COMPLAINTS.name, 0, 0, encode(make("intake", case, PROCEDURE.key, one, cause="x", at=NOW)))
                for one in data
            ]
        )

    async def admitted(self) -> UUID:
        case = uuid4()
        await self.emit(case, registered(), ComplaintAdmitted())
        return case

    def record(
        self,
        event: Event,
        signer: RecordSigner | None = SIGNER,
        *,
        signed: datetime = TODAY,
        appended: datetime = TODAY,
        value: bytes = b"",
    ) -> Record:
        """The record of a report as the broker has it."""
        self._offset += 1
        body = value or encode(event)
        headers = signer.headers(str(event.id), encode(event), signed) if signer else []
        return Record(DEPARTMENT_REPORTS.name, 0, self._offset, body, headers, appended)

    async def send(self, *records: Record) -> None:
        await self.processor.process(records)

    async def said(self, case: UUID) -> list[str]:
        """What was emitted of a case by its reports: the milestone, or the code of the rejection."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT value FROM outbox WHERE case_id = :case ORDER BY id"), {"case": case}
            )
            found = [decode(row.value).data.model_dump() for row in rows]
        return [one.get("code") or one["milestone"] for one in found if "milestone" in one]


@pytest_asyncio.fixture
async def routing(open_service: Open, database_urls: dict[str, str]) -> AsyncIterator[Routing]:
    """Routing with a key of desk's own system, whose reports are signed."""
    engine, url = await open_service("routing"), database_urls["routing"]
    await ensure_key(
        url, "desk-system", ["reports:write"], "hyk_desk", acts_as=["sample/desk"], public_key=public_key_of(PRIVATE)
    )
    yield Routing(engine, url)


def rejections(reason: str) -> float:
    return metrics.REPORTS_REJECTED.labels(procedure="sample", reason=reason)._value.get()  # type: ignore[no-any-return]


async def test_a_signed_report_takes_effect_and_the_same_record_again_changes_nothing(routing: Routing) -> None:
    case = await routing.admitted()
    record = routing.record(report_of(case))
    await routing.send(record)
    await routing.send(record, record)
    assert await routing.said(case) == ["investigated"]


async def test_a_report_that_is_not_proven_is_turned_away_said_and_counted(routing: Routing) -> None:
    stranger = RecordSigner("stranger", new_private_key())
    forger = RecordSigner("desk-system", new_private_key())
    others = report_of(await routing.admitted(), REPORT.model_copy(update={"by": "centre"}))
    changed = report_of(await routing.admitted())
    given = {
        "unsigned": routing.record(report_of(await routing.admitted()), None),
        "unknown-key": routing.record(report_of(await routing.admitted()), stranger),
        "wrong-signature": routing.record(report_of(await routing.admitted()), forger),
        "stale": routing.record(report_of(await routing.admitted()), signed=TODAY - timedelta(minutes=6)),
        "not-its-office": routing.record(others),
    }
    before = {code: rejections(code) for code in given}
    for code, record in given.items():
        await routing.send(record)
        case = decode(record.value).subject
        assert await routing.said(case) == [code]
        assert rejections(code) == before[code] + 1
    body = encode(changed).replace(b'"investigators":2', b'"investigators":9')
    await routing.send(routing.record(changed, value=body))
    assert await routing.said(changed.subject) == ["wrong-signature"]


async def test_a_forged_report_keeps_no_rightful_one_of_the_same_id_out(routing: Routing) -> None:
    case = await routing.admitted()
    event = report_of(case)
    await routing.send(routing.record(event, None))
    await routing.send(routing.record(event, None))  # the same again says nothing new
    assert await routing.said(case) == ["unsigned"]
    await routing.send(routing.record(event, signed=TODAY - timedelta(hours=1)))
    await routing.send(routing.record(event))
    assert await routing.said(case) == ["unsigned", "stale", "investigated"]


async def test_what_the_procedure_refuses_of_a_signed_report_is_said_with_its_kind(routing: Routing) -> None:
    case = await routing.admitted()
    await routing.send(routing.record(report_of(case, MilestoneReport(milestone="resolved", at=NOW, by="desk"))))
    assert await routing.said(case) == ["conflict"]


async def test_a_report_before_its_registration_waits_with_its_signature(routing: Routing) -> None:
    proven, unproven = uuid4(), uuid4()
    await routing.send(routing.record(report_of(proven)), routing.record(report_of(unproven), None))
    for case in (proven, unproven):
        await routing.emit(case, registered())
    # released with the registration, before the admission: the procedure refuses the one, the signature the other
    assert await routing.said(proven) == ["conflict"]
    assert await routing.said(unproven) == ["unsigned"]


async def test_a_parked_report_is_replayed_with_its_signature_and_is_as_old_as_when_it_first_came(
    routing: Routing,
) -> None:
    case = await routing.admitted()
    async with routing.engine.begin() as tx:  # something that routing cannot do
        await tx.execute(text("ALTER TABLE cases ADD CONSTRAINT broken CHECK (changed_at < '2000-01-01') NOT VALID"))
    try:
        await routing.send(routing.record(report_of(case)))
    finally:
        async with routing.engine.begin() as tx:
            await tx.execute(text("ALTER TABLE cases DROP CONSTRAINT broken"))
    sent: list[Record] = []

    async def send(letters: Sequence[DeadLetter]) -> None:
        tomorrow = TODAY + timedelta(days=1)
        sent.extend(
            Record(one.topic, one.partition, 900 + one.offset, one.value, _headers(one), tomorrow) for one in letters
        )

    async with routing.engine.begin() as tx:
        (letter,) = await replay.listed(tx)
        assert letter.event_id == report_of(case).id
        await replay.replay(tx, letter.id, send, NOW)
    await routing.send(*sent)
    assert await routing.said(case) == ["investigated"]


async def test_a_rotated_key_is_good_for_its_overlap_and_a_revoked_one_for_nothing(routing: Routing) -> None:
    new = new_private_key()
    first, second, third = [await routing.admitted() for _ in range(3)]
    assert await rotate_signing_key(routing.url, "desk-system", public_key_of(new), overlap=timedelta(days=36500))
    await routing.send(
        routing.record(report_of(first)), routing.record(report_of(second), RecordSigner("desk-system", new))
    )
    assert (await routing.said(first), await routing.said(second)) == (["investigated"], ["investigated"])
    later = datetime.now(UTC) + timedelta(hours=1)
    assert await rotate_signing_key(routing.url, "desk-system", public_key_of(new_private_key()), overlap=timedelta())
    await routing.send(routing.record(report_of(third), signed=later, appended=later))
    assert await routing.said(third) == ["wrong-signature"]
    assert await revoke_key(routing.url, "desk-system")
    assert not await rotate_signing_key(routing.url, "desk-system", public_key_of(new), overlap=timedelta())
    await routing.send(routing.record(report_of(third)))
    assert await routing.said(third) == ["wrong-signature", "unknown-key"]


async def test_a_key_that_is_made_anew_ends_what_the_old_one_signs(routing: Routing) -> None:
    case = await routing.admitted()
    await ensure_key(routing.url, "desk-system", ["reports:write"], "hyk_new", acts_as=["sample/desk"])
    await routing.send(routing.record(report_of(case)))
    assert await routing.said(case) == ["unknown-key"]


async def test_nobody_outside_admits_a_complaint_over_the_reports_topic(routing: Routing) -> None:
    case = uuid4()
    await routing.emit(case, registered())
    event = make("intake", case, PROCEDURE.key, ComplaintAdmitted(), cause="forged", at=NOW)
    await routing.send(routing.record(event))
    async with routing.engine.connect() as connection:
        letters = (await connection.execute(text("SELECT reason, field FROM dead_letters"))).all()
        status = await _status(connection, case)
    assert [tuple(one) for one in letters] == [("invalid-input", "type")]
    assert status == "registered"


async def test_a_report_on_a_topic_of_the_services_own_is_no_report(routing: Routing) -> None:
    case = await routing.admitted()
    await routing.send(Record(COMPLAINTS.name, 0, 9, encode(report_of(case))))
    assert await routing.said(case) == ["unsigned"]


async def _status(connection: AsyncConnection, case: UUID) -> str:
    return str(await connection.scalar(text("SELECT status FROM cases WHERE id = :case"), {"case": case}))
