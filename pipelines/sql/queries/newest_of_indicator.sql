-- Of each indicator and grain the newest period with a figure of an area's total.
-- unwatched: periods
select indicator, grain, max(period) as period
from reading
where area = $area and industry = 'ALL' and cohort = 'all' and (value is not null or is_suppressed)
group by indicator, grain
order by indicator, grain
