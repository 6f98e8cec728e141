"""What a notice says, as its procedure has it: the text in one language, signed where it goes out of the house."""

from __future__ import annotations

from typing import Literal

from shared.procedures.model import Notice, NoticeText, Procedure


def text_of(notice: Notice, procedure: Procedure, language: Literal["zh", "en"], kind: str) -> NoticeText:
    """Subject and body with their places still open, for an addressee of this kind (`complainant`, `role`).

    `signature` ends the body of what complainants and parties get.
    """
    text = notice.text.zh if language == "zh" else notice.text.en
    if procedure.signature is None or kind not in ("complainant", "party"):
        return text
    signature = procedure.signature.zh if language == "zh" else procedure.signature.en
    return text.model_copy(update={"body": f"{text.body}\n{signature}"})
