-- Person events that a later row of a drop in force cancels.
create or replace temp table reversed_event as
select distinct reverses_event_id as event_id
from insured_event_in_force
where reverses_event_id is not null
