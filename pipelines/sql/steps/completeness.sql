-- How many of the due slots of a period have reported, for areas and for the city, and until when others are waited for.
create or replace temp table completeness as
select
    indicator, grain, coalesce(area, $city) as area, period, sum(reporting) as reporting, sum(due) as due,
    max(final_at) as final_at
from (
    select
        slot.indicator, slot.grain, slot.area, slot.slot_period as period, slot.final_at, 1 as due,
        case when reported.area is null then 0 else 1 end as reporting
    from (
        select
            recomputed.indicator, recomputed.grain, due_slot.feed, due_slot.area, due_slot.period, due_slot.final_at,
            cast({period} as date) as slot_period
        from recomputed
        join roster_feed on roster_feed.indicator = recomputed.indicator
        join due_slot on due_slot.feed = roster_feed.feed and due_slot.period >= recomputed.since
    ) as slot
    left join reported on slot.feed = reported.feed and slot.area = reported.area and slot.period = reported.period
) as answer
group by grouping sets ((indicator, grain, area, period), (indicator, grain, period))
