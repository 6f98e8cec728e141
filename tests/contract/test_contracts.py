"""The contract with subscribers: what is published is what the models say, and a change does not break a reader."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsoncompat import check_compat
from jsonschema import Draft202012Validator

from shared.errors import InvalidInput
from shared.events import contracts, envelope
from shared.events.base import REGISTRY
from shared.events.complaints import ComplaintRegistered, Matter
from shared.events.deadlines import ClockBreached
from shared.events.envelope import UnknownType, decode, encode, make
from shared.events.topics import TOPICS

RELEASED = Path(__file__).parent / "released"
AT = datetime(2025, 9, 29, 1, 0, tzinfo=UTC)
CASE = UUID("00000000-0000-4000-8000-000000000001")
REGISTERED = make(
    "intake",
    CASE,
    ("sample", 1),
    ComplaintRegistered(
        case_number="示2025-0001",
        channel="online",
        received_at=AT,
        attributes={"people": 3, "ours": True},
        matters={"same": Matter(key="k")},
    ),
    cause="request-1",
    at=AT,
)


def compatible(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether a reader of `old` can read what is written by `new`; the checker knows no `$id`."""
    texts = [json.dumps({key: value for key, value in schema.items() if key != "$id"}) for schema in (old, new)]
    return bool(check_compat(texts[0], texts[1], "serializer"))


def test_the_files_are_what_the_models_say() -> None:
    wanted = {f"{type_}.json": contracts.as_text(contracts.schema_of(type_)) for type_ in REGISTRY}
    wanted["asyncapi.json"] = contracts.as_text(contracts.asyncapi())
    found = {path.name: path.read_text(encoding="utf-8") for path in contracts.FOLDER.glob("*.json")}
    assert found == wanted, "run: python -m shared.events.contracts"


@pytest.mark.parametrize("path", sorted(RELEASED.glob("*.json")), ids=lambda path: path.stem)
def test_a_reader_of_the_released_schema_can_read_what_is_said_now(path: Path) -> None:
    assert compatible(json.loads(path.read_text(encoding="utf-8")), contracts.schema_of(path.stem))


def test_the_compatibility_check_sees_a_field_that_is_gone() -> None:
    path = RELEASED / "huiyin.deadline.met.v1.json"
    released = json.loads(path.read_text(encoding="utf-8"))
    changed = copy.deepcopy(released)
    del changed["$defs"]["ClockMet"]["properties"]["stopped_at"]
    changed["$defs"]["ClockMet"]["required"].remove("stopped_at")
    assert compatible(released, released)
    assert not compatible(released, changed)


def test_an_event_is_valid_by_its_schema_and_survives_the_way() -> None:
    value = encode(REGISTERED.numbered(7))
    Draft202012Validator(contracts.schema_of(REGISTERED.type)).validate(json.loads(value))
    assert decode(value) == REGISTERED.numbered(7)
    assert "示2025-0001".encode() in value


def test_another_implementation_of_cloudevents_reads_it() -> None:
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent

    found = JSONFormat().read(CloudEvent, encode(REGISTERED))
    assert found.get_type() == "huiyin.complaint.registered.v1"
    assert found.get_subject() == str(CASE)
    assert found.get_extension("procedure") == "sample"


def test_the_same_decision_makes_the_same_event_and_another_cause_another() -> None:
    again = make("intake", CASE, ("sample", 1), REGISTERED.data, cause="request-1", at=AT)
    other = make("intake", CASE, ("sample", 1), REGISTERED.data, cause="request-2", at=AT)
    assert again.id == REGISTERED.id != other.id


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, "value"),
        (b"", "value"),
        (b"{", "value"),
        (b"[1]", "value"),
        (b"\xff\xfe", "value"),
        (b'{"id":"1"}', "source"),
        (encode(REGISTERED).replace(b'"case_number"', b'"number"'), "case_number"),
        (encode(REGISTERED).replace(b"2025-09-29T01:00:00+00:00", b"2025-09-29T01:00:00"), "time"),
        (encode(REGISTERED).replace(b'"procedureversion":1', b'"procedureversion":"x"'), "procedureversion"),
        (b"[" * 100_000, "value"),
    ],
)
def test_a_record_that_cannot_be_read_names_the_field_and_never_the_value(value: bytes | None, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode(value)
    assert caught.value.field == field
    assert "2025" not in caught.value.message


def test_an_unknown_type_is_told_apart() -> None:
    with pytest.raises(UnknownType):
        decode(encode(REGISTERED).replace(b"complaint.registered", b"complaint.unheard-of"))


def test_a_field_that_a_later_version_adds_is_passed_over() -> None:
    value = encode(REGISTERED).replace(b'"channel":', b'"added_later":{"x":1},"channel":')
    assert decode(value) == REGISTERED


def test_every_event_type_belongs_to_a_topic_that_is_created() -> None:
    assert {model.topic_ for model in REGISTRY.values()} == set(TOPICS)
    assert REGISTRY["huiyin.deadline.breached.v1"] is ClockBreached


def test_no_event_has_a_field_for_an_identity_or_a_free_text() -> None:
    """A canary for rule D10: names of fields that would hold what only the vault may."""
    forbidden = {"name", "phone", "email", "address", "content", "text", "body", "complainant_name", "employer", "note"}
    for type_, model in REGISTRY.items():
        assert not forbidden & model.model_fields.keys(), type_


def test_the_asyncapi_document_can_be_made_by_its_command(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-m", "shared.events.contracts"], capture_output=True, text=True, check=True)
    assert run.stdout == ""
    document = json.loads((contracts.FOLDER / "asyncapi.json").read_text(encoding="utf-8"))
    assert set(document["channels"]) == {topic.name for topic in TOPICS}
    assert envelope.CONTENT_TYPE.startswith(document["defaultContentType"])


def test_the_asyncapi_document_asks_a_signature_of_what_others_write_and_of_nothing_else() -> None:
    messages = contracts.asyncapi()["components"]["messages"]
    signed = {type_: message["headers"]["required"] for type_, message in messages.items() if "headers" in message}
    asked = ["webhook-id", "webhook-timestamp", "webhook-signature", "huiyin-key"]
    assert signed == {"huiyin.report.milestone.v1": asked}
