-- When the last file of each feed came, and the newest period one spoke for; also of feeds without due times.
-- unwatched: counts of files
select feed, max(received_at) as received_at, max(period) as period, count(*) as files
from drop_register
where origin_id is null and received_at >= $since
group by feed
order by feed
