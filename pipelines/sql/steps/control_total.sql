-- The sum of the bounded column beside each of the files that lacks it: to the 分, so that the order of rows is no matter.
update drop_register
set control_total = summed.total
from (
    select drop_id, round(sum({column}), 2) as total
    from {facts}
    where drop_id in (
        select drop_id from drop_register where drop_id in (select unnest($drop_ids)) and control_total is null
    )
    group by drop_id
) as summed
where drop_register.drop_id = summed.drop_id
