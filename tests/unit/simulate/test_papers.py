"""Stories with papers: numbers, what officers ask for, receipts of notices, the form of answers."""

from __future__ import annotations

import pytest

from tests.unit.simulate.bureau import failures

ADMIT = "    when:\n      - {at: 2025-09-01 11:00, by: chief, decide: admit}\n"
ASK = ADMIT + "      - {at: 2025-09-03 09:00, by: chief, ask: ownership}\n"

HOLDS = {
    "a document is numbered at its occurrence, another bears the same number": ADMIT
    + """\
      - {at: 2025-09-02 10:00, by: desk, report: resolved}
      - {at: 2025-09-02 10:30, by: desk, report: closed, refused: {says: delivered}}
      - {at: 2025-09-02 11:00, by: desk, delivered: reply, form: written}
      - {at: 2025-09-02 11:30, by: desk, document: record, fields: {taken-on: 2025-09-02}, signed_by: [desk, chief]}
      - {at: 2025-09-02 12:00, documents: [reply], by: desk, report: closed}
    expect:
      numbers: {notice-paper: 告-2025-1, reply: 复-2025-1, cover: 复-2025-1}
      happened: {'numbered:notice-paper': 2025-09-01 11:00, 'numbered:cover': 2025-09-02 12:00}
      facts: {number.reply: 复-2025-1}
""",
    "a document states what it must, and takes such files only after that": ADMIT
    + """\
      - {at: 2025-09-02 10:00, by: chief, document: record, refused: {field: by}}
      - {at: 2025-09-02 10:01, by: desk, document: record, signed_by: [desk], refused: {field: signed_by, says: chief}}
      - {at: 2025-09-02 10:02, by: desk, document: record, signed_by: [desk, chief], refused: {field: fields.taken-on}}
      - {at: 2025-09-02 10:03, by: desk, upload: record, refused: {field: name}}
      - {at: 2025-09-02 10:04, document: record, fields: {taken-on: 2025-09-02}, signed_by: [desk, chief]}
      - {at: 2025-09-02 10:05, by: chief, upload: record, refused: {field: by}}
      - {at: 2025-09-02 10:06, upload: record, type: jpeg, refused: {field: body, says: kinds}}
      - {at: 2025-09-02 10:07, upload: record, size: 3MB, refused: {field: body, says: 2MB}}
      - {at: 2025-09-02 10:08, upload: record, size: 2MB, times: 2}
      - {at: 2025-09-02 10:09, upload: record, refused: {field: name, says: 2 files}}
      - {at: 2025-09-02 10:10, upload: reply, refused: {field: name, says: record}}
    expect:
      documents: {record: {by: desk, signed_by: [desk, chief], files: 2, copies: [complainant]}, reply: false}
      dossier: {missing: [reply], kept_until: null}
      happened: {'documented:record': 3}
""",
    "a case is closed with its dossier, which is kept five years": ADMIT
    + """\
      - {at: 2025-09-02 10:00, by: desk, report: resolved, documents: [reply]}
      - {at: 2025-09-02 10:01, by: desk, delivered: reply, form: written}
      - {at: 2025-09-02 12:00, documents: [record], by: desk, report: closed}
    until: 2025-09-03 12:01
    expect:
      documents: {reply: true}
      dossier: {missing: [], kept_until: 2030-09-02 12:00}
      follow_ups: {asked-back: {state: waiting, round: 1, opens: 2025-09-03 24:00, due: 2025-09-07 24:00}}
""",
    "nobody is asked again after two calls in vain": ADMIT
    + """\
      - {at: 2025-09-02 10:00, by: desk, report: resolved, documents: [reply]}
      - {at: 2025-09-02 10:01, by: desk, delivered: reply, form: written}
      - {at: 2025-09-02 10:02, by: desk, document: record, fields: {taken-on: 2025-09-02}, signed_by: [desk, chief]}
      - {at: 2025-09-02 12:00, by: desk, report: closed}
      - {at: 2025-09-04 09:00, by: desk, call: not-reached, expect: {follow_ups: {asked-back: {state: open, calls: 1}}}}
      - {at: 2025-09-04 10:00, by: desk, call: not-reached}
    expect: {follow_ups: {asked-back: {state: unreached, calls: 2}}, happened: {'unreached:asked-back': 1}}
""",
    # 30 days from the 1st: 1 October, 24:00
    "an award is suggested, and approved by who may": ADMIT
    + """\
      - at: 2025-10-02 00:00
        expect: {awards: {late: {status: suggested, amount: 20, payer: desk, payee: chief, currency: null}}}
      - {at: 2025-10-02 09:00, by: desk, report: award-approved, award: late, refused: {field: by}}
      - {at: 2025-10-02 09:01, by: chief, report: award-approved, award: late}
    expect: {awards: {late: [{status: approved, approved: '20.00'}]}}
""",
    "who decided, for which reason": """\
    when: [{at: 2025-09-01 11:00, by: chief, decide: refuse, rule: not-supplemented}]
    expect: {status: refused, rule: not-supplemented, decided_by: chief}
""",
    "a notice says what it must": ADMIT
    + "    expect: {notices: [{notice: case-notice, says: [告-2025-1, 2025年10月1日 24:00, '1 October 2025']}]}\n",
    "several cases are numbered in one series": """\
    when:
      - {at: 2025-09-01 11:00, register: {}}
      - {at: 2025-09-01 12:00, of: second, by: chief, decide: admit}
      - {at: 2025-09-01 12:01, by: chief, decide: admit}
    expect:
      - {numbers: {notice-paper: 告-2025-2}}
      - {of: second, numbers: {notice-paper: 告-2025-1}}
""",
    "what is asked for stops the clock until all of it has come": ASK
    + """\
      - {at: 2025-09-03 09:01, expect: {missing: [address], clocks: {answer: paused}, notices: [asked]}}
      - at: 2025-09-05 09:00
        supplement: {address: 某路}
        expect: {missing: [], not_happened: ['supplemented:ownership']}
      - {at: 2025-09-05 10:00, documents: [title-deed]}
    expect:
      happened: {'supplemented:ownership': 2025-09-05 09:59:59}
      clocks: {answer: running, supplement-ownership: met}
""",
    "part of it may be asked for": ADMIT
    + """\
      - {at: 2025-09-03 09:00, by: chief, ask: ownership, documents: [title-deed]}
      - {at: 2025-09-03 10:00, documents: [title-deed]}
    expect: {missing: [], happened: {'supplemented:ownership': true}}
""",
    # from Wed 3 September + 15 days: Thu 18 September, 24:00
    "when its time is over the complaint is refused": ASK
    + """\
    until: 2025-09-19 00:00
    expect:
      status: refused
      due: {supplement-ownership: 2025-09-18 24:00}
      happened: {refused: 2025-09-18 24:00, 'breached:supplement-ownership': 2025-09-18 24:00}
""",
    "what came in time is not refused": ASK
    + """\
      - {at: 2025-09-18 23:00, supplement: {address: 某路}, documents: [title-deed]}
    until: 2025-09-20 00:00
    expect: {status: assigned}
""",
    "who may not ask is refused": ADMIT
    + """\
      - {at: 2025-09-02 10:00, by: desk, ask: ownership, refused: {field: by, says: chief}}
      - {at: 2025-09-02 10:01, by: chief, ask: ownership, fields: [content], refused: {field: fields}}
      - {at: 2025-09-02 10:02, by: chief, ask: everything, refused: {field: supplement}}
""",
    "a receipt starts the clock of the appeal, at midnight of its date": ADMIT
    + """\
      - {at: 2025-09-05 10:00, by: desk, served: case-notice, refused: {field: signer}}
      - {at: 2025-09-05 10:00, by: desk, served: case-notice, signer: who, date: 2025-09-04, refused: {field: signer}}
      - {at: 2025-09-05 11:00, documents: [who], by: desk, served: case-notice, signer: who, date: 2025-09-04}
    expect: {happened: {'served:case-notice': 2025-09-03 24:00}, due: {appeal: 2025-09-14 24:00}}
""",
    # sent on 1 September + 10 days: the 11th, 24:00
    "without a receipt in time the notice is not served": ADMIT
    + """\
    until: 2025-09-12 00:00
    expect:
      happened: {'unserved:case-notice': 2025-09-11 24:00}
      notices: [{notice: again, to: 'role:chief', at: 2025-09-11 24:00}]
""",
    "it may be served still, once": ADMIT
    + """\
      - {at: 2025-09-15 11:00, documents: [who], by: desk, served: case-notice, signer: who, date: 2025-09-14}
      - {at: 2025-09-15 12:00, by: desk, served: case-notice, signer: who, date: 2025-09-14}
      - {at: 2025-09-15 13:00, by: desk, served: case-notice, signer: who, date: 2025-09-13, refused: {field: date}}
    expect: {happened: {'served:case-notice': 1, 'unserved:case-notice': 1}}
""",
    "a document is put in by its office, with what it states and its signatures": ADMIT
    + """\
      - {at: 2025-09-02 10:00, by: chief, document: minutes, fields: {taken-on: '2025-09-02'}, signed_by: [chief],
         refused: {field: by}}
      - {at: 2025-09-02 10:01, by: desk, document: minutes, signed_by: [chief], refused: {field: fields.taken-on}}
      - {at: 2025-09-02 10:02, by: desk, document: minutes, fields: {taken-on: '2025-09-02'},
         refused: {field: signed_by}}
      - {at: 2025-09-02 10:03, by: desk, document: minutes, fields: {taken-on: '2025-09-02'}, signed_by: [chief]}
      - {at: 2025-09-02 10:04, by: desk, document: minutes, fields: {taken-on: '2025-09-02'}, signed_by: [chief]}
    expect: {happened: {'documented:minutes': [2025-09-02 10:03]}}
""",
    "a document that is only named holds the least that it must, and is another each time": ADMIT
    + """\
      - {at: 2025-09-02 10:00, documents: [minutes, letter]}
      - {at: 2025-09-03 10:00, documents: [minutes]}
    expect: {happened: {'documented:minutes': 2, 'documented:letter': [2025-09-02 09:59:59]}}
""",
    "who wrote is answered in writing": ADMIT
    + """\
      - {at: 2025-09-02 10:00, by: desk, delivered: reply, form: oral, refused: {says: no such notice}}
      - {at: 2025-09-02 10:00, by: desk, report: resolved}
      - {at: 2025-09-02 11:00, by: desk, delivered: reply, form: oral, refused: {field: form}}
      - {at: 2025-09-02 12:00, by: desk, delivered: reply, form: written, happened_at: 2025-09-02 11:30}
    expect: {happened: {'delivered:reply': 2025-09-02 11:30}}
""",
}


