"""What officers decide on a case: whether they may, for which reason, and what they must give with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from services.intake.domain.admission import Decision, Verdict, require_office
from services.intake.domain.forms import Form
from services.intake.domain.history import History
from services.intake.domain.reported_fields import read_fields
from shared.errors import Conflict, InvalidInput, NotYet
from shared.procedures.conditions import Condition, fields_of, holds
from shared.procedures.dossiers import missing_at
from shared.procedures.fields import Scalar
from shared.procedures.model import AdmissionRule, FieldSpec, Milestone, Procedure
from shared.procedures.offices import HANDLER

IN_HANDLING = frozenset(("admitted", "assigned", "accepted-by-department", "reopened"))
"""The statuses of a case that was admitted and is not resolved."""
_DOCUMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


def officers_verdict(
    form: Form, status: str, decision: Decision, by: str, rule: str | None, facts: Mapping[str, Any] | None = None
) -> Verdict:
    """An officer's decision on a held complaint, or, for a reason that allows it, on one that has been admitted.

    Raises `Conflict` if its status, or the reason's condition, does not allow it; `InvalidInput` if the office may not
    decide or a refusal states no reason of the procedure's. A procedure that lists no grounds of refusal asks for none.
    """
    reasons = {reason.id: reason for reason in _reasons(form, status, decision)}
    if status in IN_HANDLING and decision != "admit" and not reasons:
        raise Conflict("the procedure has no reason for this once a complaint is admitted", field="decision")
    if status != "held" and not (status in IN_HANDLING and decision != "admit"):
        raise Conflict("only a held complaint is decided on", hint="GET the case to see its status")
    given = reasons.get(rule) if rule is not None else None
    _require_decider(form, given, by)
    if rule is None and reasons and (decision == "refuse" or status in IN_HANDLING):
        raise InvalidInput(f"this decision states its reason: {', '.join(reasons)}", field="rule")
    if rule is not None and given is None:
        named = ", ".join(reasons) or "none"
        raise InvalidInput(f"the procedure's reasons for this decision are: {named}", field="rule")
    if given is not None and given.officer and holds(given.when, facts or {}) is not True:
        raise Conflict("the procedure does not allow this reason in this case", field="rule")
    return Verdict(decision, given)


def _reasons(form: Form, status: str, decision: Decision) -> list[AdmissionRule]:
    rules = [rule for rule in form.procedure.admissibility.rules if rule.decision == decision]
    return rules if status == "held" else [rule for rule in rules if rule.after_admission]


def _require_decider(form: Form, rule: AdmissionRule | None, by: str) -> None:
    deciders = (rule.decided_by if rule else ()) or form.procedure.admissibility.decided_by
    if deciders and by not in deciders:
        raise InvalidInput(f"the procedure lets these decide: {', '.join(deciders)}", field="by")
    if not deciders:
        require_office(form, by, field="by")


def particulars(
    procedure: Procedure,
    occurrence: str,
    by: str,
    given: Mapping[str, Any],
    history: History,
    handlers: Collection[str] = (),
) -> dict[str, Scalar]:
    """What is given with a decision, by the milestone that refines its occurrence (`refused`, `withdrawn` …).

    `handlers`: the offices that have the case. A text field takes the name of a document of the case. Raises
    `InvalidInput` for a field or an office that is wrong, `Conflict` where something must happen before; without such
    a milestone nothing can be given.
    """
    spec = refinement(procedure, occurrence)
    if spec is None:
        fields = read_fields((), given, {})
        _require_dossier(procedure, occurrence, history)
        return fields
    _require_reporter(spec, by, handlers)
    if holds(spec.when, history.facts) is not True:
        raise Conflict("the procedure does not provide for this in this case", field="decision")
    for requirement in spec.requires:
        lacking = requirement.reached is not None and requirement.reached not in history.happened
        if lacking and holds(requirement.when, history.facts) is True:
            raise NotYet(f"{requirement.reached} must come first", field="decision")
    fields = read_fields([_as_document(one) for one in spec.fields], given, history.facts)
    for one in spec.fields:
        if one.type == "text" and one.id in fields:
            _require_document(one.id, fields[one.id], history)
    facts = {**history.facts, **fields}
    for condition in spec.must:
        if holds(condition, facts) is not True:
            raise InvalidInput("what is given does not meet the procedure's rule", field=_field_of(condition, fields))
    _require_dossier(procedure, occurrence, history, fields)
    return fields


def _require_dossier(
    procedure: Procedure, occurrence: str, history: History, fields: Mapping[str, Scalar] | None = None
) -> None:
    given = {f"{occurrence}.{name}": value for name, value in (fields or {}).items()}
    facts = {**history.facts, **given, f"reached:{occurrence}": True}
    word = "documented:"
    documents = frozenset(name.removeprefix(word) for name in history.happened if name.startswith(word))
    missing = missing_at(procedure, occurrence, facts, documents)
    if missing:
        raise Conflict(
            f"the dossier lacks: {', '.join(missing)}",
            field=f"dossier.{missing[0]}",
            hint="PUT what is missing to /v1/cases/{id}/documents/{name} first",
        )


def _field_of(condition: Condition, given: Mapping[str, Scalar]) -> str:
    """The first field of those given that a condition reads."""
    return next((f"fields.{name}" for name in given if name in fields_of(condition)), "fields")


def refinement(procedure: Procedure, occurrence: str) -> Milestone | None:
    """The milestone that says what must be given with a decision, or reached before it."""
    return next((one for one in procedure.milestones if one.id == occurrence), None)


def _require_reporter(spec: Milestone, by: str, handlers: Collection[str]) -> None:
    may = [office for one in spec.by for office in (handlers if one == HANDLER else [one])]
    if spec.by and by not in may:
        raise InvalidInput("may not decide this", field="by", hint=f"one of: {', '.join(may)}")


def _as_document(spec: FieldSpec) -> FieldSpec:
    """A text field is one line here: the name of a document."""
    return spec.model_copy(update={"holds": "identity", "max_length": 60}) if spec.type == "text" else spec


def _require_document(field: str, name: Scalar, history: History) -> None:
    if not (isinstance(name, str) and _DOCUMENT.fullmatch(name)):
        raise InvalidInput(
            "takes the name of a document in the vault, not a text",
            field=f"fields.{field}",
            hint="PUT the text to /v1/cases/{id}/documents/{name} first",
        )
    if f"documented:{name}" not in history.happened:
        raise Conflict("there is no such document in the case yet", field=f"fields.{field}")
