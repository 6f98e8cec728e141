"""From a notice's row to what is delivered: text and language chosen, names filled, the vault asked where needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify.delivery.sinks import Message
from services.notify.delivery.vault_client import Question, Vault
from services.notify.domain.addressees import Addressee, addressee, endpoint, queue
from services.notify.domain.case import Case
from services.notify.domain.digest_wording import LISTED, JoinedNotice, with_others
from services.notify.domain.recipients import Endpoint, FileEndpoint, Recipients, SmtpEndpoint
from services.notify.domain.rows import NoticeRow
from services.notify.domain.templates import Rendered, render
from services.notify.domain.wording import Contact, Language, is_ready, names_of, needs_vault, values
from shared.errors import NotFound
from shared.events.reports import is_report
from shared.procedures.loader import Library
from shared.procedures.model import Notice, Procedure
from shared.procedures.notice_texts import text_of


@dataclass(frozen=True)
class Placed:
    """A notice with its element of the procedure, and where it goes."""

    row: NoticeRow
    case: Case
    element: Notice
    procedure: Procedure
    who: Addressee
    where: Endpoint
    queue: str
    asks_vault: bool

    @property
    def party(self) -> str | None:
        """The party that it goes to, if it goes to one."""
        return self.who.id if self.who.kind == "party" else None


@dataclass(frozen=True)
class Composed:
    """What is delivered, and how many places of its text stayed empty."""

    message: Message
    blanks: int


class Composer:
    """Places notices and puts their texts together."""

    def __init__(self, library: Library, recipients: Recipients, vault: Vault, public_url: str) -> None:
        self._library = library
        self._recipients = recipients
        self._vault = vault
        self._public_url = public_url.rstrip("/")

    def place(self, row: NoticeRow, case: Case) -> Placed:
        """Where a notice goes now. Raises `NotFound` where its procedure or its element is not in the library."""
        procedure = self._library.get(row.procedure, row.version)
        element = next((one for one in procedure.notices if one.id == row.notice), None)
        if element is None:
            raise NotFound("the procedure has no such notice")
        who = addressee(row.to, case, procedure)
        where = endpoint(who, procedure, self._recipients)
        # The complainant's language is known to the vault alone, and so are names and numbers. A report has neither.
        asks = where.sink != "webhook" and where.sink != "console" and not is_report(case.id) and (
            who.kind in ("complainant", "party") or needs_vault(names_of(element)) or bool(_fields(where, element))
        )  # fmt: skip
        return Placed(row, case, element, procedure, who, where, queue(where, who, case, asks_vault=asks), asks)

    def is_ready(self, placed: Placed) -> bool:
        """Whether everything that notify itself must know has come; events may still be on their way."""
        if placed.who.kind in ("department", "level") and placed.who.id is None:
            return False
        row = placed.row
        return is_ready(
            names_of(placed.element), row.occurrence, row.details, placed.case, row.emitted_at, placed.procedure
        )

    async def contacts(self, placed: Iterable[Placed]) -> Mapping[UUID, Contact | NotFound]:
        """The vault's answers by notice, `NotFound` for a case it does not know.

        Raises `Unavailable` when the vault is away.
        """

        asking = [one for one in placed if one.asks_vault]
        questions = [
            Question(one.case.id, _fields(one.where, one.element), one.element.id, one.party) for one in asking
        ]
        answers = await self._vault.contacts(questions)
        unknown = NotFound("the vault does not know the case")
        return {one.row.id: answer or unknown for one, answer in zip(asking, answers, strict=True)}

    def compose(self, placed: Placed, contact: Contact, others: Sequence[Placed] = ()) -> Composed:
        """The message, with those joined to it. Who has no mail address in the vault is served by the default."""
        row, where = placed.row, placed.where
        if isinstance(where, SmtpEndpoint) and where.address is None and not contact.fields.get("email"):
            where = self._recipients.default
        language = contact.language or where.language
        joined = [
            JoinedNotice(one.element, one.row.occurrence, one.row.occurred_at, one.row.details,
                 self._rendered(one, language, Contact()))
            for one in others
        ]  # fmt: skip
        rendered = with_others(self._rendered(placed, language, contact), joined, placed.procedure, language)
        shown = _fields_of_endpoint(where)
        message = Message(
            id=row.id,
            case_id=placed.case.id,
            case_number=placed.case.case_number,
            notice=placed.element.id,
            addressee=str(placed.who),
            endpoint=where,
            language=language,
            subject=rendered.subject,
            body=rendered.body,
            day=row.made_at.astimezone(ZoneInfo(placed.procedure.time_zone)).date(),
            made_at=row.made_at,
            facts=_facts(placed) | _facts_of_others(others),
            contact={name: value for name, value in contact.fields.items() if name in shown},
        )
        return Composed(message, rendered.blanks)

    def _rendered(self, placed: Placed, language: Language, contact: Contact) -> Rendered:
        row, procedure = placed.row, placed.procedure
        text = text_of(placed.element, procedure, language, placed.who.kind)
        name = placed.element.name.zh if language == "zh" else placed.element.name.en
        given = {"notice": name} | values(
            row.occurrence,
            row.occurred_at,
            row.details,
            placed.case,
            procedure,
            language,
            contact,
            self._public_url,
        )
        return render(text.subject, text.body, given)


def _fields(where: Endpoint, element: Notice) -> set[str]:
    """The vault's fields that this notice needs over this endpoint."""
    needed = set(_fields_of_endpoint(where))
    if "name" in names_of(element):
        needed.add("name")
    return needed


def _fields_of_endpoint(where: Endpoint) -> tuple[str, ...]:
    if isinstance(where, FileEndpoint):
        return where.contact
    if isinstance(where, SmtpEndpoint) and where.address is None:
        return ("email",)
    return ()


def _facts(placed: Placed) -> dict[str, Any]:
    """Coded values of the case and the occurrence; no identity and no text."""
    row, case = placed.row, placed.case
    found = {
        "notice_id": str(row.id),
        "notice": row.notice,
        "case_id": str(case.id),
        "case_number": case.case_number,
        "procedure": row.procedure,
        "procedure_version": row.version,
        "occurrence": row.occurrence,
        "occurred_at": row.occurred_at.isoformat(),
        "department": case.current("department"),
        "level": case.current("level"),
        "class": case.current("class"),
        "clock": row.details.get("clock"),
        "step": row.details.get("step"),
        "due_at": row.details.get("due"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _facts_of_others(others: Sequence[Placed]) -> dict[str, Any]:
    """Coded values of what is joined to a notice: how many, and each as if it were alone, the latest `LISTED`."""
    if not others:
        return {}
    shared = ("case_id", "case_number", "procedure", "procedure_version", "department", "class")
    listed = [{name: value for name, value in _facts(one).items() if name not in shared} for one in others[-LISTED:]]
    return {"joined_count": len(others), "joined": listed}
