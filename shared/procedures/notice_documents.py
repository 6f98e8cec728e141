"""Which documents of the vault the notices show that an occurrence causes: none of them is ever sent blank."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.procedures.conditions import holds
from shared.procedures.model import Notice, Procedure

_SHOWN = re.compile(r"\{\{\s*documents\.([a-z0-9]+(?:-[a-z0-9]+)*)\s*\}\}")


def documents_of(notice: Notice) -> tuple[str, ...]:
    """The names of the documents that a notice's texts show, in either language."""
    texts = (notice.text.zh, notice.text.en)
    return tuple(sorted({name for text in texts for name in _SHOWN.findall(f"{text.subject}\n{text.body}")}))


def documents_shown(procedure: Procedure, occurrence: str, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The documents that the notices at this occurrence show, of those notices that these facts cause."""
    notices = (one for one in procedure.notices if occurrence in one.at and holds(one.when, facts) is True)
    return tuple(sorted({name for notice in notices for name in documents_of(notice)}))
