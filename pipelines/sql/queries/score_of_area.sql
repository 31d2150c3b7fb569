-- How the last windows of one area and industry compare with what was expected, all indicators.
-- watched: observed
select indicator, grain, window_periods, window_from, data_to, observed, expected, variance, p, strength, state,
    is_provisional
from score
where area = $area and industry = $industry and cohort = 'all'
order by indicator, grain, window_periods
