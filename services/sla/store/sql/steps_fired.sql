-- How many steps of a case timers have fired since the case was last numbered (`cases.numbered_at`).
--
-- In: the case, its shard, the shard's cursor and how far it was swept. Out: one row with the count. A step counts if the
-- cursor has passed it and its timer is there (or was there when it was swept): one whose timer vanished was never fired, and
-- leaves no gap in the numbers. Takes no lock: the caller holds the shard's. No SET, so it is part of the caller's plan.
CREATE OR REPLACE FUNCTION steps_fired(case_ uuid, shard_ integer, cursor_at_ timestamp with time zone, cursor_case_ uuid, swept_at_ timestamp with time zone)
 RETURNS TABLE(n bigint)
 LANGUAGE sql
 STABLE
AS $function$
        SELECT count(*) FROM clocks k CROSS JOIN LATERAL unnest(k.step_ids, k.step_at) AS a (step, at)
        WHERE k.case_id = case_ AND k.step_at[1] <= cursor_at_
            AND a.at <= passed_at(case_, cursor_at_, cursor_case_)
            AND a.at > (SELECT numbered_at FROM cases WHERE id = case_)
            AND (a.at <= swept_at_ OR EXISTS (
                SELECT FROM timers t WHERE t.shard = shard_ AND t.due_at = a.at AND t.case_id = case_
                    AND t.clock = k.clock AND t.cycle = k.cycle AND t.generation = k.generation AND t.step = a.step))
    $function$
