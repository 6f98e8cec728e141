"""Who a notice is for, and over which endpoint it goes. Pure: a look-up in the procedure and the configuration."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.notify.domain.case import Case
from services.notify.domain.recipients import Endpoint, Recipients, SmtpEndpoint, WebhookEndpoint
from shared.events.occurrences import RECUSED
from shared.procedures.model import Procedure

Kind = Literal["complainant", "department", "role", "level", "party"]

ASSISTANTS = "assistants"
"""In `to`: each department that assists."""
_MAIL_QUEUES = 8


@dataclass(frozen=True)
class Addressee:
    """A kind of addressee, and which one; `id` is None for the complainant, and while nobody has the case."""

    kind: Kind
    id: str | None

    def __str__(self) -> str:
        return self.kind if self.id is None else f"{self.kind}:{self.id}"


def addressee(to: str, case: Case, procedure: Procedure) -> Addressee:
    """Whom `to` means for this case now. A bare id is a role's, else a party's, a department's, a level's."""
    match to.partition(":"):
        case ("complainant", _, _):
            return Addressee("complainant", None)
        case (("department" | "level") as kind, "", _):
            found = case.current(kind)
            return Addressee(kind, found if isinstance(found, str) else None)
        case (("department" | "level" | "role" | "party") as kind, ":", id):
            return Addressee(kind, id)
    if to in {role.id for role in procedure.roles}:
        return Addressee("role", to)
    if to in {party.id for party in procedure.parties}:
        return Addressee("party", to)
    if to in {department.id for department in procedure.departments}:
        return Addressee("department", to)
    return Addressee("level", to)


def each_once(several: Sequence[str], case: Case, procedure: Procedure, report: str | None = None) -> list[str]:
    """Of several `to`, those that mean different addressees now: nobody gets the same notice twice, and no office gets
    one of a case that is about it.

    `assistants` are the departments that assist now, `recipients` the offices that `report` goes to: each is named.
    """
    recused = case.current(RECUSED) or ()
    found: dict[Addressee, str] = {}
    for word in several:
        for to in _named(word, case, procedure, report):
            who = addressee(to, case, procedure)
            if who.id not in recused:
                found.setdefault(who, to)
    return list(found.values())


def _named(to: str, case: Case, procedure: Procedure, report: str | None) -> Sequence[str]:
    if to == ASSISTANTS:  # but for the one that has the case
        own = case.current("department")
        return [f"department:{one}" for one in case.current("assisting") or () if one != own]
    if to == "recipients":
        return next((one.to for one in procedure.reports if one.id == report), ())
    return (to,)


def endpoint(who: Addressee, procedure: Procedure, recipients: Recipients) -> Endpoint:
    """The configured endpoint; a level without one goes to the department that takes over on it, a party to that of
    complainants; else `default`."""
    if who.kind == "complainant":
        return recipients.complainant or recipients.default
    if who.kind == "party":
        return recipients.party.get(who.id or "") or recipients.complainant or recipients.default
    found = {"department": recipients.department, "role": recipients.role, "level": recipients.level}[who.kind].get(
        who.id or ""
    )
    if found is None and who.kind == "level":
        above = next((level.department for level in procedure.levels if level.id == who.id), None)
        found = recipients.department.get(above or "")
    return found or recipients.default


def queue(where: Endpoint, who: Addressee, case: Case, *, asks_vault: bool) -> str:
    """The queue of an endpoint: its deliveries go one after another, and its failures hold up nobody else (rule D11).

    Mail to complainants shares a few queues by case, so that one person's mails follow each other. Deliveries that need
    the vault have queues of their own, so that its absence holds up no others.
    """
    match where:
        case WebhookEndpoint(url=url):
            name = f"webhook:{_digest(str(url))}"
        case SmtpEndpoint(address=None):
            name = f"smtp:{who.kind}:{case.id.int % _MAIL_QUEUES}"
        case SmtpEndpoint(address=address):
            name = f"smtp:{_digest(address or '')}"
        case _:
            name = where.sink
    return f"{name}+vault" if asks_vault else name


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:16]
