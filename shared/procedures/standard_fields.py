"""The fields that standard milestones have in every procedure; a field of the procedure's own takes their place."""

from __future__ import annotations

from shared.procedures.model import FieldSpec

_REASON = FieldSpec.model_validate(
    {"id": "reason", "label": {"zh": "理由", "en": "reason"}, "type": "text", "holds": "evidence"}
)
_AMOUNT = FieldSpec.model_validate({"id": "amount", "label": {"zh": "金额或数量", "en": "amount"}, "type": "money"})

_FIELDS: dict[str, tuple[FieldSpec, ...]] = {
    "extension-requested": (_REASON,),
    "extension-approved": (_REASON,),
    "extension-refused": (_REASON,),
    "award-approved": (_AMOUNT, _REASON),
    "award-refused": (_REASON,),
}


def standard_fields(milestone: str) -> tuple[FieldSpec, ...]:
    """The fields of a standard milestone; () for others."""
    return _FIELDS.get(milestone, ())
