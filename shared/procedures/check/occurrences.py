"""Which occurrences a procedure can ever have, and whether those that it names are among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from shared.procedures.check.finding import Finding, did_you_mean, error, warning
from shared.procedures.check.parts import CONDITIONS, Ids, parts
from shared.procedures.conditions import fields_of
from shared.procedures.milestones import (
    COMPLAINT,
    DEADLINE,
    DECIDED_AT_INTAKE,
    FREELY_QUALIFIED,
    LISTED,
    PERIODIC,
    QUALIFIED_BY,
    REPORTED,
    STANDARD,
    STEPS,
    split,
)
from shared.procedures.model import (
    Award,
    Clock,
    Count,
    Disclosure,
    DocumentKind,
    Dossier,
    Escalation,
    FollowUp,
    Milestone,
    Notice,
    Pause,
    Procedure,
    Reopening,
    Requirement,
)

_NAMED_BY: tuple[tuple[type[BaseModel], tuple[str, ...]], ...] = (
    (DocumentKind, ("at",)),
    (Dossier, ("at",)),
    (Disclosure, ("after",)),
    (Requirement, ("reached",)),
    (Pause, ("from_", "until")),
    (Clock, ("from_", "until", "cancel_on", "restart_on")),
    (Escalation, ("at",)),
    (Award, ("at",)),
    (Count, ("of",)),
    (Reopening, ("at",)),
    (Notice, ("at",)),
    (FollowUp, ("after",)),
)


_SHOWN = 100
"""How many repetitions of a clock can be named one by one."""


def is_known(occurrence: str, procedure: Procedure, ids: Ids) -> bool:
    """Whether the word is one of the language or a declared milestone, with a qualifier where one belongs."""
    name, qualifier = split(occurrence)
    if qualifier is not None:
        if name in DEADLINE and qualifier in ids["reports"]:
            return True  # a report's deadline has the report's id
        clock, _, step = qualifier.partition(".")
        if step:
            return name in STEPS and any(one.id == clock and step in _steps(one, name) for one in procedure.clocks)
        return name in FREELY_QUALIFIED or (name in QUALIFIED_BY and qualifier in ids[QUALIFIED_BY[name]])
    return name in STANDARD or name in ids["milestones"]


def possible(procedure: Procedure) -> frozenset[str]:
    """Every occurrence that a case of this procedure can have, without and with its qualifier."""
    ids = Ids(procedure)
    found = set(COMPLAINT) | set(REPORTED) | ids["milestones"] | {"assigned", "reassigned", "notified", "notice-failed"}
    decisions = {rule.decision for rule in procedure.admissibility.rules}
    held = procedure.admissibility.otherwise == "hold"
    if not held and "refuse" not in decisions:
        found.discard("refused")
    if not held and "transfer-out" not in decisions:
        found.discard("transferred-out")
    if procedure.duplicates is None:
        found.discard("merged")
    else:
        found.add("repeated")
    found |= {f"{name}:{one}" for name in ("supplement-requested", "supplemented") for one in ids["supplements"]}
    asked_for = {one.required for one in procedure.fields} | {one.required for one in procedure.parties}
    if not procedure.supplements and "requested" not in asked_for:
        found -= {"supplement-requested", "supplemented"}
    numbered = {one.id for one in procedure.documents if one.number is not None}
    found |= {f"numbered:{one}" for one in numbered}
    if not numbered:
        found.discard("numbered")
    copied = {one.id for one in procedure.documents if one.copies}
    found |= {f"copied:{one}" for one in copied}
    if not copied:
        found.discard("copied")
    if procedure.reopenings:
        found.add("reopened")
    found |= {f"{name}:{one}" for name in ("assigned", "reassigned") for one in ids["departments"]}
    found |= {f"{name}:{one}" for name in ("notified", "notice-failed") for one in ids["notices"]}
    found |= {f"{name}:{one}" for name in ("assisting", "contributed") for one in ids["departments"]} | {"assisting"}
    found |= {f"counted:{one}" for one in ids["counts"]} | ({"counted"} if procedure.counts else set())
    for name in ("award-suggested", "award-approved", "award-refused"):
        found |= {name, *(f"{name}:{one}" for one in ids["awards"])} if procedure.awards else set()
    if not procedure.awards:
        found -= {"award-approved", "award-refused"}
    found |= _of_service(procedure) | _of_follow_ups(procedure)
    found |= _of_classes(procedure) | _of_levels(procedure) | _of_clocks(procedure)
    listed = [one.id for one in procedure.reports if one.lists]
    found |= {LISTED, *(f"{LISTED}:{one}" for one in listed)} if listed else set()
    return frozenset(found)


def possible_of_reports(procedure: Procedure) -> frozenset[str]:
    """Every occurrence that a recurring report can have: notices can be caused by one, nothing else."""
    found = {f"{name}:{one.id}" for one in procedure.reports for name in (*PERIODIC, "started", "breached", "met")}
    found |= {f"warned:{one.id}" for one in procedure.reports if one.warn}
    return frozenset(found | set(PERIODIC)) if procedure.reports else frozenset()


def can_happen(occurrence: str, possible: frozenset[str]) -> bool:
    """Whether it is among the `possible` ones; a word that takes any qualifier is with each of them."""
    name, _ = split(occurrence)
    return occurrence in possible or (name in FREELY_QUALIFIED and name in possible)


def _of_classes(procedure: Procedure) -> set[str]:
    return {"classified", *(f"classified:{one.id}" for one in procedure.classes)} if procedure.classes else set()


def _of_levels(procedure: Procedure) -> set[str]:
    rungs = [one.id for one in procedure.levels]
    if not rungs:
        return set()
    reached = {rungs[0]}
    reached |= {one.level for one in procedure.routes if one.level is not None}
    reached |= {one.to_level for one in procedure.reopenings if one.to_level is not None}
    reached |= {one.to for one in procedure.escalations if one.to is not None}
    for one in procedure.escalations:
        for rung in [*reached] if one.raise_by else []:
            if rung in rungs and one.raise_by is not None:
                # from any rung reached, this many up, again and again, and never beyond the top
                reached |= set(rungs[rungs.index(rung) :: one.raise_by]) | {rungs[-1]}
    return {"escalated", *(f"escalated:{one}" for one in reached)}


def _of_service(procedure: Procedure) -> set[str]:
    found: set[str] = set()
    for one in procedure.notices:
        names = (["delivered"] if one.form is not None else []) + (["served"] if one.service is not None else [])
        names += ["unserved"] if one.service is not None and one.service.within is not None else []
        found |= {*names, *(f"{name}:{one.id}" for name in names)}
    return found


def _of_follow_ups(procedure: Procedure) -> set[str]:
    """What the complainants say when they are asked; `satisfied` too, which they may say by themselves."""
    found: set[str] = set()
    for one in procedure.follow_ups:
        names = ["called-back", "call-attempted"] + (["unreached"] if one.attempts is not None else [])
        views = [grade.satisfied for grade in one.grades] or [True, False]
        names += [word for word, view in (("satisfied", True), ("dissatisfied", False)) if view in views]
        found |= {*names, *(f"{name}:{one.id}" for name in names)}
    return found | ({"satisfied", "dissatisfied"} if procedure.follow_ups else set())


def _of_clocks(procedure: Procedure) -> set[str]:
    found: set[str] = set()
    for clock in procedure.clocks:
        found |= {f"{name}:{clock.id}" for name in DEADLINE if name not in (*STEPS, "extended")}
        for name in STEPS:
            steps = _steps(clock, name)
            found |= {f"{name}:{clock.id}" for _ in steps[:1]} | {f"{name}:{clock.id}.{one}" for one in steps}
        if clock.extension is not None:
            names = ("extended", "extension-requested", "extension-approved", "extension-refused")
            found |= {f"{name}:{clock.id}" for name in names}
    return found


def _steps(clock: Clock, name: str) -> list[str]:
    """The ids of the clock's steps that are `warned:` or `overdue:`; of repetitions those that are sure to be known."""
    found = [one.id for one in clock.steps if one.id is not None and one.precedes == (name == "warned")]
    if name == "overdue" and clock.repetition is not None:
        found += [f"repeat-{number}" for number in range(2, 2 + min(clock.repetition.times or _SHOWN, _SHOWN))]
    return found


