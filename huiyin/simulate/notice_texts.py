"""What a notice says in memory: with the names of what only the vault knows in place of its texts."""

from __future__ import annotations

from services.notify.domain.addressees import addressee
from services.notify.domain.case import Case
from services.notify.domain.notices import Planned
from services.notify.domain.templates import names_in, render
from services.notify.domain.wording import Contact, Language, values
from shared.procedures.model import Notice, Procedure
from shared.procedures.notice_texts import text_of as template

_DOCUMENT = "documents."
_LANGUAGES: tuple[Language, ...] = ("zh", "en")


def text_of(planned: Planned, case: Case, procedure: Procedure) -> str:
    """Subject and body in Chinese and English, one after the other; empty if the procedure has no such notice."""
    element = next((one for one in procedure.notices if one.id == planned.notice), None)
    if element is None:
        return ""
    return "\n".join(_in(language, element, planned, case, procedure) for language in _LANGUAGES)


def _in(language: Language, element: Notice, planned: Planned, case: Case, procedure: Procedure) -> str:
    kind = addressee(planned.to, case, procedure).kind
    text = template(element, procedure, language, kind)
    names = names_in(text.subject, text.body)
    shown = {name.removeprefix(_DOCUMENT) for name in names if name.startswith(_DOCUMENT)}
    contact = Contact(
        language=language,
        receipt_code="receipt_code",
        progress_url="progress_url",
        fields={"name": "name"},
        documents={name: name for name in shown},
    )
    given = values(
        planned.occurrence, planned.occurred_at, planned.details, case, procedure, language, contact, "progress_url"
    )
    rendered = render(text.subject, text.body, given)
    return f"{rendered.subject}\n{rendered.body}"
