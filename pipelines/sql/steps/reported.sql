-- Feed × area × period for which an accepted drop is in force; a drop of the city speaks for every unit.
create or replace temp table reported as
select distinct in_force.feed, place.code as area, in_force.period
from in_force
join place on place.level = 'unit' and (in_force.sender = place.code or in_force.sender = $city)
