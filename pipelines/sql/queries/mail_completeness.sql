-- What should have come and whether it did, for the line under a mail; the roster as it stands.
-- unwatched: which files came
select feed, area, grain, period, status, due_at, received_at
from roster
order by feed, area, period
