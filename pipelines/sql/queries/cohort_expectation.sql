-- For every week, what was last forecast before it came, all cohorts of one area.
-- unwatched: forecasts, not counts of anybody
select indicator, cohort, period, expected, lo80, hi80, lo95, hi95, made_on
from (
    select
        indicator, cohort, period, expected, lo80, hi80, lo95, hi95, made_on,
        row_number() over (partition by indicator, cohort, period order by made_on desc, edition_id desc) as newest
    from forecast_history
    where area = $area and industry = 'ALL' and cohort <> 'all' and grain = 'week' and period >= $since
        and expected is not null
) as made
where newest = 1
order by indicator, cohort, period
