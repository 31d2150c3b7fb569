-- Person events that a later row of a drop in force cancels.
create or replace temp table reversed_event as
select distinct insured_event.reverses_event_id as event_id
from insured_event
join in_force on insured_event.drop_id = in_force.drop_id
where insured_event.reverses_event_id is not null
