"""The catalogue of facts: whole, readable, and without the documents' own sentences."""

from __future__ import annotations

import re

from shared.business_time.durations import Duration
from shared.procedures.catalogue import facts, written_procedures

CHINESE = re.compile(r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]+")
LONGEST_NAME = 21  # of a form, a notice or a post


def test_the_catalogue_has_2204_facts_of_92_procedures() -> None:
    assert len(facts()) == 2204
    assert len(written_procedures()) == 92
    assert {one.procedure for one in facts().values()} == written_procedures().keys()


def test_a_facts_id_is_its_procedures_and_a_number() -> None:
    for one in facts().values():
        procedure, _, number = one.id.rpartition(".")
        assert procedure == one.procedure
        assert number.isdigit()


def test_statements_hold_chinese_names_only_never_sentences() -> None:
    for one in facts().values():
        for text in CHINESE.findall(one.statement):
            assert len(text) <= LONGEST_NAME, one.id
            assert not re.search("[，。；：？！]", text.strip("，。；：")), one.id


def test_no_other_part_of_a_fact_quotes_the_document() -> None:
    for one in facts().values():
        assert max(map(len, CHINESE.findall(one.ambiguous or "")), default=0) <= 4, one.id
        assert not one.more.keys() & {"zh", "seed", "where"}


def test_every_duration_of_the_catalogue_can_be_written_into_a_clock() -> None:
    timed = [one.duration for one in facts().values() if one.duration is not None]
    assert len(timed) == 233
    for text in timed:
        Duration.parse(text)


def test_a_fact_tells_what_it_demands_and_between_what_its_time_runs() -> None:
    fact = facts()["baoshan-efficiency.44"]
    assert (fact.kind, fact.duration, fact.working_time) == ("deadline", "P10WD", "working-days")
    assert fact.starts == "complaint.accepted|transferred|assigned"
    assert fact.stops == "complaint.completed"


def test_a_written_procedure_has_its_name_in_both_languages() -> None:
    for one in written_procedures().values():
        assert one.name_zh
        assert one.name_en
