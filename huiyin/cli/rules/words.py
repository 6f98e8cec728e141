"""What each occurrence, fact, placeholder and duration means, in one line, by who brings it about."""

from __future__ import annotations

from collections.abc import Mapping

OCCURRENCES: Mapping[str, Mapping[str, str]] = {
    "intake": {
        "received": "the complaint reached the organisation, perhaps before it was registered",
        "registered": "it has a case number",
        "supplement-requested": "the complainant was asked for what is missing",
        "supplemented": "what was asked for has come",
        "admitted": "it is taken up",
        "refused": "it is not taken up, for a reason",
        "transferred-out": "it was passed on to whoever is competent",
        "merged": "it is the same matter as an earlier case, and goes on there",
        "withdrawn": "the complainant took it back",
        "documented": "a document came into the vault",
        "numbered": "a document got its number",
        "procedure-migrated": "it goes on under another version of the procedure",
        "copied": "everybody has a copy of a document whom the procedure gives one",
        "same-matter": "an officer says that it and another case are one matter",
        "same-matter-undone": "that was taken back",
        "erased": "its time of keeping is over, and its part of the vault is destroyed",
    },
    "routing": {
        "classified": "it has this class now",
        "assigned": "a department has it",
        "assisting": "another department works on it with the one that has it",
        "reassigned": "another department has it now",
        "escalated": "it is on this level now",
        "reopened": "a finished case is open again; a new cycle begins",
        "repeated": "the same complaint came again and was merged into this one",
        "counted": "the number of a count changed",
        "award-suggested": "the rules suggest an award",
    },
    "departments and officers, who report it": {
        "accepted-by-department": "the department took it up",
        "resolved": "the handling is finished",
        "closed": "nothing more is to be done",
        "archived": "its file is put away",
        "extension-requested": "more time was asked for",
        "extension-approved": "more time was given",
        "extension-refused": "more time was not given",
        "contributed": "an assisting department has done its part",
        "award-approved": "an award was decided",
        "award-refused": "an award was not given",
    },
    "sla, of clocks and of reports' deadlines": {
        "started": "the clock runs",
        "warned": "a step before the due instant came",
        "breached": "the due instant came",
        "overdue": "a step after the due instant came",
        "met": "it was stopped in time",
        "extended": "an approval moved its due instant",
        "cancelled": "it ended without a verdict",
        "breach-retracted": "a breach that was emitted does not stand",
    },
    "notify": {
        "notified": "a notice was sent",
        "notice-failed": "a notice could not be sent",
        "served": "its receipt was reported",
        "unserved": "there is no receipt within the time that the procedure gives",
        "delivered": "an answer was given in the form that the procedure demands",
        "satisfied": "the complainant is satisfied",
        "dissatisfied": "the complainant is not",
        "called-back": "the complainant was reached",
        "call-attempted": "the complainant was not reached",
        "unreached": "in none of the attempts that the procedure allows",
    },
    "intake, of recurring reports (for notices only, but for `listed`)": {
        "report-opened": "a period has begun",
        "report-due": "its figures are counted: it can be made",
        "report-recomputed": "its figures were counted anew",
        "report-rescheduled": "it is due at another instant",
        "report-made": "an office signed it off",
        "listed": "the case is on the report's list",
    },
}
"""Every word of the language, by who brings it about; milestones of the procedure's own come beside them."""

FACTS: Mapping[str, str] = {
    "<field>": "a coded field of the complaint; in a report's own `must` and `when` a field of that report",
    "channel": "the way by which it came",
    "class": "its class now",
    "department": "the department that has it",
    "level": "the level that it is on",
    "cycle": "1, and one more each time it is reopened",
    "assisting": "the list of departments that assist",
    "received.period": "`business-hours`, `off-hours` or `holiday` (weekends too) of the calendar at its receipt",
    "received.at": "the local time of its receipt, with which `older_than` compares",
    "missing": "the list of requested fields that are still missing",
    "place.<count>": "which of them this case was, the third for example, which stays",
    "count.<count>": "how often the same matter came up within the window",
    "number.<document>": "the number that a document got",
    "party.<party>": "how many persons of a party are named",
    "<milestone>.<field>": "what was last reported with a milestone",
    "<follow-up>.<field>": "what was last answered",
    "<follow-up>.grade": "the grade of the last answer",
    "<follow-up>.round": "which round the last answer was",
}  # fmt: skip

PLACEHOLDERS: Mapping[str, str] = {
    "case_number": "the case number",
    "procedure": "the procedure's name",
    "department": "the department that has the case",
    "level": "the level that it is on",
    "class": "its class",
    "due": "when the clock that the notice is about is due, as local time",
    "clock": "that clock's name",
    "step": "its step",
    "occurred_at": "when what causes the notice happened, as local time",
    "notice": "the notice's own name",
    "reason": "the reason of an admission rule, or the choice of a milestone's field called `reason`; in a body only",
    "progress_url": "the page where the complainant follows the case; in a body only",
    "receipt_code": "the code that opens it; in a body only",
    "name": "the complainant's name; in a body only",
}
"""Beside them `documents.<name>`, a text of the vault, in a body only, and `number.<document>`."""

OF_A_FILE: Mapping[str, tuple[str, str]] = {
    "extends": ("`<base>@<version>`", "the [base](#bases-and-packs) that this file says only the differences from"),
    "use": ("list of mappings", "[packs](#bases-and-packs), each `{pack: <pack>@<version>, with: {…}}`"),
    "texts": ("mapping", "texts of notices by occurrence, or by a word of your own: `text: urging` names one"),
    "conditions": ("mapping", "conditions by a word of your own; `{condition: <word>}` stands for one"),
}
"""What a file has beside the keys of a procedure, with its type: it is gone once the file is put together."""

DURATIONS: Mapping[str, str] = {
    "PT30M, PT4H, PT1H30M": "minutes and hours: round the clock, or with `time: business` in opening hours",
    "P10WD": "the tenth working day of the calendar after that day; `P0WD` is that day, or the next working day",
    "P30D, P2W": "calendar days, and weeks of seven",
    "P2M, P1Y": "calendar months and years; 31 January and a month is the last of February",
    "P0D": "the same day",
    "IMMEDIATE": "at once; a minute is allowed",
}