def check_occurrences(procedure: Procedure) -> Iterator[Finding]:
    """Findings on words that mean nothing, on what never happens, and on milestones that hide a standard word."""
    ids, can_be, of_reports = Ids(procedure), possible(procedure), possible_of_reports(procedure)
    for path, part in parts(procedure):
        if isinstance(part, Milestone) and part.id in (STANDARD | set(DEADLINE)) - {*REPORTED, *DECIDED_AT_INTAKE}:
            yield error(
                path,
                "该名称由系统自己使用，里程碑请换名",
                "the system emits this word itself: give the milestone another id",
            )
        for kind, keys in _NAMED_BY:
            if type(part) is kind:
                for key in keys:
                    allowed = can_be | of_reports if kind is Notice else can_be
                    yield from _check_key(path, part, key, procedure, ids, allowed)


def occurrences_named(procedure: Procedure) -> frozenset[str]:
    """Every occurrence that some part of the procedure waits for, acts on or asks about."""
    found: set[str] = set()
    for _, part in parts(procedure):
        for kind, keys in _NAMED_BY:
            for key in keys if type(part) is kind else ():
                value = getattr(part, key)
                found |= set(value if isinstance(value, tuple) else () if value is None else (value,))
        for key in type(part).model_fields:
            value = getattr(part, key)
            if isinstance(value, CONDITIONS):
                found |= {one.removeprefix("reached:") for one in fields_of(value)}
    return frozenset(found)


def _check_key(
    path: str, part: BaseModel, key: str, procedure: Procedure, ids: Ids, can_be: frozenset[str]
) -> Iterator[Finding]:
    value = getattr(part, key)
    if value is None:
        return
    place = f"{path}.{type(part).model_fields[key].alias or key}"
    defaulted = key not in part.model_fields_set
    for occurrence in value if isinstance(value, tuple) else () if value is None else (value,):
        if occurrence == "left" and isinstance(part, Clock) and key in ("until", "cancel_on"):
            continue
        if not is_known(occurrence, procedure, ids):
            yield unknown(place, occurrence, can_be)
        elif not can_happen(occurrence, can_be) and not defaulted:
            yield warning(
                place,
                f"按本程序不会发生:{occurrence}",
                f"never happens in this procedure: {occurrence}",
            )


def unknown(place: str, occurrence: str, known: Iterable[str] = ()) -> Finding:
    """The finding on a word that is neither of the language nor declared."""
    name, qualifier = split(occurrence)
    if qualifier is None and name in DEADLINE:
        return error(place, f"{name} 后须写时限:{name}:<clock>", f"{name} needs its clock: {name}:<clock>")
    zh, en = did_you_mean(occurrence, known)
    return error(
        place,
        f"不是系统用语，也不是已声明的里程碑:{occurrence}{zh}",
        f"neither a word of the language nor a declared milestone: {occurrence}{en}",
    )
