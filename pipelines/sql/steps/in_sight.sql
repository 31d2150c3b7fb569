-- The drops in force that speak for a span of periods.
create or replace temp table in_sight as
select drop_id
from in_force
where period >= $earliest and (cast($latest as date) is null or period <= $latest)
