-- Readings that differ from what was known: the new ones.
create or replace temp table reading_new as
select indicator, area, industry, cohort, grain, period, numerator, denominator, value, units, largest_unit, reporting,
    due, is_provisional, is_suppressed, second_unit
from fresh
except
select reading.indicator, reading.area, reading.industry, reading.cohort, reading.grain, reading.period,
    reading.numerator, reading.denominator, reading.value, reading.units, reading.largest_unit, reading.reporting,
    reading.due, reading.is_provisional, reading.is_suppressed, reading.second_unit
from reading
join grain_start on reading.grain = grain_start.grain and reading.period >= grain_start.start
where reading.known_to is null and reading.indicator = $indicator
