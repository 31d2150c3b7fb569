-- 同一读数有两个现行值 (a reading has two current values)
select count(*) as number
from (
    select count(*) as many
    from restricted.reading
    where known_to is null
    group by indicator, area, industry, cohort, grain, period
    having count(*) > 1
) as double_key
