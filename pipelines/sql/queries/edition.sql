-- The edition in force and those before it, newest first.
-- unwatched: editions
select edition_id, day, number, cutoff_at from edition_history order by cutoff_at desc, number desc limit 400
