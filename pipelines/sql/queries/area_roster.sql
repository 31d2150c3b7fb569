-- What one area owed since a day, period by period, newest first.
-- unwatched: which files came; rows sent back are the sender's own lines
select feed, grain, period, due_at, status, received_at, rows_quarantined
from roster
where area = $area and period >= $since
order by feed, period desc
