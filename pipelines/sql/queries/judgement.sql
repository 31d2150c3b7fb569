-- How one window of a series was judged: what was expected and why, as the last edition that judged it said.
-- watched: observed
select window_periods, observed, expected, variance, p, strength, state, level_mean, factor_mean, reason
from score_history
where indicator = $indicator and area = $area and industry = $industry and cohort = $cohort
    and window_from = $window_from and data_to = $data_to
order by day desc, edition_id desc
limit 1
