-- Fire a page of timers of each shard: one bundle of events, and the cursors moved. No case is read or locked.
--
-- In: `wanted` shards; `now_`; `most` timers a shard; `locking`: try each shard's advisory lock (`space`, shard) and leave out
-- what somebody holds, else the caller holds them all; `settled`: cases that were decided on in this transaction, NULL to leave
-- out shards whose page has a timer that is not plain; topic and event types; `reading`: return the bundle's content too.
-- Out: `held`: the shards whose lock is held; `busy`: those with a full page, so more may be due; `mixed`: those left out; of
-- each event its procedure, clock, type and lateness (seconds); the bundle's id and, if `reading`, what it holds.
-- Locks: the shards' advisory locks if `locking`, their rows, until the transaction ends.
--
-- The records are those that `decide` and the envelope would make: record_sql.py renders their text, a test holds both equal.
-- A chain of || is half the work of format(), and what is the same on a whole page is joined once. An event's number follows
-- the case's last one: that of `sequences`, as of the last decision on the case, and what steps_fired counts since.
CREATE OR REPLACE FUNCTION fire_timers(wanted integer[], now_ timestamp with time zone, most integer, locking boolean, space integer, settled uuid[], topic_ text, breached text, warned text, reading boolean, OUT held integer[], OUT busy integer[], OUT mixed integer[], OUT procedures text[], OUT clocks text[], OUT types text[], OUT late real[], OUT bundle bigint, OUT event_ids uuid[], OUT case_ids uuid[], OUT records bytea[])
 RETURNS record
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET enable_memoize TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
    #variable_conflict use_column
    DECLARE
        shards_ int[]; at_ timestamptz[]; cases_ uuid[]; events_ uuid[]; subjects_ uuid[]; numbers_ int[];
        records_ bytea[];
        time_ text := CASE WHEN date_trunc('second', now_) = now_ THEN to_char(now_ AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ELSE to_char(now_ AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') END;
        fired_to_late text := 'Z","fired_at":"' || time_ || 'Z","late_by":';
        breached_1 text := '","source":"/huiyin/sla","type":"' || breached || '","subject":"';
        breached_2 text := '","time":"' || time_ || '+00:00","datacontenttype":"application/json","dataschema":"/contracts/' || breached || '.json","partitionkey":"';
        warned_1 text := '","source":"/huiyin/sla","type":"' || warned || '","subject":"';
        warned_2 text := '","time":"' || time_ || '+00:00","datacontenttype":"application/json","dataschema":"/contracts/' || warned || '.json","partitionkey":"';
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
                CAST(t.case_id AS text) AS subject, CASE WHEN date_trunc('second', c.target) = c.target THEN to_char(c.target AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ELSE to_char(c.target AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') END AS target_text,
                CASE WHEN date_trunc('second', t.due_at) = t.due_at THEN to_char(t.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ELSE to_char(t.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') END AS due_text,
                CAST(extract(epoch FROM now_ - t.due_at) AS double precision) AS late,
                row_number() OVER (PARTITION BY t.case_id ORDER BY t.due_at, t.id) AS nth
            
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
 WHERE settled IS NULL OR t.case_id <> ALL(settled)),
        numbered AS (
            SELECT due.*, CAST(nth + so_far.n
                + coalesce((SELECT last FROM sequences q WHERE q.case_id = due.case_id AND q.topic = topic_), 0)
                AS int) AS sequence
            FROM due CROSS JOIN LATERAL steps_fired(due.case_id, due.shard, cursor_at, cursor_case, swept_at) AS so_far
            ORDER BY due_at, id),
        fired AS (
            SELECT event_id, case_id, sequence, type, procedure, clock, late,
                convert_to(
    '{"specversion":"1.0","id":"' || event_id || type_to_subject || subject || subject_to_key || subject
    || '","procedure":"' || procedure || '","procedureversion":' || version || ',"sequence":' || sequence
    || ',"cause":"' || clock || '#' || cycle || '|' || step || '|' || target_text || '+00:00","data":{"clock":"'
    || clock || '","cycle":' || cycle || ',"due_at":"' || target_text || 'Z","provisional":' || provisional
    || ',"step":"' || step || '","step_due_at":"' || due_text || fired_to_late || late || '}}'
, 'UTF8') AS record
            FROM numbered)
        SELECT array_agg(event_id), array_agg(case_id), array_agg(sequence), array_agg(record), array_agg(procedure),
            array_agg(clock), array_agg(type), array_agg(CAST(fired.late AS real))
        INTO events_, subjects_, numbers_, records_, procedures, clocks, types, late FROM fired;
        IF events_ IS NOT NULL THEN
            INSERT INTO bundles (topic, emitted_at, event_ids, case_ids, sequences, types, records)
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
    END $function$
