"""Firing, done by the database: a page of timers becomes outbox rows in one call, without deciding on their cases.

What a plain step says is known beforehand, but for the instant, the sequence number and the lateness. The records are
those that `decide` and the envelope would make; a test holds them equal.

A planner without statistics (fresh or fast-growing tables) would read and sort the whole backlog for each page. So its
choices are pinned, and each OFFSET 0 keeps the order of work: a shard's range, then each timer's clock by its key.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

_PINNED = (
    "SET enable_seqscan = off SET enable_bitmapscan = off SET enable_mergejoin = off SET jit = off "
    "SET plan_cache_mode = force_generic_plan"
)

# A step's number follows the case's last one, which is read off the outbox: writing it to `sequences` for each step
# would be a third of the work. `sequences` is brought up to date by whoever decides on the case, and before outbox rows
# go.

# Where each shard's page ends: at the last of `most` timers, or of those that are due.
_ENDS = f"""
    CREATE FUNCTION timer_pages(wanted int[], until timestamptz, most int)
    RETURNS TABLE (shard int, due_at timestamptz, case_id uuid, found bigint, plain boolean)
    LANGUAGE sql {_PINNED} AS $$
        SELECT s.shard, last.* FROM shards s CROSS JOIN LATERAL (
            SELECT page.due_at, page.case_id, count(*) OVER (), bool_and(page.plain) OVER () FROM (
                SELECT t.due_at, t.case_id, t.plain FROM timers t
                WHERE t.shard = s.shard AND (t.due_at, t.case_id) > (s.cursor_at, s.cursor_case) AND t.due_at <= until
                ORDER BY t.due_at, t.case_id, t.id LIMIT most) AS page
            ORDER BY page.due_at DESC, page.case_id DESC LIMIT 1) AS last
        WHERE s.shard = ANY(wanted)
    $$
"""  # noqa: S608  (only text of this file is put into it)

_DUE = """
    FROM (
        SELECT s.shard, s.cursor_at, s.cursor_case, p.at, p.case_id
        FROM unnest(shards_, at_, cases_) AS p (shard, at, case_id) JOIN shards s USING (shard) OFFSET 0) AS p
    CROSS JOIN LATERAL (
        SELECT * FROM timers t WHERE t.shard = p.shard AND (t.due_at, t.case_id) > (p.cursor_at, p.cursor_case)
            AND t.due_at <= p.at AND (t.due_at, t.case_id) <= (p.at, p.case_id) OFFSET 0) AS t
    CROSS JOIN LATERAL (
        SELECT c.due_at AS target, c.provisional, c.procedure, c.version FROM clocks c
        WHERE c.case_id = t.case_id AND c.clock = t.clock AND c.cycle = t.cycle AND c.generation = t.generation
        OFFSET 0) AS c
"""

# The cases of a page that are to be decided on: those with a step that is not plain, or every case.
_CASES = f"""
    CREATE FUNCTION timer_cases(wanted int[], until timestamptz, most int, every boolean) RETURNS SETOF uuid
    LANGUAGE plpgsql {_PINNED} AS $$
    #variable_conflict use_column
    DECLARE shards_ int[]; at_ timestamptz[]; cases_ uuid[];
    BEGIN
        SELECT array_agg(e.shard), array_agg(e.due_at), array_agg(e.case_id) INTO shards_, at_, cases_
        FROM timer_pages(wanted, until, most) AS e WHERE every OR NOT e.plain;
        RETURN QUERY SELECT DISTINCT t.case_id {_DUE} WHERE every OR NOT t.plain;
    END $$
