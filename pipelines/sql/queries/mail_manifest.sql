-- Whose data a mail speaks of, and whether they are invented.
select key, value from manifest order by key
