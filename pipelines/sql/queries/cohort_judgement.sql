-- How the last week of each cohort of one area compares with what was expected, and why that was expected.
-- watched: observed
select indicator, cohort, window_from, data_to, observed, expected, variance, p, strength, state, level_mean,
    factor_mean, is_provisional
from score
where area = $area and industry = 'ALL' and cohort <> 'all' and grain = 'week' and window_periods = 1
order by indicator, cohort
