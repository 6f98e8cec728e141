"""The occurrences that every procedure can name, whatever else it declares.

An *occurrence* is a word for something that happened to a case. A *milestone* is an occurrence that a department or
officer reports. Occurrences with a qualifier are written `name:qualifier`: `escalated:floor-manager`.
"""

from __future__ import annotations

# What intake emits.
COMPLAINT = (
    "received",  # the complaint reached the organisation (its instant may lie before registration)
    "registered",
    "supplement-requested",
    "supplemented",
    "admitted",
    "refused",
    "transferred-out",
    "merged",
    "withdrawn",
    "numbered",  # a document got its number
    "procedure-migrated",  # it goes on under another version of its procedure
    "copied",  # everybody has a copy of a document whom the procedure gives one: `copied:<document>`
    "same-matter",  # an officer links it with another case
    "same-matter-undone",
    "erased",  # it was kept as long as the dossier's `keep` says, and its part of the vault is destroyed
    "documented",  # a document came into the vault: `documented:<name>`
)
# What officers decide at intake: a milestone of this name says what they must give, or what must come before.
DECIDED_AT_INTAKE = ("admitted", "refused", "transferred-out", "withdrawn")
# What routing decides.
DECIDED = (
    "classified",
    "assigned",
    "assisting",  # another department works on it with the one that has it
    "reassigned",
    "escalated",
    "reopened",
    "repeated",
    "counted",  # the number of a count changed: `counted:<count>`
    "award-suggested",
)
# What departments and officers report, beside the procedure's own milestones.
REPORTED = (
    "accepted-by-department",
    "resolved",
    "closed",
    "archived",
    "extension-requested",
    "extension-approved",
    "extension-refused",
    "contributed",  # by a department that assists: `contributed:<department>`
    "award-approved",
    "award-refused",
)
# What the sla service emits of a clock: `breached:<clock>`. A step before the due instant is `warned:<clock>` and
# `warned:<clock>.<step>`, one after it `overdue:<clock>` and `overdue:<clock>.<step>`.
DEADLINE = ("started", "warned", "breached", "overdue", "met", "extended", "cancelled", "breach-retracted")
# What notify emits: `notified:<notice>`, and of a follow-up: `called-back:<follow-up>`, and the complainant's answers.
NOTICE = (
    "notified",
    "notice-failed",
    "served",  # its receipt was reported
    "unserved",  # there is none within the time that the procedure gives
    "delivered",  # an answer was given in the form that the procedure demands
    "satisfied",
    "dissatisfied",
)
FOLLOW_UP = (
    "called-back",  # the complainant was reached
    "call-attempted",  # and was not reached
    "unreached",  # in none of the attempts that the procedure allows
)

# What intake emits of recurring reports, of a report itself and (`listed`) of each case that it is about.
PERIODIC = ("report-opened", "report-due", "report-recomputed", "report-rescheduled", "report-made")
LISTED = "listed"

STANDARD = frozenset((*COMPLAINT, *DECIDED, *REPORTED, *NOTICE, *FOLLOW_UP, *PERIODIC, LISTED))

# The qualifier of an occurrence names an element of this part of the procedure.
QUALIFIED_BY = (
    {
        "supplement-requested": "supplements",
        "supplemented": "supplements",
        "numbered": "documents",
        "copied": "documents",
        "classified": "classes",
        "assigned": "departments",
        "reassigned": "departments",
        "escalated": "levels",
        "assisting": "departments",
        "contributed": "departments",
        "counted": "counts",
        "award-suggested": "awards",
        "award-approved": "awards",
        "award-refused": "awards",
        "extension-requested": "clocks",
        "extension-approved": "clocks",
        "extension-refused": "clocks",
        "notified": "notices",
        "notice-failed": "notices",
        "served": "notices",
        "unserved": "notices",
        "delivered": "notices",
        "satisfied": "follow_ups",
        "dissatisfied": "follow_ups",
        LISTED: "reports",
    }
    | dict.fromkeys(PERIODIC, "reports")
    | dict.fromkeys(DEADLINE, "clocks")
    | dict.fromkeys(FOLLOW_UP, "follow_ups")
)

# The qualifier of these is a name that whoever reports gives, declared nowhere: `documented:result`.
FREELY_QUALIFIED = frozenset(("documented",))

# After one of these the handling is over until the case is reopened: a clock that they would stop does not start.
FINISHING = ("resolved", "closed", "archived")

# What `left` stands for in a clock's `until` and `cancel_on`: the case leaves whoever has it. Each word counts if the
# clock starts at one of those beside it (none: always), and never where it is itself what starts the clock. So for a
# clock `from: ['escalated:clerk']` it is each further level; for one `from: ['assigned:desk']` each other department.
LEFT: dict[str, frozenset[str]] = {
    "escalated": frozenset(("escalated",)),
    "reassigned": frozenset(("assigned", "reassigned")),
    **dict.fromkeys(FINISHING, frozenset[str]()),
}

# The steps of a clock, by the word that says on which side of the due instant they lie.
STEPS = ("warned", "overdue")

# After one of these there is no complaint to answer any more: every clock that it does not stop is cancelled.
VOID = ("refused", "transferred-out", "merged", "withdrawn")

# After one of these a case asks nothing more of anybody, unless it is reopened.
ENDING = frozenset(("refused", "transferred-out", "merged", "withdrawn", "closed", "archived"))


def split(occurrence: str) -> tuple[str, str | None]:
    """`escalated:x` -> (`escalated`, `x`); `resolved` -> (`resolved`, None)."""
    name, _, qualifier = occurrence.partition(":")
    return name, qualifier or None
