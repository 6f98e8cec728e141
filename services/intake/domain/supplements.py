"""What officers ask of a complainant: what may be asked, what is still open, and what lapses. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from services.intake.domain.admission import Verdict, require_office
from services.intake.domain.forms import Form
from services.intake.domain.history import data_of
from services.intake.domain.timeline import TimelineEntry
from shared.errors import InvalidInput
from shared.events.complaints import ComplaintSupplemented, DocumentAdded, SupplementRequested
from shared.procedures.model import Procedure, Supplement
from shared.procedures.model.supplements import clock_id


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """What an officer asked for and has not got: fields and documents that lack. Nothing lacks: to be fulfilled."""

    supplement: str
    fields: tuple[str, ...]
    documents: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether everything has come."""
        return not self.fields and not self.documents


def open_requests(entries: Iterable[TimelineEntry]) -> tuple[OpenRequest, ...]:
    """The requests that are open, from a case's timeline in its order; asked again, a request begins anew."""
    found: dict[str, OpenRequest] = {}
    for entry in entries:
        match data_of(entry):
            case SupplementRequested(supplement=str(name), missing=fields, documents=documents):
                found[name] = OpenRequest(name, fields, documents)
            case ComplaintSupplemented(given=given, fulfilled=fulfilled):
                found = {
                    name: OpenRequest(name, _without(one.fields, given), one.documents)
                    for name, one in found.items()
                    if name not in fulfilled
                }
            case DocumentAdded(document=document):
                found = {
                    name: OpenRequest(name, one.fields, _without(one.documents, (document,)))
                    for name, one in found.items()
                }
    return tuple(found.values())


def after(requests: Sequence[OpenRequest], given: Collection[str]) -> tuple[OpenRequest, ...]:
    """The requests once these fields have come too."""
    return tuple(OpenRequest(one.supplement, _without(one.fields, given), one.documents) for one in requests)


def still_missing(form: Form, missing: Sequence[str], requests: Iterable[OpenRequest]) -> tuple[str, ...]:
    """The fields that lack, by the form or by a request, in the form's order."""
    wanted = {*missing, *(name for one in requests for name in one.fields)}
    return tuple(name for name in form.labels if name in wanted)


def request(
    form: Form, supplement: str, by: str, handlers: Collection[str], fields: Sequence[str], documents: Sequence[str]
) -> SupplementRequested:
    """An officer's request; without fields and documents it asks for all that its kind may ask for.

    Raises `InvalidInput` naming what is wrong.
    """
    kind = next((one for one in form.procedure.supplements if one.id == supplement), None)
    if kind is None:
        known = ", ".join(one.id for one in form.procedure.supplements) or "none"
        raise InvalidInput(f"the procedure's requests are: {known}", field="supplement")
    require_office(form, by, field="by")
    may = kind.by or (*handlers, *form.procedure.admissibility.decided_by)
    if may and by not in may:
        raise InvalidInput("may not ask for this", field="by", hint=f"one of: {', '.join(may)}")
    for place, asked, allowed in (("fields", fields, kind.fields), ("documents", documents, kind.documents)):
        if any(one not in allowed for one in asked):
            raise InvalidInput(f"this request asks for: {', '.join(allowed) or 'none'}", field=place)
    whole = not fields and not documents
    return SupplementRequested(
        missing=kind.fields if whole else tuple(dict.fromkeys(fields)),
        documents=kind.documents if whole else tuple(dict.fromkeys(documents)),
        supplement=kind.id,
        by=by,
    )


def lapse(procedure: Procedure, clock: str, requests: Iterable[OpenRequest]) -> tuple[Supplement, Verdict] | None:
    """The refusal that the breach of this clock is, if it is the time of a request that is still open."""
    still_open = {one.supplement for one in requests if not one.complete}
    for kind in procedure.supplements:
        if kind.then == "refuse" and clock_id(kind.id) == clock and kind.id in still_open:
            rule = next(one for one in procedure.admissibility.rules if one.id == kind.rule)
            return kind, Verdict("refuse", rule)
    return None


def _without(names: Iterable[str], given: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in given)
