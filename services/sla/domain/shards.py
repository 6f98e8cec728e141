"""Shards: sixteen parts of the cases, by which timers are fired, and which cases are checked together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.sla.domain.arming import out_of_step, without
from services.sla.domain.case import Case
from services.sla.domain.cycle_state import CycleKey

SHARDS = 16


def shard_of(case_id: UUID) -> int:
    """The shard of a case: its id's last four bits, which are random."""
    return case_id.int & (SHARDS - 1)


def checked_together(unchecked: Sequence[UUID], most: int) -> list[UUID]:
    """Of cases that were not checked for long, those to check in one transaction: of the first one's shard, `most`.

    Of one shard: to wait for one while another is held would hold up the timers of both. A few: deciding takes a
    millisecond each, in which no timer fires and no event is taken.
    """
    return [id_ for id_ in unchecked if shard_of(id_) == shard_of(unchecked[0])][:most]


@dataclass(frozen=True)
class Checked:
    """Cases that are as their rows have it, those that are not (as if what is lost were not armed), and how many
    clocks that are."""

    sound: list[Case]
    mended: list[Case]
    lost: int


def checked(cases: Mapping[UUID, Case], written: Mapping[UUID, Mapping[CycleKey, int]]) -> Checked:
    """Compare cases with what is written of their clocks: case -> cycle -> generation."""
    odd = {id_: lost for id_, case in cases.items() if (lost := out_of_step(case, written[id_]))}
    return Checked(
        sound=[case for id_, case in cases.items() if id_ not in odd],
        mended=[without(cases[id_], lost) for id_, lost in odd.items()],
        lost=sum(map(len, odd.values())),
    )
