-- Slots due in the window that were not reported, or not in a form that counts, as known at the cut-off.
select feed, area, cast(due_at as date) as due_on
from roster
where list_contains($feeds, feed) and due_at > $since and due_at <= $cutoff_at
    and status in ('missing', 'held', 'refused', 'withdrawn')
    and known_from <= $cutoff_at and (known_to is null or known_to > $cutoff_at)
