-- The tables of which a cell changed since they were last released: told anew by a restatement.
insert into chosen
select told.indicator, told.cohort, told.grain, told.period, true as is_again
from (
    select indicator, cohort, grain, period, max(released_at) as released_at
    from restricted.release
    group by all
) as told
join restricted.reading using (indicator, cohort, grain, period)
where {is_general} and known_from <= $cutoff_at
    and (known_from > released_at or (known_to > released_at and known_to <= $cutoff_at))
group by all
