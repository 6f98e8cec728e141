"""Checks on parties: how they are named, and what a notice may tell them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.procedures.check.finding import Finding, error
from shared.procedures.check.parts import Ids
from shared.procedures.model import Notice, Procedure

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_COMPLAINANTS = ("receipt_code", "progress_url")
"""What opens the complainant's own page."""


def check_parties(procedure: Procedure) -> Iterator[Finding]:
    """Findings on parties and on notices to them."""
    ids = Ids(procedure)
    for party in procedure.parties:
        if party.id in ids["fields"]:
            yield error(
                f"parties[{party.id}]",
                "与字段同名:投诉表单以此名填写当事人",
                "a field bears this id: a complaint names the party in the field of its id",
            )
    for notice in procedure.notices:
        for to in notice.to:
            party_id = to.removeprefix("party:")
            if party_id in ids["parties"]:
                yield from _notice(notice, party_id, procedure)


def _notice(notice: Notice, party: str, procedure: Procedure) -> Iterator[Finding]:
    path = f"notices[{notice.id}].text"
    written = " ".join((notice.text.zh.subject, notice.text.zh.body, notice.text.en.subject, notice.text.en.body))
    names = set(_PLACEHOLDER.findall(written))
    for name in sorted(names & set(_COMPLAINANTS)):
        yield error(
            path,
            f"{name} 只属于投诉人，不能告知 {party}",
            f"{name} is the complainant's own: {party} gets a notice of its own, without it",
        )
    known = {field.id for one in procedure.parties if one.id == party for field in one.fields}
    if "name" in names and "name" not in known:
        yield error(path, f"{party} 没有字段 name", f"{party} has no field `name`")
