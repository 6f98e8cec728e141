"""What the checker finds in what binds reports, in awards and in counts."""

from __future__ import annotations

from typing import Any

import pytest

from shared.procedures.check import check_procedure
from shared.procedures.model import Procedure

NAME = {"zh": "名", "en": "name"}
TWO = [{"id": "one", "name": NAME}, {"id": "two", "name": NAME}]
CLASSES = [{"id": "major", "name": NAME, "rank": 1}]


def field(id: str, type_: str = "money", **more: Any) -> dict[str, Any]:
    """A coded field."""
    return {"id": id, "label": NAME, "type": type_, **more}


def procedure(**parts: Any) -> Procedure:
    """A small procedure; `milestone` and `award` refine the one that it has."""
    fields = [field("loss"), field("dollars", currency="USD"), field("items", "integer"), field("day", "date"),
              field("accused", "person")]  # fmt: skip
    milestone = {"id": "seen", "name": NAME, "fields": fields, "persons": 1} | parts.pop("milestone", {})
    award = {"id": "a", "name": NAME, "kind": "penalty", "at": ["seen"], "amount": "seen.loss", "payer": "desk",
             "payee": "head", "approved_by": ["head"]} | parts.pop("award", {})  # fmt: skip
    return Procedure.model_validate(
        {
            "id": "sample",
            "version": 1,
            "name": NAME,
            "in_force_from": "2025-01-01",
            "channels": [{"id": "online", "name": NAME}],
            "fields": [
                {"id": "content", "label": NAME, "holds": "evidence"},
                field("people", "integer"),
                field("outlet", "choice", choices=[{"id": "one", "name": NAME}]),
            ],
            "numbering": {"case": {"pattern": "S{year}{number}"}},
            "roles": [{"id": "head", "name": NAME}],
            "departments": [{"id": "desk", "name": NAME}],
            "default_department": "desk",
            "milestones": [milestone],
            "awards": [award],
        }
        | parts
    )


def test_the_small_procedure_has_no_findings() -> None:
    assert check_procedure(procedure()) == ()


