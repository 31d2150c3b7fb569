-- One indicator's readings of all units in one grain since a day.
-- watched: numerator
select area, period, value, numerator
from reading
where indicator = $indicator and area <> $city and industry = 'ALL' and cohort = 'all' and grain = $grain
    and period >= $since and value is not null
order by area, period
