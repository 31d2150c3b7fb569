-- Every reading of one area in one grain since a day, for download.
-- watched: numerator
select
    indicator, industry, period, numerator, denominator, value, is_provisional, is_suppressed
from reading
where area = $area and grain = $grain and cohort = 'all' and period >= $since
order by indicator, industry, period
