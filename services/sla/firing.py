"""A page of timers made into outbox rows, without deciding on their cases: what a plain step says is known beforehand.

This is the hot path: at ten thousand steps a second a pydantic model each is too slow. The records are byte for byte
those that `decide` and the envelope would make; a test holds them equal.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.sla.domain.arming import Cursor
from shared.events.deadlines import ClockBreached, ClockWarned
from shared.events.envelope import NAMESPACE
from shared.events.topics import DEADLINES
from shared.messaging.outbox import Place, Row

_MODELS = {True: ClockBreached, False: ClockWarned}


@dataclass
class Page:
    """What is due, sorted out.

    plain: timers to be said, in the order of each case. decide: cases that have a timer which is to be decided on.
    passed: how far each shard is done with. full: shards that may have more due.
    """

    plain: list[Any] = field(default_factory=list)
    decide: set[UUID] = field(default_factory=set)
    passed: dict[int, Cursor] = field(default_factory=dict)
    full: set[int] = field(default_factory=set)


def sort_out(rows: Sequence[Any], each: int) -> Page:
    """Sort out the rows of `store_timers.page`, read with at most `each` of a shard.

    A full shard is cut before its last case, so that the timers of one case at one instant are never torn apart.
    """
    page, shards = Page(), defaultdict[int, list[Any]](list)
    for row in rows:
        shards[row.shard].append(row)
    for shard, found in shards.items():
        if len(found) >= each:
            page.full.add(shard)
            last = (found[-1].due_at, found[-1].case_id)
            whole = [row for row in found if (row.due_at, row.case_id) != last]
            found = whole or found
        page.passed[shard] = Cursor(found[-1].due_at, found[-1].case_id)
        page.decide.update(row.case_id for row in found if row.valid and not row.plain)
        page.plain += [row for row in found if row.valid]
    if page.decide:
        page.plain = [row for row in page.plain if row.case_id not in page.decide]
    return page


def places(timers: Sequence[Any]) -> Counter[Place]:
    """How many sequence numbers these timers need."""
    return Counter((row.case_id, DEADLINES.name) for row in timers)


def rows_of(timers: Sequence[Any], following: dict[Place, int], now: datetime) -> list[Row]:
    """The outbox rows that timers make when they fire at `now` (UTC); `following`: the first number of each place."""
    made = []
    time = now.isoformat()
    fired_at = _instant(now)
    for row in timers:
        case = str(row.case_id)
        breach = row.step == "due"
        type_ = _MODELS[breach].type_
        due = row.target_due
        cause = f"{row.clock}#{row.cycle}|{row.step}|{due.isoformat()}"
        identifier = _identifier(f"sla|{case}|{type_}|{cause}")
        place = (row.case_id, DEADLINES.name)
        sequence = following[place]
        following[place] = sequence + 1
        value = (
            f'{{"specversion":"1.0","id":"{identifier}","source":"/huiyin/sla","type":"{type_}","subject":"{case}",'
            f'"time":"{time}","datacontenttype":"application/json","dataschema":"/contracts/{type_}.json",'
            f'"partitionkey":"{case}","procedure":"{row.procedure}","procedureversion":{row.version},'
            f'"sequence":{sequence},"cause":"{cause}","data":{{"clock":"{row.clock}","cycle":{row.cycle},'
            f'"due_at":"{_instant(due)}","provisional":{"true" if row.provisional else "false"},"step":"{row.step}",'
            f'"step_due_at":"{_instant(row.due_at)}","fired_at":"{fired_at}",'
            f'"late_by":{(now - row.due_at).total_seconds()}}}}}'
        )
        made.append((identifier, row.case_id, sequence, DEADLINES.name, type_, None, None, value.encode(), now))
    return made


def _instant(instant: datetime) -> str:
    """An instant in UTC as pydantic writes it."""
    return instant.isoformat()[:-6] + "Z"


def _identifier(name: str) -> UUID:
    """`uuid5(NAMESPACE, name)`, at half its cost."""
    digest = hashlib.sha1(NAMESPACE.bytes + name.encode(), usedforsecurity=False).digest()
    return UUID(bytes=digest[:16], version=5)
