-- The weeks of all cohorts of one area since a day, all indicators.
-- watched: numerator, units
select indicator, cohort, period, numerator, value, units, reporting, due, is_provisional, is_suppressed
from reading
where area = $area and industry = 'ALL' and cohort <> 'all' and grain = 'week' and period >= $since
order by indicator, cohort, period
