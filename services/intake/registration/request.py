"""What a caller submits, how it becomes a request that can be registered, and the result of that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain.admission import Complaint, check
from services.intake.domain.field_errors import FieldError
from services.intake.domain.forms import Form
from services.intake.form_book import FormBook
from shared.observability import metrics, tracing
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """One complaint to be registered. `key` and `body` are keyed hashes of idempotency key and canonical body.

    `traceparent` is its request's: registrations of several requests go together in one transaction.
    """

    complaint: Complaint
    key: str | None
    body: str
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller of a registration gets, and what is kept, sealed, under its idempotency key.

    Only `case_id` is left of a case whose identity was erased.
    """

    case_id: str
    case_number: str | None = None
    receipt_code: str | None = None
    status: str | None = None
    missing: Sequence[str] | None = None
    progress_url: str | None = None
    duplicate_of: str | None = None

    def document(self) -> dict[str, Any]:
        """The answer as JSON; what there is not is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def parse(cls, content: str) -> Answer:
        """A kept answer."""
        return cls(**json.loads(content))


@dataclass(frozen=True, slots=True)
class RegistrationResult:
    """What became of a request; `answer` is what its caller gets, None for `changed` and `busy`.

    `registered` and `duplicate`: a new case (merged into an earlier one); `existing`: the same request was answered
    before, and this is that answer; `changed`: the key was used for another body; `busy`: a request with this key is
    under way.
    """

    kind: Literal["registered", "duplicate", "existing", "changed", "busy"]
    answer: Answer | None


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


class Reader:
    """Turns submissions into complaints."""

    def __init__(self, forms: FormBook, vault: Vault) -> None:
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
        body = self._vault.index("body", canonical(submission))
        return RegistrationRequest(checked, hashed, body, tracing.current())


def canonical(submission: Submission) -> str:
    """The submission as one text, the same for the same content whatever the order of its keys."""
    content = submission.model_dump(mode="json", exclude={"idempotency_key"})
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _label(form: Form, field: str) -> str:
    """A label of the metric from a closed set: what callers make up is `unknown`."""
    name = field.removeprefix("fields.")
    return name if name in form.specs or field in ("channel", "received_at") else "unknown"
