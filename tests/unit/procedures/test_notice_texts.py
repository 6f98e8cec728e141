"""In whose name a complainant is written to, and confirmations: short words of the language."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.procedures.model import FieldSpec, Signature
from shared.procedures.notice_texts import text_of
from tests.unit.procedures.sample import sample

SIGNED = sample().model_copy(update={"signature": Signature(zh="热线中心", en="Hotline centre")})
NOTICE = SIGNED.notices[0]


def test_what_goes_out_of_the_house_is_signed_and_nothing_else_is() -> None:
    body = NOTICE.text.zh.body
    assert text_of(NOTICE, SIGNED, "zh", "complainant").body == f"{body}\n热线中心"
    assert text_of(NOTICE, SIGNED, "en", "party").body.endswith("\nHotline centre")
    assert text_of(NOTICE, SIGNED, "zh", "role") == NOTICE.text.zh
    assert text_of(NOTICE, sample(), "zh", "complainant") == NOTICE.text.zh


def test_a_confirmation_is_a_yes_that_is_needed() -> None:
    written = FieldSpec.model_validate({"id": "thanked", "label": {"zh": "已致谢", "en": "Thanked"}, "must_be": True})
    assert (written.type, written.required, written.accepted) == ("boolean", True, (True,))
    optional = {"id": "thanked", "label": {"zh": "已致谢", "en": "Thanked"}, "must_be": True, "required": False}
    assert FieldSpec.model_validate(optional).required is False


def test_a_no_that_is_demanded_is_written_with_its_type() -> None:
    with pytest.raises(ValidationError, match="never coded"):
        FieldSpec.model_validate({"id": "done", "label": {"zh": "已办", "en": "Done"}, "must_be": False})
