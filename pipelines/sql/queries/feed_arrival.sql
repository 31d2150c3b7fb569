-- What one feed's senders owed since a day and when it came.
-- unwatched: which files came
select area, grain, period, due_at, received_at, status
from roster
where feed = $feed and period >= $since and status <> 'not_due'
order by area, period
