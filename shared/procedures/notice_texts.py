"""What a notice says, as its procedure has it: the text in one language, signed where it goes to the complainant."""

from __future__ import annotations

from typing import Literal

from shared.procedures.model import Notice, NoticeText, Procedure


def text_of(notice: Notice, procedure: Procedure, language: Literal["zh", "en"], *, to_complainant: bool) -> NoticeText:
    """Subject and body with their places still open; `signature` ends the body of what the complainant gets."""
    text = notice.text.zh if language == "zh" else notice.text.en
    if procedure.signature is None or not to_complainant:
        return text
    signature = procedure.signature.zh if language == "zh" else procedure.signature.en
    return text.model_copy(update={"body": f"{text.body}\n{signature}"})
