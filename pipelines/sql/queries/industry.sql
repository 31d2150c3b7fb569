-- The industrial classification with its total and its unknown member.
-- unwatched: names
select code, name, level, parent from industry order by code
