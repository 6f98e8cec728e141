"""Checks on what binds a report: `must`, `not_by`, the class that a field gives, what is counted."""

from __future__ import annotations

from collections.abc import Iterator

from shared.procedures.check.finding import Finding, did_you_mean, error, warning
from shared.procedures.check.known_facts import known_facts, vault_facts
from shared.procedures.milestones import REPORTED, split
from shared.procedures.model import Count, Milestone, Procedure


def check_reports(procedure: Procedure) -> Iterator[Finding]:
    """Findings on milestones, on the class that is given, and on counts."""
    for milestone in procedure.milestones:
        yield from _persons(procedure, milestone)
        yield from _before_admission(milestone)
    yield from _given_class(procedure)
    for count in procedure.counts:
        yield from _count(procedure, count)


def _persons(procedure: Procedure, milestone: Milestone) -> Iterator[Finding]:
    path = f"milestones[{milestone.id}].not_by"
    facts, own = known_facts(procedure), {spec.id: spec.type for spec in milestone.fields}
    others = {one.id: one for one in procedure.milestones}
    for name in milestone.not_by:
        if name in others:
            if others[name].persons is None and not others[name].not_by and name != milestone.id:
                yield warning(
                    path,
                    f"{name} 未要求 persons,可能无人可回避",
                    f"{name} asks for no persons, so nobody may be known who reported it",
                )
        elif name not in REPORTED and own.get(name) != "person" and getattr(facts.get(name), "kind", None) != "person":
            persons = {one for one, type_ in own.items() if type_ == "person"}
            persons |= {one for one, fact in facts.items() if fact.kind == "person"}
            zh, en = did_you_mean(name, {*others, *persons})
            yield error(
                path,
                f"既不是里程碑，也不是 person 类型的字段:{name}{zh}",
                f"neither a milestone nor a field of type person: {name}{en}",
            )


def _before_admission(milestone: Milestone) -> Iterator[Finding]:
    if milestone.id in ("contributed", "reopened") and "registered" in milestone.stages:
        yield error(f"milestones[{milestone.id}].stages", "受理前尚无协办部门", "nobody assists before admission")


def _given_class(procedure: Procedure) -> Iterator[Finding]:
    if procedure.class_ is None:
        return
    milestone, _, field = procedure.class_.from_.partition(".")
    spec = next(
        (one for part in procedure.milestones if part.id == milestone for one in part.fields if one.id == field), None
    )
    if spec is None or spec.type != "choice":
        yield error("class.from", "须为里程碑的 choice 字段", "is the choice field of a milestone: <milestone>.<field>")
        return
    for choice in spec.choices:
        if choice.id not in {one.id for one in procedure.classes}:
            yield error("class.from", f"该字段的取值不是类别:{choice.id}", f"a choice that is no class: {choice.id}")


def _count(procedure: Procedure, count: Count) -> Iterator[Finding]:
    path = f"counts[{count.id}]"
    fields = {spec.id for spec in procedure.fields}
    facts, vault = known_facts(procedure), vault_facts(procedure)
    outside = [name for name in count.same if name not in fields]
    for name in outside:
        if name in vault or name not in facts:
            zh, en = did_you_mean(name, fields | facts.keys())
            yield error(f"{path}.same", f"没有这样的字段:{name}{zh}", f"no such field: {name}{en}")
    if outside and any(name in vault for name in count.same):
        yield error(
            f"{path}.same",
            "保密库字段不能与办理中的事实并用",
            "fields of the vault are not mixed with what is reported later",
        )
    if outside and count.distinct == "complainant":
        yield error(
            f"{path}.distinct",
            "投诉人只能按登记字段区分",
            "complainants are told apart only where `same` names fields of the complaint",
        )
    if split(count.of)[0] == "counted":
        yield error(f"{path}.of", "计数不能计自己", "counts do not count counts")
