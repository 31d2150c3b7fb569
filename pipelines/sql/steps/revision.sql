-- Each moved reading with the drops that moved it: of a feed it reads, of its area, of its period (or the month before
-- where an indicator reads several feeds). What no drop explains is a cancelled event or a new way to compute.
insert into revision
select
    $edition_id, $day, moved.indicator, moved.area, moved.industry, moved.cohort, moved.grain, moved.period,
    moved.value_before, moved.value, moved.is_provisional, coalesce(cause.reason, moved.otherwise), cause.files
from moved
left join (
    select
        slot.indicator, slot.area, slot.grain, slot.period,
        string_agg(distinct drop_change.reason, ',' order by drop_change.reason) as reason,
        string_agg(distinct drop_change.file_name, ',' order by drop_change.file_name) as files
    from (select distinct indicator, area, grain, period, since, until from moved) as slot
    join feed_read on feed_read.indicator = slot.indicator
    join drop_change
        on drop_change.feed = feed_read.feed and drop_change.period between slot.since and slot.until
        and (drop_change.sender = slot.area or drop_change.sender = $city or slot.area = $city)
    group by slot.indicator, slot.area, slot.grain, slot.period
) as cause
    on cause.indicator = moved.indicator and cause.area = moved.area and cause.grain = moved.grain
    and cause.period = moved.period
