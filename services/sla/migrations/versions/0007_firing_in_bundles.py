"""Firing writes one bundle a page instead of an outbox row a step, whose four indexes cost most of the work.

As before the records are those that `decide` and the envelope would make (a test holds them equal), and the planner's
choices are pinned: a shard's range first, then each timer's clock by its key.

A step's number follows the case's last one: the number in `sequences`, which is as of the last decision on the case,
and the steps that timers have said since. Those are read off the armed steps of its clocks. A step counts as said if
the cursor has passed it after `numbered_at` and its timer is there (or was there when it was swept): one whose timer
vanished was never said, and leaves no gap.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

_PINNED = (
    "SET enable_seqscan = off SET enable_bitmapscan = off SET enable_mergejoin = off SET jit = off "
    "SET enable_memoize = off SET plan_cache_mode = force_generic_plan"
)

_NUMBERED = (
    "ALTER TABLE cases ADD COLUMN numbered_at timestamptz NOT NULL DEFAULT '1970-01-01T00:00Z'",
    "ALTER TABLE cases ALTER COLUMN numbered_at DROP DEFAULT",
    # Before this, what timers had said was numbered in the outbox alone.
    """
    INSERT INTO sequences (case_id, topic, last)
    SELECT case_id, topic, max(sequence) FROM outbox GROUP BY case_id, topic ORDER BY case_id, topic
    ON CONFLICT (case_id, topic) DO UPDATE SET last = greatest(sequences.last, excluded.last)
    """,
    """
    UPDATE cases SET numbered_at = passed_at(cases.id, s.cursor_at, s.cursor_case) FROM shards s
    WHERE s.shard = ('x' || right(cases.id::text, 1))::bit(4)::int
    """,
)

# The last instant at which all steps of a case are behind a cursor.
_PASSED_AT = """
    CREATE FUNCTION passed_at(case_ uuid, cursor_at_ timestamptz, cursor_case_ uuid) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE WHEN case_ <= cursor_case_ THEN cursor_at_ ELSE cursor_at_ - interval '1 microsecond' END
    $$
"""

# How many steps of a case timers have said since it was last numbered. No SET here: so it is part of the caller's plan.
_STEPS_SAID = """
    CREATE FUNCTION steps_said(case_ uuid, shard_ int, cursor_at_ timestamptz, cursor_case_ uuid, swept_at_ timestamptz)
    RETURNS TABLE (n bigint)
    LANGUAGE sql STABLE AS $$
        SELECT count(*) FROM clocks k CROSS JOIN LATERAL unnest(k.step_ids, k.step_at) AS a (step, at)
        WHERE k.case_id = case_ AND k.step_at[1] <= cursor_at_
            AND a.at <= passed_at(case_, cursor_at_, cursor_case_)
            AND a.at > (SELECT numbered_at FROM cases WHERE id = case_)
            AND (a.at <= swept_at_ OR EXISTS (
                SELECT FROM timers t WHERE t.shard = shard_ AND t.due_at = a.at AND t.case_id = case_
                    AND t.clock = k.clock AND t.cycle = k.cycle AND t.generation = k.generation AND t.step = a.step))
    $$
"""

_DUE = """
    FROM (
        SELECT s.shard, s.cursor_at, s.cursor_case, s.swept_at, p.at, p.case_id
        FROM unnest(shards_, at_, cases_) AS p (shard, at, case_id) JOIN shards s USING (shard) OFFSET 0) AS p
    CROSS JOIN LATERAL (
        SELECT * FROM timers t WHERE t.shard = p.shard AND (t.due_at, t.case_id) > (p.cursor_at, p.cursor_case)
            AND t.due_at <= p.at AND (t.due_at, t.case_id) <= (p.at, p.case_id) OFFSET 0) AS t
    CROSS JOIN LATERAL (
        SELECT c.due_at AS target, c.provisional, c.procedure, c.version FROM clocks c
        WHERE c.case_id = t.case_id AND c.clock = t.clock AND c.cycle = t.cycle AND c.generation = t.generation
        OFFSET 0) AS c
"""

# The cases of a page that are to be decided on: those with a step that is not plain.
_CASES = f"""
    CREATE FUNCTION timer_cases(wanted int[], until timestamptz, most int) RETURNS SETOF uuid
    LANGUAGE plpgsql {_PINNED} AS $$
    #variable_conflict use_column
    DECLARE shards_ int[]; at_ timestamptz[]; cases_ uuid[];
    BEGIN
        SELECT array_agg(e.shard), array_agg(e.due_at), array_agg(e.case_id) INTO shards_, at_, cases_
        FROM timer_pages(wanted, until, most) AS e WHERE NOT e.plain;
        RETURN QUERY SELECT DISTINCT t.case_id {_DUE} WHERE NOT t.plain;
    END $$
"""  # noqa: S608  (only text of this file is put into it)


def _instant(of: str) -> str:
    """SQL for an instant in UTC as Python writes it, but for the zone; without microseconds if there are none."""
    utc, form = f"{of} AT TIME ZONE 'UTC'", 'YYYY-MM-DD"T"HH24:MI:SS'
    return (
        f"CASE WHEN date_trunc('second', {of}) = {of} THEN to_char({utc}, '{form}') "
        f"ELSE to_char({utc}, '{form}.US') END"
    )


# A chain of || is half the work of format(), and what is the same on a whole page is joined once.
_RECORD = """
    '{"specversion":"1.0","id":"' || event_id || type_to_subject || subject || subject_to_key || subject
    || '","procedure":"' || procedure || '","procedureversion":' || version || ',"sequence":' || sequence
    || ',"cause":"' || clock || '#' || cycle || '|' || step || '|' || target_text || '+00:00","data":{"clock":"'
    || clock || '","cycle":' || cycle || ',"due_at":"' || target_text || 'Z","provisional":' || provisional
    || ',"step":"' || step || '","step_due_at":"' || due_text || fired_to_late || late || '}}'
