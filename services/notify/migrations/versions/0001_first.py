"""Cases, notices with their attempts, queues, senders, follow-ups and satisfaction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.messaging.migrations import create_messaging_tables

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make all tables."""
    create_messaging_tables()
    op.create_table(
        "cases",
        sa.Column("case_id", sa.Uuid, primary_key=True),
        sa.Column("procedure", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("pinned_at", INSTANT, nullable=False),
        sa.Column("case_number", sa.Text, nullable=False),
        sa.Column("body", JSONB, nullable=False),
    )
    _notices()
    op.create_table(
        "attempts",
        sa.Column("notice_id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("outcome", sa.Text),
    )
    op.create_table(
        "endpoint_queues",
        sa.Column("queue", sa.Text, primary_key=True),
        sa.Column("sink", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("open_at", INSTANT, nullable=False),
        sa.Column("picked_at", INSTANT),
        sa.Column("busy_by", sa.Uuid),
        sa.Column("disabled_at", INSTANT),
        sa.Column("reason", sa.Text),
    )
    op.create_table(
        "senders",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("seen_at", INSTANT, nullable=False),
    )
    _service()
    _follow_ups()


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, sa.Identity(), nullable=False, unique=True),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("procedure", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("notice", sa.Text, nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("occurrence", sa.Text, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("details", JSONB, nullable=False),
        sa.Column("conditional", sa.Boolean, nullable=False),
        sa.Column("clock", sa.Text),
        sa.Column("cycle", sa.Integer),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("emitted_at", INSTANT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("queued_at", INSTANT, nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.Column("queue", sa.Text),
        sa.Column("sink", sa.Text),
        sa.Column("addressee", sa.Text),
        sa.Column("sender", sa.Uuid),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("resends", sa.Integer, nullable=False, server_default="0"),
        sa.Column("blanks", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reason", sa.Text),
        sa.Column("ambiguous", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("settled_at", INSTANT),
        sa.Column("joins", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("joined_to", sa.Uuid),
        sa.Column("form", sa.Text),
    )
    op.create_index("notices_case", "notices", ["case_id"])
    for name, columns, where in (
        ("notices_unrouted", ["next_try_at"], "state = 'waiting' AND queue IS NULL"),
        ("notices_due", ["queue", "next_try_at"], "state = 'waiting'"),
        ("notices_order", ["queue", "position"], "state = 'waiting'"),
        ("notices_sending", ["sender"], "state = 'sending'"),
        ("notices_open", ["case_id"], "state IN ('undecided', 'waiting')"),
        ("notices_failed", ["position"], "state = 'failed'"),
    ):
        op.create_index(name, "notices", columns, postgresql_where=sa.text(where))


def _service() -> None:
    op.create_table(
        "receipts",
        sa.Column("notice_id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, sa.Identity(), nullable=False, unique=True),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("procedure", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("notice", sa.Text, nullable=False),
        sa.Column("addressee", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("served_at", INSTANT),
        sa.Column("served_on", sa.Date),
        sa.Column("signer", sa.Text),
        sa.Column("by", sa.Text),
        sa.Column("person", sa.Text),
    )
    op.create_index("receipts_case", "receipts", ["case_id"])
    op.create_index("receipts_due", "receipts", ["due_at"], postgresql_where=sa.text("state = 'awaited'"))
    op.create_table(
        "deliveries",
        sa.Column("notice_id", sa.Uuid, primary_key=True),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("person", sa.Text),
    )


def _follow_ups() -> None:
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, sa.Identity(), nullable=False, unique=True),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("procedure", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("follow_up", sa.Text, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("occurrence", sa.Text, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("conditional", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("emitted_at", INSTANT, nullable=False),
        sa.Column("opens_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("calls", JSONB, nullable=False, server_default="[]"),
        sa.Column("satisfied", sa.Boolean),
        sa.Column("score", sa.SmallInteger),
        sa.Column("grade", sa.Text),
        sa.Column("fields", JSONB, nullable=False, server_default="{}"),
        sa.Column("answered_at", INSTANT),
    )
    op.create_index("follow_ups_case", "follow_ups", ["case_id"])
    op.create_index("follow_ups_open", "follow_ups", ["position"], postgresql_where=sa.text("state = 'open'"))
    op.create_index("follow_ups_waiting", "follow_ups", ["opens_at"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_table(
        "satisfactions",
        sa.Column("case_id", sa.Uuid, primary_key=True),
        sa.Column("cycle", sa.Integer, primary_key=True),
        sa.Column("satisfied", sa.Boolean, nullable=False),
        sa.Column("score", sa.SmallInteger),
        sa.Column("at", INSTANT, nullable=False),
    )
