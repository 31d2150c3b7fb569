-- What the last periods brought, for the bars under a warning: counts of all industries by week, as they were released.
-- unwatched: asked for mails, by the general audience alone
select indicator, area, period, value, is_suppressed
from reading
where grain = 'week' and industry = 'ALL' and cohort = 'all' and period >= $since
order by indicator, area, period