"""


def _between(type_: str) -> tuple[str, str]:
    """What stands in a record of this type between its id and its subject, and between that and its key."""
    return (
        f"""'","source":"/huiyin/sla","type":"' || {type_} || '","subject":"'""",
        f"""'","time":"' || time_ || '+00:00","datacontenttype":"application/json","dataschema":"/contracts/' """
        f"""|| {type_} || '.json","partitionkey":"'""",
    )


# `locking`: try each shard's lock (the first half of it is `space`), and leave out what somebody holds; else the caller
# holds them all. `settled`: cases that were decided on in this transaction; NULL: leave out shards with a step that is
# not plain, and report them as `mixed`. Of each step that was said: procedure, clock, type and lateness in seconds; if
# `reading`, the rest of what the bundle holds too.
_FIRE = f"""
    CREATE FUNCTION fire_timers(wanted int[], now_ timestamptz, most int, locking boolean, space int, settled uuid[],
        topic_ text, breached text, warned text, reading boolean,
        OUT held int[], OUT busy int[], OUT mixed int[], OUT procedures text[], OUT clocks text[], OUT types text[],
        OUT late real[], OUT bundle bigint, OUT event_ids uuid[], OUT case_ids uuid[], OUT records bytea[])
    LANGUAGE plpgsql {_PINNED} AS $$
    #variable_conflict use_column
    DECLARE
        shards_ int[]; at_ timestamptz[]; cases_ uuid[]; events_ uuid[]; subjects_ uuid[]; numbers_ int[];
        records_ bytea[];
        time_ text := {_instant("now_")};
        fired_to_late text := 'Z","fired_at":"' || time_ || 'Z","late_by":';
        breached_1 text := {_between("breached")[0]};
        breached_2 text := {_between("breached")[1]};
        warned_1 text := {_between("warned")[0]};
        warned_2 text := {_between("warned")[1]};
    BEGIN
        held := wanted;
        IF locking THEN
            held := ARRAY(SELECT one FROM unnest(wanted) AS one WHERE pg_try_advisory_xact_lock(space, one));
        END IF;
        SELECT array_agg(e.shard) FILTER (WHERE go), array_agg(e.due_at) FILTER (WHERE go),
            array_agg(e.case_id) FILTER (WHERE go), array_agg(e.shard) FILTER (WHERE go AND e.found = most),
            array_agg(e.shard) FILTER (WHERE NOT go)
        INTO shards_, at_, cases_, busy, mixed
        FROM timer_pages(held, now_, most) AS e CROSS JOIN LATERAL (SELECT e.plain OR settled IS NOT NULL AS go) AS g;
        IF shards_ IS NULL THEN
            RETURN;
        END IF;
        WITH due AS MATERIALIZED (
            SELECT t.*, c.*, p.cursor_at, p.cursor_case, p.swept_at,
                CASE t.step WHEN 'due' THEN breached ELSE warned END AS type,
                CASE t.step WHEN 'due' THEN breached_1 ELSE warned_1 END AS type_to_subject,
                CASE t.step WHEN 'due' THEN breached_2 ELSE warned_2 END AS subject_to_key,
                CAST(t.case_id AS text) AS subject, {_instant("c.target")} AS target_text,
                {_instant("t.due_at")} AS due_text,
                CAST(extract(epoch FROM now_ - t.due_at) AS double precision) AS late,
                row_number() OVER (PARTITION BY t.case_id ORDER BY t.due_at, t.id) AS nth
            {_DUE} WHERE settled IS NULL OR t.case_id <> ALL(settled)),
        numbered AS (
            SELECT due.*, CAST(nth + so_far.n
                + coalesce((SELECT last FROM sequences q WHERE q.case_id = due.case_id AND q.topic = topic_), 0)
                AS int) AS sequence
            FROM due CROSS JOIN LATERAL steps_said(due.case_id, due.shard, cursor_at, cursor_case, swept_at) AS so_far
            ORDER BY due_at, id),
        told AS (
            SELECT event_id, case_id, sequence, type, procedure, clock, late,
                convert_to({_RECORD}, 'UTF8') AS record
            FROM numbered)
        SELECT array_agg(event_id), array_agg(case_id), array_agg(sequence), array_agg(record), array_agg(procedure),
            array_agg(clock), array_agg(type), array_agg(CAST(told.late AS real))
        INTO events_, subjects_, numbers_, records_, procedures, clocks, types, late FROM told;
        IF events_ IS NOT NULL THEN
            INSERT INTO bundles (topic, said_at, event_ids, case_ids, sequences, types, records)
            VALUES (topic_, now_, events_, subjects_, numbers_, types, records_) RETURNING id INTO bundle;
            INSERT INTO unpublished (ids, bundle)
            VALUES (ARRAY(SELECT generate_series(1, cardinality(events_))), bundle);
            IF reading THEN
                event_ids := events_;
                case_ids := subjects_;
                records := records_;
            END IF;
        END IF;
        UPDATE shards SET cursor_at = p.at, cursor_case = p.case_id
        FROM unnest(shards_, at_, cases_) AS p (shard, at, case_id) WHERE shards.shard = p.shard;
    END $$
"""  # noqa: S608  (as above)


def upgrade() -> None:
    """Bring numbers up to date, and make the functions anew."""
    op.execute("DROP FUNCTION fire_timers")
    op.execute("DROP FUNCTION timer_cases")
    for statement in (_PASSED_AT, *_NUMBERED, _STEPS_SAID, _CASES, _FIRE):
        op.get_bind().exec_driver_sql(statement)
