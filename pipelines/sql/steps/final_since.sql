-- The first period at one grain of each indicator that is provisional though what lacks is not waited for any longer.
select reading.indicator, min(reading.period) as since
from reading
join (
    select
        roster_feed.indicator, coalesce(due_slot.area, $city) as area, cast({period} as date) as slot_period,
        max(due_slot.final_at) as final_at
    from due_slot
    join roster_feed on roster_feed.feed = due_slot.feed
    where due_slot.period >= $since
    group by grouping sets ((roster_feed.indicator, due_slot.area, 3), (roster_feed.indicator, 3))
) as slot
    on slot.indicator = reading.indicator and slot.area = reading.area and slot.slot_period = reading.period
where reading.known_to is null and reading.is_provisional and reading.grain = $grain and slot.final_at <= $cutoff_at
group by reading.indicator
