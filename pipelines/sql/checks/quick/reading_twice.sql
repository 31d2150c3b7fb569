-- A reading can only be said twice by one that is new, because those before were looked at when they were: 0 where nothing
-- is wrong.
select count(*) - count(distinct hash(indicator, area, industry, cohort, grain, period)) as number
from restricted.reading
where known_to is null and hash(indicator, area, industry, cohort, grain, period) in (
    select hash(indicator, area, industry, cohort, grain, period)
    from restricted.reading
    where known_from > $known
)
