-- The last periods of each feed, sender by sender: those that were due since a day, and the next one, newest first.
-- unwatched: which files came; rows sent back are the sender's own lines
with period_of_feed as (
    select feed, period, max(case when status <> 'not_due' then 1 else 0 end) as is_due
    from roster
    where period >= $since
    group by feed, period
),
ahead as (
    select feed, period, sum(1 - is_due) over (partition by feed order by period) as not_due_yet
    from period_of_feed
),
ranked as (
    select feed, period, row_number() over (partition by feed order by period desc) as place
    from ahead
    where not_due_yet <= 1
)
select roster.feed, roster.area, roster.period, roster.grain, roster.due_at, roster.status, roster.received_at,
    roster.rows_quarantined, ranked.place
from roster
join ranked on roster.feed = ranked.feed and roster.period = ranked.period
where ranked.place <= $most
order by roster.feed, roster.area, roster.period desc
