"""Bases and packs: what comes out, where each part was written, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.errors import ProcedureError
from shared.procedures.expanded import as_data, as_yaml
from shared.procedures.loader import load_library, parse_procedure, parse_source, read_source
from shared.procedures.model import Procedure
from tests.unit.procedures.sample import SAMPLE, changed, sample

BASE = """\
about: for tests
numbering:
  case: {pattern: 'B-{year}-{number:04}', restart: year}
texts:
  resolved:
    zh: {subject: '结果 {{case_number}}', body: '{{name}}您好'}
    en: {subject: 'Result {{case_number}}', body: 'Dear {{name}}'}
fields:
  - {id: name, label: {zh: 姓名, en: Name}, holds: identity, required: optional}
  - {id: e-mail, label: {zh: 邮箱, en: E-mail}, holds: identity}
admissibility:
  rules:
    - {id: foreign, decision: transfer-out, reason: {zh: 他处, en: Elsewhere}, when: {field: kind, is: service}}
  otherwise: hold
notices:
  - {id: result, name: {zh: 结果, en: Result}, at: [resolved], to: complainant}
"""
PACK = """\
parameters:
  id: {}
  who: {}
  within: {default: P3WD}
  quiet: {default: ~}
milestones:
  - id: ${id}-asked
    name: {zh: 请示, en: 'Asked of ${who}'}
    fields: [{id: grounds, label: {zh: 理由, en: Grounds}, type: boolean}]
clocks:
  - {id: '${id}', name: {zh: 批复, en: Answer}, from: ['${id}-asked'], until: [resolved], duration: '${within}'}
notices:
  - {id: '${id}-late', name: {zh: 逾期, en: Late}, at: ['breached:${id}'], to: '${who}', text: resolved}
