"""What kind a file is, by its content: what a sender calls it does not count.

Signatures after the formats' own documents, and PRONOM (nationalarchives.gov.uk) where they are many.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.procedures.model import FileType

HEAD_BYTES = 256 * 1024
"""How much of a file `kind_of` may need: within it a workbook or a text document names its parts."""

MEDIA_TYPES: Mapping[FileType, str] = {
    "pdf": "application/pdf",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "heic": "image/heic",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "amr": "audio/amr",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text": "text/plain; charset=utf-8",
}

_STARTS: tuple[tuple[bytes, FileType], ...] = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"#!AMR", "amr"),
    (b"ID3", "mp3"),
)
_BRANDS: Mapping[bytes, FileType] = {
    b"heic": "heic",
    b"heix": "heic",
    b"mif1": "heic",
    b"M4A ": "m4a",
    b"isom": "mp4",
    b"iso2": "mp4",
    b"mp41": "mp4",
    b"mp42": "mp4",
    b"avc1": "mp4",
}
"""Major brands of ISO base media files (ISO/IEC 14496-12)."""
_MP3_FRAMES = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")
_BINARY = bytes(range(9)) + b"\x0b\x0c" + bytes(range(14, 27)) + bytes(range(28, 32))


def kind_of(head: bytes, *, whole: bool) -> FileType | None:
    """The kind of a file that begins with `head`; None for any other. `whole`: nothing follows.

    At least `HEAD_BYTES` are given, unless the file is shorter.
    """
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(head[8:12])  # type: ignore[return-value]
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head[:4] == b"PK\x03\x04":
        return _office(head)
    if head[:2] in _MP3_FRAMES:
        return "mp3"
    return "text" if _is_text(head, whole=whole) else None


def _office(head: bytes) -> FileType | None:
    if b"[Content_Types].xml" not in head or b"vbaProject.bin" in head:
        return None  # another archive, or a document with macros
    if b"word/" in head:
        return "docx"
    return "xlsx" if b"xl/" in head else None


def _is_text(head: bytes, *, whole: bool) -> bool:
    """UTF-8 without control characters; a letter that the cut has divided is none of its faults."""
    if not head or head.translate(None, _BINARY) != head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return not whole and error.reason == "unexpected end of data" and error.start >= len(head) - 3
    return True
