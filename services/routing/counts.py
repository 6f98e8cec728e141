"""The use case of counts: what happens to one case changes the number of its matter, and so the facts of others."""

from __future__ import annotations

from collections import deque
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.domain import counting
from services.routing.domain.assignment import Change
from services.routing.domain.case import Case
from services.routing.domain.decide import Rules, apply_counts
from services.routing.rule_book import RuleBook
from services.routing.store import cases as case_store
from services.routing.store import counted
from services.routing.store.counted import CountWindow
from shared.business_time.due import step_before
from shared.business_time.durations import Duration
from shared.errors import NotFound
from shared.procedures.model import Count

Cases = MutableMapping[UUID, Case]
"""The cases of one transaction as they are now, locked; more are added as they are needed."""

_LONGEST_CHAIN = 1000
_MARGIN = timedelta(days=4)  # months have different lengths: what may be in the window is read, and then judged exactly
_TRY_AGAIN = timedelta(hours=1)


async def count_new(
    tx: AsyncConnection, rules: RuleBook, cases: Cases, before: Case | None, after: Case, now: datetime
) -> list[Change]:
    """Count what has happened to a case since `before`, and what that leads to in turn.

    Returns the changes of other cases and further ones of its own, in their order; `cases` holds them already.
    """
    changes: list[Change] = []
    pending = deque([(before, after)])
    while pending and len(changes) < _LONGEST_CHAIN:
        earlier, later = pending.popleft()
        own_rules = rules.get(later.procedure)
        for count, matter, one in counting.newly_counted(earlier, later, own_rules.procedure):
            await counted.add(tx, count.id, matter.key, one)
            since = _since(count, own_rules, one.happened_at)
            at = counting.judged_at(await counted.list_since(tx, count.id, matter.key, since), one.happened_at)
            for known, change in await _judge(tx, rules, cases, count, matter.key, later.procedure, at, now):
                changes.append(change)
                pending.append((known, change.case))
    return changes


async def move_window(
    tx: AsyncConnection, rules: RuleBook, cases: Cases, window: CountWindow, now: datetime
) -> list[Change]:
    """Judge the number of a key again, whose window has moved on; returns the changes in their order."""
    await counted.lock(tx, window.key)
    try:
        specs = rules.get(window.procedure).procedure.counts
    except NotFound:  # a version that this installation does not have at the moment
        await counted.look_again(tx, window.count, window.key, window.procedure, now + _TRY_AGAIN)
        return []
    count = next((one for one in specs if one.id == window.count), None)
    if count is None:
        await counted.look_again(tx, window.count, window.key, window.procedure, None)
        return []
    changes: list[Change] = []
    for known, change in await _judge(tx, rules, cases, count, window.key, window.procedure, now, now):
        changes += [change, *await count_new(tx, rules, cases, known, change.case, now)]
    return changes


async def _judge(
    tx: AsyncConnection,
    rules: RuleBook,
    cases: Cases,
    count: Count,
    key: str,
    procedure: tuple[str, int],
    at: datetime,
    now: datetime,
) -> list[tuple[Case, Change]]:
    """The number of a key at `at` becomes the fact of every unfinished case: each as it was, with its change."""
    own_rules = rules.get(procedure)
    found = counting.tally(
        count, await counted.list_since(tx, count.id, key, _since(count, own_rules, at)), at, own_rules.calendar
    )
    await counted.look_again(tx, count.id, key, procedure, found.falls_at)
    ids = await counted.unfinished(tx, count.id, key)
    cases.update(await case_store.load(tx, ids - cases.keys()))
    judged: list[tuple[Case, Change]] = []
    for case_id in sorted(ids & cases.keys()):
        case = cases[case_id]
        change = apply_counts(case, rules.get(case.procedure), {count.id: found.number}, now)
        if change.case != case:
            cases[case_id] = change.case
            judged.append((case, change))
    return judged


def _since(count: Count, rules: Rules, at: datetime) -> datetime:
    if count.window is None:
        return datetime.min.replace(tzinfo=UTC)
    return step_before(at, Duration.parse(count.window), rules.calendar, "elapsed") - _MARGIN
