-- Employers that many of the risk leaves of a window came from, seen by cell, area, industry and city.
select coalesce(event.area, $city) as area, coalesce(event.industry, 'ALL') as industry, event.employer, count(*) as brought
from insured_event_in_force as event
left join reversed_event on event.event_id = reversed_event.event_id
where event.direction = 'leave' and event.is_risk and event.reverses_event_id is null
    and reversed_event.event_id is null and event.filed_on between $since and $until
group by grouping sets (
    (event.employer, event.area, event.industry), (event.employer, event.area), (event.employer, event.industry),
    (event.employer)
)
having count(*) >= $least
