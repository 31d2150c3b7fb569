-- Readings that differ from what was known: the new ones.
create or replace temp table reading_new as
select indicator, area, industry, cohort, grain, period, numerator, denominator, value, units, largest_unit, reporting,
    due, is_provisional, is_suppressed
from fresh
except
select indicator, area, industry, cohort, grain, period, numerator, denominator, value, units, largest_unit, reporting,
    due, is_provisional, is_suppressed
from reading
where known_to is null and indicator = $indicator and period >= $start
