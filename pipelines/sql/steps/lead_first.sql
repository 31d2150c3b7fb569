-- The first and last day on which leaves are known.
select min(filed_on) as first_on, max(filed_on) as last_on
from insured_event_in_force
