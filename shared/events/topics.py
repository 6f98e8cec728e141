"""The Kafka topics: names, sizes, who writes. Created by the provisioner only, never by a client (rule D7).

Partition counts are fixed for life, because the key (the case id) must stay on its partition. The retention is shorter
than the outbox's, so that whatever the broker has forgotten can be published again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Topic:
    """One topic. `writer` is the only service that writes it; `outside` where other departments do."""

    name: str
    writer: Literal["intake", "routing", "sla", "notify", "outside", "any"]
    meaning: str
    partitions: int = 6
    retention_ms: int = 7 * DAY_MS
    max_message_bytes: int = 1_048_576
    cleanup: str = "delete"
    timestamps: Literal["CreateTime", "LogAppendTime"] = "CreateTime"
    """Whose time a record bears: the sender's, or the broker's, which no sender can choose."""


COMPLAINTS = Topic("huiyin.complaints.v1", "intake", "registered, admitted, refused, merged, withdrawn …")
ASSIGNMENTS = Topic("huiyin.assignments.v1", "routing", "class, department, level, milestones, resolution")
DEADLINES = Topic("huiyin.deadlines.v1", "sla", "clocks started, warned, breached, met …")
NOTICES = Topic("huiyin.notices.v1", "notify", "notices sent or failed, call-backs and their outcome")
DEPARTMENT_REPORTS = Topic(
    "huiyin.department-reports.v1", "outside", "milestones that departments report, signed", timestamps="LogAppendTime"
)
DEAD_LETTERS = Topic(
    "huiyin.dead-letters.v1",
    "any",
    "records that could not be processed, without their payload",
    1,
    30 * DAY_MS,
)

TOPICS: tuple[Topic, ...] = (COMPLAINTS, ASSIGNMENTS, DEADLINES, NOTICES, DEPARTMENT_REPORTS, DEAD_LETTERS)
