-- Of an indicator's newest period of which cells are hidden from the public: how many of how many.
-- unwatched: counts of cells
select s.grain, s.period, count(*) as hidden, max(r.cells) as cells
from suppression as s
join (
    select grain, period, count(*) as cells
    from reading
    where indicator = $indicator and cohort = 'all'
    group by grain, period
) as r on r.grain = s.grain and r.period = s.period
where s.indicator = $indicator
    and (s.grain, s.period) in (
        select grain, max(period) from suppression where indicator = $indicator group by grain
    )
group by s.grain, s.period
order by s.grain
