"""What the examples of the library prove: of a procedure that comes with Huiyin every fact is enforced, but for those
of which its file says why not, and those that wait here."""

from __future__ import annotations

import pytest

from huiyin.simulate.files import examples_beside, load_examples
from huiyin.simulate.prove import prove
from shared.business_time.loader import load_calendars
from shared.procedures.catalogue import facts
from shared.procedures.loader import LIBRARY_FOLDER, load_procedure

# Procedures of the library, and the facts that an element of them cites and no example proves yet.
ONLY_CITED = {
    "baoshan-efficiency": (),
    "construction-quality-station": (),
    "county-agriculture-mediation": (),
    "customer-complaint-timeout-table": (),
    "express-compensation-rules": (),
    "food-drug-complaint-rules": (),
    "general-hospital-dispute": (),
    "labour-inspection-complaints": (),
    "rural-credit-cooperative-complaints": (),
    "samr-complaint-report-forms": (),
    "sto-express-complaint-penalties": (),
    "shopping-mall": (),
    "social-insurance-levy-complaints": (),
    "tofu-manufacturer": (),
    "vanke-developer": (),
    "yingkou-tourism": (),
}


@pytest.mark.parametrize(("id", "waiting"), ONLY_CITED.items())
def test_every_fact_but_these_is_proven_or_has_a_reason_why_not(id: str, waiting: tuple[str, ...]) -> None:
    path = LIBRARY_FOLDER / f"{id}.yaml"
    found = prove(load_procedure(path), load_examples(examples_beside(path)), load_calendars())
    assert [str(failure) for failure in found.failures] == []
    assert found.cited == tuple(f"{id}.{number}" for number in waiting)
    own = {one.id for one in facts().values() if one.procedure == id}
    proven = {one for one in found.enforced if one in own}  # a file may follow facts of other procedures too
    assert sorted(own) == sorted([*proven, *found.cited, *found.not_enforced])


def test_every_procedure_of_the_library_is_proven() -> None:
    assert {file.stem for file in LIBRARY_FOLDER.glob("*.yaml")} == ONLY_CITED.keys()
