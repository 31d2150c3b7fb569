-- The lines behind one part of a figure, with their files.
select
    $part as part, item.feed, item.drop_id, file_name, received_at, line_number,
    case when count(*) = count(contribution) then sum(contribution) end as contribution
from (select unnest({lines}, recursive := true) from traced) as item
join warehouse.main.drop_register as received on item.drop_id = received.drop_id
group by all
order by item.feed, received_at, file_name, item.drop_id, line_number
