-- The last instant at which all steps of a case are behind a shard's cursor.
--
-- In: the case; the cursor (its instant, its case). Out: an instant. Reads no table, takes no lock.
CREATE OR REPLACE FUNCTION passed_at(case_ uuid, cursor_at_ timestamp with time zone, cursor_case_ uuid)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE
AS $function$
        SELECT CASE WHEN case_ <= cursor_case_ THEN cursor_at_ ELSE cursor_at_ - interval '1 microsecond' END
    $function$
