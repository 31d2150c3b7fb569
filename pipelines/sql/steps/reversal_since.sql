-- The earliest day of an event that was cancelled, or whose cancelling was withdrawn, since the edition before.
select min(insured_event.filed_on) as since
from insured_event
join (
    select event_id
    from (select event_id from reversed_event union all select event_id from reversed_event_before) as either
    group by event_id
    having count(*) = 1
) as difference on insured_event.event_id = difference.event_id
