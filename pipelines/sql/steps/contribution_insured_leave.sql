-- What each employer brings to the risk leaves, by day of filing; leaves without risk show how far back the data reach.
select
    insured.employer as member, insured.area, insured.industry, insured.filed_on as day,
    case when insured.is_risk and insured.reverses_event_id is null and reversed_event.event_id is null then 1 else 0 end
        as people
from insured_event_in_force as insured
left join reversed_event on insured.event_id = reversed_event.event_id
where insured.direction = 'leave'
