-- Area by industry: the last whole month that has readings.
-- watched: numerator
select area, industry, period, numerator, value, is_provisional, is_suppressed, reporting, due
from reading
where indicator = $indicator and grain = 'month' and cohort = 'all'
    and period = (
        select max(period) from reading where indicator = $indicator and grain = 'month' and period < $this_month
    )
order by area, industry
