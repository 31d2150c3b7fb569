-- A slot whose state changed ends as it was known.
update roster
set known_to = $cutoff_at
from roster_fresh as fresh
where roster.known_to is null and roster.feed = fresh.feed and roster.area = fresh.area and roster.period = fresh.period
    and (
        roster.status is distinct from fresh.status or roster.received_at is distinct from fresh.received_at
        or roster.rows_quarantined is distinct from fresh.rows_quarantined
    )
