"""What kind a file is, by its content."""

from __future__ import annotations

import io
import zipfile

import pytest

from services.intake.domain.file_types import MEDIA_TYPES, kind_of


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            made.writestr(name, "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n...", "pdf"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00", "png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "wav"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", None),
        (b"II*\x00rest", "tiff"),
        (b"\x00\x00\x00\x18ftypheic", "heic"),
        (b"\x00\x00\x00\x18ftypM4A ", "m4a"),
        (b"\x00\x00\x00\x18ftypisom", "mp4"),
        (b"\x00\x00\x00\x18ftypqt  ", None),
        (b"#!AMR\n", "amr"),
        (b"#!/bin/sh\n", "text"),  # a text is a text, whatever it says
        (b"ID3\x04", "mp3"),
        (b"\xff\xfb\x90", "mp3"),
        (archive("[Content_Types].xml", "word/document.xml"), "docx"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (archive("[Content_Types].xml", "word/vbaProject.bin"), None),
        (archive("word/document.xml"), None),
        (archive("a.txt"), None),
        ("录音文字\n".encode(), "text"),
        ("录音".encode("gbk"), None),
        (b"MZ\x90\x00\x03", None),
        (b"\x7fELF\x02", None),
        (b"with a \x00 in it", None),
        (b"", None),
    ],
)
def test_the_content_decides(content: bytes, kind: str | None) -> None:
    assert kind_of(content, whole=True) == kind


def test_a_letter_that_the_cut_divides_is_none_of_a_texts_faults() -> None:
    cut = "录音".encode()[:-1]
    assert kind_of(cut, whole=False) == "text"
    assert kind_of(cut, whole=True) is None
    assert kind_of(b"\xe5" + b"a" * 10, whole=False) is None


def test_every_kind_has_a_media_type() -> None:
    from typing import get_args

    from shared.procedures.model import FileType

    assert set(MEDIA_TYPES) == set(get_args(FileType))
