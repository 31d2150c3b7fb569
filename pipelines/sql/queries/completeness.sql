-- What each sender owes, feed by feed: the last period that came, the last that was due, what is owed since, and gaps before.
-- unwatched: counts of files
with judged as (
    select
        feed, area, grain, period,
        status in ('reported', 'late') and received_at is not null as is_here,
        status in ('missing', 'held', 'refused', 'withdrawn') or (status = 'late' and received_at is null) as is_owed,
        status <> 'not_due' as is_due
    from roster
    where period >= $since
),
newest as (
    select feed, area, max(case when is_here then period end) as reported_to
    from judged
    group by feed, area
)
select
    judged.feed, judged.area, judged.grain, newest.reported_to, max(case when is_due then period end) as due_to,
    count(case when is_owed and (reported_to is null or period > reported_to) then 1 end) as owed,
    min(case when is_owed and (reported_to is null or period > reported_to) then period end) as owed_since,
    count(case when is_owed then 1 end) as outstanding
from judged
join newest on judged.feed = newest.feed and judged.area = newest.area
group by judged.feed, judged.area, judged.grain, newest.reported_to
order by judged.feed, judged.area
