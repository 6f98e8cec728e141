-- Where each shard's page of due timers ends: at the last of `most`, or at the last that is due.
--
-- In: shards; the instant until which timers are due; how many timers a page has. Out: a row for each shard with any: the
-- page's last timer, how many there are, and whether all are plain (need no decision). Takes no lock.
--
-- A planner without statistics (fresh or fast-growing tables) would read and sort the whole backlog for each page. So its
-- choices are pinned by SET.
CREATE OR REPLACE FUNCTION timer_pages(wanted integer[], until timestamp with time zone, most integer)
 RETURNS TABLE(shard integer, due_at timestamp with time zone, case_id uuid, found bigint, plain boolean)
 LANGUAGE sql
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
        SELECT s.shard, last.* FROM shards s CROSS JOIN LATERAL (
            SELECT page.due_at, page.case_id, count(*) OVER (), bool_and(page.plain) OVER () FROM (
                SELECT t.due_at, t.case_id, t.plain FROM timers t
                WHERE t.shard = s.shard AND (t.due_at, t.case_id) > (s.cursor_at, s.cursor_case) AND t.due_at <= until
                ORDER BY t.due_at, t.case_id, t.id LIMIT most) AS page
            ORDER BY page.due_at DESC, page.case_id DESC LIMIT 1) AS last
        WHERE s.shard = ANY(wanted)
    $function$
