"""Notices to people, and how the complainant is asked back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.model.base import DurationText, Element, Id, Named, Occurrence, as_composed
from shared.procedures.model.complaint import FieldSpec

# The names that a notice's text may use as `{{name}}`; notify fills them at the moment of sending. Beside them
# `{{notice}}` is the notice's own name, and
# `{{documents.<name>}}` is a text that was put into the case's vault under that name, such as `documents.result`, and
# `{{number.<document>}}` the number of a document that the procedure declares, `{{due.<clock>}}` when a clock is due.
PLACEHOLDERS = (
    "case_number",
    "procedure",
    "department",
    "level",
    "class",
    "due",
    "clock",
    "step",
    "occurred_at",
    "notice",
    "reason",
    "progress_url",
    "receipt_code",
    "name",
)
# A subject travels in the clear: nothing of the person or of the matter may stand in it.
SUBJECT_PLACEHOLDERS = PLACEHOLDERS[:10]


class NoticeText(BaseModel):
    """Subject and body; `{{name}}` is replaced, nothing else is executed.

    `subject`: seen by others: nothing of the person or the matter. `body`: the message.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    subject: str
    body: str


WholeText = Annotated[NoticeText, BeforeValidator(as_composed, json_schema_input_type=NoticeText | str)]


class Signature(Element):
    """In whose name complainants and parties are written to: it ends the body of every notice to them.

    `zh`: in Chinese. `en`: in English.
    """

    zh: str
    en: str


class NoticeTexts(BaseModel):
    """The notice in both languages; in a file each may be the body alone, its subject is then the notice's name.

    `zh`: in Chinese. `en`: in English.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    zh: WholeText
    en: WholeText


def _several(value: object) -> object:
    """One addressee is a list of one."""
    return (value,) if isinstance(value, str) else value


Addressees = Annotated[tuple[str, ...], BeforeValidator(_several, json_schema_input_type=str | tuple[str, ...])]


class Service(Element):
    """The notice is served: whoever gets it signs for it, and that receipt is reported.

    `receipt`: what the report of it states; the deliverer is the staff id of who brought the notice. `within`: counted
    from the sending; without a receipt by then, the notice is `unserved:<notice>`.
    """

    receipt: tuple[Literal["deliverer", "signer", "date"], ...] = Field(default=("signer", "date"), min_length=1)
    within: DurationText | None = None


class Notice(Named):
    """A message that an occurrence causes.

    `to`: one addressee or several, each of whom gets a notice of its own: `complainant`; `department` or `level`, those
    that the case is with; `assistants`, the departments that assist; `recipients`, whom a recurring report goes to; the
    id of a party; or one id of a role, department or level, with its kind before it (`department:security`) where two
    kinds share the id.
    `form`: how the answer that this notice brings must be given; `as-received` is the form of the complaint's channel.

    `at`: the occurrences that cause it. `service`: where its receipt is reported. `text`: what it says; without it the
    text that a base has for its first `at`.
    """

    at: tuple[Occurrence, ...] = Field(min_length=1)
    to: Addressees = Field(min_length=1, max_length=20)
    when: Condition | None = None
    service: Service | None = None
    form: Literal["as-received", "written", "oral"] | None = None
    text: NoticeTexts

    @field_validator("to")
    @classmethod
    def _each_once(cls, to: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(to)) < len(to):
            raise ValueError("an addressee is named twice")
        return to


class Grade(Named):
    """One of the grades by which a complainant answers; it may be neither satisfied nor dissatisfied.

    `satisfied`: true, false, or neither.
    """

    satisfied: bool | None = None


class FollowUp(Element):
    """The complainant is asked back after an occurrence.

    `wait`: how long nobody asks yet; `within`: until when it is done. Both count from the occurrence, in a later round
    from the answer before. `by`: who asks; `handler` is the department that has the case, or the level it is on.
    `fields`: what is recorded of the answer. `grades`: the answers to choose from, in place of satisfied or not.
    `rounds`: how often at most; the next begins after a dissatisfied answer, with `next_round: answered` after any.
    `attempts`: after so many without an answer in one round nobody asks any more: `unreached:<id>`.

    `after`: the occurrence. `next_round`: which answer another round follows.
    """

    id: Id
    after: Occurrence
    wait: DurationText | None = None
    within: DurationText | None = None
    when: Condition | None = None
    by: tuple[Id, ...] = ()
    fields: tuple[FieldSpec, ...] = ()
    grades: tuple[Grade, ...] = ()
    rounds: int = Field(default=1, ge=1, le=20)
    next_round: Literal["dissatisfied", "answered"] = "dissatisfied"
    attempts: int | None = Field(default=None, ge=1, le=100)

    @model_validator(mode="after")
    def _with_the_answer(self) -> FollowUp:
        for one in self.fields:
            if one.required in ("registration", "requested"):
                raise ValueError(f"the field {one.id} comes with the answer: write `required: true`")
        return self
