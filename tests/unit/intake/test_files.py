"""A file of a kind that a document does not take is refused with the kinds that it takes."""

from __future__ import annotations

import pytest

from services.intake.domain.file_types import kind_of
from services.intake.domain.files import accepted
from shared.errors import InvalidInput
from shared.procedures.model import Files

SCANS = Files(types=("pdf", "jpeg"))


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00", b"MZ\x90\x00\x03", b"\xff\x00", b""])
def test_a_file_of_another_kind_is_refused_with_the_kinds_that_are_taken(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="none of the kinds that this document takes") as caught:
        accepted(SCANS, kind_of(content, whole=True))
    assert (caught.value.field, caught.value.hint) == ("body", "one of: pdf, jpeg")


def test_a_file_of_a_kind_that_is_taken_is_told_by_its_content() -> None:
    assert accepted(SCANS, kind_of(b"%PDF-1.7\n...", whole=True)) == "pdf"
