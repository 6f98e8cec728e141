"""Notices to people, and how the complainant is asked back."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from shared.procedures.conditions import Condition
from shared.procedures.model.base import DurationText, Element, Named, Occurrence

# The names that a notice's text may use as `{{name}}`; notify fills them at the moment of sending. Beside them
# `{{documents.<name>}}` is a text that was put into the case's vault under that name, such as `documents.result`, and
# `{{number.<document>}}` the number of a document that the procedure declares.
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
    "reason",
    "progress_url",
    "receipt_code",
    "name",
)
# A subject travels in the clear: nothing of the person or of the matter may stand in it.
SUBJECT_PLACEHOLDERS = PLACEHOLDERS[:9]


class NoticeText(BaseModel):
    """Subject and body; `{{name}}` is replaced, nothing else is executed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str
    body: str


class NoticeTexts(BaseModel):
    """The notice in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: NoticeText
    en: NoticeText


class Notice(Named):
    """A message that an occurrence causes.

    `to`: `complainant`; `department` or `level`, those that the case is with; or one id of a role, department or level,
    with its kind before it (`department:security`) where two kinds share the id.
    """

    at: tuple[Occurrence, ...] = Field(min_length=1)
    to: str
    when: Condition | None = None
    text: NoticeTexts


class CallBack(Element):
    """The complainant is asked back after an occurrence; the answer is `satisfied` or `dissatisfied`."""

    after: Occurrence
    within: DurationText | None = None
    when: Condition | None = None
