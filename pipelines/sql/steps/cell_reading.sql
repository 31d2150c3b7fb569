-- Readings in force of one indicator and grain, without those of industry tags.
select area, industry, cohort, grain, period, numerator, denominator, reporting, due
from reading
where known_to is null and indicator = $indicator and grain = $grain and industry not like 'tag:%'
