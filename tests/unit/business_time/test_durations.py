import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.business_time.durations import Duration, Unit, counted_seconds
from shared.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "unit", "count", "canonical"),
    [
        ("PT30M", Unit.SECONDS, 1_800, "PT30M"),
        ("PT24H", Unit.SECONDS, 86_400, "PT24H"),  # hours never become days
        ("PT180M", Unit.SECONDS, 10_800, "PT3H"),
        ("PT1H30M10S", Unit.SECONDS, 5_410, "PT1H30M10S"),
        ("PT1.5H", Unit.SECONDS, 5_400, "PT1H30M"),
        ("PT0S", Unit.SECONDS, 0, "PT0S"),
        ("-PT90S", Unit.SECONDS, -90, "-PT1M30S"),
        ("P10WD", Unit.WORKING_DAYS, 10, "P10WD"),
        ("-P3WD", Unit.WORKING_DAYS, -3, "-P3WD"),
        ("P30D", Unit.DAYS, 30, "P30D"),
        ("P0D", Unit.DAYS, 0, "P0D"),
        ("P2W", Unit.WEEKS, 2, "P2W"),
        ("P2M", Unit.MONTHS, 2, "P2M"),
        ("P1Y", Unit.YEARS, 1, "P1Y"),
        ("IMMEDIATE", Unit.IMMEDIATE, 0, "IMMEDIATE"),
    ],
)
def test_a_duration_keeps_its_kind_and_its_text_reads_back(text: str, unit: Unit, count: int, canonical: str) -> None:
    duration = Duration.parse(text)

    assert (duration.unit, duration.count, str(duration)) == (unit, count, canonical)
    assert Duration.parse(str(duration)) == duration


@given(st.sampled_from(list(Unit)), st.integers(-9_999_999, 9_999_999))
def test_every_duration_survives_its_text(unit: Unit, count: int) -> None:
    duration = Duration(unit, 0 if unit is Unit.IMMEDIATE else count)

    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT2H",  # two kinds at once
        "P90DT17H",
        "P1M2D",
        "P1.5D",
        "PT0.5S",
        "PT1H1H",
        "PT1M1H",
        "P1WDT1H",
        "PT-1H",
        "+PT1H",
        "1D",
        "P1d",
        "P１D",
        "-IMMEDIATE",
        "immediate",
        "PT99999999999H",
        "P99999999D",
        " PT1H",
        "PT1H\n",
    ],
)
def test_what_is_no_duration_of_one_kind_is_refused_by_field_without_its_value(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Duration.parse(text, field="clocks.0.duration")

    assert caught.value.field == "clocks.0.duration"
    assert not text.strip() or text.strip() not in caught.value.message


def test_mixed_amounts_count_days_of_24_hours_only_where_they_are_asked_for() -> None:
    assert counted_seconds("P90DT17H") == (90 * 24 + 17) * 3_600
    assert counted_seconds("-P1DT5H") == -29 * 3_600
    assert counted_seconds("P2D") == 172_800
    assert counted_seconds("P1W") == 7 * 86_400
    assert counted_seconds("P3WD") is None
    assert counted_seconds("P2M") is None


def test_a_pydantic_model_reads_writes_and_describes_durations() -> None:
    class Clock(BaseModel):
        duration: Duration

    clock = Clock.model_validate({"duration": "P10WD"})

    assert clock.duration == Duration(Unit.WORKING_DAYS, 10)
    assert Clock.model_validate_json('{"duration": "PT4H"}').model_dump(mode="json") == {"duration": "PT4H"}
    assert Clock.model_json_schema()["properties"]["duration"]["type"] == "string"
    with pytest.raises(ValidationError):
        Clock.model_validate({"duration": "P1DT2H"})
