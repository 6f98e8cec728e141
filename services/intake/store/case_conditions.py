# ruff: noqa: S608  (names and values are bound as parameters; what is put together are constants)
"""A procedure's conditions as SQL on `cases c` and its timeline, so that cases are counted where they lie.

SQL's NULL is the third value of the language, and its AND, OR and NOT carry it as Kleene's logic does. What a complaint
says (`attributes`) is read as it stands now; what happened, and class, department and level with it, as it was at
`:until`. Names and values go in as parameters, never as text.
"""

from __future__ import annotations

import json
from typing import Any

from shared.business_time.durations import Duration, Unit
from shared.procedures.ages import RECEIVED_AT
from shared.procedures.conditions import All, Always, Any_, Compare, Condition, Not, Reached, Scalar
from shared.procedures.milestones import STEPS, split

_ORDERED = {"at_least": ">=", "more_than": ">", "at_most": "<=", "less_than": "<"}
_DECIDED = {"class": ("classified",), "department": ("assigned", "reassigned"), "level": ("escalated",)}


class Binds:
    """The parameters of one statement; `:until` is the caller's."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def text(self, value: str) -> str:
        """A text, as it stands in SQL."""
        return f"CAST({self._put(value)} AS text)"

    def json(self, value: Scalar) -> str:
        """A coded value as JSON."""
        return f"CAST(CAST({self._put(json.dumps(value, ensure_ascii=False))} AS text) AS jsonb)"

    def number(self, value: float) -> str:
        """A number, to compare with."""
        return f"CAST(CAST({self._put(repr(value))} AS text) AS numeric)"

    def _put(self, value: str) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def condition_sql(condition: Condition | None, binds: Binds) -> str:
    """An expression that is true, false or NULL, as the condition would be for the case; no condition is true."""
    match condition:
        case None | Always():
            return "true"
        case All(all=parts):
            return "(" + " AND ".join(condition_sql(part, binds) for part in parts) + ")"
        case Any_(any=parts):
            return "(" + " OR ".join(condition_sql(part, binds) for part in parts) + ")"
        case Not(not_=part):
            return f"(NOT {condition_sql(part, binds)})"
        case Reached(reached=occurrence):
            return reached_sql(occurrence, binds)
        case Compare():
            return _compare(condition, binds)
    raise TypeError(type(condition).__name__)


def occurrence_sql(alias: str, occurrence: str, binds: Binds) -> str:
    """Whether a row of the timeline is this occurrence; without a qualifier those with any are meant too."""
    name, qualifier = split(occurrence)
    if qualifier is None:
        return f"{alias}.occurrence = {binds.text(name)}"
    # a step of a clock is written down as `warned:<clock>.<step>`, and is meant by `warned:<clock>` too
    column = f"{alias}.qualifier"
    if name in STEPS and "." not in qualifier:
        column = f"split_part({column}, '.', 1)"
    return f"{alias}.occurrence = {binds.text(name)} AND {column} = {binds.text(qualifier)}"


def reached_sql(occurrence: str, binds: Binds) -> str:
    """Whether it happened since the case was last opened."""
    return (
        f"EXISTS (SELECT 1 FROM timeline f WHERE f.case_id = c.id AND {occurrence_sql('f', occurrence, binds)} "
        "AND f.happened_at < :until AND NOT EXISTS (SELECT 1 FROM timeline o WHERE o.case_id = c.id "
        "AND o.occurrence = 'reopened' AND o.happened_at < :until AND o.happened_at > f.happened_at))"
    )


def fact_sql(name: str, binds: Binds) -> str:
    """A fact's value as jsonb, NULL where it is not known. Raises `ValueError` for a fact that intake does not have."""
    if name == "channel":
        return "to_jsonb(c.channel)"
    if name == "missing":
        return "c.missing"
    if name == "cycle":
        value = "f.details->'cycle'"
        return f"coalesce({_last(('reopened',), value, binds)}, CAST('1' AS jsonb))"
    if name in _DECIDED:
        return _last(_DECIDED[name], "to_jsonb(f.qualifier)", binds)
    milestone, _, field = name.partition(".")
    if milestone == "count":
        raise ValueError(name)
    if not field or milestone == "received":
        return f"nullif(c.attributes->{binds.text(name)}, CAST('null' AS jsonb))"
    value = f"nullif(f.details->'fields'->{binds.text(field)}, CAST('null' AS jsonb))"
    return _last((milestone,), value, binds, given=True)


def _last(names: tuple[str, ...], value: str, binds: Binds, *, given: bool = False) -> str:
    """The value that the last of these occurrences left (of those that gave one, if `given`)."""
    wanted = " OR ".join(f"f.occurrence = {binds.text(name)}" for name in names)
    known = f" AND {value} IS NOT NULL" if given else ""
    return (
        f"(SELECT {value} FROM timeline f WHERE f.case_id = c.id AND ({wanted}) AND f.happened_at < :until{known} "
        "ORDER BY f.happened_at DESC, f.sequence DESC LIMIT 1)"
    )


def _compare(condition: Compare, binds: Binds) -> str:
    operator, operand = condition.operator, condition.operand
    fact = fact_sql(condition.field, binds)
    if operator == "known":
        return f"({fact} IS {'NOT ' if operand else ''}NULL)"
    if operator == "older_than":
        return _older(fact, operand, binds)
    if operator in _ORDERED:
        # an amount of money is decimal text
        return (
            f"(SELECT CASE WHEN jsonb_typeof(x.v) = 'number' OR x.v #>> '{{}}' ~ '^[0-9]{{1,12}}[.][0-9]{{2}}$' "
            f"THEN CAST(x.v #>> '{{}}' AS numeric) {_ORDERED[operator]} {binds.number(operand)} END "
            f"FROM (SELECT {fact} AS v) AS x)"
        )
    if operator == "contains":
        return f"({fact} @> {binds.json(operand)})"
    values = operand if isinstance(operand, tuple) else (operand,)
    among = ", ".join(binds.json(value) for value in values)
    return f"({fact} {'NOT IN' if operator in ('is_not', 'not_in') else 'IN'} ({among}))"


def _older(fact: str, age: Duration, binds: Binds) -> str:
    """As `shared.procedures.ages.is_older`: dates of the receipt's own zone, whose offset stands with it."""
    received = f"(c.attributes->>{binds.text(RECEIVED_AT)})"
    local = f"CAST(CAST(x.v AS timestamptz) AT TIME ZONE CAST(right({received}, 6) AS interval) AS date)"
    day = f"(CASE WHEN length(x.v) = 10 THEN CAST(x.v AS date) ELSE {local} END)"
    length = {Unit.DAYS: "days", Unit.WEEKS: "weeks", Unit.MONTHS: "months", Unit.YEARS: "years"}[age.unit]
    later = f"CAST({day} + make_interval({length} => {int(age.count)}) AS date)"
    return (
        f"(SELECT CASE WHEN x.v ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}' AND {received} IS NOT NULL "
        f"THEN {later} < CAST(left({received}, 10) AS date) END FROM (SELECT {fact} #>> '{{}}' AS v) AS x)"
    )
