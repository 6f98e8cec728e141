"""Examples: what they expect holds or fails, and what is wrong with a file of them is said with its line."""

from __future__ import annotations

import pytest

from huiyin.simulate.files import parse_examples
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.run import Outcome, run_example
from shared.business_time.loader import load_calendars
from shared.errors import ProcedureError
from tests.unit.procedures.sample import sample

CALENDARS = load_calendars()
HEAD = """\
procedure: sample
complaint: {channel: telephone, fields: {name: 甲, content: 内容, kind: goods}}
examples:
  - id: one
    given: {received: 2025-09-29 10:00}
"""


def played(story: str) -> Outcome:
    """The one example with these further lines, on the sample procedure."""
    file = parse_examples(HEAD + story, "sample.yaml")
    return run_example(file.examples[0], file, WorldRules(sample(), CALENDARS))


def failures(story: str) -> list[str]:
    return [str(one) for one in played(story).failures]


HOLDS = [
    "    when: [{at: 2025-09-30 11:00, register: {}, expect: {of: second, happened: {received: 2025-09-30 11:00}}}]\n",
    "    when: [{at: 2025-09-29 11:00, register: {}, as: other, expect: {number: S-2025-0002}}]\n",
    "    when: [{at: 2025-09-29 11:00, register: {}, as: other, expect: {of: first, number: S-2025-0001}}]\n",
    "    expect: {status: assigned, department: desk, level: clerk, class: general, number: S-2025-0001}\n",
    "    expect: {happened: {registered: 2025-09-29 10:00, assigned: 1}, not_happened: [resolved]}\n",
    "    expect: {facts: {kind: goods, people: 1}, missing: []}\n",
    "    when: [{at: 2025-09-29 10:05, by: desk, report: resolved, expect: {status: resolved}}]\n",
    "    when: [{at: 2025-09-29 11:00, by: nobody, report: resolved, refused: {field: by, says: no such role}}]\n",
    "    when: [{at: 2025-09-29 11:00, withdraw: true}]\n    expect: {status: withdrawn}\n",
]


@pytest.mark.parametrize(("words", "says"), [("您好", True), ("Dear {{name}}", True), ("Sir", False)])
def test_what_a_notice_says_is_looked_for_in_both_languages(words: str, says: bool) -> None:
    reported = "    when: [{at: 2025-09-29 10:05, by: desk, report: resolved}]\n"
    expected = f"    expect: {{notices: [{{notice: result, to: complainant, says: '{words}'}}]}}\n"
    missing = [f"one: in the end: notice result: does not say {words}"]
    assert failures(reported + expected) == ([] if says else missing)


@pytest.mark.parametrize("story", HOLDS)
def test_what_holds_holds(story: str) -> None:
    assert failures(story) == []