@pytest.mark.parametrize(
    ("parts", "path", "says"),
    [
        ({"award": {"amount": "seen.nothing"}}, "awards[a].amount", "no such fact: seen.nothing"),
        ({"award": {"amount": "content"}}, "awards[a].amount", "lives in the vault only"),
        ({"award": {"amount": "seen.day"}}, "awards[a].amount", "neither money nor a whole number"),
        ({"award": {"amount": {"share": ["seen.loss", 0], "of": 5}}}, "awards[a].amount", "divides by zero"),
        ({"award": {"amount": {"sum": ["seen.loss", "seen.dollars"]}}}, "awards[a].amount", "mixes currencies"),
        ({"award": {"amount": {"times": "seen.loss", "of": "seen.loss"}}}, "awards[a].amount", "multiplies money"),
        ({"award": {"amount": {"share": ["seen.dollars", "seen.loss"], "of": 5}}}, "awards[a].amount", "mixes"),
        ({"award": {"amount": "seen.dollars"}}, "awards[a].amount", "is in USD"),
        ({"award": {"unit": "gift"}}, "awards[a].amount", "so many of a unit"),
        ({"award": {"choose": {"from": 2, "to": 1}}}, "awards[a].choose", "from is more than to"),
        ({"award": {"payer": "nobody"}}, "awards[a].payer", "no such role, department, level or"),
        ({"award": {"amount": {"by": "outlet", "one": 5, "else": 1}}}, None, ""),
        ({"award": {"amount": {"by": "level", "else": 1}}}, None, ""),
        ({"award": {"amount": {"by": "channel", "else": 1}}, "channels": TWO}, None, ""),
        ({"award": {"amount": {"by": "channel", "one": 5}}, "channels": TWO}, "awards[a].amount", "give `else`: two"),
        ({"award": {"amount": {"by": "outlett", "one": 5}}}, "awards[a].amount.by", "did you mean outlet?"),
        ({"award": {"amount": {"by": "seen.loss", "else": 5}}}, "awards[a].amount.by", "is not a fact with declared"),
        ({"award": {"amount": {"by": "outlet", "tow": 5, "else": 1}}}, "awards[a].amount.tow", "never has this value"),
        ({"award": {"amount": {"max": [1, {"by": "outlet", "one": 5}]}}, "classes": CLASSES}, None, ""),
        ({"award": {"amount": {"by": "outlet", "one": "seen.loss", "else": "seen.dollars"}}}, "awards[a].amount",
         "mixes"),
        ({"award": {"amount": {"by": "outlet", "one": "seen.nothing"}}}, "awards[a].amount", "no such fact"),
        ({"award": {"payee": "desk"}}, "awards[a].payee", "is who pays"),
        ({"award": {"at": ["award-suggested:a"]}}, "awards[a].at", "without end"),
        ({"award": {"at": ["unheard-of"]}}, "awards[a].at", "neither a word of the language"),
        ({"award": {"approved_by": ["nobody"]}}, "awards[a].approved_by", "no such role"),
        ({"milestone": {"must": [{"field": "nothing", "is": 1}]}}, "milestones[seen].must[0]", "no such fact"),
        ({"milestone": {"must": [{"field": "loss", "is": 1}]}}, "milestones[seen].must[0]", "not compared by is"),
        ({"milestone": {"within": "nothing"}}, "milestones[seen].within", "no such clock: nothing"),
        ({"milestone": {"not_by": ["nobody"]}}, "milestones[seen].not_by", "neither a milestone nor a field"),
        ({"milestone": {"not_by": ["items"]}}, "milestones[seen].not_by", "neither a milestone nor a field"),
        ({"milestone": {"not_by": ["resolved"]}}, None, ""),
        ({"milestone": {"not_by": ["accused"]}}, None, ""),
        ({"milestone": {"must": [{"field": "loss", "at_least": 1}, {"field": "people", "is": 1}]}}, None, ""),
        ({"milestone": {"fields": [field("ok", "boolean", must_be="yes"), field("loss")]}},
         "milestones[seen].fields[ok].must_be", "never has this value"),
        ({"milestone": {"fields": [field("n", "integer", must_be=[2, 3], at_most=2), field("loss")]}},
         "milestones[seen].fields[n].must_be", "never has this value"),
        ({"milestone": {"fields": [field("ok", "boolean", must_be=True, default=False), field("loss")]}},
         "milestones[seen].fields[ok].default", "is not what the field must be"),
        ({"milestone": {"fields": [field("ok", "boolean"), field("loss", when={"field": "ok", "is": True})]}},
         None, ""),
        ({"milestone": {"fields": [field("loss", when={"field": "ok", "is": True})]}},
         "milestones[seen].fields[loss].when", "no such fact: ok"),
        ({"follow_ups": [{"id": "f", "after": "seen", "fields": [
            field("why", "boolean", when={"field": "ok", "is": True}), field("ok", "boolean")]}]}, None, ""),
        ({"award": {"choose": {"from": 2}}}, None, ""),
        ({"class": {"from": "seen.loss"}, "classes": CLASSES}, "class.from", "is the choice field"),
        ({"class": {"from": "nothing.at-all"}, "classes": CLASSES}, "class.from", "is the choice field"),
        ({"counts": [{"id": "c", "of": "seen", "same": ["seen.outlet"], "window": "P1M"}]},
         "counts[c].same", "no such"),
        ({"counts": [{"id": "c", "of": "seen", "same": ["content", "department"], "window": "P1M"}]},
         "counts[c].same", "not mixed"),
        ({"counts": [{"id": "c", "of": "seen", "same": ["seen.items"], "window": "P1M", "distinct": "complainant"}]},
         "counts[c].distinct", "told apart only"),
        ({"counts": [{"id": "c", "of": "counted:c", "same": ["people"], "window": "P1M"}]},
         "counts[c].of", "do not count"),
        ({"counts": [{"id": "c", "of": "never", "same": ["people"], "window": "P1M"}]},
         "counts[c].of", "neither a word"),
        ({"counts": [{"id": "c", "of": "seen", "same": ["department", "seen.items"], "window": "P1M"}]}, None, ""),
        ({"routes": [{"id": "r", "department": "desk", "with": ["nobody"]}]}, "routes[r].with", "no such department"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_where_it_stands(parts: dict[str, Any], path: str | None, says: str) -> None:
    found = check_procedure(procedure(**parts))
    if path is None:
        assert found == ()
    else:
        assert [one for one in found if one.path.startswith(path) and says in one.en], found


def test_a_choice_that_is_no_class_cannot_give_the_class() -> None:
    choice = field("class", "choice", choices=[{"id": "other", "name": NAME}])
    given = procedure(
        **{"class": {"from": "seen.class"}}, classes=CLASSES, milestone={"fields": [choice, field("loss")]}
    )
    assert [one.en for one in check_procedure(given)] == ["a choice that is no class: other"]
