-- The areas' own figures behind those of the city, as they were known when these were told.
create or replace temp table part_of_city as
select
    c.*, r.area, r.numerator, r.units, r.largest_unit, coalesce(r.second_unit, r.largest_unit, 0) as second_unit
from told_of_city as c
join restricted.reading as r using (indicator, industry, cohort, grain, period)
where r.area <> $city and r.known_from <= c.known_from and (r.known_to is null or r.known_to > c.known_from)
