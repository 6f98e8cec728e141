"""Whatever a part names exists: levels, departments, roles, classes, fields; and no id is given twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import BaseModel

from shared.procedures.check.finding import Finding, did_you_mean, error
from shared.procedures.check.parts import Ids, parts
from shared.procedures.model import (
    Admissibility,
    AdmissionRule,
    Award,
    Confidentiality,
    Disclosure,
    DocumentKind,
    Dossier,
    Duplicates,
    Escalation,
    Extension,
    FollowUp,
    Level,
    Milestone,
    Notice,
    Procedure,
    Reopening,
    Report,
    Route,
    Supplement,
)
from shared.procedures.offices import HANDLER, PARTS, RESERVED

_ANYBODY = PARTS

# Which key of which element names something, and the parts in which that something may be declared.
_NAMES: tuple[tuple[type[BaseModel], str, tuple[str, ...]], ...] = (
    (Procedure, "default_department", ("departments",)),
    (AdmissionRule, "to", ("departments", "roles")),
    (AdmissionRule, "decided_by", _ANYBODY),
    (Admissibility, "decided_by", _ANYBODY),
    (Level, "department", ("departments",)),
    (Route, "department", ("departments",)),
    (Route, "level", ("levels",)),
    (Route, "with_", ("departments",)),
    (Escalation, "with_", ("departments",)),
    (Award, "approved_by", _ANYBODY),
    (Milestone, "by", _ANYBODY),
    (Milestone, "within", ("clocks",)),
    (FollowUp, "by", _ANYBODY),
    (Escalation, "to", ("levels",)),
    (Escalation, "class_", ("classes",)),
    (Escalation, "department", ("departments",)),
    (Reopening, "to_level", ("levels",)),
    (Reopening, "class_", ("classes",)),
    (Extension, "approved_by", _ANYBODY),
    (Confidentiality, "disclosure_by", _ANYBODY),
    (Confidentiality, "recused", ("fields",)),
    (Disclosure, "to", _ANYBODY),
    (Disclosure, "fields", ("fields", "parties")),
    (Disclosure, "documents", ("documents",)),
    (Report, "by", _ANYBODY),
    (Report, "to", _ANYBODY),
    (DocumentKind, "by", _ANYBODY),
    (DocumentKind, "signed_by", _ANYBODY),
    (Dossier, "contains", ("documents",)),
    (Supplement, "by", _ANYBODY),
    (Supplement, "fields", ("fields", "parties")),
    (Supplement, "documents", ("documents",)),
    (Duplicates, "same", ("fields",)),
)
_WORDS = {
    "departments": ("部门", "department"),
    "roles": ("角色", "role"),
    "levels": ("层级", "level"),
    "classes": ("类别", "class"),
    "fields": ("字段", "field"),
    "documents": ("文书", "document"),
    "parties": ("当事人", "party"),
    "clocks": ("时限", "clock"),
}
RECIPIENTS = frozenset(("complainant", "department", "level", "assistants", "recipients"))


def check_references(procedure: Procedure) -> Iterator[Finding]:
    """Findings on names that nothing bears, and on ids that two parts bear."""
    ids = Ids(procedure)
    yield from _reserved(ids)
    for path, part in parts(procedure):
        yield from _twice(path, part)
        for kind, key, declared in _NAMES:
            if type(part) is kind:
                yield from _missing(path, part, key, declared, ids)
        if isinstance(part, Notice):
            for to in part.to:
                if not _is_somebody(to, ids):
                    zh, en = did_you_mean(to, RECIPIENTS | ids.people)
                    yield error(
                        f"{path}.to",
                        f"收件人不存在：{to}；可写 complainant、department、level、assistants，或角色等的 id{zh}",
                        f"nobody bears this name: {to}; there are complainant, department, level, assistants, and the "
                        f"ids of roles, departments, levels and parties{en}",
                    )


def _is_somebody(to: str, ids: Ids) -> bool:
    kind, _, id = to.partition(":")
    if id:
        part = "parties" if kind == "party" else f"{kind}s"
        return part in _ANYBODY and id in ids[part]
    return to in RECIPIENTS | ids.people


def _missing(path: str, part: BaseModel, key: str, declared: tuple[str, ...], ids: Ids) -> Iterator[Finding]:
    value = getattr(part, key)
    names = value if isinstance(value, tuple) else () if value is None else (value,)
    known = frozenset[str]().union(*(ids[one] for one in declared))
    if isinstance(part, Milestone | FollowUp):
        known |= {HANDLER}
    place = type(part).model_fields[key].alias or key
    for name in names:
        if name not in known:
            zh, en = did_you_mean(name, known)
            yield error(
                f"{path}.{place}" if path else place,
                f"没有声明的{'或'.join(_WORDS[one][0] for one in declared)}:{name}{zh}",
                f"no such {' or '.join(_WORDS[one][1] for one in declared)}: {name}{en}",
            )


def _reserved(ids: Ids) -> Iterator[Finding]:
    for part in PARTS:
        for id in sorted(ids[part] & RESERVED):
            yield error(
                f"{part}[{id}]",
                f"{id} 是保留名，不能作为角色、部门或层级的 id",
                f"{id} is reserved: no role, department or level may bear it",
            )


def _twice(path: str, part: BaseModel) -> Iterator[Finding]:
    for key, spec in type(part).model_fields.items():
        value = getattr(part, key)
        if not isinstance(value, tuple):
            continue
        given = Counter(one.id for one in value if getattr(one, "id", None) is not None)
        for id, times in given.items():
            if times > 1:
                place = spec.alias or key
                yield error(
                    f"{path}.{place}[{id}]" if path else f"{place}[{id}]",
                    "同一 id 出现多次",
                    "this id is given more than once",
                )
