-- The earliest period of each feed whose drops in force differ from those of the edition before.
select feed, min(period) as since
from (
    select feed, period, drop_id
    from (
        select feed, period, drop_id from in_force
        union all
        select feed, period, drop_id from in_force_before
    ) as either
    group by feed, period, drop_id
    having count(*) = 1
) as difference
group by feed
