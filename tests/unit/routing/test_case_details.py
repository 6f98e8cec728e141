"""The details of a case survive their JSON."""

from __future__ import annotations

import json

from services.routing.domain.case import Occurrence
from services.routing.store.case_details import CaseDetails
from tests.unit.routing.sample import NOW

DETAILS = CaseDetails(
    {"kind": "商品", "people": 3, "missing": ["receipt"]},
    {"same": 2},
    (Occurrence("received", NOW, 1), Occurrence("investigated", NOW, 2, "desk", "s-17")),
)


def test_what_is_encoded_is_decoded_from_text_and_from_a_document() -> None:
    assert CaseDetails.decode(DETAILS.encode()) == DETAILS
    assert CaseDetails.decode(json.loads(DETAILS.encode())) == DETAILS


def test_the_stored_form_stays_what_it_was() -> None:
    assert json.loads(DETAILS.encode()) == {
        "facts": {"kind": "商品", "people": 3, "missing": ["receipt"]},
        "counts": {"same": 2},
        "reached": [
            ["received", "2025-09-29T01:00:00+00:00", 1, None, None],
            ["investigated", "2025-09-29T01:00:00+00:00", 2, "desk", "s-17"],
        ],
    }
