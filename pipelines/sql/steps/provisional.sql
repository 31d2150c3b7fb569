-- Readings of totals whose roster is incomplete at this edition.
select indicator, area, industry, cohort, grain, period, value, reporting, due, area = $city as is_city
from reading
where known_to is null and is_provisional and industry = 'ALL' and cohort = 'all' and value is not null and period >= $since
