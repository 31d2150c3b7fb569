-- Which drops speak for their slice at the cut-off: the newest version, then the last received; supplements add.
create or replace temp table in_force as
select drop_id, feed, sender, period
from (
    select
        drop_id, feed, sender, period,
        row_number() over (
            partition by feed, sender, period order by version desc, received_at desc, content_hash desc
        ) as position
    from drop_register
    where status = 'accepted' and not is_supplement and received_at <= $cutoff_at
) as candidate
where position = 1
union all
select drop_id, feed, sender, period
from drop_register
where status = 'accepted' and is_supplement and received_at <= $cutoff_at
