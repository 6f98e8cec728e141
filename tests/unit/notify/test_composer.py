"""What a composed notice says: its own name where it is asked for, and in whose name the complainant is written to."""

from __future__ import annotations

from typing import Any, cast

import pytest

from services.notify.delivery.composer import Composer
from services.notify.delivery.vault_client import Vault
from services.notify.domain.case import fold, opened
from services.notify.domain.recipients import Recipients
from services.notify.domain.wording import Contact
from shared.procedures.loader import assemble
from shared.procedures.model import NoticeTexts, Signature
from tests.unit.notify.samples import Story, notice_row, procedure

TEXT = NoticeTexts.model_validate(
    {
        "zh": {"subject": "{{notice}} {{case_number}}", "body": "{{notice}}。{{department}}"},
        "en": {"subject": "{{notice}} {{case_number}}", "body": "{{notice}}. {{department}}"},
    }
)


def composed(notice: str, to: str, language: Any) -> tuple[str, str]:
    """Subject and body of a notice of the sample procedure, all of whose notices say their names."""
    notices = tuple(one.model_copy(update={"text": TEXT}) for one in procedure().notices)
    signed = procedure().model_copy(update={"notices": notices, "signature": Signature(zh="热线", en="The hotline")})
    composer = Composer(assemble([("s", signed)]), Recipients(), cast(Vault, None), "https://line.example")
    story = Story()
    case = opened(registered := story.registered())
    for event in (registered, story.assigned()):
        fold(case, event)
    placed = composer.place(notice_row(notice=notice, to=to, occurrence="assigned"), case)
    message = composer.compose(placed, Contact(language=language)).message
    return message.subject, message.body


@pytest.mark.parametrize(
    ("notice", "to", "language", "subject", "body"),
    [
        ("receipt", "complainant", "zh", "回执", "回执。水务\n热线"),
        ("receipt", "complainant", "en", "Receipt", "Receipt. Water\nThe hotline"),
        ("assignment", "department", "en", "Assignment", "Assignment. Water"),
    ],
)
def test_a_notice_says_its_name_and_only_the_complainant_gets_it_signed(
    notice: str, to: str, language: str, subject: str, body: str
) -> None:
    found = composed(notice, to, language)
    assert found[0].startswith(f"{subject} ")
    assert found[1] == body
