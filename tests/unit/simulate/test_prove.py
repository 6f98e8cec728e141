"""What a fact counts as: proven by an example that notices every change, only cited, or not enforced and why."""

from __future__ import annotations

from huiyin.simulate.files import parse_examples
from huiyin.simulate.prove import Proof, prove
from shared.business_time.loader import load_calendars
from tests.unit.procedures.sample import sample

CALENDARS = load_calendars()
NEVER_DUE = """\
procedure: sample
complaint: {channel: telephone, fields: {name: 甲, content: 内容, kind: goods}}
examples:
  - {id: registered, given: {received: 2025-09-29 10:00}, expect: {status: assigned}}
"""
# Mon 29 Sep 2025 + 5 working days: 30 Sep, 9, 10, 11 (make-up), 13 Oct, of which one is left after 11 Oct
DUE = (
    NEVER_DUE
    + """\
  - id: due
    given: {received: 2025-09-29 10:00}
    until: 2025-10-14 00:00
    expect: {happened: {'warned:handling': 2025-10-11 24:00, 'breached:handling': 2025-10-13 24:00}}
"""
)
CITING = ("duration: P5WD", "duration: P5WD\n    source: [sample.01]")


def proof(examples: str, old: str, new: str) -> Proof:
    return prove(sample(old, new), parse_examples(examples, "sample.yaml"), CALENDARS)


def test_every_change_of_a_citing_element_must_be_noticed() -> None:
    found = proof(DUE, *CITING)
    assert found.failures == ()
    assert "sample.01" in found.unnoticed  # the extension is part of the clock, and no example extends it
    assert all("extension" in line for line in found.unnoticed["sample.01"])


def test_a_fact_whose_change_nothing_notices_is_cited_only() -> None:
    found = proof(NEVER_DUE, *CITING)
    assert (found.enforced, found.cited) == ((), ("sample.01",))
    assert "clocks[handling]: taken away" in found.unnoticed["sample.01"]
    assert "clocks[handling].duration: P5WD -> P6WD" in found.unnoticed["sample.01"]


def test_the_values_of_a_table_and_amounts_of_money_are_figures() -> None:
    found = proof(NEVER_DUE, "duration: P5WD", "duration: {by: kind, goods: P5WD, else: P7WD}\n    source: [sample.01]")
    assert "clocks[handling].duration.goods: P5WD -> P6WD" in found.unnoticed["sample.01"]
    assert "clocks[handling].duration.else: P7WD -> P6WD" in found.unnoticed["sample.01"]
    award = (
        "awards: [{id: fine, name: {zh: 罚款, en: Fine}, kind: penalty, at: [resolved], amount: 20, payer: desk, "
        "payee: office, approved_by: [officer], source: [sample.02]}]\nescalations:"
    )
    assert "awards[fine].amount: 20 -> 21" in proof(NEVER_DUE, "escalations:", award).unnoticed["sample.02"]


def test_parts_that_cite_their_own_facts_are_judged_by_themselves() -> None:
    old = "    duration: P5WD\n    extension: {to: P10WD, approved_by: [officer]}\n"
    new = (
        "    source: [sample.01]\n    duration: P5WD\n"
        "    extension: {to: P10WD, approved_by: [officer], source: [sample.02]}\n"
    )
    found = proof(DUE, old, new)
    assert (found.enforced, found.cited) == (("sample.01",), ("sample.02",))


def test_a_reason_in_the_file_makes_a_fact_not_enforced() -> None:
    excused = "id: sample\nnot_enforced: [{fact: sample.09, why: it asks for good manners}]"
    found = proof(DUE, "id: sample", excused)
    assert found.not_enforced == {"sample.09": "it asks for good manners"}
    assert found.as_json() == {"enforced": [], "cited": [], "not_enforced": {"sample.09": "it asks for good manners"}}


def test_nothing_is_proven_while_an_example_fails() -> None:
    found = proof(DUE.replace("2025-10-13 24:00", "2025-10-12 24:00"), *CITING)
    assert (found.enforced, found.cited) == ((), ("sample.01",))
    assert "breached:handling: expected 2025-10-12 24:00" in str(found.failures[0])


def test_a_field_of_the_vault_is_proven_by_any_example_that_gives_it() -> None:
    given, other = "holds: identity, required: requested", "holds: evidence, required: registration"
    assert proof(NEVER_DUE, other, f"{other}, source: [sample.01]").enforced == ("sample.01",)
    not_given = NEVER_DUE.replace("name: 甲, ", "")
    found = proof(not_given, given, f"{given}, source: [sample.01]")
    assert "fields[name].holds: identity -> coded" in found.unnoticed["sample.01"]


def test_the_day_from_which_a_procedure_is_in_force_is_a_figure() -> None:
    whole = ("version: 1", "version: 1\nsource: [sample.01]")
    first = NEVER_DUE + "  - {id: first-day, given: {received: 2020-01-01 00:00}, expect: {status: assigned}}\n"
    too_early = "  - {id: too-early, given: {received: 2019-12-31 23:59}, refused: {field: procedure}}\n"
    assert proof(first + too_early, *whole).enforced == ("sample.01",)
    assert proof(first, *whole).unnoticed == {"sample.01": ("in_force_from: 2020-01-01 -> 2019-12-31",)}