FAILS = [
    ("    expect: {status: held}\n", "one: in the end: status: expected held, is assigned"),
    ("    expect: {class: major}\n", "one: in the end: class: expected major, is general"),
    ("    expect: {level: null}\n", "one: in the end: level: expected None, is clerk"),
    ("    expect: {facts: {kind: service}}\n", "one: in the end: fact kind: expected service, is goods"),
    (
        "    expect: {happened: {assigned: 2}}\n",
        "one: in the end: assigned: expected 2 times, happened 2025-09-29 10:00",
    ),
    (
        "    expect: {not_happened: [assigned]}\n",
        "one: in the end: assigned: expected never, happened 2025-09-29 10:00",
    ),
    ("    expect: {due: {nothing: 2025-10-01 10:00}}\n",
     "one: in the end: due nothing: expected 2025-10-01 10:00, the clock has not started"),
    ("    expect: {awards: {loss: 5}}\n", "one: in the end: award loss: expected 5, suggested is nothing"),
    ("    expect: {of: second}\n", "one: in the end: there is no complaint second"),
    ("    refused: {field: fields.content}\n", "one: given: it is expected to be refused, and is not"),
    (
        "    when: [{at: 2025-09-29 11:00, by: nobody, report: resolved}]\n",
        "one: when[1]: it is refused: by: this procedure has no such role, department or level",
    ),
    (
        "    when: [{at: 2025-09-29 11:00, by: nobody, report: resolved, refused: {field: milestone}}]\n",
        "one: when[1]: it is refused for another reason: by: this procedure has no such role, department or level",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("story", "failure"), FAILS)
def test_what_does_not_hold_is_said(story: str, failure: str) -> None:
    assert failures(story) == [failure]


MISTAKES = [
    ("    expekt: {}\n", "line 6: examples[one].expekt: is not a word of the language here"),
    ("    expect: {status: held, colour: red}\n", "line 6: examples[one].expect"),
    ("    until: 2025-13-01 10:00\n", "line 6: examples[one].until: there is no such date"),
    ("    until: 2025-10-01 25:00\n", "line 6: examples[one].until: there is no such time of day"),
    ("    until: tomorrow\n", "line 6: examples[one].until: an instant is written 2025-10-23 09:30"),
    ("    when: [{at: 2025-09-29 10:00, decide: perhaps}]\n", "line 6: examples[one].when[0].decide: is not one of"),
    (
        "    when: [{at: 2025-09-30 10:00, withdraw: true}, {at: 2025-09-29 10:00, withdraw: true}]\n",
        "line 4: examples[one]: actions stand in the order of their instants",
    ),
]


@pytest.mark.parametrize(("story", "mistake"), MISTAKES)
def test_mistakes_in_a_file_are_named_with_their_line(story: str, mistake: str) -> None:
    with pytest.raises(ProcedureError) as caught:
        parse_examples(HEAD + story, "sample.yaml")
    assert mistake in caught.value.message
    assert caught.value.field == "sample.yaml"


def test_two_examples_of_one_id_are_refused() -> None:
    twice = HEAD + HEAD.splitlines()[3] + "\n"
    with pytest.raises(ProcedureError, match="several examples have the id one"):
        parse_examples(twice, "sample.yaml")


def test_a_further_complaint_is_received_when_it_is_registered_whatever_the_file_says_of_the_first() -> None:
    head = HEAD.replace("complaint: {channel", "complaint: {received: 2025-09-29 10:00, channel").replace(
        "    given:", "    # given:"
    )
    received = "expect: {of: second, happened: {received: 2025-09-30 11:00}}"
    story = f"    when: [{{at: 2025-09-30 11:00, register: {{}}, {received}}}]\n"
    file = parse_examples(head + story, "sample.yaml")
    assert run_example(file.examples[0], file, WorldRules(sample(), CALENDARS)).failures == ()


IMPOSSIBLE = [
    ("expect: {status: asigned}", "expect.status: this procedure has no status asigned (did you mean assigned?)"),
    ("expect: {class: mayor}", "expect.class: this procedure has no class mayor (did you mean major?)"),
    ("expect: {department: sales}", "expect.department: this procedure has no department sales"),
    ("expect: {level: clerks}", "expect.level: this procedure has no level clerks (did you mean clerk?)"),
    ("expect: {due: {handeling: null}}",
     "expect.due.handeling: this procedure has no clock handeling (did you mean handling?)"),
    ("expect: {clocks: {x: met}}", "expect.clocks.x: this procedure has no clock x"),
    ("expect: {facts: {kinds: goods}}", "expect.facts.kinds: this procedure has no fact kinds (did you mean kind?)"),
    ("expect: {numbers: {letter: X1}}", "expect.numbers.letter: this procedure has no document with a number letter"),
    ("expect: {awards: {loss: 5}}", "expect.awards.loss: this procedure has no award loss"),
    ("expect: {happened: {'breached:handle': true}}", "expect.happened.breached:handle: this procedure has no "
     "occurrence breached:handle (did you mean breached:handling?)"),
    ("expect: {not_happened: [resolvd]}",
     "expect.not_happened[0]: this procedure has no occurrence resolvd (did you mean resolved?)"),
    ("expect: {no_notices: [results]}",
     "expect.no_notices[0]: this procedure has no notice results (did you mean result?)"),
    ("expect: {notices: [{notice: bill}]}", "expect.notices[0]: this procedure has no notice bill"),
    ("expect: {of: second}", "expect.of: this procedure has no complaint second"),
    ("expect: {reports: [{report: monthly, none: true}]}",
     "expect.reports[0].report: this procedure has no report monthly"),
    ("until: 2025-10-01 10:00\n    expect: {happened: {'breached:handling': 2025-10-13 24:00}}",
     "expect.happened.breached:handling: 2025-10-13 24:00 lies after the end of the example, 2025-10-01 10:00"),
    ("when: [{at: 2025-09-29 11:00, withdraw: true, expect: {happened: {withdrawn: 2025-09-29 12:00}}}]",
     "when[0].expect.happened.withdrawn: 2025-09-29 12:00 lies after the end of the example, 2025-09-29 11:00"),
]  # fmt: skip


@pytest.mark.parametrize(("story", "mistake"), IMPOSSIBLE, ids=[story for story, _ in IMPOSSIBLE])
def test_an_example_that_expects_what_cannot_be_is_a_mistake_of_the_file(story: str, mistake: str) -> None:
    with pytest.raises(ProcedureError) as caught:
        parse_examples(f"{HEAD}    {story}\n", "sample.yaml", sample())
    line = 7 if story.startswith("until") else 6
    assert caught.value.message == f"line {line}: examples[one].{mistake}"


def test_examples_of_another_procedure_are_a_mistake() -> None:
    text = HEAD.replace("procedure: sample", "procedure: other")
    with pytest.raises(ProcedureError, match="line 1: procedure: these examples are of other"):
        parse_examples(text, "sample.yaml", sample())


@pytest.mark.parametrize("story", HOLDS)
def test_what_holds_can_be(story: str) -> None:
    assert parse_examples(HEAD + story, "sample.yaml", sample()).examples
