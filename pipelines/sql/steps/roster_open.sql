-- A slot that is new or changed is known from this edition on.
insert into roster
select fresh.feed, fresh.area, fresh.period, fresh.grain, fresh.due_at, fresh.status, fresh.received_at,
    fresh.rows_quarantined, $cutoff_at, null
from roster_fresh as fresh
left join roster
    on roster.known_to is null and roster.feed = fresh.feed and roster.area = fresh.area and roster.period = fresh.period
where roster.feed is null
