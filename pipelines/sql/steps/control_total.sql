-- The sum of the bounded column beside each of the files that lacks it.
update drop_register
set control_total = summed.total
from (
    select drop_id, sum({column}) as total
    from {facts}
    where drop_id in (
        select drop_id from drop_register where drop_id in (select unnest($drop_ids)) and control_total is null
    )
    group by drop_id
) as summed
where drop_register.drop_id = summed.drop_id
