-- What each employer brings to the leaves by the employer, by day of filing; other leaves show how far back data reach.
select
    insured.employer as member, insured.area, insured.industry, insured.filed_on as day,
    case
        when insured.is_dismissal and insured.reverses_event_id is null and reversed_event.event_id is null then 1 else 0
    end as people
from insured_event_in_force as insured
left join reversed_event on insured.event_id = reversed_event.event_id
where insured.direction = 'leave'
