-- How fresh each feed is: the last period that came, when its last file came, the newest period due and who owes it.
-- unwatched: counts of files
with judged as (
    select
        feed, area, grain, period, due_at, received_at, status <> 'not_due' as is_due,
        status in ('reported', 'late') and received_at is not null as is_here
    from roster
    where period >= $since
),
newest as (
    select feed, max(case when is_due then period end) as due_to
    from judged
    group by feed
)
select
    judged.feed, judged.grain, newest.due_to, max(case when is_here then period end) as reported_to,
    max(received_at) as received_at, min(case when not is_due then due_at end) as next_due_at,
    count(case when period = due_to then 1 end) as senders,
    count(case when period = due_to and not is_here then 1 end) as owing
from judged
join newest on judged.feed = newest.feed
group by judged.feed, judged.grain, newest.due_to
order by judged.feed
