-- Which cells were hidden, and why.
insert into restricted.suppression by name
select indicator, area, industry, cohort, grain, period, reason, $cutoff_at as known_from
from cells_told
where reason <> ''