"""
HEAD = "id: sample\n"
EXTENDS = HEAD + "extends: house@1\n"


def folder(tmp_path: Path, **files: str) -> Path:
    """A folder with the base and the pack, and what a test adds: `bases__other` is bases/other@1.yaml."""
    for name, text in {"bases__house": BASE, "packs__approval": PACK, **files}.items():
        kind, _, id_ = name.partition("__")
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / f"{id_}@1.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def composed(tmp_path: Path, *changes: tuple[str, str], **files: str) -> Procedure:
    text = SAMPLE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return parse_source(text, "sample.yaml", folder(tmp_path, **files)).procedure


def refusal(tmp_path: Path, *changes: tuple[str, str], **files: str) -> str:
    with pytest.raises(ProcedureError) as refused:
        composed(tmp_path, *changes, **files)
    assert refused.value.field == "sample.yaml" or "." in str(refused.value.field)
    return refused.value.message


def test_entries_are_merged_by_id_where_the_base_has_them_and_new_ones_come_after(tmp_path: Path) -> None:
    found = composed(tmp_path, (HEAD, EXTENDS))
    assert [one.id for one in found.fields] == ["name", "e-mail", "content", "people", "urgent", "kind"]
    assert found.fields[0].required == "requested"  # the file's key, over the base's
    assert found.numbering.case.pattern == "S-{year}-{number:04}"
    assert [one.id for one in found.admissibility.rules] == ["foreign", "named"]
    assert found.admissibility.otherwise == "hold"
    assert found.admissibility.decided_by == ("officer",)
    assert len(found.notices) == 1


def test_an_entry_may_say_only_what_differs_and_one_may_be_dropped(tmp_path: Path) -> None:
    short = composed(
        tmp_path,
        (HEAD, EXTENDS),
        ("  - {id: name, label: {zh: 姓名, en: Name}, holds: identity, required: requested}\n",
         "  - {id: name, required: requested}\n  - {id: e-mail, remove: true}\n"),
    )  # fmt: skip
    assert [one.id for one in short.fields] == ["name", "content", "people", "urgent", "kind"]
    assert (short.fields[0].required, short.fields[0].label.en) == ("requested", "Name")


def test_a_notice_without_text_has_that_of_its_occurrence_or_of_the_word_it_names(tmp_path: Path) -> None:
    text = SAMPLE[SAMPLE.index("    text:\n") : SAMPLE.index("follow_ups:")]
    plain = composed(tmp_path, (HEAD, EXTENDS), (text, ""))
    assert plain.notices[0].text.en.subject == "Result {{case_number}}"
    named = composed(tmp_path, (HEAD, EXTENDS), (text, "    text: resolved\n"), ("at: [resolved]", "at: [closed]"))
    assert named.notices[0].text == plain.notices[0].text
    said = refusal(tmp_path, (HEAD, EXTENDS), (text, "    text: resolvd\n"))
    assert said == "line 80: notices[result].text: there is no text for resolvd (did you mean resolved?)"


def test_a_notice_of_every_breach_names_each_clock(tmp_path: Path) -> None:
    every = composed(tmp_path, (HEAD, EXTENDS), ("at: [resolved]", "at: [resolved, 'breached:*']"))
    assert every.notices[0].at == ("resolved", "breached:handling", "breached:clerk")


USE = "use:\n  - {pack: approval@1, with: {id: grant, who: officer}}\n"


def test_a_pack_is_filled_with_its_parameters_and_may_be_used_twice(tmp_path: Path) -> None:
    two = USE + "  - {pack: approval@1, with: {id: refund, who: director, within: P1WD}}\n"
    found = composed(tmp_path, (HEAD, EXTENDS + two))
    clocks = {one.id: one for one in found.clocks}
    assert (clocks["grant"].duration, clocks["refund"].duration) == ("P3WD", "P1WD")
    assert clocks["refund"].from_ == ("refund-asked",)
    assert {one.id: one.name.en for one in found.milestones}["grant-asked"] == "Asked of officer"
    assert {one.id: one.to for one in found.notices}["refund-late"] == ("director",)


def test_what_the_file_says_lies_over_its_packs(tmp_path: Path) -> None:
    found = composed(tmp_path, (HEAD, EXTENDS + USE), ("clocks:\n", "clocks:\n  - {id: grant, duration: P9D}\n"))
    assert next(one for one in found.clocks if one.id == "grant").duration == "P9D"


def test_a_base_may_extend_another(tmp_path: Path) -> None:
    found = composed(
        tmp_path,
        (HEAD, HEAD + "extends: upper@1\n"),
        bases__upper="extends: house@1\ntime_zone: UTC\ncalendar: always\n",
    )
    assert (found.time_zone, found.calendar, found.fields[1].id) == ("UTC", "always", "e-mail")


REFUSED = [
    (((HEAD, HEAD + "extends: gone@1\n"),), "line 2: extends: there is no gone@1 (it would be bases/gone@1.yaml)"),
    (((HEAD, HEAD + "extends: house\n"),), "line 2: extends: names one version (write complaint@1)"),
    (((HEAD, HEAD + "extends: ../../house@1\n"),), "line 2: extends: names one version"),
    (((HEAD, HEAD + "extends: [house@1]\n"),), "line 2: extends: names one version"),
    (((HEAD, HEAD + "extends: ring@1\n"),), "bases/ring@1.yaml line 1: extends: a circle (ring@1 → ring@1)"),
    (((HEAD, EXTENDS + "use: approval@1\n"),), "line 3: use: is a list of packs"),
    (((HEAD, EXTENDS + "use: [approval@1]\n"),), "line 3: use[0]: is not a pack"),
    (((HEAD, EXTENDS + "use: [{pack: none@1}]\n"),), "line 3: use[0].pack: there is no none@1"),
    (((HEAD, EXTENDS + "use: [{pack: approval@1}]\n"),), "line 3: use[0].with.id: is missing (the pack needs it)"),
    (
        ((HEAD, EXTENDS + "use: [{pack: approval@1, with: {id: a, who: officer, withn: P1D}}]\n"),),
        "line 3: use[0].with.withn: is no parameter of the pack (did you mean within?)",
    ),
    (((HEAD, EXTENDS), ("  - {id: people,", "  - {id: e-mial, remove: true}\n  - {id: people,")),
     "line 12: fields[e-mial]: there is nothing to remove (did you mean e-mail?)"),
    (((HEAD, EXTENDS), ("  - {id: people,", "  - {id: e-mail, remove: true, type: text}\n  - {id: people,")),
     "line 12: fields[e-mail]: what is removed says nothing else"),
    (((HEAD, HEAD + "extends: torn@1\n"),), "bases/torn@1.yaml line 1: fields[x].lable: is not a word of the language"),
    (((HEAD, HEAD + "extends: hasty@1\n"),), "line 1: a plain yes is true or false"),
]  # fmt: skip
OTHERS = {
    "bases__ring": "extends: ring@1\n",
    "bases__torn": "fields: [{id: x, lable: {zh: 一, en: One}}]\n",
    "bases__hasty": "time_zone: yes\n",
}


@pytest.mark.parametrize(("changes", "says"), REFUSED, ids=[says[:60] for _, says in REFUSED])
def test_what_cannot_be_put_together_is_refused_where_it_was_written(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], says: str
) -> None:
    assert says in refusal(tmp_path, *changes, **OTHERS)


def test_a_mistake_in_a_misspelt_key_or_word_names_the_nearest() -> None:
    for old, new, says in (
        ("default_department: desk", "defualt_department: desk", "did you mean default_department?"),
        ("at_least: 10}", "at_leats: 10}", "did you mean at_least?"),
        ("type: boolean}", "type: bolean}", "did you mean boolean?"),
        ("duration: PT15M", "duraton: PT15M", "did you mean duration?"),
    ):
        with pytest.raises(ProcedureError) as refused:
            parse_procedure(changed(old, new), "sample.yaml")
        assert says in refused.value.message


def test_a_finding_has_the_place_where_its_part_was_written(tmp_path: Path) -> None:
    text = changed(HEAD, EXTENDS + USE.replace("officer", "officr")).replace("to: manager}", "to: managr}")
    found = [(where, one.path, one.en) for one, _, where in parse_source(text, "x.yaml", folder(tmp_path)).located()]
    assert ("line 73", "escalations[up].to", "no such level: managr; did you mean manager?") in found
    said = {path: (where, en) for where, path, en in found}
    assert said["notices[grant-late].to"][0] == "line 4"  # where the parameter was given
    assert said["notices[grant-late].to"][1].endswith("did you mean officer?")


@pytest.mark.parametrize("procedure", [*load_library().all(), sample()], ids=lambda one: one.id)
def test_a_procedure_written_out_is_the_same_procedure(procedure: Procedure) -> None:
    assert Procedure.model_validate(as_data(procedure)) == procedure
    assert parse_procedure(as_yaml(procedure), "expanded.yaml") == procedure


def test_bases_and_packs_beside_a_file_are_found(tmp_path: Path) -> None:
    path = folder(tmp_path) / "sample.yaml"
    path.write_text(changed(HEAD, EXTENDS + USE), encoding="utf-8")
    assert read_source(path).procedure.fields[1].id == "e-mail"


def test_a_number_in_source_is_a_fact_of_the_file_s_own_procedure_and_a_reason_may_be_of_several() -> None:
    text = SAMPLE.replace("id: sample\n", "id: sample\nsource: [7, 112, other.03]\n", 1)
    text += "\nnot_enforced:\n  - {fact: 4, why: it asks for kindness}\n  - {fact: [8, 9], why: nobody can see it}\n"
    found = parse_procedure(text, "sample.yaml")
    assert found.source == ("sample.07", "sample.112", "other.03")
    assert [(one.fact, one.why) for one in found.not_enforced] == [
        ("sample.04", "it asks for kindness"),
        ("sample.08", "nobody can see it"),
        ("sample.09", "nobody can see it"),
    ]


@pytest.mark.parametrize("wrong", ["[0]", "[-1]", "[true]", "[1.5]"])
def test_a_source_that_is_no_number_of_a_fact_is_refused(wrong: str) -> None:
    with pytest.raises(ProcedureError, match="source"):
        parse_procedure(SAMPLE.replace("id: sample\n", f"id: sample\nsource: {wrong}\n", 1), "sample.yaml")


def test_a_text_of_one_sentence_has_the_name_of_its_notice_as_subject() -> None:
    found = sample("{subject: '结果 {{case_number}}', body: '{{name}}您好'}", "'{{name}}您好'").notices[0].text
    assert (found.zh.subject, found.zh.body) == ("结果 {{case_number}}", "{{name}}您好")
    assert (found.en.subject, found.en.body) == ("Result {{case_number}}", "Dear {{name}}")


def test_so_has_a_text_of_the_file_s_texts() -> None:
    texts = "texts:\n  resolved: {zh: 已办结。, en: It is done.}\n"
    own = "    text:\n      zh: {subject: '结果 {{case_number}}', body: '{{name}}您好'}\n"
    own += "      en: {subject: 'Result {{case_number}}', body: 'Dear {{name}}'}\n"
    found = parse_procedure(changed(own, "") + texts, "sample.yaml").notices[0].text
    assert (found.zh.subject, found.zh.body) == ("结果 {{case_number}}", "已办结。")
    assert (found.en.subject, found.en.body) == ("Result {{case_number}}", "It is done.")


NAMED = """\
conditions:
  many: {field: people, at_least: 10}
  much: {any: [{condition: many}, {field: urgent, is: true}]}
"""
MAJOR = "when: {field: people, at_least: 10}"


def test_a_condition_that_stands_in_several_places_is_named_once() -> None:
    text = SAMPLE.replace(MAJOR, "when: {condition: much}").replace("id: sample\n", f"id: sample\n{NAMED}", 1)
    whole = sample(MAJOR, "when: {any: [{field: people, at_least: 10}, {field: urgent, is: true}]}")
    assert parse_procedure(text, "sample.yaml") == whole


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("", r"classes\[major\]\.when: there is no condition much \(declare it in `conditions`\)"),
        (NAMED.replace("much:", "mush:"), r"there is no condition much \(did you mean mush\?\)"),
        (NAMED.replace("{field: people, at_least: 10}", "{condition: much}"), "a circle of conditions"),
    ],
)
def test_a_condition_that_is_named_and_not_there_is_refused(named: str, says: str) -> None:
    text = SAMPLE.replace(MAJOR, "when: {condition: much}").replace("id: sample\n", f"id: sample\n{named}", 1)
    with pytest.raises(ProcedureError, match=says):
        parse_procedure(text, "sample.yaml")
