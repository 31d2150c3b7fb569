-- Area by industry: the last window's sum against the expected one.
-- watched: observed
select area, industry, window_from, data_to, observed, expected, variance, p
from score
where indicator = $indicator and window_periods = $window_periods and cohort = 'all'
order by area, industry
