-- What the edition in force expects of the coming periods, one area and industry.
-- unwatched: forecasts, not counts of anybody
select indicator, grain, period, horizon, expected, lo80, hi80, lo95, hi95, made_on
from forecast
where area = $area and industry = $industry and cohort = 'all' and expected is not null
order by indicator, period
