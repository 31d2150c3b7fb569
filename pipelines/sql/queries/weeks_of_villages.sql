-- What monitored villages reported for two weeks, area by area: people away and where, who returned.
-- watched: value, units
select indicator, area, period, value, units, is_provisional, is_suppressed
from reading
where grain = 'week' and industry = 'ALL' and cohort = 'all' and period in ($week, $before)
    and (indicator like 'outworking%' or indicator like 'returning%')
order by area, indicator, period
