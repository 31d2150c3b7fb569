-- Which tables an edition released.
insert into restricted.release by name
select distinct indicator, cohort, grain, period, $cutoff_at as released_at
from cells_told
