"""What a caller submits, and how it becomes a complaint that can be registered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain.admission import check
from services.intake.domain.forms import FieldError, Form, make_form
from services.intake.registration.registrar import RegistrationRequest
from shared.business_time.calendars import Calendar
from shared.business_time.zones import zone
from shared.errors import NotFound
from shared.observability import metrics
from shared.procedures.loader import Library
from shared.security.vault import Vault


class Submission(BaseModel):
    """A complaint: the procedure's id, one of its channels, and its fields by id.

    `received_at` is RFC 3339 with an offset, when it reached the organisation; absent: now. `language` is what the
    complainant is written to in.
    """

    model_config = ConfigDict(extra="forbid")

    procedure: str = Field(max_length=60)
    channel: str = Field(max_length=100)
    received_at: str | None = Field(default=None, max_length=40)
    fields: dict[str, Any] = Field(max_length=200)
    language: Literal["zh", "en"] = "zh"


class BatchRow(Submission):
    """A row of a batch: a complaint, and optionally the key under which it may be sent again."""

    idempotency_key: str | None = Field(default=None, min_length=1, max_length=255)


class Forms:
    """The forms of all procedures, each compiled once for each calendar that it is given."""

    def __init__(self, library: Library, calendars: Mapping[str, Calendar]) -> None:
        """Raises `ProcedureError` for a procedure whose calendar does not exist."""
        self._library = library
        self._calendars = calendars
        self._forms = {procedure.key: make_form(procedure, calendars) for procedure in library.all()}

    def pinned(self, pin: tuple[str, int]) -> Form:
        """The form that a case is pinned to; raises `NotFound` if its procedure was taken away."""
        known = self._forms.get(pin)
        try:
            procedure = known.procedure if known else self._library.get(*pin)
        except NotFound:
            raise NotFound("this case's procedure is no longer in the library", field="procedure") from None
        if known is None or known.calendar is not self._calendars.get(procedure.calendar):
            known = self._forms[pin] = make_form(procedure, self._calendars)
        return known

    def current(self, procedure: str, now: datetime) -> Form | None:
        """The form of the version in force now, by the procedure's own date; None if there is none."""
        try:
            local = now.astimezone(zone(self._library.get(procedure).time_zone))
            return self.pinned(self._library.get(procedure, on=local.date()).key)
        except NotFound:
            return None


class Reader:
    """Turns submissions into complaints."""

    def __init__(self, forms: Forms, vault: Vault) -> None:
        self._forms = forms
        self._vault = vault

    def read(
        self, submission: Submission, caller: str, key: str | None, now: datetime
    ) -> RegistrationRequest | list[FieldError]:
        """The complaint to be registered, or everything that is wrong with the submission.

        The idempotency key belongs to the caller, whether it comes with a single complaint or with a row of a batch.
        """
        form = self._forms.current(submission.procedure, now)
        if form is None:
            metrics.INTAKE_REFUSED.labels(procedure="unknown", field="procedure").inc()
            return [FieldError("procedure", "there is no such procedure in force")]
        checked = check(form, submission.channel, submission.received_at, submission.language, submission.fields, now)
        if isinstance(checked, list):
            for error in checked:
                metrics.INTAKE_REFUSED.labels(procedure=form.procedure.id, field=_label(form, error.field)).inc()
            return checked
        hashed = self._vault.index("idempotency", caller, key) if key is not None else None
        return RegistrationRequest(checked, hashed, self._vault.index("body", canonical(submission)))


def canonical(submission: Submission) -> str:
    """The submission as one text, the same for the same content whatever the order of its keys."""
    content = submission.model_dump(mode="json", exclude={"idempotency_key"})
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _label(form: Form, field: str) -> str:
    """A label of the metric from a closed set: what callers make up is `unknown`."""
    name = field.removeprefix("fields.")
    return name if name in form.specs or field in ("channel", "received_at") else "unknown"
