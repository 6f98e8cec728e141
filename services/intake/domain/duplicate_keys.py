"""What a complaint is about, as keyed hashes: the same matter gives the same hash, and the hash reveals nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from services.intake.domain.forms import Form
from shared.business_time.due import step_after, step_before
from shared.business_time.durations import Duration
from shared.events.complaints import Matter
from shared.procedures.fields import Scalar

Index = Callable[..., str]
"""`index(purpose, *parts)`: a keyed hash, as `shared.security.vault.Vault.index`."""

COMPLAINANT_FIELDS = ("phone", "email", "name")
"""What identifies a complainant, the most reliable first."""


def normalised(value: Scalar) -> str:
    """A value as it is compared: letters and digits only, compatibility forms folded; a Chinese mobile number without
    its country code."""
    text = unicodedata.normalize("NFKC", str(value)).casefold()
    kept = "".join(c for c in text if c.isalnum())
    mobile = re.fullmatch(r"(?:00)?86(1\d{10})", kept)
    return mobile[1] if mobile else kept


def same_values(same: Sequence[str], values: Mapping[str, Scalar]) -> tuple[str, ...] | None:
    """The compared values of the named fields; None unless all are given."""
    found = tuple(normalised(values[name]) for name in same if name in values)
    return found if len(found) == len(same) and all(found) else None


def fingerprint(form: Form, values: Mapping[str, Scalar], index: Index) -> str | None:
    """What duplicates share; None if the procedure looks for no duplicates or a compared field is missing."""
    duplicates = form.procedure.duplicates
    found = same_values(duplicates.same, values) if duplicates else None
    return index("duplicate", form.procedure.id, *found) if found else None


def is_within(form: Form, received_at: datetime, other: datetime) -> bool:
    """Whether two complaints of one matter came near enough to each other to be one, in whatever order they came."""
    if form.procedure.duplicates is None:
        return False
    within = Duration.parse(form.procedure.duplicates.within)
    return (
        step_before(received_at, within, form.calendar, "elapsed")
        <= other
        <= step_after(received_at, within, form.calendar, "elapsed")
    )


def complainant(form: Form, values: Mapping[str, Scalar], index: Index) -> str | None:
    """Who complains, as a keyed hash that is the same in every case of the procedure; None for one not identified.

    It never leaves intake: what events carry is hashed with each matter's own key.
    """
    who = _identified(values)
    return index("complainant-of", form.procedure.id, who) if who else None


def _identified(values: Mapping[str, Scalar]) -> str | None:
    given = (normalised(values[name]) for name in COMPLAINANT_FIELDS if name in values)
    return next((one for one in given if one), None)


def matters(form: Form, values: Mapping[str, Scalar], index: Index) -> dict[str, Matter]:
    """What the procedure counts: per count, the matter and, where the complainant is identified, who raised it."""
    who = _identified(values)
    found = {}
    for count in form.procedure.counts:
        shared = same_values(count.same, values)
        if shared is not None:
            key = index("matter", form.procedure.id, count.id, *shared)
            found[count.id] = Matter(key=key, complainant=index("complainant", key, who) if who else None)
    return found
