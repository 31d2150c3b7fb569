-- The cells of a count in the general file, each with its figure.
select g.cohort, g.grain, g.area, g.industry, g.period, g.is_suppressed, r.numerator
from general.reading as g
join restricted.reading as r using (indicator, area, industry, cohort, grain, period)
where g.indicator = {count} and g.known_to is null and r.known_from <= $cutoff_at
    and (r.known_to is null or r.known_to > $cutoff_at)
