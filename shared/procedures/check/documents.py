"""Checks on documents: whom they name, how they are numbered; and on what a refused supplement states."""

from __future__ import annotations

from collections.abc import Iterator

from shared.procedures.check.finding import Finding, did_you_mean, error
from shared.procedures.check.parts import Ids
from shared.procedures.dossiers import can_be_refused
from shared.procedures.model import DocumentKind, Procedure


def check_documents(procedure: Procedure) -> Iterator[Finding]:
    """Findings on documents and supplements."""
    refusing = {rule.id for rule in procedure.admissibility.rules if rule.decision == "refuse"}
    for asked in procedure.supplements:
        if asked.rule is not None and asked.rule not in refusing:
            zh, en = did_you_mean(asked.rule, refusing)
            yield error(
                f"supplements[{asked.id}].rule",
                f"没有这条拒绝理由:{asked.rule}{zh}",
                f"no admission rule that refuses: {asked.rule}{en}",
            )
    yield from _dossier(procedure)
    ids = Ids(procedure)
    restarts: dict[str, str] = {}
    for one in procedure.documents:
        path = f"documents[{one.id}]"
        yield from _copies(path, one, ids)
        if one.number is None:
            continue
        if one.number.series is not None:
            first = restarts.setdefault(one.number.series, one.number.restart)
            if first != one.number.restart:
                yield error(
                    f"{path}.number.restart",
                    f"同一系列 {one.number.series} 的起号周期不同",
                    f"the series {one.number.series} restarts otherwise in another document",
                )
        yield from _same_as(path, one, procedure)


def _dossier(procedure: Procedure) -> Iterator[Finding]:
    if procedure.dossier is not None and procedure.dossier.at not in can_be_refused(procedure):
        yield error(
            "dossier.at",
            "须是可以上报或决定的里程碑，缺件时才能拒绝",
            "must be a milestone that is reported or decided: nothing else can be refused while a document is missing",
        )


def _copies(path: str, one: DocumentKind, ids: Ids) -> Iterator[Finding]:
    for name in one.copies:
        if name not in ids.people | {"complainant"}:
            zh, en = did_you_mean(name, ids.people | {"complainant"})
            yield error(f"{path}.copies", f"没有这个收件人:{name}{zh}", f"nobody bears this name: {name}{en}")


def _same_as(path: str, one: DocumentKind, procedure: Procedure) -> Iterator[Finding]:
    place = f"{path}.number.same_as"
    numbered = {other.id: other.number for other in procedure.documents if other.number is not None}
    seen = {one.id}
    name = one.number.same_as if one.number else None
    while name is not None and name != "case":
        if name in seen:
            yield error(place, "号码互相引用，永远得不到", "the numbers refer to each other, so there never is one")
            return
        if name not in numbered:
            zh, en = did_you_mean(name, {"case", *numbered} - {one.id})
            yield error(place, f"没有编号的文书:{name}{zh}", f"no document with a number: {name}{en}")
            return
        seen.add(name)
        name = numbered[name].same_as
