-- How many of the due slots of a period have reported, for areas and for the city, and until when others are waited for.
create or replace temp table completeness as
select
    coalesce(area, $city) as area, period, sum(reporting) as reporting, sum(due) as due,
    max(final_at) as final_at
from (
    select
        slot.area, cast(slot_period as date) as period, slot.final_at, 1 as due,
        case when reported.area is null then 0 else 1 end as reporting
    from slot
    left join reported on slot.feed = reported.feed and slot.area = reported.area and slot.period = reported.period
) as answer
group by grouping sets ((area, period), (period))
