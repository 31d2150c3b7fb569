-- Readings that no longer hold: their keys with the values that ended.
create or replace temp table reading_gone as
select indicator, area, industry, cohort, grain, period, numerator, denominator, value, units, largest_unit, reporting,
    due, is_provisional, is_suppressed
from reading
where known_to is null and indicator = $indicator and period >= $start
except
select indicator, area, industry, cohort, grain, period, numerator, denominator, value, units, largest_unit, reporting,
    due, is_provisional, is_suppressed
from fresh
