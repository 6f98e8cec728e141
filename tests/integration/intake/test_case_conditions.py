"""Conditions as SQL decide as they do in memory: whatever the condition, and whatever is known of the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.intake.store.case_conditions import Binds, condition_sql, fact_sql
from services.intake.store.registration import NewCase, insert_cases
from services.intake.store.timeline import write_entries
from shared.events import assignments as a
from shared.events.base import EventData
from shared.events.envelope import make
from shared.procedures.conditions import Condition, holds

pytestmark = pytest.mark.asyncio(loop_scope="session")

UNTIL = datetime(2025, 4, 1, tzinfo=UTC)
PIN = ("sample", 1)
condition_of: TypeAdapter[Condition] = TypeAdapter(Condition)


def case(attributes: Mapping[str, Any], missing: list[str]) -> NewCase:
    return NewCase(
        id=uuid4(),
        procedure=PIN[0],
        procedure_version=PIN[1],
        number=uuid4().hex,
        channel="letter",
        language="zh",
        received_at=UNTIL,
        registered_at=UNTIL,
        attributes=attributes,
        missing=missing,
        status="admitted",
        admitted_at=None,
        merged_into=None,
        fingerprint=None,
        complainant=None,
        receipt_hash=b"",
        rule=None,
        document_numbers={},
    )


async def happened(tx: AsyncConnection, id: UUID, *data: tuple[EventData, timedelta]) -> None:
    events = [
        make("routing", id, PIN, one, cause=str(number), at=UNTIL - before).numbered(number)
        for number, (one, before) in enumerate(data)
    ]
    await write_entries(tx, events)


HOUR = timedelta(hours=1)
values = st.one_of(st.booleans(), st.integers(0, 3), st.sampled_from(["a", "b", "1"]))
facts = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["a", "b"]),
        "people": st.integers(0, 3),
        "odd": values,
        "class": st.sampled_from(["a", "b"]),
        "judged.valid": st.booleans(),
        "judged.grade": st.integers(0, 3),
        "judged.paid": st.sampled_from(["0.00", "1.00", "2.50", "3.00"]),
        "occurred-on": st.dates(date(2024, 12, 1), date(2025, 3, 31)).map(str),
        "seen-at": st.integers(0, 2500).map(lambda hours: (UNTIL - hours * HOUR).isoformat()),
        "received.at": st.sampled_from(["2025-03-31T00:30:00+08:00", "2025-02-28T23:30:00-05:00"]),
        "reached:closed": st.just(True),
    },
)
names = st.sampled_from(["kind", "people", "odd", "class", "judged.valid", "judged.grade", "judged.paid", "channel"])
OWN = ("kind", "people", "odd", "occurred-on", "seen-at", "received.at")
comparisons = st.one_of(
    st.tuples(names, st.sampled_from(["is", "is_not"]), values),
    st.tuples(names, st.sampled_from(["in", "not_in"]), st.lists(values, min_size=1, max_size=3)),
    st.tuples(names, st.sampled_from(["at_least", "more_than", "at_most", "less_than"]), st.integers(0, 3)),
    st.tuples(names, st.just("known"), st.booleans()),
    st.tuples(
        st.sampled_from(["occurred-on", "seen-at", "kind"]),
        st.just("older_than"),
        st.sampled_from(["P0D", "P30D", "P4W", "P1M", "P3M", "P1Y"]),
    ),
    st.tuples(st.just("missing"), st.just("contains"), st.sampled_from(["name", "phone"])),
).map(lambda one: {"field": one[0], one[1]: one[2]})
leaves = st.one_of(
    comparisons, st.just({"reached": "closed"}), st.just({"reached": "judged"}), st.just({"always": True})
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"all": some}),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"any": some}),
        inner.map(lambda one: {"not": one}),
    ),
    max_leaves=6,
)


def same_kind(condition: Any, known: Mapping[str, Any]) -> bool:
    """Whether no truth value is compared with a number: Python takes true for 1, JSON does not."""
    if isinstance(condition, dict):
        if "field" in condition:
            name, operand = condition["field"], next(value for key, value in condition.items() if key != "field")
            given = [known.get(name), *(operand if isinstance(operand, list) else [operand])]
            return len({isinstance(one, bool) for one in given if one is not None}) < 2
        return all(same_kind(one, known) for one in condition.values())
    return all(same_kind(one, known) for one in condition) if isinstance(condition, list) else True


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(conditions, facts, st.lists(st.sampled_from(["name", "phone"]))), min_size=5, max_size=5))
async def test_sql_and_memory_agree(engine: AsyncEngine, given: list[tuple[Any, dict[str, Any], list[str]]]) -> None:
    async with engine.connect() as connection, connection.begin() as transaction:
        for document, known, missing in given:
            if not same_kind(document, known):
                continue
            condition = condition_of.validate_python(document)
            one = case({name: known[name] for name in OWN if name in known}, missing)
            await insert_cases(connection, [one])
            judged = {name.partition(".")[2]: value for name, value in known.items() if name.startswith("judged.")}
            story: list[tuple[EventData, timedelta]] = []
            if "class" in known:
                story += [(a.CaseClassified(class_="a"), 2 * HOUR), (a.CaseClassified(class_=known["class"]), HOUR)]
            if judged:
                report = a.MilestoneReached(milestone="judged", at=UNTIL - HOUR, by="desk", fields=judged)
                story.append((report, HOUR))
            if "reached:closed" in known:
                story.append((a.MilestoneReached(milestone="closed", at=UNTIL - HOUR, by="desk"), HOUR))
            story.append((a.MilestoneReached(milestone="closed", at=UNTIL, by="desk"), timedelta(0)))  # too late
            story.append((a.CaseClassified(class_="late"), timedelta(0)))
            await happened(connection, one.id, *story)
            reached = {"reached:judged": True} if judged else {}
            expected = holds(condition, {**known, **reached, "channel": "letter", "missing": missing})
            binds = Binds()
            query = text(f"SELECT {condition_sql(condition, binds)} FROM cases c WHERE c.id = :id")  # noqa: S608
            found = await connection.scalar(query, {**binds.values, "id": one.id, "until": UNTIL})
            assert found is expected, document
        await transaction.rollback()


async def test_what_was_reached_before_a_case_was_reopened_is_not_reached(engine: AsyncEngine) -> None:
    one = case({}, [])
    async with engine.begin() as tx:
        await insert_cases(tx, [one])
        closed = a.MilestoneReached(milestone="closed", at=UNTIL - 3 * HOUR, by="desk")
        await happened(tx, one.id, (closed, 3 * HOUR), (a.CaseReopened(cycle=2, cause="dissatisfied"), 2 * HOUR))
        for document, expected in [
            ({"reached": "closed"}, False),
            ({"reached": "reopened"}, True),
            ({"field": "cycle", "at_least": 2}, True),
        ]:
            binds = Binds()
            query = f"SELECT {condition_sql(condition_of.validate_python(document), binds)} FROM cases c"  # noqa: S608
            assert await tx.scalar(text(query), {**binds.values, "until": UNTIL}) is expected


async def test_a_name_or_a_value_is_never_part_of_the_statement() -> None:
    binds = Binds()
    nasty = "x' OR '1'='1"
    found = condition_sql(condition_of.validate_python({"field": nasty, "is": nasty}), binds)
    assert nasty not in found
    assert nasty in binds.values.values()
    with pytest.raises(ValueError, match="count"):
        fact_sql("count.same", Binds())
