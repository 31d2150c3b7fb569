-- Readings as they are computed, before they are compared with what was known.
create or replace temp table fresh as
select
    indicator, area, industry, cohort, grain, period, numerator, denominator, value, units, largest_unit, reporting, due,
    is_provisional, is_suppressed, second_unit
from reading
limit 0
