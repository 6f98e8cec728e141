"""What the examples of the library prove: every fact that a procedure cites is enforced, but for those that wait."""

from __future__ import annotations

import pytest

from huiyin.simulate.files import examples_beside, load_examples
from huiyin.simulate.prove import prove
from shared.business_time.loader import load_calendars
from shared.procedures.loader import LIBRARY_FOLDER, load_procedure

# Facts that an element names and no example proves yet.
ONLY_CITED = {
    "baoshan-efficiency": ("11", "15", "38", "39", "41", "58"),
    "customer-complaint-timeout-table": ("08",),
    "shopping-mall": ("24", "43", "45", "47", "55", "58"),
    "vanke-developer": (
        "100",
        "101",
        "102",
        "103",
        "104",
        "105",
        "20",
        "21",
        "22",
        "23",
        "24",
        "30",
        "63",
        "82",
        "83",
        "99",
    ),
}


@pytest.mark.parametrize(("id", "waiting"), ONLY_CITED.items())
def test_every_cited_fact_but_these_is_proven(id: str, waiting: tuple[str, ...]) -> None:
    path = LIBRARY_FOLDER / f"{id}.yaml"
    found = prove(load_procedure(path), load_examples(examples_beside(path)), load_calendars())
    assert [str(failure) for failure in found.failures] == []
    assert found.cited == tuple(f"{id}.{number}" for number in waiting)
