"""A contents list as people read it: what is due, what lacks, who has no copy yet, until when it is kept."""

from __future__ import annotations

from typing import Any

from huiyin.cli.cases.documents import contents_lines


def entry(document: str, **changed: Any) -> dict[str, Any]:
    return {
        "place": 1,
        "document": document,
        "name": {"zh": "协议书", "en": "Agreement"},
        "number": None,
        "held": False,
        "added_at": None,
        "files": 0,
        "copies": [],
        "copied_to": [],
        "due": False,
        "in_dossier": True,
    } | changed


HELD = {"held": True, "added_at": "2025-03-03T02:00:00+00:00", "number": "A2025-001", "files": 2}
NO_DOSSIER: dict[str, Any] = {"missing": [], "kept_until": None}


def test_each_document_has_a_line() -> None:
    found = {
        "documents": [entry("agreement", **HELD), entry("cover", place=2, name=None, due=True)],
        "dossier": {"missing": ["cover"], "kept_until": "2030-03-03T02:00:00+00:00"},
    }
    assert list(contents_lines(found, zh=True)) == [
        "  1  agreement  协议书  A2025-001  2025-03-03  2 个文件",
        "  2  cover  cover  -  应有",
        "卷宗缺：cover",
        "保存至 2030-03-03",
    ]
    assert list(contents_lines(found, zh=False))[1:] == [
        "  2  cover  cover  -  due",
        "the dossier lacks: cover",
        "kept until 2030-03-03",
    ]


def test_who_has_no_copy_yet_is_named_once_the_document_is_there() -> None:
    copies = {"copies": ["complainant", "desk"], "copied_to": ["desk"]}
    (there,) = contents_lines(
        {"documents": [entry("a", **{**HELD, "files": 0}, **copies)], "dossier": NO_DOSSIER}, zh=False
    )
    (absent,) = contents_lines({"documents": [entry("a", **copies)], "dossier": NO_DOSSIER}, zh=False)
    assert there == "  1  a  Agreement  A2025-001  2025-03-03  no copy yet: complainant"
    assert absent == "  1  a  Agreement  -"
