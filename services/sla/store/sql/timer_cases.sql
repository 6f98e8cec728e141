-- The cases of the shards' next pages that must be decided on: those with a timer that is not plain.
--
-- In: as for timer_pages. Out: case ids, each once. Takes no lock. Each OFFSET 0 keeps the order of work: a shard's range
-- first, then each timer's clock by its key.
CREATE OR REPLACE FUNCTION timer_cases(wanted integer[], until timestamp with time zone, most integer)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET enable_memoize TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
    #variable_conflict use_column
    DECLARE shards_ int[]; at_ timestamptz[]; cases_ uuid[];
    BEGIN
        SELECT array_agg(e.shard), array_agg(e.due_at), array_agg(e.case_id) INTO shards_, at_, cases_
        FROM timer_pages(wanted, until, most) AS e WHERE NOT e.plain;
        RETURN QUERY SELECT DISTINCT t.case_id 
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
 WHERE NOT t.plain;
    END $function$
