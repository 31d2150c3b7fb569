-- Facts about the published file.
-- unwatched: facts of the edition
select key, value from manifest
