"""Does in a simulated world what an action of an example says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

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
from huiyin.simulate.papers import File, Written
from huiyin.simulate.refused import Refused
from huiyin.simulate.reports import ReportKey
from huiyin.simulate.world import World
from services.notify.domain import answers
from services.notify.domain.service import Delivery, Receipt
from services.routing.domain.report import Report
from shared.procedures.offices import COMPLAINANT


def act(world: World, action: Action, case: UUID | None, at: Callable[[str], datetime]) -> None:
    """Do it to a case (None: the story has no such complaint); `at` reads an instant of the story.

    Raises `Refused`, or what the domain raises.
    """
    by = action.by or ""
    match action:
        case SignOff(sign_off=report, period=period, round=round, office=office, person=person, fields=fields):
            world.sign_off(ReportKey(report, period, round, office), by, person, fields)
            return
        case Recount(recount=report, period=period, round=round, office=office):
            world.recount(ReportKey(report, period, round, office), by)
            return
    if case is None:
        raise Refused((("of", f"there is no complaint {action.of}"),))
    match action:
        case Look() | Register():
            pass
        case Decide(decide=decision, rule=rule, to=to, fields=fields):
            world.decide(case, decision, by, rule, to, fields)
        case Ask(ask=supplement, fields=asked, documents=documents):
            world.ask(case, supplement, by, asked, documents or ())
        case Supplement(supplement=given):
            world.supplement(case, given, action.by or COMPLAINANT)
        case Withdraw(fields=fields):
            world.withdraw(case, action.by or COMPLAINANT, fields)
        case ReportMilestone(report=milestone, fields=fields, clock=clock, award=award, persons=persons):
            happened = at(action.happened_at or action.at)
            world.report(case, Report(milestone, happened, by, fields, clock, award, persons))
        case PutDocument(document=name, text=text, fields=fields, signed_by=signed_by):
            world.put_document(case, name, Written(text or "", fields, action.by, signed_by))
        case Upload(upload=document, type=kind, size=size, times=times):
            for _ in range(times):
                world.upload(case, document, action.by, File(None if kind == "other" else kind, size))
        case Reassign(reassign=department):
            world.reassign(case, department, by)
        case CallIn(call_in=department):
            world.call_in(case, department, by)
        case Call(call=how, satisfied=satisfied, score=score, grade=grade, fields=fields):
            reached, called = how == "reached", at(action.at)
            world.call(case, answers.Answer(reached, called, action.by, None, satisfied, score, grade, fields))
        case Answer(answer=answer, score=score):
            world.answer(case, satisfied=answer == "satisfied", score=score)
        case Served(served=notice, to=to, person=person, signer=signer, date=date):
            world.receive(case, notice, to, Receipt(by, person, signer, date))
        case Delivered(delivered=notice, to=to, person=person, form=form):
            world.deliver(case, notice, to, Delivery(form, at(action.happened_at or action.at), by, person))
