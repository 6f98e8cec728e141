"""Stories with recurring reports: opened, counted, warned, breached, signed off, listed, told of."""

from __future__ import annotations

import pytest

from huiyin.simulate.files import parse_examples
from shared.errors import ProcedureError
from shared.procedures.loader import parse_procedure
from tests.unit.intake.report_sample import TEXT
from tests.unit.simulate.bureau import failures as of

NOTICES = """\
notices:
  - id: report-late
    name: {zh: 逾期, en: Late}
    at: ['breached:monthly']
    to: [desk, head]
    text:
      zh: {subject: 逾期, body: '{{due}}'}
      en: {subject: Late, body: '{{due}}'}
"""
REPORT_DESK = TEXT + NOTICES
PROCEDURE = parse_procedure(REPORT_DESK, "report-desk.yaml")
HEAD = """\
procedure: report-desk
complaint: {channel: letter, fields: {content: 内容, kind: goods}}
examples:
  - id: one
    given: {received: 2025-09-08 10:00}
"""


def failures(story: str, head: str = HEAD) -> list[str]:
    return of(story, procedure=PROCEDURE, head=head)


HOLDS = {
    "a report is opened, counted when its period is over, and due as its rule says": """\
    when:
      - {at: 2025-09-09 10:00, register: {channel: telephone, fields: {kind: service}}}
      - {at: 2025-09-10 10:00, by: desk, report: judged, fields: {valid: true}}
      - at: 2025-09-11 10:00
        by: desk
        report: resolved
        expect: {reports: [{report: monthly, state: open, due: 2025-10-02 24:00, ready: 2025-09-30 24:00, made: null}]}
      - {at: 2025-09-12 10:00, by: desk, report: closed}
    until: 2025-10-01 09:00
    expect:
      reports:
        - report: monthly
          period: 2025-09
          state: ready
          by: [desk, head]
          to: [head]
          cases: 2
          edition: 1
          # the complaint of the 9th has five days: until the 14th, 24:00
          figures:
            received: 2
            resolved: 1
            breached: 1
            valid: 1
            by channel: {letter: 1, telephone: 1}
            received by department: {desk: 2}
            closed/valid: 1/1
            resolved/received by kind: {goods: 1/1, service: 0/1}
          against: {received: 0, by channel: {}}
          happened: {'report-opened:monthly': 2025-08-31 24:00, 'report-due:monthly': 2025-09-30 24:00}
        - {report: monthly, period: 2025-10, state: open}
        - {report: monthly, period: 2025-08, none: true}
""",
    "it is warned of, breached, told of and signed off late": """\
    when:
      - {at: 2025-09-30 12:00, by: desk, sign_off: monthly, period: 2025-09, refused: {field: report, says: not over}}
      - {at: 2025-10-03 09:00, by: shop, sign_off: monthly, period: 2025-09, refused: {field: by}}
      - {at: 2025-10-03 09:01, by: desk, sign_off: monthly, period: 2025-09, refused: {field: fields.causes}}
      - {at: 2025-10-03 09:02, by: desk, sign_off: monthly, period: 2025-09, fields: {causes: 因, meeting: true}}
      - {at: 2025-10-03 09:03, by: head, sign_off: monthly, period: 2025-09, fields: {causes: 果}, refused: {}}
    expect:
      reports:
        - report: monthly
          period: 2025-09
          state: made-late
          made: 2025-10-03 09:02
          made_by: desk
          fields: {meeting: true, causes: 因}
          # warned a day before the 2nd, 24:00
          happened:
            warned:monthly: 2025-10-01 24:00
            breached:monthly: 2025-10-02 24:00
            report-made:monthly: 2025-10-03 09:02
          notices:
            - {notice: report-late, to: 'department:desk', at: 2025-10-02 24:00}
            - {notice: report-late, to: 'role:head'}
""",
    "in time nobody is told": """\
    when: [{at: 2025-10-02 23:59, by: head, sign_off: monthly, period: 2025-09, fields: {causes: 原因}}]
    until: 2025-10-04 00:00
    expect:
      reports: [{report: monthly, period: 2025-09, state: made, fields: {meeting: false}, no_notices: [report-late]}]
""",
    "the open cases are listed, once, whatever reports the story speaks of": """\
    when: [{at: 2025-09-09 10:00, register: {}}, {at: 2025-09-10 10:00, of: second, by: desk, report: resolved}]
    until: 2025-10-20 00:00
    expect:
      - {happened: {'listed:unsolved': 2025-09-30 24:00}}
      - {of: second, not_happened: ['listed:unsolved']}
""",
    # the fifth working day after September: 1 to 8 October are holidays, 9, 10, 11 (make-up), 13, 14
    "an office has the figures counted anew": """\
    when:
      - {at: 2025-10-09 09:00, by: desk, recount: monthly, period: 2025-09}
      - {at: 2025-10-09 09:01, by: shop, recount: monthly, period: 2025-09, refused: {field: by}}
      - {at: 2025-10-09 09:02, by: desk, recount: patrol, period: 2025-10-09, refused: {says: no figures}}
    expect:
      reports:
        - {report: monthly, period: 2025-09, edition: 2, happened: {'report-recomputed:monthly': 1}}
        - {report: unsolved, period: 2025-09, due: 2025-10-14 24:00, cases: 1}
""",
    "each office has its own, about its own cases": """\
    until: 2025-10-01 00:00
    expect:
      reports:
        - {report: own-summary, period: 2025-Q3, office: desk, by: [desk], cases: 1, figures: {resolved/received: 0/1}}
        - {report: own-summary, period: 2025-Q3, office: shop, cases: 0, figures: {received: 0}}
""",
    "rounds of a day": """\
    when:
      - {at: 2025-09-08 12:00, by: desk, sign_off: patrol, fields: {lifts: true}}
      - {at: 2025-09-08 18:00, by: desk, sign_off: patrol, round: 2, fields: {lifts: false}}
    until: 2025-09-09 08:00
    expect:
      reports:
        - {report: patrol, period: 2025-09-08, state: made}
        - {report: patrol, period: 2025-09-08, round: 2, state: made}
        - {report: patrol, period: 2025-09-09, state: ready}
        - {report: patrol, period: 2025-09-08, round: 3, none: true}
""",
}


