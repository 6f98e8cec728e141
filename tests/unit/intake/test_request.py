"""Whatever bytes arrive: a complaint, or a list of mistakes; and the same content is the same body."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.intake.form_book import FormBook
from services.intake.registration.field_errors import safe_errors
from services.intake.registration.request import BatchRow, Reader, RegistrationRequest, Submission, canonical
from shared.business_time.loader import load_calendars
from shared.procedures.loader import Library
from shared.security.vault import Vault
from tests.unit.intake.sample import FIELDS, FORM, MONDAY, PROCEDURE
from tests.unit.procedures.test_fields import ANY_JSON

NEXT = PROCEDURE.model_copy(update={"version": 2, "in_force_from": date(2025, 3, 4)})
FORMS = FormBook(Library((PROCEDURE, NEXT)), load_calendars())
READER = Reader(FORMS, Vault((bytes(32),)))

ROWS = st.fixed_dictionaries(
    {
        "procedure": st.just("test-desk") | st.text(max_size=5),
        "channel": st.sampled_from(["letter", "电话"]) | st.text(st.characters(), max_size=5),
        "fields": st.dictionaries(st.sampled_from(sorted(FORM.specs)) | st.text(st.characters()), ANY_JSON, max_size=5),
    },
    optional={
        "received_at": st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()) | ANY_JSON,
        "language": st.sampled_from(["zh", "en", "fr"]),
        "idempotency_key": st.text(max_size=5),
    },
)


def parse(line: bytes) -> BatchRow | list[dict[str, Any]]:
    """The row, or the mistakes that are shown."""
    try:
        return BatchRow.model_validate_json(line)
    except ValidationError as error:
        return safe_errors(error)


@settings(deadline=None, max_examples=300)
@given(ROWS | ANY_JSON, st.booleans())
def test_any_json_is_a_complaint_or_a_list_of_mistakes(row: Any, ascii_only: bool) -> None:
    line = json.dumps(row, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    parsed = parse(line)
    if not isinstance(parsed, BatchRow):
        assert parsed
        return
    read = READER.read(parsed, "caller", parsed.idempotency_key, MONDAY)
    assert isinstance(read, RegistrationRequest) or (read and all(error.message for error in read))
    for mistake in [] if isinstance(read, RegistrationRequest) else read:
        (mistake.field + mistake.message).encode()  # nothing that could not be answered


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_good_order(line: bytes) -> None:
    parsed = parse(line)
    assert isinstance(parsed, BatchRow) or all("input" not in item for item in parsed)


def body(**changes: Any) -> Submission:
    return Submission.model_validate({"procedure": "test-desk", "channel": "letter", "fields": dict(FIELDS), **changes})


def test_the_order_of_keys_does_not_make_another_body_and_any_value_does() -> None:
    same = body(fields=dict(reversed(dict(FIELDS).items())))
    assert canonical(same) == canonical(body())
    others = [
        body(channel="telephone"),
        body(language="en"),
        body(received_at="2025-03-03T10:00:00+08:00"),
        body(fields={**FIELDS, "amount": 121}),
        body(fields={**FIELDS, "amount": "120"}),
    ]
    assert len({canonical(other) for other in [body(), *others]}) == 6


def test_a_key_belongs_to_its_caller() -> None:
    keys = {
        read.key
        for caller in ("a", "b")
        if isinstance(read := READER.read(body(), caller, "k", MONDAY), RegistrationRequest)
    }
    assert len(keys) == 2
    assert not keys & {None, "k"}


# The second version is in force from 4 March 2025 in Shanghai, which is 3 March 16:00 UTC.
@pytest.mark.parametrize(("hour", "version"), [(15, 1), (16, 2)])
def test_the_version_is_the_one_in_force_on_the_procedures_own_date(hour: int, version: int) -> None:
    read = READER.read(body(), "caller", None, MONDAY.replace(hour=hour))
    assert isinstance(read, RegistrationRequest)
    assert read.complaint.form.procedure.version == version
