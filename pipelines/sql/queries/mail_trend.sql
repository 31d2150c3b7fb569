-- What the last weeks and months brought, for the bars under a warning: all industries, as they were released.
-- unwatched: asked for mails, by the general audience alone
select indicator, area, grain, period, value, is_suppressed
from reading
where grain in ('week', 'month') and industry = 'ALL' and cohort = 'all' and period >= $since
order by indicator, area, period
