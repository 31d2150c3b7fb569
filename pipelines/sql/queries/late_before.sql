-- What was outstanding at an earlier instant, feed by feed.
-- unwatched: counts of files
select feed, area, count(*) as outstanding
from roster_history
where period >= $since and known_from <= $at and (known_to is null or known_to > $at)
    and (status in ('missing', 'held', 'refused') or (status = 'late' and received_at is null))
group by feed, area
order by feed, area