@pytest.mark.parametrize("story", HOLDS.values(), ids=HOLDS.keys())
def test_what_holds_of_reports_holds(story: str) -> None:
    assert failures(story) == []


def test_a_story_may_have_no_complaint() -> None:
    head = "procedure: report-desk\nexamples:\n  - {id: one, given: null, starts: 2025-09-08 08:00,\n"
    good = "     until: 2025-09-09 00:00, expect: {reports: [{report: patrol, state: ready, due: 2025-09-08 24:00}]}}\n"
    assert failures(good, head) == []
    assert failures("     expect: {status: held, reports: [{report: patrol, state: ready}]}}\n", head) == [
        "None: there is no complaint first"
    ]


FAILS = {
    "{report: monthly, state: ready}": "report monthly: state: expected ready, is open",
    "{report: weekly}": "report weekly: there is none",
    "{report: monthly, none: true}": "report monthly: expected none, there is one of 2025-09",
    "{report: monthly, figures: {received: 1}}": "report monthly: figure received: expected 1, is None",
    "{report: monthly, made: 2025-09-09 10:00}": "report monthly: made: expected 2025-09-09 10:00, is None",
    "{report: patrol, happened: {'report-made:patrol': true}}": (
        "report patrol: report-made:patrol: expected once at least, happened never"
    ),
}


@pytest.mark.parametrize(("expected", "failure"), FAILS.items())
def test_what_does_not_hold_of_a_report_is_said(expected: str, failure: str) -> None:
    assert failures(f"    expect: {{reports: [{expected}]}}\n") == [f"None: {failure}"]


def test_a_story_without_a_complaint_says_when_it_is() -> None:
    with pytest.raises(ProcedureError, match="when time starts"):
        parse_examples("procedure: x\nexamples: [{id: one, given: null}]\n", "x.yaml")