@pytest.mark.parametrize("story", HOLDS.values(), ids=HOLDS.keys())
def test_what_holds_of_papers_holds(story: str) -> None:
    assert failures(story) == []


FAILS = {
    ADMIT + "    expect: {numbers: {notice-paper: 告-2025-2}}\n": (
        "None: number of notice-paper: expected 告-2025-2, is 告-2025-1"
    ),
    ADMIT + "    until: 2025-09-11 23:59\n    expect: {happened: {'unserved:case-notice': true}}\n": (
        "None: unserved:case-notice: expected once at least, happened never"
    ),
    ADMIT + "    expect: {notices: [{notice: case-notice, says: [再次]}]}\n": (
        "None: notice case-notice: does not say 再次"
    ),
    ADMIT + "    expect: {documents: {record: true}}\n": "None: document record: is not there",
    ADMIT + "    expect: {awards: {late: {amount: 20}}}\n": "None: award late: expected, suggested never",
    ADMIT + "    until: 2025-10-02 00:00\n    expect: {awards: {late: {amount: 21}}}\n": (
        "None: award late: amount: expected 21, is 20.00"
    ),
    ADMIT + "    expect: {follow_ups: {asked-back: {round: 1}}}\n": "None: follow-up asked-back: nobody is asked",
    ADMIT + "    expect: {decided_by: desk}\n": "None: decided_by: expected desk, is chief",
    ASK + "    until: 2025-09-18 23:59\n    expect: {status: refused}\n": "None: status: expected refused, is assigned",
    ASK + "      - {at: 2025-09-03 10:00, by: desk, served: reply, signer: who}\n": (
        "3: it is refused: there is no such notice"
    ),
}


@pytest.mark.parametrize(("story", "failure"), FAILS.items())
def test_what_does_not_hold_of_papers_is_said(story: str, failure: str) -> None:
    assert failures(story) == [failure]
