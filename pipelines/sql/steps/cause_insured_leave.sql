-- What employers brought of the risk leaves of a window beyond what they usually bring in as many days, seen by cell, area,
-- industry and city; $history is the first day looked back to.
with event as (
    select insured.area, insured.industry, insured.employer, insured.filed_on
    from insured_event_in_force as insured
    left join reversed_event on insured.event_id = reversed_event.event_id
    where insured.direction = 'leave' and insured.is_risk and insured.reverses_event_id is null
        and reversed_event.event_id is null and insured.filed_on between $history and $until
)
select
    coalesce(event.area, $city) as area, coalesce(event.industry, 'ALL') as industry, event.employer,
    count(*) filter (event.filed_on >= $since)
    - count(*) filter (event.filed_on < $since) * (date_diff('day', $since, $until) + 1)
    / nullif(date_diff('day', greatest($history, (select min(filed_on) from insured_event_in_force)), $since), 0) as brought
from event
where event.employer in (
    select employer from event where filed_on >= $since group by employer having count(*) >= $least
)
group by grouping sets (
    (event.employer, event.area, event.industry), (event.employer, event.area), (event.employer, event.industry),
    (event.employer)
)
having brought >= $least
