-- The files that came for one feed, sender and period, the newest first.
-- unwatched: which files came
select drop_id, version, is_supplement, received_at, content_hash, status, file_name
from drop_register
where feed = $feed and sender = $area and period = $period and origin_id is null
order by received_at desc, drop_id
