-- The newest week of which at least half of the areas' villages have reported, as far as this viewer sees.
-- unwatched: a period
select max(period) as period
from (
    select period, sum(reporting) as came, sum(due) as owed
    from reading
    where indicator = 'outworking_labour' and grain = 'week' and industry = 'ALL' and cohort = 'all'
        and (value is not null or is_suppressed)
    group by period
) as one
where owed is null or 2 * came >= owed
