"""The HTTP requests that actions of an example are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from huiyin.simulate.actions import (
    Action,
    Answer,
    Ask,
    Call,
    CallIn,
    Decide,
    Delivered,
    Look,
    PutDocument,
    Reassign,
    Recount,
    Register,
    ReportMilestone,
    Served,
    SignOff,
    Supplement,
    Upload,
    Withdraw,
)
from huiyin.simulate.instants import instant
from shared.procedures.model import Procedure
from shared.procedures.model.documents import bytes_of
from tests.running import Stack


@dataclass(frozen=True)
class Moment:
    """When something is done: the instant that the example names, and what the stack's clock shows then."""

    at: datetime
    shown: datetime

    def sent(self, text: str, procedure: Procedure) -> str:
        """An instant of the example as it is sent; this moment is what the clock shows."""
        meant = instant(text, procedure.time_zone)
        return (self.shown if meant == self.at else meant).isoformat()


class Requests:
    """Sends what actions say to the services of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._http = stack.client()
        self._urls = {service: stack.url(service) for service in ("intake", "routing", "notify")}

    def send(
        self, action: Action, example: str, procedure: Procedure, case: UUID | None, moment: Moment
    ) -> httpx.Response | None:
        """The answer; None for an action that does nothing. `case` is None for a complaint, or a recurring report."""
        intake, routing, notify = self._urls["intake"], self._urls["routing"], self._urls["notify"]
        if isinstance(action, Register):
            return self._http.post(f"{intake}/v1/complaints", json=_complaint(action, example, procedure, moment))
        if isinstance(action, SignOff | Recount):
            return self._make(procedure.id, action)
        post, put, by = self._http.post, self._http.put, _given(by=action.by)
        of_intake, of_routing = f"{intake}/v1/cases/{case}", f"{routing}/v1/cases/{case}"
        match action:
            case Decide():
                more = _given(rule=action.rule, to=action.to, fields=action.fields)
                return post(f"{of_intake}/admission", json={"decision": action.decide, **by, **more})
            case Ask():
                more = {"fields": action.fields, "documents": action.documents or ()}
                return post(f"{of_intake}/supplement-requests", json={"supplement": action.ask, **by, **more})
            case Supplement():
                fields = _of_example(action.supplement, example, procedure)
                return post(f"{of_intake}/supplements", json={"fields": fields, **by})
            case Withdraw():
                more = _given(fields=action.fields)
                return post(f"{of_intake}/withdrawal", json={"by": "complainant", **by, **more})
            case PutDocument():
                body = {"text": action.text or "", "fields": action.fields, "signed_by": action.signed_by, **by}
                return put(f"{of_intake}/documents/{action.document}", json=body)
            case Upload():
                path = f"{of_intake}/documents/{action.upload}/files"
                sent = [
                    post(path, params=by, content=_file(action.type, bytes_of(action.size), f"{action.at} {number}"))
                    for number in range(action.times)
                ]
                return sent[-1]
            case ReportMilestone():
                body = {"milestone": action.report, "fields": action.fields, "at": _when(action, procedure, moment)}
                more = _given(clock=action.clock, award=action.award, persons=list(action.persons))
                return post(f"{of_routing}/milestones", json={**body, **by, **more})
            case Reassign():
                return post(f"{of_routing}/reassignment", json={"department": action.reassign, **by})
            case CallIn():
                return post(f"{of_routing}/assistants", json={"department": action.call_in, **by})
            case Call():
                body = {"satisfied": action.satisfied, "score": action.score, "grade": action.grade}
                body |= {"reached": action.call == "reached", "fields": action.fields}
                task = self._task(case)
                return post(f"{notify}/v1/follow-ups/{task}", json={**body, **by}) if task else _none("call")
            case Answer():
                body = {"satisfied": action.answer == "satisfied", "score": action.score}
                return post(f"{notify}/v1/cases/{case}/satisfaction", json=body)
            case Served(date=date):
                more = _given(person=action.person, signer=action.signer, date=str(date) if date else None)
                place = self._notice(case, action.served, action.to)
                return post(f"{notify}/v1/notices/{place}/receipt", json={**by, **more})
            case Delivered():
                body = {"form": action.form, "at": _when(action, procedure, moment), **_given(person=action.person)}
                place = self._notice(case, action.delivered, action.to)
                return post(f"{notify}/v1/notices/{place}/delivery", json={**body, **by})
            case Look():
                return None

    def _make(self, procedure: str, action: SignOff | Recount) -> httpx.Response:
        """Sign a report off, or have it counted anew."""
        path = f"{self._urls['intake']}/v1/reports"
        report = action.sign_off if isinstance(action, SignOff) else action.recount
        query = _given(procedure=procedure, report=report, period=action.period)
        found = self._http.get(path, params={**query, "limit": 500}).json()["reports"]
        wanted = [one for one in found if (one["round"], one["office"]) == (action.round, action.office)]
        if not wanted:
            return _none("report")
        one = next((one for one in wanted if one["made_at"] is None), wanted[0])
        if isinstance(action, Recount):
            return self._http.post(f"{path}/{one['report_id']}/editions", json={"by": action.by})
        body = {"by": action.by, "fields": action.fields, **_given(person=action.person)}
        return self._http.post(f"{path}/{one['report_id']}/sign-off", json=body)

    def _notice(self, case: UUID | None, notice: str, to: str | None) -> UUID:
        """The last notice that was made of the element and, where the story says so, to this addressee."""
        found = self._http.get(f"{self._urls['notify']}/v1/notices", params={"case": str(case), "limit": 500})
        fitting = [one for one in found.json()["notices"] if one["notice"] == notice and to in (None, one["addressee"])]
        return UUID(fitting[-1]["id"]) if fitting else UUID(int=0)

    def _task(self, case: UUID | None) -> UUID | None:
        query = {"case": str(case), "state": "open"}
        found = self._http.get(f"{self._urls['notify']}/v1/follow-ups", params=query).json()["follow_ups"]
        return UUID(found[0]["id"]) if found else None


def _none(field: str) -> httpx.Response:
    """The answer where there is nothing to send it about."""
    return httpx.Response(404, json={"field": field})


def _complaint(action: Register, example: str, procedure: Procedure, moment: Moment) -> dict[str, Any]:
    given = action.register_
    fields = {name: value for name, value in given.fields.items() if value is not None}
    return {
        "procedure": procedure.id,
        "channel": given.channel,
        "received_at": moment.sent(given.received or action.at, procedure),
        "fields": _of_example(fields, example, procedure),
        "language": given.language or "zh",
    }


def _of_example(fields: Mapping[str, Any], example: str, procedure: Procedure) -> dict[str, Any]:
    """The fields, with those by which complaints are one matter made the example's own: examples share a stack."""
    vault = {one.id for one in procedure.fields if one.holds != "coded"}
    compared = {name for one in procedure.counts for name in one.same}
    compared |= set(procedure.duplicates.same) if procedure.duplicates else set()
    return {
        name: f"{value} {example}" if name in vault & compared and isinstance(value, str) else value
        for name, value in fields.items()
    }


def _when(action: ReportMilestone | Delivered, procedure: Procedure, moment: Moment) -> str:
    return moment.sent(action.happened_at or action.at, procedure)


def _given(**values: Any) -> dict[str, Any]:
    """Those that are there."""
    return {name: value for name, value in values.items() if value}


_STARTS: dict[str, bytes] = {
    "pdf": b"%PDF-1.7",
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
    "tiff": b"II*\x00",
    "mp3": b"ID3",
    "amr": b"#!AMR",
    "text": "文".encode(),
}


def _file(kind: str, size: int, called: str) -> bytes:
    """A file of this kind and size, another for each name; of a kind that is not recognised where none is known."""
    start = _STARTS.get(kind, b"\x00\x01") + called.encode()
    return start + b" " * (size - len(start))
