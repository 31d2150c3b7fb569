-- The employers on the list of a day by kind, in each area and in the city: insured in the newest month told and 3 and 12
-- months before it, leaves with a risk of unemployment in the 30 days up to $until and in the same days of the 12 times 30
-- days before (blocks 1 to 12), of the same employers throughout.
create or replace temp table employer_kind_fresh as
with listed as (
    select distinct employer, kind, area
    from listed_employer
    where known_to is null and from_on <= $until and (to_on is null or to_on >= $until)
),
headcount as (
    select area, employer, period, insured
    from insured_headcount_in_force
    where period >= $until - interval 16 month
),
newest as (
    select area, max(period) as period from headcount group by area
),
stock as (
    select
        listed.area, listed.kind, max(newest.period) as counted_on,
        sum(case when headcount.period = newest.period then headcount.insured else 0 end) as insured,
        sum(case when headcount.period = newest.period - interval 3 month then headcount.insured else 0 end) as insured_3,
        sum(case when headcount.period = newest.period - interval 12 month then headcount.insured else 0 end) as insured_12
    from listed
    join newest on newest.area = listed.area
    join headcount on headcount.employer = listed.employer and headcount.area = listed.area
    group by listed.area, listed.kind
),
block as (
    select listed.area, listed.kind, cast(floor(date_diff('day', event.filed_on, $until) / 30.0) as integer) as number
    from listed
    join insured_event_in_force as event on event.employer = listed.employer and event.area = listed.area
    where event.direction = 'leave' and event.is_risk and event.reverses_event_id is null
        and event.event_id not in (select reversed_event.event_id from reversed_event)
        and event.filed_on > $until - interval 390 day and event.filed_on <= $until
),
counted as (
    select coalesce(area, $city) as area, kind, number, count(*) as leaves
    from block
    group by grouping sets ((area, kind, number), (kind, number))
),
flow as (
    select
        area, kind, sum(case when number = 0 then leaves else 0 end) as leaves,
        sum(case when number = 3 then leaves else 0 end) as leaves_3,
        sum(case when number = 12 then leaves else 0 end) as leaves_12,
        sum(case when number > 0 then leaves else 0 end) / 12.0 as leaves_usual,
        sum(case when number > 0 then leaves * leaves else 0 end) / 12.0 as leaves_square
    from counted
    group by area, kind
),
member as (
    select coalesce(area, $city) as area, kind, count(distinct employer) as employers
    from listed
    group by grouping sets ((area, kind), (kind))
),
held as (
    select
        coalesce(area, $city) as area, kind, min(counted_on) as counted_on, sum(insured) as insured,
        sum(insured_3) as insured_3, sum(insured_12) as insured_12
    from stock
    group by grouping sets ((area, kind), (kind))
)
select
    member.area, member.kind, cast(member.employers as integer) as employers, cast(held.counted_on as date) as counted_on,
    cast(held.insured as integer) as insured, cast(held.insured_3 as integer) as insured_3,
    cast(held.insured_12 as integer) as insured_12, cast($until as date) as leaves_to,
    cast(coalesce(flow.leaves, 0) as integer) as leaves, cast(coalesce(flow.leaves_3, 0) as integer) as leaves_3,
    cast(coalesce(flow.leaves_12, 0) as integer) as leaves_12, coalesce(flow.leaves_usual, 0.0) as leaves_usual,
    sqrt(greatest(coalesce(flow.leaves_square - flow.leaves_usual * flow.leaves_usual, 0.0), 0.0)) as leaves_spread
from member
left join held on held.area = member.area and held.kind = member.kind
left join flow on flow.area = member.area and flow.kind = member.kind
