-- For every period, what was last forecast before it came, all indicators of one area and industry.
-- unwatched: forecasts, not counts of anybody
select indicator, period, expected, lo80, hi80, lo95, hi95, made_on
from (
    select
        indicator, period, expected, lo80, hi80, lo95, hi95, made_on,
        row_number() over (partition by indicator, period order by made_on desc, edition_id desc) as newest
    from forecast_history
    where area = $area and industry = $industry and cohort = 'all' and grain = $grain and period >= $since
        and expected is not null
) as made
where newest = 1
order by indicator, period
