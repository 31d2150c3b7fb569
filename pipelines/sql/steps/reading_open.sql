-- A new reading holds from this edition on.
insert into reading
select indicator, area, industry, cohort, grain, period, numerator, denominator, value, units, largest_unit, reporting,
    due, is_provisional, is_suppressed, $cutoff_at, null, second_unit
from reading_new
