"""What is wrong with a report is said in one line that names the field, and what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from services.routing.domain.decide import apply_report
from services.routing.domain.report import Report
from shared.errors import InvalidInput, NotYet
from tests.unit.routing.sample import NAME, NOW, assigned
from tests.unit.routing.test_binding import rules_with

RULES = rules_with(
    {
        "id": "settled",
        "by": ["head"],
        "fields": [
            {"id": "record", "label": NAME, "holds": "evidence"},
            {"id": "people", "label": NAME, "type": "integer"},
        ],
    }
)

BAD: list[tuple[dict[str, Any], str, str, str | None]] = [
    ({"milestone": "setled"}, "milestone", "no such milestone", "did you mean settled?"),
    ({"milestone": "xyz"}, "milestone", "no such milestone", None),
    ({"milestone": "admitted"}, "milestone", "decided, not reported", "intake: POST"),
    ({"by": "heads"}, "by", "no such role, department or level", "did you mean head?"),
    ({"by": "desk"}, "by", "may not report this milestone", "one of: head"),
    ({"fields": {"pepole": 1}}, "fields.pepole", "has no such field", "did you mean people?"),
    ({"fields": {"x": 1}}, "fields.x", "has no such field", "it has: record, people"),
    ({"fields": {"people": "many"}}, "fields.people", "a whole number is expected", None),
    ({"fields": {"record": "he said so"}}, "fields.record", "takes the name of a document", "PUT the text to intake"),
    ({"milestone": "extension-requested", "by": "desk", "clock": "reply2"}, "clock", "no clock that can be extended",
     "one of: reply"),
    ({"milestone": "award-refused", "award": "loss"}, "award", "no such award", "this procedure has none"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "field", "says", "hint"), BAD, ids=[says for _, _, says, _ in BAD])
def test_a_report_that_cannot_be_accepted_names_the_field(
    wrong: dict[str, Any], field: str, says: str, hint: str | None
) -> None:
    given = {"milestone": "settled", "at": NOW, "by": "head", "fields": {}, **wrong}
    with pytest.raises(InvalidInput, match=says) as caught:
        apply_report(assigned(), Report(**given), RULES, NOW)
    assert caught.value.field == field
    assert (caught.value.hint or "").startswith(hint or "")


def test_a_paper_that_is_not_there_is_named_and_the_report_may_be_tried_again() -> None:
    with pytest.raises(NotYet, match="the document minutes is not known") as caught:
        apply_report(assigned(), Report("settled", NOW, "head", {"record": "minutes"}), RULES, NOW)
    assert caught.value.field == "fields.record"
    assert "try again" in str(caught.value.hint)
