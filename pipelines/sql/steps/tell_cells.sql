-- Cells that are new to the general file, or whose version before has ended.
insert into general.reading by name
select
    indicator, area, industry, cohort, grain, period, numerator, denominator, value, reporting, due, is_provisional,
    is_suppressed, $cutoff_at as known_from
from cells_told as d
where is_here and not {is_told}
