-- Leaves whose code says that the employer ended the job, or says nothing, by blocks of days (lead_block: block 0 is the
-- window judged, the others lie before it). A leave filed late for a time long past is no leave of the window.
create or replace temp table lead_leave as
select event.employer, event.industry, event.person, lead_block.block, event.filed_on
from insured_event_in_force as event
join lead_block on event.filed_on between lead_block.since and lead_block.until
left join reversed_event on event.event_id = reversed_event.event_id
where event.filed_on between $since and $until and event.direction = 'leave' and list_contains($reasons, event.reason)
    and event.reverses_event_id is null and reversed_event.event_id is null
    and (lead_block.block > 0 or event.effective_on >= $earliest)
