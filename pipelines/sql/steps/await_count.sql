-- A rate is not released before the count that it is made of.
delete from chosen as c
where c.indicator = $rate and not exists (
    select 1 from restricted.release as r
    where r.indicator = $count and r.cohort = c.cohort and r.grain = c.grain and r.period = {period}
)