"""  # noqa: S608  (as above)


def _instant(of: str, zone: str) -> str:
    """SQL for an instant as Python writes it: without the microseconds if there are none."""
    utc, form = f"{of} AT TIME ZONE 'UTC'", 'YYYY-MM-DD"T"HH24:MI:SS'
    return (
        f"CASE WHEN date_trunc('second', {of}) = {of} THEN to_char({utc}, '{form}{zone}') "
        f"ELSE to_char({utc}, '{form}.US{zone}') END"
    )


_RECORD = f"""
    format('{{"specversion":"1.0","id":"%s","source":"/huiyin/sla","type":"%s","subject":"%s","time":"%s",'
        '"datacontenttype":"application/json","dataschema":"/contracts/%s.json","partitionkey":"%s",'
        '"procedure":"%s","procedureversion":%s,"sequence":%s,"cause":"%s#%s|%s|%s","data":{{"clock":"%s","cycle":%s,'
        '"due_at":"%s","provisional":%s,"step":"%s","step_due_at":"%s","fired_at":"%s","late_by":%s}}}}',
        d.event_id, d.type, d.case_id, time_, d.type, d.case_id, d.procedure, d.version, d.sequence,
        d.clock, d.cycle, d.step, {_instant("d.target", "+00:00")}, d.clock, d.cycle, {_instant("d.target", "Z")},
        CAST(d.provisional AS text), d.step, {_instant("d.due_at", "Z")}, fired_,
        CAST(extract(epoch FROM now_ - d.due_at) AS double precision))
"""

# `locking`: try each shard's lock (the first half of it is `space`), and leave out what somebody holds; else the caller
# holds them all. `settled`: cases that were decided on in this transaction; NULL: leave out shards with a step that is
# not plain, and report them as `mixed`. `said`: [{procedure, clock, breach, late: [seconds]}].
_FIRE = f"""
    CREATE FUNCTION fire_timers(wanted int[], now_ timestamptz, most int, locking boolean, space int, settled uuid[],
        topic_ text, breached text, warned text, page_ids int,
        OUT held int[], OUT busy int[], OUT mixed int[], OUT said json)
    LANGUAGE plpgsql {_PINNED} AS $$
    #variable_conflict use_column
    DECLARE
        shards_ int[]; at_ timestamptz[]; cases_ uuid[];
        time_ text := {_instant("now_", "+00:00")};
        fired_ text := {_instant("now_", "Z")};
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
            SELECT t.*, c.*, CASE t.step WHEN 'due' THEN breached ELSE warned END AS type,
                row_number() OVER (PARTITION BY t.case_id ORDER BY t.due_at, t.id) AS nth
            {_DUE} WHERE settled IS NULL OR t.case_id <> ALL(settled)),
        numbered AS (
            SELECT due.*, nth + greatest(
                coalesce((SELECT last FROM sequences q WHERE q.case_id = due.case_id AND q.topic = topic_), 0),
                coalesce((SELECT o.sequence FROM outbox o WHERE o.case_id = due.case_id AND o.topic = topic_
                    ORDER BY o.sequence DESC LIMIT 1), 0)) AS sequence
            FROM due),
        written AS (
            INSERT INTO outbox (event_id, case_id, sequence, topic, type, value, said_at)
            SELECT d.event_id, d.case_id, d.sequence, topic_, d.type, convert_to({_RECORD}, 'UTF8'), now_
            FROM numbered d ORDER BY d.due_at, d.id
            RETURNING id),
        pages AS (
            INSERT INTO unpublished (ids) SELECT array_agg(id ORDER BY id)
            FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / page_ids AS page FROM written) AS cut
            GROUP BY page ORDER BY page),
        moved AS (
            UPDATE shards SET cursor_at = p.at, cursor_case = p.case_id
            FROM unnest(shards_, at_, cases_) AS p (shard, at, case_id) WHERE shards.shard = p.shard)
        SELECT json_agg(kinds) INTO said FROM (
            SELECT procedure, clock, step = 'due' AS breach,
                array_agg(CAST(extract(epoch FROM now_ - due_at) AS real)) AS late
            FROM due GROUP BY 1, 2, 3) AS kinds;
    END $$
"""  # noqa: S608  (as above)


def upgrade() -> None:
    """Make the functions."""
    for statement in (_ENDS, _CASES, _FIRE):
        op.get_bind().exec_driver_sql(statement)
