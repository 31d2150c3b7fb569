-- Whose data a mail speaks of, and whether they are invented.
-- unwatched: facts of the edition
select key, value from manifest order by key
