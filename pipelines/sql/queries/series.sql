-- All indicators of one area and industry in one grain since a day.
-- watched: numerator, units
select indicator, period, numerator, denominator, value, units, reporting, due, is_provisional, is_suppressed
from reading
where area = $area and industry = $industry and cohort = 'all' and grain = $grain and period >= $since
order by indicator, period
