-- The newest period of each grain that has a reading.
-- unwatched: periods
select grain, max(period) as period
from reading
where value is not null and cohort = 'all'
group by grain
order by grain
