-- Files in force that speak for the period of a figure.
select feed, drop_id, file_name, received_at
from warehouse.main.drop_register
where drop_id in (
    select drop_id
    from in_force
    where list_contains($feeds, feed) and {truncated} = $period
        and ($area = $city or sender = $area or sender = $city)
)
order by feed, received_at, file_name
