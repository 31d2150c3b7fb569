-- 公开文件的现行读数与放出时的条数不符 (the general file lacks current readings or has too many)
select coalesce(sum(abs(coalesce(told, 0) - coalesce(known, 0))), 0) as number
from (
    select indicator, cohort, grain, period, count(*) as told
    from general.reading
    where known_to is null
    group by all
) as general_table
full join (
    select indicator, cohort, grain, period, count(*) as known
    from restricted.reading
    join (
        select indicator, cohort, grain, period, max(released_at) as released_at
        from restricted.release
        group by all
    ) as last using (indicator, cohort, grain, period)
    where {is_general} and known_from <= released_at and (known_to is null or known_to > released_at)
    group by all
) as released using (indicator, cohort, grain, period)
